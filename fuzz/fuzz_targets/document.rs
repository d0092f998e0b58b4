//! See `parsers::document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::document(data));
