//! XChaCha20-Poly1305 and base64url, as the edge uses them on each request. They are functions here, and not generic code
//! that the edge would compile for itself, because this crate is compiled to be quick and the edge to be small.

use alloc::{string::String, vec::Vec};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};

/// A key, ready to be used.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it is a key")]
pub struct Cipher(XChaCha20Poly1305);

impl Cipher {
    /// Bytes of a nonce.
    pub const NONCE: usize = 24;

    /// The cipher of a key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// The nonce and the encrypted text behind it; `None` if that is longer than 256 GiB.
    #[must_use]
    pub fn encrypt(&self, nonce: &[u8; Self::NONCE], place: &str, text: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let encrypted = self.0.encrypt(&(*nonce).into(), payload).ok()?;
        Some([nonce.as_slice(), &encrypted].concat())
    }

    /// The text that [`Cipher::encrypt`] encrypted for the same place.
    #[must_use]
    pub fn decrypt(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, encrypted) = sealed.split_first_chunk::<{ Self::NONCE }>()?;
        let payload = Payload { msg: encrypted, aad: place.as_bytes() };
        self.0.decrypt(&(*nonce).into(), payload).ok()
    }
}

/// Bytes as base64url (RFC 4648 §5), without padding.
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads what [`to_base64url`] wrote.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}
