//! The Worker's logic: it receives the redirect from Smooch, exchanges the authorization code, stores the sealed
//! token and serves the partner's backend.
//!
//! It renders no HTML, sets no cookie, follows no redirect, and writes no part of a flow to KV before Smooch has issued
//! the token. It reaches the world only through [`platform::Platform`].
//!
//! The imports form no cycle: [`dispatch`] calls the handlers, and handlers call the modules below them.

pub mod api;
pub mod api_keys;
pub mod budget;
pub mod callback;
pub mod cipher;
pub mod complete;
pub mod connections;
pub mod delivery;
pub mod dispatch;
pub mod event;
mod event_writer;
pub mod fault;
pub mod feed;
pub mod http;
mod keys;
pub mod log;
mod lookup;
pub mod metadata;
pub mod page_check;
pub mod platform;
pub mod problem;
pub mod proof;
pub mod public;
pub mod query;
pub mod receipt;
pub mod record;
pub mod removal;
pub mod remove_url;
mod revocation;
pub mod route;
pub mod seal;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod signing;
pub mod sites;
mod smooch;
mod store;
pub mod summary;
pub mod sweep;
pub mod vars;
