//! The proof that the browser which finishes a flow is the one that started it: a verifier and its challenge.
//!
//! The pair is PKCE's (RFC 7636, method S256), so a server that supports PKCE takes it unchanged. This module draws no
//! random bytes and computes no digest in the browser: the caller passes both in.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use core::fmt;

/// Length of 32 bytes as base64url without padding.
const ENCODED_LENGTH: usize = 43;

/// The secret half: 32 random bytes as 43 characters of base64url (RFC 7636 §4.1).
///
/// `Debug` does not show it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(String);

impl Verifier {
    /// Makes a verifier of 32 bytes that the caller drew from a cryptographic source.
    #[must_use]
    pub fn from_bytes(random: &[u8; 32]) -> Self {
        Self(Base64UrlUnpadded::encode_string(random))
    }

    /// Reads the 43 characters of a verifier, or `None` if they are not base64url of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_encoded(text).then(|| Self(text.into()))
    }

    /// The 43 characters. Each call of this is a place for a reviewer to stop at.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The challenge of this verifier: base64url(SHA-256(verifier)) (RFC 7636 §4.2).
    #[cfg(feature = "server")]
    #[must_use]
    pub fn challenge(&self) -> Challenge {
        use sha2::{Digest as _, Sha256};
        Challenge::from_digest(&Sha256::digest(&self.0).into())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

/// The public half: base64url(SHA-256(verifier)), 43 characters (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// Makes a challenge of the SHA-256 digest of a verifier's 43 characters.
    #[must_use]
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        Self(Base64UrlUnpadded::encode_string(digest))
    }

    /// Reads the 43 characters of a challenge, or `None` if they are not base64url of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_encoded(text).then(|| Self(text.into()))
    }

    /// The 43 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if this is the challenge of `verifier`. Compares in constant time.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn is_of(&self, verifier: &Verifier) -> bool {
        use subtle::ConstantTimeEq as _;
        self.as_str().as_bytes().ct_eq(verifier.challenge().as_str().as_bytes()).into()
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// True for base64url without padding (RFC 4648 §5) of 32 bytes.
///
/// Checks the characters instead of decoding them: a decoder would add 0.3 KB to every page with the button.
fn is_encoded(text: &str) -> bool {
    let is_base64url = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    // RFC 4648 §3.5: the last character carries four bits. Its two spare bits are 0, so each value has exactly one text.
    let is_canonical = text.bytes().last().is_some_and(|last| b"AEIMQUYcgkosw048".contains(&last));
    text.len() == ENCODED_LENGTH && is_base64url && is_canonical
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;
    use alloc::format;

    // RFC 7636, appendix B.
    const OCTETS: [u8; 32] = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105,
        214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let verifier = Verifier::from_bytes(&OCTETS);
        assert_eq!(verifier.expose(), VERIFIER);
        assert_eq!(verifier.challenge().as_str(), CHALLENGE);
        assert!(Challenge::parse(CHALLENGE).unwrap().is_of(&verifier));
    }

    #[test]
    fn another_verifier_does_not_match() {
        let other = Verifier::from_bytes(&[7; 32]);
        assert!(!Challenge::parse(CHALLENGE).unwrap().is_of(&other));
    }

    #[track_caller]
    fn check(text: &str, fits: bool) {
        assert_eq!(Verifier::parse(text).is_some(), fits, "{text:?}");
        assert_eq!(Challenge::parse(text).is_some(), fits, "{text:?}");
    }

    #[test]
    fn only_base64url_of_32_bytes_is_read() {
        check(VERIFIER, true);
        check("", false);
        check(&VERIFIER[..42], false);
        check(&format!("{VERIFIER}A"), false);
        check(&format!("{}=", &VERIFIER[..42]), false);
        check(&VERIFIER.replace('-', "+"), false);
        // The last character carries four bits; one that sets the two spare bits would be a second spelling.
        check(&format!("{}l", &VERIFIER[..42]), false);
        check(&format!("{}é", &VERIFIER[..41]), false);
    }

    #[test]
    fn debug_does_not_show_the_verifier() {
        assert_eq!(format!("{:?}", Verifier::from_bytes(&OCTETS)), "Verifier(..)");
    }
}
