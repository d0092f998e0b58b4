//! Seals what passes through a browser or lies in KV: XChaCha20-Poly1305 with a random nonce of 24 bytes, and a key of its
//! own for each purpose.
//!
//! A sealed text is `{key id}.{base64url(nonce ‖ ciphertext)}`. The id chooses the key; no key is tried.

use crate::cipher::Cipher;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// Length of a nonce in bytes. A random nonce of 192 bits does not repeat in any number of sealings that we could make.
pub const NONCE: usize = Cipher::NONCE;

/// In bytes: as long as the key of the cipher.
const SHORTEST_KEY: usize = 32;

/// The purpose of a sealed text. It does not open for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A receipt: passes through the browser, ten minutes.
    Receipt,
    /// A session: stands in the partner's page, one hour.
    Session,
    /// A connection's record: lies in KV for as long as the connection lives.
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

/// Why a text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It names a key that is not, or no longer, in the setting `SEALING_KEYS`.
    #[error("sealed under a key that is not in SEALING_KEYS")]
    UnknownKey,
    /// It was not sealed here, for this purpose and place, or was altered.
    #[error("not sealed here, or altered")]
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

const GRAMMAR: &str = "must be id:key, or several with commas between; an id is 1 to 16 of a-z and 0-9";
const SHORT: &str = "each key must be base64 of at least 32 random bytes";
const TWICE: &str = "two keys have the same id";

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// Reads `id:key,id:key`. A key is base64, of either alphabet, of at least 32 random bytes.
    ///
    /// # Errors
    ///
    /// Says what is wrong, without showing any of it.
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
            keys.push(Key::derive(id, &decode(key).ok_or(SHORT)?));
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

    #[expect(clippy::missing_panics_doc, reason = "the cipher fails on 256 GiB alone, and memory ends at 4")]
    /// Seals `plaintext` for `purpose` and for `place`, which must be named again to open it.
    #[must_use]
    pub fn seal(&self, purpose: Purpose, place: &str, plaintext: &[u8], nonce: &[u8; NONCE]) -> String {
        let sealed = self.first.cipher(purpose).encrypt(nonce, place, plaintext);
        let sealed = sealed.expect("only a text of 256 GiB is too long to encrypt");
        [self.first.id.as_str(), ".", &Base64UrlUnpadded::encode_string(&sealed)].concat()
    }

    /// Opens what [`Keyring::seal`] made for the same purpose and place.
    ///
    /// # Errors
    ///
    /// [`OpenError`] tells a key that was dropped from a forgery.
    pub fn open(&self, purpose: Purpose, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (id, encoded) = sealed.split_once('.').ok_or(OpenError::Forged)?;
        let bytes = Base64UrlUnpadded::decode_vec(encoded).map_err(|_| OpenError::Forged)?;
        // Input shorter than a nonce is `Forged` whatever key it names.
        if bytes.len() < NONCE {
            return Err(OpenError::Forged);
        }
        let mut keys = std::iter::once(&self.first).chain(&self.older);
        let key = keys.find(|key| key.id == id).ok_or(OpenError::UnknownKey)?;
        let plaintext = key.cipher(purpose).decrypt(place, &bytes);
        plaintext.map(Zeroizing::new).ok_or(OpenError::Forged)
    }
}

impl Key {
    fn derive(id: &str, secret: &[u8]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        let cipher = |purpose: Purpose| {
            let mut key = Zeroizing::new([0; 32]);
            hkdf.expand(purpose.info(), key.as_mut_slice()).expect("32 bytes are fewer than HKDF can give");
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

/// Decodes base64 in either alphabet, padded or not: tools write all four forms.
fn decode(key: &str) -> Option<Zeroizing<Vec<u8>>> {
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
mod tests {
    use super::*;
    use base64ct::Base64;
    use proptest::{collection::vec, prelude::*, sample::Index};

    // 32 bytes of 1, of 2.
    const ONE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    const TWO: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    const TEXT: &[u8] = b"attack at dawn";

    fn ring(text: &str) -> Keyring {
        Keyring::parse(text).unwrap()
    }

    fn seal(ring: &Keyring) -> String {
        ring.seal(Purpose::Receipt, "here", TEXT, &[9; NONCE])
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_and_place_alone() {
        let ring = ring(&format!("k1:{ONE}"));
        let sealed = seal(&ring);
        assert_eq!(ring.open(Purpose::Receipt, "here", &sealed).unwrap().as_slice(), TEXT);
        assert_eq!(ring.open(Purpose::Session, "here", &sealed), Err(OpenError::Forged));
        assert_eq!(ring.open(Purpose::Record, "here", &sealed), Err(OpenError::Forged));
        assert_eq!(ring.open(Purpose::Receipt, "there", &sealed), Err(OpenError::Forged));
    }

    #[test]
    fn every_altered_or_shortened_text_is_a_forgery() {
        let ring = ring(&format!("k1:{ONE}"));
        let sealed = seal(&ring);
        for at in 3..sealed.len() {
            let (head, tail) = sealed.split_at(at);
            assert!(ring.open(Purpose::Receipt, "here", head).is_err(), "cut at {at}");
            let other = if tail.starts_with('A') { "B" } else { "A" };
            let altered = [head, other, &tail[1..]].concat();
            assert!(ring.open(Purpose::Receipt, "here", &altered).is_err(), "altered at {at}");
        }
        for forged in ["", ".", "k1", "k1.", "k1.AAAA", "k1.*"] {
            assert_eq!(ring.open(Purpose::Receipt, "here", forged), Err(OpenError::Forged), "{forged:?}");
        }
    }

    #[test]
    fn the_key_is_chosen_by_its_id_and_never_by_trial() {
        let sealed = seal(&ring(&format!("k1:{ONE}")));
        let rotated = ring(&format!("k2:{TWO}, k1:{ONE}"));
        assert_eq!(rotated.current(), "k2");
        assert!(rotated.open(Purpose::Receipt, "here", &sealed).is_ok());
        let dropped = ring(&format!("k2:{TWO}"));
        assert_eq!(dropped.open(Purpose::Receipt, "here", &sealed), Err(OpenError::UnknownKey));
        let renamed = ring(&format!("k2:{ONE}"));
        assert_eq!(renamed.open(Purpose::Receipt, "here", &sealed), Err(OpenError::UnknownKey));
        let swapped = sealed.replacen("k1", "k2", 1);
        assert_eq!(rotated.open(Purpose::Receipt, "here", &swapped), Err(OpenError::Forged));
    }

    fn purpose() -> impl Strategy<Value = Purpose> {
        prop_oneof![Just(Purpose::Receipt), Just(Purpose::Session), Just(Purpose::Record)]
    }

    fn key() -> impl Strategy<Value = String> {
        vec(any::<u8>(), SHORTEST_KEY..64).prop_map(|bytes| Base64::encode_string(&bytes))
    }

    proptest! {
        // A failure prints what it failed with, as small as it can be made, and the seed that repeats it.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_sealed_opens_there_and_nowhere_else(
            text in vec(any::<u8>(), 0..2_000), nonce: [u8; NONCE], purpose in purpose(), other in purpose(),
            place in ".{0,80}", elsewhere in ".{0,80}", key in key(), new in key(),
        ) {
            let old = ring(&format!("a:{key}"));
            let sealed = old.seal(purpose, &place, &text, &nonce);
            let opened = old.open(purpose, &place, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), text.as_slice());
            prop_assert!(sealed.len() <= 2 + (text.len() + NONCE + 16).div_ceil(3) * 4, "it is as short as it can be");
            let rotated = ring(&format!("b:{new},a:{key}"));
            prop_assert!(rotated.open(purpose, &place, &sealed).is_ok());
            let dropped = ring(&format!("b:{new}"));
            prop_assert_eq!(dropped.open(purpose, &place, &sealed), Err(OpenError::UnknownKey));
            if key != new {
                prop_assert_eq!(ring(&format!("a:{new}")).open(purpose, &place, &sealed), Err(OpenError::Forged));
            }
            if other != purpose {
                prop_assert_eq!(old.open(other, &place, &sealed), Err(OpenError::Forged));
            }
            if elsewhere != place {
                prop_assert_eq!(old.open(purpose, &elsewhere, &sealed), Err(OpenError::Forged));
            }
        }

        #[test]
        fn no_text_opens_that_was_not_sealed(
            text in vec(any::<u8>(), 0..200), nonce: [u8; NONCE], at: Index, by in 1u8.., cut: Index, noise in ".{0,300}",
        ) {
            let ring = ring(&format!("k1:{ONE}"));
            let sealed = ring.seal(Purpose::Receipt, "here", &text, &nonce);
            prop_assert!(ring.open(Purpose::Receipt, "here", &noise).is_err());
            prop_assert!(ring.open(Purpose::Receipt, "here", &["k1.", &noise].concat()).is_err());
            prop_assert!(ring.open(Purpose::Receipt, "here", &sealed[..cut.index(sealed.len())]).is_err());
            prop_assert!(ring.open(Purpose::Receipt, "here", &[&sealed, "A"].concat()).is_err());
            // Any byte of what was encoded, by any other.
            let mut bytes = Base64UrlUnpadded::decode_vec(&sealed[3..]).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            let altered = format!("k1.{}", Base64UrlUnpadded::encode_string(&bytes));
            prop_assert_eq!(ring.open(Purpose::Receipt, "here", &altered), Err(OpenError::Forged));
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Result<(), &str>) {
        assert_eq!(Keyring::parse(text).map(|_| ()), expected, "{text:?}");
    }

    #[test]
    fn a_keyring_takes_base64_however_it_is_written() {
        check(&format!("k1:{ONE}"), Ok(()));
        check(&format!("k1:{}", ONE.trim_end_matches('=')), Ok(()));
        check("k1:-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8", Ok(()));
        check("k1:+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=", Ok(()));
        check("", Err(GRAMMAR));
        check(ONE, Err(GRAMMAR));
        check(&format!("K1:{ONE}"), Err(GRAMMAR));
        check(&format!("k.1:{ONE}"), Err(GRAMMAR));
        check("k1:AQEB", Err(SHORT));
        check("k1:correct horse battery staple", Err(SHORT));
        check(&format!("k1:{ONE},k1:{TWO}"), Err(TWICE));
    }
}
