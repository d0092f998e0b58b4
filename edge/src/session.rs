//! Sessions: a partner's backend vouches for who sits before its page. Sealed, carried by the page, stored
//! nowhere.

use crate::{
    platform::Millis,
    seal::{Keyring, NONCE, Purpose},
};
use serde::{Deserialize, Serialize};
use shared::{ErrorCode, Subject, from_json, to_json};
use std::collections::BTreeMap;

/// How long a session lasts: a page left open over lunch still works, one found in a log does not.
pub const LIFE: Millis = 60 * 60 * 1000;

/// Most bytes that metadata's names and values have in all.
pub const MOST_METADATA: usize = 512;

/// What the partner said of the user when it made the session.
///
/// Sealed it is JSON with short names, since a page carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Whose connections these will be.
    #[serde(rename = "u")]
    pub subject: Subject,
    /// The partner's own notes, returned with the connection.
    #[serde(rename = "m", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// When it ends.
    #[serde(rename = "e")]
    pub expires: Millis,
}

impl Session {
    /// A session of `subject` that begins `now`, or `None` if its metadata are more than
    /// [`MOST_METADATA`] bytes.
    #[must_use]
    pub fn new(subject: Subject, metadata: BTreeMap<String, String>, now: Millis) -> Option<Self> {
        let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        (size <= MOST_METADATA).then_some(Self { subject, metadata, expires: now + LIFE })
    }

    /// Seals it. `client_id` is the deployment's.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, client_id: &str, nonce: &[u8; NONCE]) -> String {
        keyring.seal(Purpose::Session, client_id, to_json(self).as_bytes(), nonce)
    }

    /// Opens a session, whatever its age.
    ///
    /// # Errors
    ///
    /// `session_invalid` if it is none of ours.
    pub fn open(keyring: &Keyring, client_id: &str, text: &str) -> Result<Self, ErrorCode> {
        let plaintext =
            keyring.open(Purpose::Session, client_id, text).map_err(|_| ErrorCode::SessionInvalid)?;
        from_json(&plaintext).ok_or(ErrorCode::SessionInvalid)
    }

    /// Whether it has ended at `now`.
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
    fn what_is_sealed_is_what_is_opened() {
        let session = session(&[("plan", "\"pro\"\n")]).unwrap();
        let sealed = session.seal(&keyring(), "shoplifter", &[1; NONCE]);
        assert_eq!(Session::open(&keyring(), "shoplifter", &sealed), Ok(session));
        assert_eq!(Session::open(&keyring(), "other", &sealed), Err(ErrorCode::SessionInvalid));
    }

    #[test]
    fn a_receipt_is_no_session() {
        let sealed = keyring().seal(Purpose::Receipt, "x", br#"{"u":"ann","e":1}"#, &[1; NONCE]);
        assert_eq!(Session::open(&keyring(), "x", &sealed), Err(ErrorCode::SessionInvalid));
    }

    #[test]
    fn it_lasts_an_hour() {
        let session = session(&[]).unwrap();
        assert!(!session.is_expired(1000 + LIFE - 1));
        assert!(session.is_expired(1000 + LIFE));
    }

    #[test]
    fn metadata_is_at_most_512_bytes() {
        assert!(session(&[("n", &"v".repeat(511))]).is_some());
        assert!(session(&[("n", &"v".repeat(512))]).is_none());
    }
}
