//! See `parsers::callback`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::callback(data));
