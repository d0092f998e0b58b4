//! The memory that an event works in, and what else the standard library would bring.
//!
//! The one file with unsafe code. Texts live as long as the event that they are for, and no longer: a [`Scope`] gives
//! them out, one after the other, and when the event is over all of its memory is free again at once. Nothing is ever
//! given back by the piece, which is what makes text cheap here.
#![expect(unsafe_code, reason = "a third of what the same with `String` and the smallest allocator weighs")]

use core::ptr;

/// The memory of one event. What it gives out borrows it, so nothing of one event gets into another.
#[derive(Debug)]
pub struct Scope(());

impl Scope {
    /// The parts, one after the other.
    pub(crate) fn concat(&self, parts: &[&str]) -> &str {
        let text = self.take(parts.iter().map(|part| part.len()).sum());
        let mut at = text.as_mut_ptr();
        for part in parts {
            // SAFETY: there is room for the lengths of all parts, and what was just taken overlaps none of them.
            unsafe {
                ptr::copy_nonoverlapping(part.as_ptr(), at, part.len());
                at = at.add(part.len());
            }
        }
        // SAFETY: what is UTF-8 piece by piece is UTF-8 one after the other, and the pieces fill it.
        unsafe { str::from_utf8_unchecked(text) }
    }

    /// A text of `length` bytes, which `fill` writes all of.
    ///
    /// The browser's `TextEncoder` is the only one that does; it writes UTF-8, whatever the page's strings are.
    pub(crate) fn encoded(&self, length: usize, fill: fn(&mut [u8])) -> &str {
        let text = self.take(length);
        fill(text);
        // SAFETY: the browser writes UTF-8 (Encoding Standard, `TextEncoder`), from the first byte to the last.
        unsafe { str::from_utf8_unchecked(text) }
    }
}

/// The first line of the text, and the rest.
#[inline(never)]
pub(crate) fn line(text: &str) -> (&str, &str) {
    let Some(at) = text.bytes().position(|byte| byte == b'\n') else { return (text, "") };
    // SAFETY: `at` is within the text, and a character of one byte is there.
    unsafe { (text.get_unchecked(..at), text.get_unchecked(at + 1..)) }
}

#[cfg(all(feature = "embed", target_arch = "wasm32"))]
pub(crate) use embed::event;

#[cfg(all(feature = "embed", target_arch = "wasm32"))]
mod embed {
    use super::Scope;
    use core::{
        alloc::{GlobalAlloc, Layout},
        arch::wasm32,
        panic::PanicInfo,
        ptr, slice,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    };

    /// A page of WebAssembly's memory, in bytes.
    const PAGE: usize = 64 * 1024;

    /// How much of the memory behind `__heap_base` is given out, in bytes.
    static TAKEN: AtomicUsize = AtomicUsize::new(0);

    unsafe extern "C" {
        /// Where the linker's own data ends; from there on memory is free. Only its address means something.
        static __heap_base: u8;
    }

    /// Has `work` done with a scope of its own. An event in the middle of another takes what is free behind that one's.
    pub(crate) fn event(work: fn(&Scope, u32, u32, u8), bits: u32, kind: u32, turn: u8) {
        let before = TAKEN.load(Relaxed);
        work(&Scope(()), bits, kind, turn);
        TAKEN.store(before, Relaxed);
    }

    impl Scope {
        #[expect(
            clippy::unused_self,
            clippy::mut_from_ref,
            reason = "it borrows the scope, and each piece is given out once"
        )]
        pub(super) fn take(&self, length: usize) -> &mut [u8] {
            let start = &raw const __heap_base as usize + TAKEN.fetch_add(length, Relaxed);
            let missing = (start + length).saturating_sub(wasm32::memory_size(0) * PAGE).div_ceil(PAGE);
            if missing > 0 && wasm32::memory_grow(0, missing) == usize::MAX {
                wasm32::unreachable();
            }
            // SAFETY: the piece is within memory that is there, which holds bytes from its beginning. No other piece of
            // this event overlaps it, and none of an earlier one is still borrowed: a scope is in no event but its own,
            // and there are no threads.
            unsafe { slice::from_raw_parts_mut(start as *mut u8, length) }
        }
    }

    /// Nothing in this build allocates but by a scope, and so nothing has to be able to.
    struct None;

    #[global_allocator]
    static ALLOCATOR: None = None;

    // SAFETY: it gives out nothing.
    unsafe impl GlobalAlloc for None {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    /// Nothing here is known to panic. If something does, the element stops and the page goes on.
    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        wasm32::unreachable()
    }
}

/// Where there is a standard library, as in tests, the memory is its, and is never free again.
#[cfg(not(all(feature = "embed", target_arch = "wasm32")))]
mod hosted {
    use super::Scope;
    use alloc::{boxed::Box, vec};

    pub(crate) fn event(work: fn(&Scope, u32, u32, u8), bits: u32, kind: u32, turn: u8) {
        work(&Scope(()), bits, kind, turn);
    }

    impl Scope {
        #[cfg(test)]
        pub(crate) const fn new() -> Self {
            Self(())
        }

        #[expect(clippy::unused_self, reason = "it borrows the scope")]
        pub(super) fn take(&self, length: usize) -> &mut [u8] {
            Box::leak(vec![0; length].into_boxed_slice())
        }
    }
}
#[cfg(not(all(feature = "embed", target_arch = "wasm32")))]
pub(crate) use hosted::event;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_together_and_stay() {
        let scope = Scope::new();
        let first = scope.concat(&["a", "", "é"]);
        let second = scope.concat(&[first, first]);
        assert_eq!((first, second, scope.concat(&[])), ("aé", "aéaé", ""));
        assert_eq!(scope.encoded(3, |bytes| bytes.copy_from_slice("…".as_bytes())), "…");
    }

    #[test]
    fn a_text_is_read_line_by_line() {
        assert_eq!(line("a\nb\nc"), ("a", "b\nc"));
        assert_eq!(line("é\nü"), ("é", "ü"));
        assert_eq!(line("ab"), ("ab", ""));
        assert_eq!(line("ab\n"), ("ab", ""));
        assert_eq!(line("\n"), ("", ""));
        assert_eq!(line(""), ("", ""));
    }
}
