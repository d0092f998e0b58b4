//! The stored connection: its public summary and its sealed record, which holds the access token. It does no I/O.

use crate::{
    keys,
    platform::KvError,
    seal::{Keyring, NONCE, OpenError, Purpose},
    summary::{Status, Summary},
};
use serde::{Deserialize, Serialize};
use shared::{ConnectionId, ErrorCode, Secret, Subdomain, from_json, to_json};
use std::collections::BTreeMap;
use thiserror::Error;
use zeroize::Zeroizing;

/// The secret part of a connection.
#[derive(Debug)]
pub struct Record {
    /// The access token.
    pub token: Secret,
    /// The partner's own data, from the session.
    pub metadata: BTreeMap<String, String>,
    /// The subdomain of the app's API, to which the token may be sent. It is sealed too, because the subdomain in the
    /// KV metadata could be altered.
    pub subdomain: Option<Subdomain>,
}

/// A connection as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The id of the connection.
    pub id: ConnectionId,
    /// The public part.
    pub summary: Summary,
    /// The sealed [`Record`].
    pub sealed: String,
}

/// A connection could not be read or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// There is no such connection.
    #[error("there is no such connection")]
    NotFound,
    /// KV did not answer.
    #[error(transparent)]
    Unavailable(#[from] KvError),
    /// The record does not open: its sealing key is not in the settings any more, or the record was altered.
    #[error(transparent)]
    Closed(#[from] OpenError),
    /// The record or its metadata do not have the expected form, or do not belong together.
    #[error("the record does not have the expected form")]
    Unreadable,
}

/// The plaintext of a record. `S` is the type of the token: `&str` for writing, [`Secret`] for reading.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plaintext<S> {
    token: S,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subdomain: Option<Subdomain>,
}

impl Record {
    /// Seals the record of the connection `id`. The KV key is the context, so a record that is moved to another key
    /// does not open.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, id: &ConnectionId, nonce: &[u8; NONCE]) -> String {
        let Self { token, metadata, subdomain } = self;
        let plaintext =
            Plaintext { token: token.expose(), metadata: metadata.clone(), subdomain: subdomain.clone() };
        let plaintext = Zeroizing::new(to_json(&plaintext));
        keyring.seal(Purpose::Record, &keys::connection(id), plaintext.as_bytes(), nonce)
    }
}

impl Stored {
    /// Opens the record.
    ///
    /// # Errors
    ///
    /// [`ReadError::Closed`] or [`ReadError::Unreadable`].
    pub fn open(&self, keyring: &Keyring) -> Result<Record, ReadError> {
        let plaintext = keyring.open(Purpose::Record, &keys::connection(&self.id), &self.sealed)?;
        let Plaintext { token, metadata, subdomain } = from_json(&plaintext).ok_or(ReadError::Unreadable)?;
        let record = Record { token, metadata, subdomain };
        if record.subdomain != self.summary.app.subdomain {
            return Err(ReadError::Unreadable);
        }
        Ok(record)
    }

    /// Checks that the connection can be used.
    ///
    /// # Errors
    ///
    /// `connection_revoked`, `connection_removing`.
    pub fn check_usable(&self) -> Result<(), ErrorCode> {
        match self.summary.status {
            Status::Connected => Ok(()),
            Status::Revoked => Err(ErrorCode::ConnectionRevoked),
            Status::Removing => Err(ErrorCode::ConnectionRemoving),
        }
    }

    /// A copy with another status. It is not stored yet.
    #[must_use]
    pub fn with_status(&self, status: Status) -> Self {
        Self { summary: Summary { status, ..self.summary.clone() }, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{App, AppId};

    #[test]
    fn a_record_opens_only_under_its_own_key() {
        let keyring = Keyring::parse("k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
        let app = App { id: AppId::parse("5f1a").unwrap(), name: None, subdomain: None };
        let id = ConnectionId::new("a", &app.id, None);
        let other = ConnectionId::new("b", &app.id, None);
        let record = Record { token: Secret::new("a.b.c"), metadata: BTreeMap::new(), subdomain: None };
        let sealed = record.seal(&keyring, &id, &[1; NONCE]);
        let summary =
            Summary { app, subject: None, status: Status::Connected, connected_at: 1, key: "k1".into() };
        let stored = Stored { id, summary, sealed };
        assert_eq!(stored.open(&keyring).unwrap().token.expose(), "a.b.c");
        let moved = Stored { id: other, ..stored };
        assert_eq!(moved.open(&keyring).unwrap_err(), ReadError::Closed(OpenError::Forged));
    }
}
