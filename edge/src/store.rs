//! What lies in KV, and under which keys. No index is read, changed and written back; nothing is read before
//! it was written; a token is in the sealed record and nowhere else.
//!
//! | key | value | metadata | life |
//! |---|---|---|---|
//! | `connection/{id}` | the sealed record, bound to this key | the summary | until deleted |
//! | `subject/{subject}/{id}` | – | the summary | until deleted |
//! | `completed/{challenge}` | – | the connection's id | ten minutes |
//! | `event/{ulid}` | – | the event | thirty days |

use crate::{
    events::{self, Event, Kind},
    platform::{Entry, KvError, Page, Platform, Put, QueueError},
    seal::{Keyring, OpenError, Purpose},
    settings::Settings,
    summary::{Status, Summary},
};
use futures_util::future::join;
use serde::{Deserialize, Serialize};
use shared::{AppId, ConnectionId, Secret, Subdomain, Subject, from_json, to_json};
use std::collections::BTreeMap;
use thiserror::Error;
use zeroize::Zeroizing;

/// As long as a receipt lives: until then the same `/complete` can arrive again.
const COMPLETED_LIFE: u32 = 600;

/// Between tries of a write. KV takes one write per second to a key, so the second wait is longer than that.
const BACKOFF: [u32; 2] = [200, 1_200];

/// A connection as it is stored, opened.
#[derive(Debug)]
pub struct Record {
    /// The access token.
    pub token: Secret,
    /// The partner's own notes, from the session.
    pub metadata: BTreeMap<String, String>,
    /// Where the app's API is, and the token may be sent to: what KV's metadata say of it can be changed.
    pub subdomain: Option<Subdomain>,
}

/// A connection as it is stored, closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: ConnectionId,
    /// What everybody sees.
    pub summary: Summary,
    /// The record.
    pub sealed: String,
}

/// Why a record cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such connection.
    NotFound,
    /// KV did not answer.
    Unavailable(KvError),
    /// Sealed under a key that is no longer in the settings, or altered in KV.
    Closed(OpenError),
    /// It opens, and is not what this version writes, or its metadata are another's.
    Unreadable,
}

/// What was not done of noting an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", self.says())]
pub enum NoteError {
    /// It is not in KV.
    NotStored(#[from] KvError),
    /// It is in the feed, and is not delivered.
    NotQueued(#[from] QueueError),
}

impl NoteError {
    /// What it says in the log.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::NotStored(error) => error.says(),
            Self::NotQueued(QueueError) => "the queue did not take the event; it is in the feed",
        }
    }
}

/// Stores a connection over what stands there, the record and the subject's entry at once, each tried three times.
///
/// # Errors
///
/// If one of them is not stored.
pub async fn put(platform: &impl Platform, stored: &Stored) -> Result<(), KvError> {
    let key = connection_key(&stored.id);
    let metadata = stored.summary.to_metadata();
    let subject_key = stored.summary.subject.as_ref().map(|subject| subject_key(subject, &stored.id));
    let record = Put { key: &key, value: &stored.sealed, metadata: Some(&metadata), ttl: None };
    let entry = async {
        let Some(key) = &subject_key else { return Ok(()) };
        try_put(platform, Put { key, value: "", metadata: Some(&metadata), ttl: None }).await
    };
    let (record, entry) = join(try_put(platform, record), entry).await;
    record.and(entry)
}

/// Notes, after a connection was stored, that it was connected: in the feed, and for a `/complete` whose answer
/// was lost on the way and which is asked again as `flow`. The connection is there whatever becomes of these.
///
/// # Errors
///
/// If one of them is not stored, or the event not queued.
pub async fn note_connected(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    flow: &str,
) -> Result<(), NoteError> {
    let completed = async {
        let (key, id) = (completed_key(flow), to_json(&stored.id));
        try_put(platform, Put { key: &key, value: "", metadata: Some(&id), ttl: Some(COMPLETED_LIFE) }).await
    };
    let connected = Event::connected(&stored.id, &stored.summary);
    let (event, completed) = join(note_event(settings, platform, &connected), completed).await;
    event.and(completed.map_err(NoteError::from))
}

/// Adds an event to the feed, and to the queue where events are delivered.
///
/// # Errors
///
/// If it is not stored, or not queued.
pub async fn note(
    settings: &Settings,
    platform: &impl Platform,
    kind: Kind,
    stored: &Stored,
) -> Result<(), NoteError> {
    let event = Event::new(kind, &stored.id, &stored.summary, platform.now(), platform.random());
    note_event(settings, platform, &event).await
}

/// Notes that a connection was made, if that was not noted then: at the end of the feed, where it is read. `true` if it
/// had to be.
///
/// # Errors
///
/// If it is not stored, or not queued.
pub async fn note_late(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
) -> Result<bool, NoteError> {
    let place = Event::connected(&stored.id, &stored.summary).key();
    if platform.kv_get(&place).await?.is_some() {
        return Ok(false);
    }
    note(settings, platform, Kind::Connected, stored).await?;
    platform.kv_put(events::place(&place)).await?;
    Ok(true)
}

async fn note_event(settings: &Settings, platform: &impl Platform, event: &Event) -> Result<(), NoteError> {
    let (key, metadata) = events::stored(event);
    let queued = async {
        if settings.events.is_none() {
            return Ok(());
        }
        let shown = to_json(&event.shown());
        platform.enqueue(&shown).await
    };
    let (stored, queued) = join(try_put(platform, events::put(&key, &metadata)), queued).await;
    stored?;
    Ok(queued?)
}

/// The same connection with another status. It is not stored yet.
#[must_use]
pub fn with_status(stored: &Stored, status: Status) -> Stored {
    Stored { summary: Summary { status, ..stored.summary.clone() }, ..stored.clone() }
}

/// Stores a connection that was read and changed over what stands there, the record and the subject's entry at once,
/// tried three times. Before each try it is looked whether it was made again meanwhile.
///
/// # Errors
///
/// [`KvError::Changed`], or if it is not stored.
pub async fn change(platform: &impl Platform, changed: &Stored) -> Result<(), KvError> {
    let mut waits = BACKOFF.into_iter();
    loop {
        let tried = async {
            unchanged(&of_app(platform, &changed.summary.app.id).await?, changed)?;
            put_once(platform, changed).await
        };
        match (tried.await, waits.next()) {
            (Err(KvError::Unavailable), Some(wait)) => platform.sleep(wait).await,
            (done, _) => return done,
        }
    }
}

async fn put_once(platform: &impl Platform, stored: &Stored) -> Result<(), KvError> {
    let key = connection_key(&stored.id);
    let metadata = stored.summary.to_metadata();
    let record = Put { key: &key, value: &stored.sealed, metadata: Some(&metadata), ttl: None };
    let entry = async {
        let Some(subject) = &stored.summary.subject else { return Ok(()) };
        let key = subject_key(subject, &stored.id);
        platform.kv_put(Put { key: &key, value: "", metadata: Some(&metadata), ttl: None }).await
    };
    let (record, entry) = join(platform.kv_put(record), entry).await;
    record.and(entry)
}

/// Forgets a connection. What is forgotten already is no error.
///
/// # Errors
///
/// If one of its keys is still there.
pub async fn forget(platform: &impl Platform, stored: &Stored) -> Result<(), KvError> {
    // The record goes last: as long as it is there, the rest can be found and forgotten again.
    if let Some(subject) = &stored.summary.subject {
        platform.kv_delete(&subject_key(subject, &stored.id)).await?;
    }
    platform.kv_delete(&connection_key(&stored.id)).await
}

/// Writes a key, and tries again twice while KV does not answer. A refusal is final.
async fn try_put(platform: &impl Platform, put: Put<'_>) -> Result<(), KvError> {
    for wait in BACKOFF {
        match platform.kv_put(put).await {
            Err(KvError::Unavailable) => platform.sleep(wait).await,
            settled @ (Ok(()) | Err(KvError::Refused(_) | KvError::Changed)) => return settled,
        }
    }
    platform.kv_put(put).await
}

/// Reads a connection. Its record is not opened here.
///
/// # Errors
///
/// [`ReadError`], all but `Closed`.
pub async fn get(platform: &impl Platform, id: &ConnectionId) -> Result<Stored, ReadError> {
    let entry = platform.kv_get(&connection_key(id)).await.map_err(ReadError::Unavailable)?;
    let Entry { value: sealed, metadata } = entry.ok_or(ReadError::NotFound)?;
    let summary = metadata.as_deref().and_then(Summary::from_metadata).ok_or(ReadError::Unreadable)?;
    Ok(Stored { id: id.clone(), summary, sealed })
}

/// The connection that a completed flow led to, if it is known. By a list: a read is answered with what was there a
/// minute ago, and if that was nothing, a code would be sent again that is spent.
///
/// # Errors
///
/// If KV does not answer.
pub async fn completed(platform: &impl Platform, flow: &str) -> Result<Option<ConnectionId>, KvError> {
    let listed = platform.kv_list(&completed_key(flow), None, 1).await?.keys.into_iter().next();
    let id = listed.and_then(|(_, metadata)| serde_json::from_slice::<String>(metadata?.as_bytes()).ok());
    Ok(id.and_then(|id| ConnectionId::parse(&id)))
}

/// What is to be seen of a connection, as fresh as KV gets.
///
/// # Errors
///
/// [`ReadError`], all but `Closed`.
pub async fn look(platform: &impl Platform, id: &ConnectionId) -> Result<Summary, ReadError> {
    let page = platform.kv_list(&connection_key(id), None, 1).await.map_err(ReadError::Unavailable)?;
    let (_, metadata) = page.keys.into_iter().next().ok_or(ReadError::NotFound)?;
    metadata.as_deref().and_then(Summary::from_metadata).ok_or(ReadError::Unreadable)
}

/// Some connections, and where the next page begins.
pub type Listed = (Vec<(ConnectionId, Summary)>, Option<String>);

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
) -> Result<Listed, KvError> {
    let prefix = match subject {
        Some(subject) => ["subject/", subject.as_str(), "/"].concat(),
        None => CONNECTION.into(),
    };
    let Page { keys, cursor } = platform.kv_list(&prefix, cursor, limit).await?;
    let connections = keys.into_iter().filter_map(|(key, metadata)| {
        let id = ConnectionId::parse(key.strip_prefix(&prefix)?)?;
        Some((id, Summary::from_metadata(&metadata?)?))
    });
    Ok((connections.collect(), cursor))
}

/// All connections of an app. A list is as fresh as KV gets, while what was read is read again for a minute.
///
/// # Errors
///
/// If KV does not answer.
pub async fn of_app(platform: &impl Platform, app: &AppId) -> Result<Vec<(ConnectionId, Summary)>, KvError> {
    let prefix = [CONNECTION, app.as_str(), "-"].concat();
    let mut connections = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = platform.kv_list(&prefix, cursor.as_deref(), 1000).await?;
        connections.extend(page.keys.into_iter().filter_map(|(key, metadata)| {
            let id = ConnectionId::parse(key.strip_prefix(CONNECTION)?)?;
            Some((id, Summary::from_metadata(&metadata?)?))
        }));
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(connections);
        }
    }
}

/// Makes sure that a connection was not made again since `stored` was read, which may be a minute ago, so that an
/// old record is not written over a new one. Two at the same moment are still two: KV compares nothing.
///
/// # Errors
///
/// [`KvError::Changed`], or if KV does not answer.
pub fn unchanged(connections: &[(ConnectionId, Summary)], stored: &Stored) -> Result<(), KvError> {
    let now = connections.iter().find(|(id, _)| *id == stored.id);
    let same = now.is_some_and(|(_, summary)| summary.connected_at == stored.summary.connected_at);
    if same { Ok(()) } else { Err(KvError::Changed) }
}

impl Record {
    /// Seals the record of the connection `id`.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, id: &ConnectionId, nonce: &[u8; crate::seal::NONCE]) -> String {
        let Self { token, metadata, subdomain } = self;
        let plaintext =
            Plaintext { token: token.expose(), metadata: metadata.clone(), subdomain: subdomain.clone() };
        let plaintext = Zeroizing::new(to_json(&plaintext));
        keyring.seal(Purpose::Record, &connection_key(id), plaintext.as_bytes(), nonce)
    }
}

impl Stored {
    /// Opens the record.
    ///
    /// # Errors
    ///
    /// [`ReadError::Closed`] or [`ReadError::Unreadable`].
    pub fn open(&self, keyring: &Keyring) -> Result<Record, ReadError> {
        let place = connection_key(&self.id);
        let plaintext = keyring.open(Purpose::Record, &place, &self.sealed).map_err(ReadError::Closed)?;
        let Plaintext { token, metadata, subdomain } = from_json(&plaintext).ok_or(ReadError::Unreadable)?;
        let record = Record { token, metadata, subdomain };
        if record.subdomain != self.summary.app.subdomain {
            return Err(ReadError::Unreadable);
        }
        Ok(record)
    }
}

/// The plaintext of a record. `S` is the token: `&str` to write, [`Secret`] to read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plaintext<S> {
    token: S,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subdomain: Option<Subdomain>,
}

const CONNECTION: &str = "connection/";

fn connection_key(id: &ConnectionId) -> String {
    [CONNECTION, id.as_str()].concat()
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
    use crate::seal::NONCE;
    use shared::App;

    #[test]
    fn the_longest_keys_fit_kv() {
        let app = AppId::parse(&"a".repeat(64)).unwrap();
        let subject = Subject::parse(&"a".repeat(128)).unwrap();
        let id = ConnectionId::new("shoplifter", &app, Some(&subject));
        assert!(subject_key(&subject, &id).len() <= 512);
        assert!(connection_key(&id).len() <= 512);
    }

    #[test]
    fn a_record_opens_under_its_own_key_alone() {
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
