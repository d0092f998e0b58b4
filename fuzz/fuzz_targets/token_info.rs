//! See `parsers::token_info`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::token_info(data));
