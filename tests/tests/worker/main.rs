//! The edge under load, faults, races and panics, and its queue, feed and limits: in memory, in workerd and in `wrangler dev`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic fails the test")]

mod delivery;
mod faults;
mod feed;
mod limits;
mod panic;
mod queue;
mod races;
mod random_requests;
mod soak;
mod streaming;
