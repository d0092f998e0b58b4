//! See `parsers::sites`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::sites(data));
