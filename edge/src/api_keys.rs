//! The API keys of the partner's backend for `/v1`. Each key has a name, which the log shows.

use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

/// Minimum length of a key in characters. A shorter key could be guessed.
const SHORTEST: usize = 32;

/// The names of the keys and their SHA-256 digests. The keys themselves are not kept.
#[derive(Debug)]
pub struct ApiKeys(Vec<(String, [u8; 32])>);

impl ApiKeys {
    /// Parses the setting `API_KEYS`: `name:key,name:key`.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks. The message contains no part of the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut keys: Vec<(String, [u8; 32])> = Vec::new();
        for part in text.split(',') {
            let (name, key) =
                part.trim().split_once(':').ok_or("must be name:key, or several separated by commas")?;
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if !(1..=32).contains(&name.len()) || !name.bytes().all(allowed) {
                return Err("must give each key a name of 1 to 32 letters, digits, - and _");
            }
            if keys.iter().any(|(other, _)| other == name) {
                return Err("has two keys with the same name");
            }
            if key.len() < SHORTEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("must have keys of at least 32 visible ASCII characters");
            }
            let digest: [u8; 32] = Sha256::digest(key).into();
            if keys.iter().any(|(_, other)| *other == digest) {
                return Err("has two names with the same key");
            }
            keys.push((name.into(), digest));
        }
        Ok(Self(keys))
    }

    /// The name of the key in an `Authorization` header (RFC 6750 §2.1), or `None` if the key is unknown.
    ///
    /// The digest is compared with that of every key, in constant time, so the duration reveals nothing about the
    /// keys.
    #[must_use]
    pub fn caller(&self, authorization: &str) -> Option<&str> {
        let (scheme, key) = authorization.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(key).into();
        let mut found = u32::MAX;
        for (index, (_, known)) in (0_u32..).zip(&self.0) {
            found.conditional_assign(&index, known.ct_eq(&digest));
        }
        self.0.get(usize::try_from(found).ok()?).map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const OTHER: &str = "fedcba9876543210fedcba9876543210";

    #[test]
    fn only_the_whole_key_gives_its_name() {
        let keys = ApiKeys::parse(&format!("web:{KEY}, jobs:{OTHER}")).unwrap();
        assert_eq!(keys.caller(&format!("Bearer {KEY}")), Some("web"));
        assert_eq!(keys.caller(&format!("bearer {OTHER}")), Some("jobs"));
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            KEY,
            "Basic eDp5",
            &format!("Bearer {}", &KEY[..31]),
            &format!("Bearer {KEY}0"),
        ] {
            assert_eq!(keys.caller(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn short_unnamed_and_repeated_keys_are_refused() {
        assert!(ApiKeys::parse(KEY).is_err());
        assert!(ApiKeys::parse("").is_err());
        assert!(ApiKeys::parse(&format!(":{KEY}")).is_err());
        assert!(ApiKeys::parse(&format!("web:{}", &KEY[..31])).is_err());
        assert!(ApiKeys::parse(&format!("web:{KEY},web:{OTHER}")).is_err());
        assert!(ApiKeys::parse(&format!("web:{KEY},")).is_err());
        assert!(ApiKeys::parse(&format!("web:{KEY},jobs:{KEY}")).is_err());
    }

    #[test]
    fn debug_shows_no_key() {
        assert!(!format!("{:?}", ApiKeys::parse(&format!("web:{KEY}"))).contains(KEY));
    }
}
