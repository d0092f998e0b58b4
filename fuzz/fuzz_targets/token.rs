//! See `parsers::token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::token(data));
