//! The Worker on Cloudflare's platform. It converts between the crate `worker` and the logic in `edge`, and decides nothing.
//!
//! Settings and handles are kept from request to request. A future never is: the platform ends it with its request.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(test, expect(dead_code, reason = "the entry points use it, and tests are built without them"))]

mod deployment;
// A test's page loads its wasm with the global `fetch`, which this export would hide.
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

/// Half the size of the standard library's allocator (3 KB of wasm less), and as fast.
#[global_allocator]
static ALLOCATOR: SmallGlobalTlsf = SmallGlobalTlsf::new();

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
