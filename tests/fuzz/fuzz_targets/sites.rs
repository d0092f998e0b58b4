//! See `fuzz_properties::sites`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_properties::sites(data));
