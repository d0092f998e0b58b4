//! The setup page of the edge: makes the snippet that a partner copies, shows the button in each state, and says in
//! plain words what is wrong with their page.
//!
//! It keeps nothing and decides nothing about a flow. What it knows of the deployment, the edge tells anybody.
//!
//! [`snippet`], [`verdict`] and [`state`] are pure; the page itself is `page`, its button `preview`, and `dom` is what they
//! need of a browser.

pub mod deployment;
pub mod options;
pub mod snippet;
pub mod state;
pub mod verdict;

#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod preview;
