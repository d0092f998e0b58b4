//! The Worker: receives the redirect, exchanges the code, keeps the sealed result, and serves the partner's
//! backend.
//!
//! It renders no HTML, sets no cookie, follows no redirect, and writes nothing before a flow has succeeded.

pub mod api;
pub mod api_keys;
pub mod budget;
pub mod callback;
pub mod cipher;
pub mod complete;
pub mod connections;
pub mod csp;
pub mod delivery;
pub mod dispatch;
pub mod events;
pub mod fault;
pub mod feed;
pub mod html;
pub mod http;
pub mod log;
pub mod platform;
pub mod problem;
pub mod proof;
pub mod public;
pub mod receipt;
pub mod removal;
pub mod route;
pub mod seal;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod signing;
pub mod sites;
pub mod smooch;
pub mod store;
pub mod summary;
pub mod sweep;
pub mod vars;
