//! See `parsers::path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::path(data));
