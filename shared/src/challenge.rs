//! The verifier and its challenge: proof that the browser that finishes a flow is the browser that started it.
//!
//! The pair has the format of PKCE (RFC 7636, method S256), so a server that supports PKCE accepts it unchanged. This module
//! never draws random bytes, and never hashes in the browser: the caller passes random bytes and digest.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use core::fmt;

/// Length of 32 bytes as base64url without padding.
const ENCODED_LENGTH: usize = 43;

/// The secret half: 32 random bytes as 43 characters of base64url (RFC 7636 §4.1).
///
/// `Debug` hides it, and there is no `Display`.
///
/// ```
/// use shared::{Challenge, Verifier};
///
/// // The page passes 32 bytes of `crypto.getRandomValues`, and the SHA-256 digest of the verifier's text.
/// # let random = [7; 32];
/// # let digest = [8; 32];
/// let verifier = Verifier::from_bytes(&random);
/// let challenge = Challenge::from_digest(&digest);
/// assert_eq!(verifier.expose().len(), 43);
/// assert_eq!(challenge.as_str().len(), 43);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(String);

impl Verifier {
    /// Makes a verifier from 32 bytes of a cryptographic random source.
    #[must_use]
    pub fn from_bytes(random: &[u8; 32]) -> Self {
        Self(Base64UrlUnpadded::encode_string(random))
    }

    /// Reads the 43 characters of a verifier, or `None` if they are not base64url of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_encoded(text).then(|| Self(text.into()))
    }

    /// The 43 characters. Review each call: it reveals the verifier.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The challenge of this verifier, base64url(SHA-256(verifier)) (RFC 7636 §4.2).
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
///
/// The edge compares it with the verifier that the page sends:
///
/// ```
/// # #[cfg(feature = "server")] {
/// use shared::{Challenge, Verifier};
///
/// // The example of RFC 7636, appendix B.
/// let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
/// let verifier = Verifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
/// assert!(challenge.matches(&verifier));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// Makes a challenge from the SHA-256 digest of a verifier's 43 characters.
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

    /// `true` if this is the challenge of `verifier`. The comparison takes constant time.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn matches(&self, verifier: &Verifier) -> bool {
        use subtle::ConstantTimeEq as _;
        self.as_str().as_bytes().ct_eq(verifier.challenge().as_str().as_bytes()).into()
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `true` for base64url without padding (RFC 4648 §5) of 32 bytes.
///
/// This checks the characters and does not decode them: a decoder would add 0.3 KB to every page with the button.
fn is_encoded(text: &str) -> bool {
    let is_base64url = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    // RFC 4648 §3.5: the last character carries four bits. Its two pad bits must be 0, so each value has one encoding.
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
        assert!(Challenge::parse(CHALLENGE).unwrap().matches(&verifier));
    }

    #[test]
    fn another_verifier_does_not_match() {
        let other = Verifier::from_bytes(&[7; 32]);
        assert!(!Challenge::parse(CHALLENGE).unwrap().matches(&other));
    }

    #[track_caller]
    fn check(text: &str, is_valid: bool) {
        assert_eq!(Verifier::parse(text).is_some(), is_valid, "{text:?}");
        assert_eq!(Challenge::parse(text).is_some(), is_valid, "{text:?}");
    }

    #[test]
    fn only_base64url_of_32_bytes_is_read() {
        check(VERIFIER, true);
        check("", false);
        check(&VERIFIER[..42], false);
        check(&format!("{VERIFIER}A"), false);
        check(&format!("{}=", &VERIFIER[..42]), false);
        check(&VERIFIER.replace('-', "+"), false);
        // `l` sets the pad bits of the last character.
        check(&format!("{}l", &VERIFIER[..42]), false);
        check(&format!("{}é", &VERIFIER[..41]), false);
    }

    #[test]
    fn parsing_agrees_with_a_base64url_decoder() {
        let is_32_bytes =
            |text: &str| Base64UrlUnpadded::decode_vec(text).is_ok_and(|bytes| bytes.len() == 32);
        for character in 0..=127_u8 {
            let character = char::from(character);
            for text in [
                format!("{}{character}", &VERIFIER[..42]),
                format!("{character}{}", &VERIFIER[1..]),
                format!("{}{character}", &VERIFIER[..41]),
            ] {
                assert_eq!(Verifier::parse(&text).is_some(), is_32_bytes(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn debug_hides_the_verifier() {
        assert_eq!(format!("{:?}", Verifier::from_bytes(&OCTETS)), "Verifier(..)");
    }
}
