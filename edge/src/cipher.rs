//! XChaCha20-Poly1305 with the nonce in front of the ciphertext. Key ids and purposes are handled by [`crate::seal`].

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};

/// A key of 256 bits, expanded and ready for use.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it is a key")]
pub struct Cipher(XChaCha20Poly1305);

impl Cipher {
    /// Length of a nonce in bytes.
    pub const NONCE: usize = 24;

    /// Makes the cipher of a key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts `text`; returns the nonce followed by the ciphertext and its tag. `context` is authenticated and not
    /// encrypted. `None` if `text` is longer than 256 GiB.
    #[must_use]
    pub fn encrypt(&self, nonce: &[u8; Self::NONCE], context: &str, text: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg: text, aad: context.as_bytes() };
        let encrypted = self.0.encrypt(&(*nonce).into(), payload).ok()?;
        Some([nonce.as_slice(), &encrypted].concat())
    }

    /// Decrypts what [`Cipher::encrypt`] returned for the same context. `None` if anything was changed.
    #[must_use]
    pub fn decrypt(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, encrypted) = sealed.split_first_chunk::<{ Self::NONCE }>()?;
        let payload = Payload { msg: encrypted, aad: context.as_bytes() };
        self.0.decrypt(&(*nonce).into(), payload).ok()
    }
}
