//! What goes through every byte of a request: JSON, forms, base64 and the cipher.
//!
//! It knows nothing of what they are for. It is a crate by itself because it is compiled to be quick and all else of the
//! edge to be small, and because code that is generic is compiled where it is used: nothing here is.
#![no_std]

extern crate alloc;

mod cipher;
mod form;
mod json;

pub use cipher::{Cipher, from_base64, from_base64url, to_base64, to_base64url};
pub use form::{from_ascii, parameters, to_ascii};
pub use json::{Json, Object, quoted};
