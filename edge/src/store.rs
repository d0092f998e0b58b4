//! What lies in KV, and under which keys. No index is read, changed and written back; nothing is read before
//! it was written; a token is in the sealed record and nowhere else.
//!
//! | key | value | metadata | life |
//! |---|---|---|---|
//! | `connection/{id}` | the sealed record, bound to this key | the summary | until deleted |
//! | `subject/{subject}/{id}` | – | the summary | until deleted |
//! | `completed/{challenge}` | the connection's id | – | ten minutes |

use crate::{
    platform::{Entry, KvError, Millis, Page, Platform, Put},
    seal::{Keyring, NONCE, Purpose},
};
use futures_util::future::join3;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use shared::{App, AppId, ConnectionId, Secret, Subdomain, Subject};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// As long as a receipt lives: until then the same `/complete` can arrive again.
const COMPLETED_LIFE: u32 = 600;

/// Between tries of a write. KV takes one write per second to a key, so the second wait is longer than that.
const BACKOFF: [u32; 2] = [200, 1_200];

/// What everybody who may see a connection sees of it. It lies in KV's metadata, so a list reads no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The app.
    pub app: App,
    /// Whose it is, in the partner's terms.
    pub subject: Option<Subject>,
    /// When it was connected, or connected again: seconds since 1970 (RFC 7519's `NumericDate`).
    pub connected_at: u64,
    /// The id of the key that sealed the record, so that a rotation finds the old ones without opening any.
    pub key: String,
}

/// A connection as it is stored, opened.
#[derive(Debug)]
pub struct Record {
    /// The access token.
    pub token: Secret,
    /// The partner's own notes, from the session.
    pub metadata: BTreeMap<String, String>,
}

/// A connection to be stored.
#[derive(Debug)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// What everybody sees.
    pub summary: Summary,
    /// What is sealed.
    pub record: Record,
}

/// Why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such connection.
    NotFound,
    /// KV did not answer.
    Unavailable(KvError),
    /// Sealed under a key that is no longer in the settings, or altered in KV.
    Closed(crate::seal::OpenError),
    /// It opens, and is not what this version writes.
    Unreadable,
}

/// Stores a connection over what stands there: the record, the subject's entry, and the note that this flow
/// is completed, all at once, since no order of them is better. Each is tried three times.
///
/// # Errors
///
/// If the record or the subject's entry is not stored. The note alone may be lost: it only spares a person
/// who asks twice a message.
pub async fn put(
    platform: &impl Platform,
    keyring: &Keyring,
    connection: &Connection,
    flow: Option<&str>,
    nonce: &[u8; NONCE],
) -> Result<(), KvError> {
    let Connection { id, summary, record } = connection;
    let key = connection_key(id);
    let value = record.seal(keyring, &key, nonce);
    let metadata = summary.to_metadata();
    let completed_key = flow.map(completed_key);
    let subject_key = summary.subject.as_ref().map(|subject| subject_key(subject, id));

    let record = Put { key: &key, value: &value, metadata: Some(&metadata), ttl: None };
    let subject =
        subject_key.as_ref().map(|key| Put { key, value: "", metadata: Some(&metadata), ttl: None });
    let completed = completed_key.as_ref().map(|key| Put {
        key,
        value: id.as_str(),
        metadata: None,
        ttl: Some(COMPLETED_LIFE),
    });
    let (record, subject, _completed) =
        join3(try_put(platform, Some(record)), try_put(platform, subject), try_put(platform, completed))
            .await;
    record.and(subject)
}

async fn try_put(platform: &impl Platform, put: Option<Put<'_>>) -> Result<(), KvError> {
    let Some(put) = put else { return Ok(()) };
    for wait in BACKOFF {
        if platform.kv_put(put).await.is_ok() {
            return Ok(());
        }
        platform.sleep(wait).await;
    }
    platform.kv_put(put).await
}

/// Reads a connection's summary and sealed record.
///
/// # Errors
///
/// [`ReadError`], but a record is not opened here.
pub async fn get(platform: &impl Platform, id: &ConnectionId) -> Result<(Summary, String), ReadError> {
    let entry = platform.kv_get(&connection_key(id)).await.map_err(ReadError::Unavailable)?;
    let Entry { value, metadata } = entry.ok_or(ReadError::NotFound)?;
    let summary = metadata.as_deref().and_then(Summary::from_metadata).ok_or(ReadError::Unreadable)?;
    Ok((summary, value))
}

/// The connection that a completed flow led to, if it is known.
///
/// # Errors
///
/// If KV does not answer.
pub async fn completed(platform: &impl Platform, flow: &str) -> Result<Option<ConnectionId>, KvError> {
    let entry = platform.kv_get(&completed_key(flow)).await?;
    Ok(entry.and_then(|entry| ConnectionId::parse(&entry.value)))
}

/// One page of connections, of one subject or of all, from metadata alone.
///
/// # Errors
///
/// If KV does not answer.
pub async fn list(
    platform: &impl Platform,
    subject: Option<&Subject>,
    cursor: Option<&str>,
    limit: u16,
) -> Result<(Vec<(ConnectionId, Summary)>, Option<String>), KvError> {
    let prefix = match subject {
        Some(subject) => ["subject/", subject.as_str(), "/"].concat(),
        None => "connection/".into(),
    };
    let Page { keys, cursor } = platform.kv_list(&prefix, cursor, limit).await?;
    let connections = keys.into_iter().filter_map(|(key, metadata)| {
        let id = ConnectionId::parse(key.strip_prefix(&prefix)?)?;
        Some((id, Summary::from_metadata(&metadata?)?))
    });
    Ok((connections.collect(), cursor))
}

impl Summary {
    fn to_metadata(&self) -> String {
        let Self { app, subject, connected_at, key } = self;
        let name = app.name.as_ref().map(|name| utf8_percent_encode(name, ESCAPED).to_string());
        let metadata = Metadata {
            app: app.id.clone(),
            name,
            subdomain: app.subdomain.clone(),
            subject: subject.clone(),
            at: *connected_at,
            key: key.clone(),
        };
        serde_json::to_string(&metadata).unwrap_or_default()
    }

    fn from_metadata(text: &str) -> Option<Self> {
        let Metadata { app, name, subdomain, subject, at, key } = serde_json::from_str(text).ok()?;
        let name = name.map(|name| percent_decode_str(&name).decode_utf8_lossy().into_owned());
        let app = App { id: app, name, subdomain };
        Some(Self { app, subject, connected_at: at, key })
    }
}

/// A summary as KV's metadata have it, in ASCII: they travel as a header, and a name in another script would be
/// quoted in the platform's warning about that.
#[derive(Serialize, Deserialize)]
struct Metadata {
    app: AppId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subdomain: Option<Subdomain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    at: u64,
    key: String,
}

/// What JSON would escape, and the escape itself; all that is not ASCII is escaped anyway.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'"').add(b'\\');

impl Record {
    fn seal(&self, keyring: &Keyring, key: &str, nonce: &[u8; NONCE]) -> String {
        let sealed = Sealed { token: self.token.expose().into(), metadata: self.metadata.clone() };
        let plaintext = Zeroizing::new(serde_json::to_vec(&sealed).unwrap_or_default());
        keyring.seal(Purpose::Record, key, &plaintext, nonce)
    }

    /// Opens the record of the connection `id`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Closed`] or [`ReadError::Unreadable`].
    pub fn open(keyring: &Keyring, id: &ConnectionId, sealed: &str) -> Result<Self, ReadError> {
        let plaintext =
            keyring.open(Purpose::Record, &connection_key(id), sealed).map_err(ReadError::Closed)?;
        let sealed: Sealed = serde_json::from_slice(&plaintext).map_err(|_| ReadError::Unreadable)?;
        Ok(Self { token: Secret::new(sealed.token), metadata: sealed.metadata })
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    token: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

/// Whole seconds, as they are told.
#[must_use]
pub const fn seconds(now: Millis) -> u64 {
    now / 1000
}

fn connection_key(id: &ConnectionId) -> String {
    ["connection/", id.as_str()].concat()
}

fn completed_key(flow: &str) -> String {
    ["completed/", flow].concat()
}

fn subject_key(subject: &Subject, id: &ConnectionId) -> String {
    ["subject/", subject.as_str(), "/", id.as_str()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_summary_and_keys_fit_kv() {
        let app = App {
            id: AppId::parse(&"a".repeat(64)).unwrap(),
            // A name of quotes alone is three times as long once it is escaped.
            name: App::tidy_name(&"\"".repeat(500)),
            subdomain: Subdomain::parse(&"a".repeat(63)),
        };
        let subject = Subject::parse(&"a".repeat(128));
        let id = ConnectionId::new("shoplifter", &app.id, subject.as_ref());
        let summary = Summary { app, subject: subject.clone(), connected_at: u64::MAX, key: "a".repeat(16) };
        assert!(summary.to_metadata().len() <= 1024);
        assert!(subject_key(&subject.unwrap(), &id).len() <= 512);
        assert!(connection_key(&id).len() <= 512);
    }

    #[test]
    fn metadata_are_ascii_and_read_back_as_they_were() {
        for name in ["Corner Bakery", "Bäckerei „Ecke“", "100 % \"\\", "店"] {
            let app = App { id: AppId::parse("5f1a").unwrap(), name: App::tidy_name(name), subdomain: None };
            let summary = Summary { app, subject: None, connected_at: 1, key: "k1".into() };
            let metadata = summary.to_metadata();
            assert!(metadata.is_ascii(), "{metadata}");
            assert_eq!(Summary::from_metadata(&metadata), Some(summary));
        }
    }

    #[test]
    fn a_record_opens_under_its_own_key_alone() {
        let keyring = Keyring::parse("k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
        let app = AppId::parse("5f1a").unwrap();
        let (id, other) = (ConnectionId::new("a", &app, None), ConnectionId::new("b", &app, None));
        let record = Record { token: Secret::new("a.b.c"), metadata: BTreeMap::new() };
        let sealed = record.seal(&keyring, &connection_key(&id), &[1; NONCE]);
        assert_eq!(Record::open(&keyring, &id, &sealed).unwrap().token.expose(), "a.b.c");
        let forged = ReadError::Closed(crate::seal::OpenError::Forged);
        assert_eq!(Record::open(&keyring, &other, &sealed).unwrap_err(), forged);
    }
}
