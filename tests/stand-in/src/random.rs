//! Unguessable text from a seed: HMAC-SHA-256 of a counter. The same seed gives the same run.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

#[derive(Debug)]
pub(crate) struct Random {
    seed: u64,
    drawn: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// 32 bytes.
    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        self.drawn += 1;
        hmac_sha256(&self.seed.to_be_bytes(), &self.drawn.to_be_bytes())
    }

    /// 43 characters of base64url: a code, a session, a CSRF token.
    pub(crate) fn token(&mut self) -> String {
        Base64UrlUnpadded::encode_string(&self.bytes())
    }

    /// 24 hex digits: the shape of every id at Smooch.
    pub(crate) fn id(&mut self) -> String {
        let bytes = self.bytes();
        bytes.iter().take(12).fold(String::new(), |id, byte| id + &format!("{byte:02x}"))
    }
}

/// HMAC-SHA-256 (RFC 2104), which takes a key of any length.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_run_and_no_two_draws_are_alike() {
        let (mut one, mut same, mut other) = (Random::new(1), Random::new(1), Random::new(2));
        let drawn = one.token();
        assert_eq!(drawn.len(), 43);
        assert_eq!(drawn, same.token());
        assert_ne!(drawn, other.token());
        assert_ne!(drawn, one.token());
    }

    #[test]
    fn an_id_is_24_hex_digits() {
        let id = Random::new(7).id();
        assert_eq!(id.len(), 24);
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
