//! The browser half of the kit: the element `<add-to-smooch>`, from the link to Smooch to the finished connection.
//!
//! It never sees a token, a code or a client secret. The one secret it holds is the verifier, which it makes itself.
//!
//! [`machine`] decides everything and touches nothing; [`handle`] does what it says with the few functions in `dom`.
#![no_std]

extern crate alloc;
#[cfg(not(all(feature = "embed", target_arch = "wasm32")))]
extern crate std;

pub mod arrival;
mod bits;
mod button;
pub mod config;
mod dom;
pub mod flow;
pub mod machine;
pub mod runtime;
pub mod shown;
pub mod why;

#[cfg(not(feature = "embed"))]
pub use dom::define;
use wasm_bindgen::prelude::*;

/// Takes an event of the `kind` that its number says, for the element whose machine is `bits`. `turn` says which wait,
/// draw or POST has ended. The one function that pages call.
#[wasm_bindgen]
pub fn handle(bits: u32, kind: u32, turn: u8) {
    runtime::event(button::handle, bits, kind, turn);
}
