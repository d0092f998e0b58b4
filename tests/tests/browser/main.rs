//! Tests in real browsers: the button, the partner's page, the hosted page and the setup page.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a panic fails the test")]

mod csp;
mod embed;
mod engines;
mod install;
mod memory;
mod pages;
mod pinned;
mod popup;
mod setup_page;
mod visual;
