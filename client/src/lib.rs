//! The embed: the element `<add-to-smooch>`, from the link to Smooch to the finished connection.
//!
//! It never sees a token, a code or a client secret. The one secret that it holds is the verifier, which it makes itself.
//!
//! [`machine`] decides each step of the flow and has no side effects, [`Button`] is the exported half of one element,
//! and [`view`] builds its shadow tree, for the setup page too. `client/js` has the loader and the element's class,
//! because WebAssembly cannot extend `HTMLElement`.

pub mod attributes;
mod button;
mod completion;
mod controller;
pub mod flow;
pub mod fragment;
mod js_object;
pub mod language;
pub mod machine;
mod modules;
mod page;
mod proof;
mod storage;
pub mod text;
pub mod view;
pub mod view_state;

pub use button::Button;

/// A small allocator: the standard one for WebAssembly adds 1.9 KB, brotli.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
