//! See `parsers::form`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parsers::form(data));
