//! Signs deliveries to the partner's backend (Standard Webhooks 1.0.0). It sends nothing.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use shared::Endpoint;
use std::fmt;
use zeroize::Zeroizing;

/// Length of a signing key in bytes, from Standard Webhooks, "Signature scheme". A shorter key could be guessed; a
/// key longer than the block of SHA-256 is no stronger.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

const GRAMMAR: &str =
    "must be whsec_ and the base64 of 24 to 64 random bytes; several are separated by commas";

/// The receiver of events.
#[derive(Debug)]
pub struct Destination {
    /// Its URL.
    pub url: Endpoint,
    /// The keys that sign.
    pub keys: SigningKeys,
}

/// The signing keys. Each delivery is signed with all of them, so a new key can be added before the old one is
/// removed.
pub struct SigningKeys(Vec<Hmac<Sha256>>);

impl SigningKeys {
    /// Parses the setting `EVENTS_SECRET`: `whsec_…`, or several of these separated by commas.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let key = |part: &str| {
            let encoded = part.trim().strip_prefix("whsec_")?;
            let key = Zeroizing::new(Base64::decode_vec(encoded).ok()?);
            if KEY_LENGTHS.contains(&key.len()) { Hmac::new_from_slice(&key).ok() } else { None }
        };
        let keys: Option<Vec<_>> = text.split(',').map(key).collect();
        keys.map(Self).ok_or(GRAMMAR)
    }

    /// The value of the header `webhook-signature`. `timestamp` is in seconds since 1970. Neither `id` nor the
    /// timestamp contains a full stop, so two different messages never have the same signed text.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let signed = [id, ".", &timestamp.to_string(), ".", body].concat();
        let signature = |key: &Hmac<Sha256>| {
            let mac = key.clone().chain_update(&signed).finalize().into_bytes();
            ["v1,", &Base64::encode_string(&mac)].concat()
        };
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The secret and the test vector of the specification's own libraries.
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    const OTHER: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const TIMESTAMP: u64 = 1_649_367_553;
    const BODY: &str = r#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    fn sign(keys: &str, id: &str, timestamp: u64, body: &str) -> String {
        SigningKeys::parse(keys).unwrap().sign(id, timestamp, body)
    }

    #[test]
    fn the_signature_of_the_test_vector_is_right() {
        assert_eq!(sign(SECRET, ID, TIMESTAMP, BODY), SIGNATURE);
    }

    #[test]
    fn id_time_body_and_key_are_all_signed() {
        assert_ne!(sign(SECRET, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpl", TIMESTAMP, BODY), SIGNATURE);
        assert_ne!(sign(SECRET, ID, TIMESTAMP + 1, BODY), SIGNATURE);
        assert_ne!(sign(SECRET, ID, TIMESTAMP, "{}"), SIGNATURE);
        assert_ne!(sign(OTHER, ID, TIMESTAMP, BODY), SIGNATURE);
    }

    #[test]
    fn every_key_signs() {
        let both = sign(&format!("{OTHER}, {SECRET}"), ID, TIMESTAMP, BODY);
        assert_eq!(both, format!("{} {SIGNATURE}", sign(OTHER, ID, TIMESTAMP, BODY)));
    }

    #[track_caller]
    fn check(text: &str, fits: bool) {
        let expected = if fits { Ok(()) } else { Err(GRAMMAR) };
        assert_eq!(SigningKeys::parse(text).map(|_| ()), expected, "{text:?}");
    }

    #[test]
    fn a_secret_is_24_to_64_bytes_in_base64() {
        let of = |length| format!("whsec_{}", Base64::encode_string(&vec![7; length]));
        check(&of(23), false);
        check(&of(24), true);
        check(&of(64), true);
        check(&of(65), false);
        check("", false);
        check("whsec_", false);
        check(SECRET.trim_start_matches("whsec_"), false);
        check("whsk_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", false);
        check(&of(32).replace('=', ""), false);
        check(&format!("{SECRET},"), false);
        check(&format!("{SECRET},{OTHER}"), true);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", SigningKeys::parse(SECRET).unwrap()), "SigningKeys(..)");
    }
}
