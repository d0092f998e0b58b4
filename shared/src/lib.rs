//! The OAuth types and rules that both halves of the kit stand on.
//!
//! Nothing here does I/O, reads a clock, draws randomness or knows a platform: time and random bytes arrive
//! as arguments. Each exchange has two halves, one that makes the request and one that reads the answer; the
//! caller sends.
//!
//! Without features this is what the browser half uses. The feature `server` adds what only the edge needs, and
//! `facts` what the edge tells the setup page.
#![no_std]

extern crate alloc;

mod authorize;
mod challenge;
mod code;
mod form;
mod site;
mod state;

pub use authorize::AuthorizationRequest;
pub use challenge::{Challenge, Verifier};
pub use code::ErrorCode;
pub use form::push_parameter;
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
    callback::{Callback, CallbackError, Unplaced},
    endpoint::{Endpoint, EndpointError, Origin},
    json::{Object, from_json, lossy_text, to_json},
    provider::{EndpointTemplate, Provider},
    secret::Secret,
    token::{TokenError, TokenRequest, app_in_token, read_token},
    token_info::{TokenInfoError, read_token_info},
};
