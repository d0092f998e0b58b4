//! XChaCha20-Poly1305, and base64 in both its alphabets.

use alloc::{string::String, vec::Vec};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

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

/// Bytes as base64 (RFC 4648 §4), with padding. By way of the other alphabet, as a second codec is 3 KB.
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    let mut text = to_base64url(bytes).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Reads what [`to_base64`] wrote.
#[must_use]
pub fn from_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    if !text.len().is_multiple_of(4) || digits.contains(['-', '_']) {
        return None;
    }
    let digits = Zeroizing::new(digits.replace('+', "-").replace('/', "_"));
    from_base64url(&digits).map(Zeroizing::new)
}

/// Reads what [`to_base64url`] wrote.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::Base64;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn base64_is_written_and_read_as_others_do(bytes in vec(any::<u8>(), 0..80), text in "[AQgw+/_=\\- ]{0,12}") {
            prop_assert_eq!(to_base64(&bytes), Base64::encode_string(&bytes));
            for text in [text, Base64::encode_string(&bytes)] {
                let read = from_base64(&text).map(|bytes| bytes.to_vec());
                prop_assert_eq!(read, Base64::decode_vec(&text).ok(), "{}", text);
            }
        }
    }
}
