//! The browser half of the kit: the element `<add-to-smooch>`, from the link to Smooch to the finished connection.
//!
//! It never sees a token, a code or a client secret. The one secret it holds is the verifier, which it makes itself.
//!
//! [`machine`] decides everything and touches nothing; [`Button`] does what it says with the few functions in `dom`.
#![no_std]

extern crate alloc;
#[cfg(not(all(feature = "embed", target_arch = "wasm32")))]
extern crate std;

pub mod arrival;
mod button;
pub mod config;
mod dom;
pub mod flow;
pub mod machine;
pub mod messages;
#[cfg(all(feature = "embed", target_arch = "wasm32"))]
mod runtime;
pub mod shown;
mod text;

pub use button::Button;
pub use dom::define;
