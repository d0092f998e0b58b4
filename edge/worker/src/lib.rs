//! The Worker on Cloudflare's platform. It converts between the crate `worker` and the logic in `edge`, and decides
//! nothing.
//!
//! Settings and handles of bindings are kept between requests. Futures are not: the platform ends them with their
//! request.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(test, expect(dead_code, reason = "the entry points use it, and tests are built without them"))]

mod deployment;
// The page of a wasm-bindgen test loads its wasm with the global `fetch`, which this crate's export would shadow.
#[cfg(not(test))]
mod entry;
mod js;
mod kv;
mod outgoing;
mod platform;
mod queue;
mod request;
mod response;
mod vars;

use rlsf::SmallGlobalTlsf;

/// A smaller allocator than that of the standard library: 3 KB of wasm less, at the same speed.
#[global_allocator]
static ALLOCATOR: SmallGlobalTlsf = SmallGlobalTlsf::new();

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
