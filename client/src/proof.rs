//! The proof for the next click: a random verifier and its challenge.

use crate::page;
use js_sys::{Promise, Uint8Array};
use shared::{Challenge, Verifier};
use wasm_bindgen::JsValue;

/// A verifier, which stays in this browser, and its challenge, which travels in the link.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) verifier: Verifier,
    pub(crate) challenge: Challenge,
}

/// Draws a verifier and starts its digest (RFC 7636 §4.2). `None` if the browser lacks randomness or Web Crypto.
pub(crate) fn start() -> Option<(Verifier, Promise)> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).ok()?;
    let verifier = Verifier::parse(&page::base64url(random.into_iter()))?;
    let subtle = page::subtle_crypto()?;
    let digest = subtle.digest_with_str_and_u8_array("SHA-256", verifier.expose().as_bytes()).ok()?;
    Some((verifier, digest))
}

impl Proof {
    /// Joins a verifier and its finished digest. `None` if the digest failed.
    pub(crate) fn new(verifier: Verifier, digest: &JsValue) -> Option<Self> {
        let digest = Uint8Array::new(digest);
        let bytes = (0..digest.length()).map(|index| digest.get_index(index));
        Some(Self { verifier, challenge: Challenge::parse(&page::base64url(bytes))? })
    }
}
