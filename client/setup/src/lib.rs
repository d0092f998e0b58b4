//! The setup page of the edge: makes the snippet that a partner copies, shows the button in each state, and explains
//! what is wrong with the partner's page.
//!
//! It stores nothing and takes no part in a flow. Everything it knows of the deployment is public.
//!
//! [`snippet`], [`explain`] and [`preview_state`] are pure. `page` is the page, `preview` its button, and `dom` the few
//! browser calls that both need.

pub mod deployment;
pub mod explain;
pub mod options;
pub mod preview_state;
pub mod snippet;
pub mod verdict;

#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod preview;
