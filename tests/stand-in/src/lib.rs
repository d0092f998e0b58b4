//! A stand-in for Smooch: its OAuth server, part of its API, and the pages that an app owner sees.
//!
//! [`Smooch`] is a value. [`Smooch::handle`] takes a request and the current time and returns a response. It has
//! no socket and no clock, and all its randomness comes from its seed. A simulator calls it in memory;
//! [`serve_smooch`] serves it to a browser. It accepts only what Smooch documents.
//!
//! [`Owner`] is an app owner with a browser without JavaScript. It signs in and presses Allow or Deny:
//!
//! ```
//! use stand_in::{Options, Owner, Smooch, accounts::OWNER};
//!
//! let mut smooch = Smooch::new(1, Options::default());
//! smooch.register_redirect_uri("https://partner.example/callback");
//!
//! let url = "https://app.smooch.io/oauth/authorize?client_id=shoplifter&response_type=code&state=s1";
//! let callback = Owner::new(OWNER).allow(url, "Night Market", |request| smooch.handle(&request, 0)).unwrap();
//! assert!(callback.starts_with("https://partner.example/callback?code="));
//! assert!(callback.ends_with("&state=s1"));
//! ```

pub mod accounts;
mod api;
mod authentication;
mod authorization;
mod authorize;
mod console;
mod credentials;
mod datetime;
mod dispatch;
mod fault;
mod form;
mod integration;
mod jwt;
mod login;
mod oauth_error;
mod options;
mod owner;
mod pages;
mod params;
mod random;
mod request;
mod request_log;
mod response;
mod route;
pub mod server;
mod session;
mod smooch;
mod token;

pub use accounts::{App, Author, Message};
pub use credentials::{Code, Token};
pub use fault::{Broken, Fault};
pub use integration::{CLIENT_ID, CLIENT_SECRET, INTEGRATION_NAME, Removal};
pub use options::{ErrorShape, Marketplace, Options};
pub use owner::Owner;
pub use request::Request;
pub use request_log::{Endpoint, Received};
pub use response::Response;
pub use server::{Server, serve, serve_smooch};
pub use smooch::Smooch;

#[cfg(test)]
mod tests;
