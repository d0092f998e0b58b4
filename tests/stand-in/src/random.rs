//! A deterministic random generator: HMAC-SHA-256 of a counter, with the seed as key.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A random generator. The same seed gives the same sequence.
#[derive(Debug)]
pub(crate) struct Random {
    seed: u64,
    counter: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// 32 random bytes.
    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        self.counter += 1;
        hmac_sha256(&self.seed.to_be_bytes(), &self.counter.to_be_bytes())
    }

    /// 32 random bytes as 43 characters of base64url, for authorization codes, session ids and CSRF tokens.
    pub(crate) fn token(&mut self) -> String {
        Base64UrlUnpadded::encode_string(&self.bytes())
    }

    /// A random id of 24 hex digits, the shape of all of Smooch's ids.
    pub(crate) fn id(&mut self) -> String {
        let bytes = self.bytes();
        bytes.iter().take(12).fold(String::new(), |id, byte| id + &format!("{byte:02x}"))
    }
}

/// HMAC-SHA-256 (RFC 2104). The key may have any length.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_without_repeats() {
        let (mut one, mut same, mut other) = (Random::new(1), Random::new(1), Random::new(2));
        let token = one.token();
        assert_eq!(token.len(), 43);
        assert_eq!(token, same.token());
        assert_ne!(token, other.token());
        assert_ne!(token, one.token());
    }

    #[test]
    fn an_id_is_24_hex_digits() {
        let id = Random::new(7).id();
        assert_eq!(id.len(), 24);
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
