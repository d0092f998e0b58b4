//! The OAuth types and rules that the client and the edge share.
//!
//! This crate never does I/O, never reads a clock, never draws random bytes and never names a platform: time and random bytes
//! are arguments. Each exchange has two halves, a function that builds the request and one that reads the response. The
//! caller sends.
//!
//! The client uses the crate without features. The feature `server` adds the types that only the edge needs, and `facts` the
//! report that the edge sends to the setup page.
#![no_std]

extern crate alloc;

mod authorize;
mod challenge;
mod code;
mod form;
mod loopback;
mod site;
mod state;

pub use authorize::AuthorizationRequest;
pub use challenge::{Challenge, Verifier};
pub use code::ErrorCode;
pub use form::push_parameter;
pub use loopback::{is_loopback_host, is_secure_url};
pub use site::Site;
pub use state::State;

#[cfg(feature = "server")]
mod app;
#[cfg(feature = "server")]
mod callback;
#[cfg(feature = "server")]
mod endpoint;
#[cfg(any(feature = "server", feature = "facts"))]
pub mod facts;
#[cfg(feature = "server")]
mod json;
#[cfg(feature = "server")]
mod provider;
#[cfg(feature = "server")]
mod secret;
#[cfg(feature = "server")]
mod token;
#[cfg(feature = "server")]
mod token_info;

#[cfg(feature = "server")]
pub use self::{
    app::{App, AppId, ConnectionId, Subdomain, Subject},
    callback::{Callback, CallbackError, UnknownState},
    endpoint::{Endpoint, EndpointError, Origin},
    json::{Object, from_json, lossy_text, to_json},
    provider::{EndpointTemplate, Provider},
    secret::Secret,
    token::{TokenError, TokenRequest, app_in_token, read_token},
    token_info::{TokenInfoError, read_token_info},
};
