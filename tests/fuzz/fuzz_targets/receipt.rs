//! See `fuzz_properties::receipt`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_properties::receipt(data));
