//! A session is a sealed statement of the partner's backend that names the user of the page. The page carries it; the
//! edge does not store it.

use crate::{
    platform::Millis,
    seal::{Keyring, NONCE, Purpose},
};
use serde::{Deserialize, Serialize};
use shared::{ErrorCode, Subject, from_json, to_json};
use std::collections::BTreeMap;

/// Lifetime of a session. It is long enough for an open page, and short enough to limit the harm of a leaked session.
pub const LIFETIME: Millis = 60 * 60 * 1000;

/// Maximum length of all metadata names and values together, in bytes.
pub const MAX_METADATA: usize = 512;

/// A session, as the partner's backend requested it.
///
/// The plaintext is JSON with short names, to keep the sealed session in the page short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The partner's user, who will own the connection.
    #[serde(rename = "u")]
    pub subject: Subject,
    /// The partner's own data, returned with the connection.
    #[serde(rename = "m", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The time at which it expires.
    #[serde(rename = "e")]
    pub expires: Millis,
}

impl Session {
    /// A session of `subject` that starts at `now`. `None` if its metadata exceed [`MAX_METADATA`].
    #[must_use]
    pub fn new(subject: Subject, metadata: BTreeMap<String, String>, now: Millis) -> Option<Self> {
        let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        (size <= MAX_METADATA).then_some(Self { subject, metadata, expires: now + LIFETIME })
    }

    /// Seals the session. `client_id` is the client id of the deployment: a session of another deployment does not
    /// open, even if both have the same sealing keys.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, client_id: &str, nonce: &[u8; NONCE]) -> String {
        keyring.seal(Purpose::Session, client_id, to_json(self).as_bytes(), nonce)
    }

    /// Opens a session. It may be expired; see [`Session::is_expired`].
    ///
    /// # Errors
    ///
    /// `session_invalid` if the text is not a session of this deployment.
    pub fn open(keyring: &Keyring, client_id: &str, text: &str) -> Result<Self, ErrorCode> {
        let plaintext =
            keyring.open(Purpose::Session, client_id, text).map_err(|_| ErrorCode::SessionInvalid)?;
        from_json(&plaintext).ok_or(ErrorCode::SessionInvalid)
    }

    /// `true` if the session has expired at `now`.
    #[must_use]
    pub const fn is_expired(&self, now: Millis) -> bool {
        now >= self.expires
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> Keyring {
        Keyring::parse("k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap()
    }

    fn session(metadata: &[(&str, &str)]) -> Option<Session> {
        let metadata = metadata.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        Session::new(Subject::parse("ann").unwrap(), metadata, 1000)
    }

    #[test]
    fn a_sealed_session_opens_only_in_its_own_deployment() {
        let session = session(&[("plan", "\"pro\"\n")]).unwrap();
        let sealed = session.seal(&keyring(), "shoplifter", &[1; NONCE]);
        assert_eq!(Session::open(&keyring(), "shoplifter", &sealed), Ok(session));
        assert_eq!(Session::open(&keyring(), "other", &sealed), Err(ErrorCode::SessionInvalid));
    }

    #[test]
    fn a_receipt_does_not_open_as_a_session() {
        let sealed = keyring().seal(Purpose::Receipt, "x", br#"{"u":"ann","e":1}"#, &[1; NONCE]);
        assert_eq!(Session::open(&keyring(), "x", &sealed), Err(ErrorCode::SessionInvalid));
    }

    #[test]
    fn a_session_expires_after_an_hour() {
        let session = session(&[]).unwrap();
        assert!(!session.is_expired(1000 + LIFETIME - 1));
        assert!(session.is_expired(1000 + LIFETIME));
    }

    #[test]
    fn metadata_is_at_most_512_bytes() {
        assert!(session(&[("n", &"v".repeat(511))]).is_some());
        assert!(session(&[("n", &"v".repeat(512))]).is_none());
    }
}
