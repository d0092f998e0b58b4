//! What pages load stays small: script and wasm together, first to last byte, as a browser gets them.
#![cfg(not(target_arch = "wasm32"))]

use brotli::enc::BrotliEncoderParams;
use std::{fs, path::Path};

/// Bytes, brotli at its best: what every visitor of a partner's page loads before anyone has pressed anything. It only
/// goes down; what takes more room has to make it.
const BUDGET: usize = 8_192;

/// What each was when somebody last looked at what it is made of; for saying what has grown.
const BEFORE: [(&str, usize); 2] = [("add-to-smooch.js", 4_348), ("add-to-smooch.wasm", 3_740)];

#[test]
fn script_and_wasm_stay_within_their_budget() {
    let sizes = BEFORE.map(|(name, before)| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www").join(name);
        let built = fs::read(&path).unwrap_or_else(|_| panic!("www/{name} is not built: run `make embed`"));
        let mut packed = Vec::new();
        brotli::BrotliCompress(&mut built.as_slice(), &mut packed, &BrotliEncoderParams::default()).unwrap();
        println!("{name}: {} bytes, {} brotli, {before} before", built.len(), packed.len());
        packed.len()
    });
    let together: usize = sizes.iter().sum();
    let grown =
        BEFORE.iter().zip(sizes).map(|((name, before), now)| format!("{name} from {before} to {now}"));
    assert!(
        together <= BUDGET,
        "{together} bytes are over {BUDGET}: {}",
        grown.collect::<Vec<_>>().join(", ")
    );
}
