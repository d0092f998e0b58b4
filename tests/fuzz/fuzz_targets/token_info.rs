//! See `fuzz_properties::token_info`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_properties::token_info(data));
