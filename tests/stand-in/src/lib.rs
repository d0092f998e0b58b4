//! A stand-in for Smooch: its OAuth, a little of its API, and the pages an app owner sees.
//!
//! [`Smooch`] is a value. It opens no socket, reads no clock and draws no randomness but from its seed, so a
//! simulator runs it in memory and [`serve`] runs it for a browser. It does what Smooch's documentation says and
//! is no kinder. [`Owner`] is a person at its pages, without JavaScript.

pub mod accounts;
mod answer;
mod api;
mod authorization;
mod authorize;
mod console;
mod form;
mod iso8601;
mod jwt;
mod login;
mod observe;
mod options;
mod owner;
mod pages;
mod params;
mod random;
mod route;
pub mod server;
mod session;
mod smooch;
mod token;

pub use accounts::{App, Author, Message};
pub use authorization::{Removal, Token};
pub use authorize::Code;
pub use observe::{Endpoint, Fault, Received};
pub use options::{ErrorShape, Marketplace, Options};
pub use owner::Owner;
pub use server::{Broken, Server, serve, serve_smooch};
pub use smooch::Smooch;

/// The test integration that Smooch lets anyone impersonate, and the only one here.
pub const CLIENT_ID: &str = "shoplifter";

/// The secret of [`CLIENT_ID`].
pub const CLIENT_SECRET: &str = "secret";

/// What the pages call [`CLIENT_ID`].
pub const INTEGRATION_NAME: &str = "Shoplifter";

/// A request, as [`Smooch`] and the handlers of [`serve`] take it.
pub type Request = http::Request<Vec<u8>>;

/// A response, as [`Smooch`] and the handlers of [`serve`] give it.
pub type Response = http::Response<Vec<u8>>;

#[cfg(test)]
mod tests;
