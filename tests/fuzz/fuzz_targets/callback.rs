//! See `fuzz_properties::callback`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_properties::callback(data));
