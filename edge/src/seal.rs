//! Seals data that passes through a browser or is stored in KV: XChaCha20-Poly1305 with a random nonce of 24 bytes,
//! and one derived key for each purpose.
//!
//! A sealed text is `{key id}.{base64url(nonce ‖ ciphertext)}`. The id chooses the key; keys are never tried in turn.

use crate::cipher::Cipher;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// Length of a nonce in bytes. Random nonces of 192 bits do not collide in any number of messages that could be
/// sealed.
pub const NONCE: usize = Cipher::NONCE;

/// Minimum length of a sealing key in bytes: the length of the cipher's key.
const SHORTEST_KEY: usize = 32;

/// The purpose of a sealed text. It does not open for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A receipt: passes through the browser and is valid for ten minutes.
    Receipt,
    /// A session: is in the partner's page and is valid for one hour.
    Session,
    /// The record of a connection: is in KV until the connection is deleted.
    Record,
}

impl Purpose {
    /// HKDF's `info` (RFC 5869 §3.2). It makes the keys of the purposes independent of each other.
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Receipt => b"add-to-smooch 1 receipt",
            Self::Session => b"add-to-smooch 1 session",
            Self::Record => b"add-to-smooch 1 record",
        }
    }
}

/// A text could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The text names a key that is not, or no longer, in the setting `SEALING_KEYS`.
    #[error("sealed under a key that is not in SEALING_KEYS")]
    UnknownKey,
    /// The text was altered, or was sealed with another key, purpose or context.
    #[error("altered, or sealed with another key, purpose or context")]
    Forged,
}

/// The sealing keys: the first seals, all open.
pub struct Keyring {
    first: Key,
    older: Vec<Key>,
}

struct Key {
    id: String,
    receipt: Cipher,
    session: Cipher,
    record: Cipher,
}

const GRAMMAR: &str = "must be id:key, or several separated by commas; an id is 1 to 16 of a-z and 0-9";
const SHORT: &str = "must have keys that are base64 of at least 32 random bytes";
const TWICE: &str = "has two keys with the same id";

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// Parses the setting `SEALING_KEYS`: `id:key,id:key`. A key is the base64 of at least 32 random bytes.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks. The message contains no part of the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut keys: Vec<Key> = Vec::new();
        for part in text.split(',') {
            let (id, key) = part.trim().split_once(':').ok_or(GRAMMAR)?;
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            if !(1..=16).contains(&id.len()) || !id.bytes().all(allowed) {
                return Err(GRAMMAR);
            }
            if keys.iter().any(|other| other.id == id) {
                return Err(TWICE);
            }
            keys.push(Key::derive(id, &decode_key(key).ok_or(SHORT)?));
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(GRAMMAR)?;
        Ok(Self { first, older: keys.collect() })
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.first.id
    }

    /// Seals `plaintext`. `purpose` and `context` are authenticated: [`Keyring::open`] needs the same.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "only 256 GiB are too long, and wasm has at most 4 GiB of memory"
    )]
    pub fn seal(&self, purpose: Purpose, context: &str, plaintext: &[u8], nonce: &[u8; NONCE]) -> String {
        let sealed = self.first.cipher(purpose).encrypt(nonce, context, plaintext);
        let sealed = sealed.expect("only a text of 256 GiB is too long to encrypt");
        [self.first.id.as_str(), ".", &Base64UrlUnpadded::encode_string(&sealed)].concat()
    }

    /// Opens a text that [`Keyring::seal`] made for the same purpose and context.
    ///
    /// # Errors
    ///
    /// [`OpenError::UnknownKey`] if its key was removed from the settings, [`OpenError::Forged`] otherwise.
    pub fn open(
        &self,
        purpose: Purpose,
        context: &str,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (id, encoded) = sealed.split_once('.').ok_or(OpenError::Forged)?;
        let bytes = Base64UrlUnpadded::decode_vec(encoded).map_err(|_| OpenError::Forged)?;
        // Input shorter than a nonce is `Forged` whatever key it names.
        if bytes.len() < NONCE {
            return Err(OpenError::Forged);
        }
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        let key = keys.find(|key| key.id == id).ok_or(OpenError::UnknownKey)?;
        let plaintext = key.cipher(purpose).decrypt(context, &bytes);
        plaintext.map(Zeroizing::new).ok_or(OpenError::Forged)
    }
}

impl Key {
    fn derive(id: &str, secret: &[u8]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        let cipher = |purpose: Purpose| {
            let mut key = Zeroizing::new([0; 32]);
            hkdf.expand(purpose.info(), key.as_mut_slice())
                .expect("32 bytes are fewer than HKDF can expand to");
            Cipher::new(&key)
        };
        Self {
            id: id.into(),
            receipt: cipher(Purpose::Receipt),
            session: cipher(Purpose::Session),
            record: cipher(Purpose::Record),
        }
    }

    const fn cipher(&self, purpose: Purpose) -> &Cipher {
        match purpose {
            Purpose::Receipt => &self.receipt,
            Purpose::Session => &self.session,
            Purpose::Record => &self.record,
        }
    }
}

/// Decodes base64 in the standard or the URL-safe alphabet, with or without padding: tools write all four forms.
fn decode_key(key: &str) -> Option<Zeroizing<Vec<u8>>> {
    let unpadded = key.trim_end_matches('=');
    // RFC 4648 §3.2: padding fills the last group of four characters.
    if unpadded.len() != key.len() && !key.len().is_multiple_of(4) {
        return None;
    }
    let url_safe = Zeroizing::new(unpadded.replace('+', "-").replace('/', "_"));
    let bytes = Base64UrlUnpadded::decode_vec(&url_safe).ok().map(Zeroizing::new);
    bytes.filter(|bytes| bytes.len() >= SHORTEST_KEY)
}

#[cfg(test)]
mod tests;
