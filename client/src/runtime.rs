//! What the standard library would bring, for the build that pages load: an allocator and an end to panics.

use core::{arch::wasm32, panic::PanicInfo};
use rlsf::SmallGlobalTlsf;

#[global_allocator]
static ALLOCATOR: SmallGlobalTlsf = SmallGlobalTlsf::new();

/// Nothing here is known to panic. If something does, the element stops and the page goes on.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
