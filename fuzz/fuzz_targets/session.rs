//! See `parsers::session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::session(data));
