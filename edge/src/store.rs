//! Reads and writes connections in KV.
//!
//! KV has no transactions and is eventually consistent: a read can be up to a minute old. A list is not cached, so code
//! that looks for a new key lists. The feed still waits for eventual consistency. [`check_unchanged`] lists before an
//! old record would overwrite a new one.

use crate::{
    keys,
    platform::{Entry, KvError, Page, Platform, Put},
    record::{ReadError, Stored},
    summary::Summary,
};
use futures_util::future::join;
use shared::{AppId, ConnectionId, Subject, to_json};

/// Lifetime of a `completed/` entry in seconds: that of a receipt. Until then the page may repeat its `/complete`.
const COMPLETED_LIFETIME: u32 = 600;

/// The delays between the attempts of a write, in milliseconds. KV accepts one write per second and key, so the
/// second delay is longer than a second.
const RETRY_DELAYS: [u32; 2] = [200, 1_200];

/// The largest page that KV lists.
const MAX_PAGE: u16 = 1000;

/// Writes a connection. It writes the record and the subject's entry at once, and tries each up to three times. An
/// existing connection with the same id is overwritten.
///
/// # Errors
///
/// If one of the two could not be written.
pub(crate) async fn put(platform: &impl Platform, stored: &Stored) -> Result<(), KvError> {
    let entries = Entries::new(stored);
    let subject = async {
        match entries.subject() {
            Some(entry) => put_with_retries(platform, entry).await,
            None => Ok(()),
        }
    };
    let (record, subject) = join(put_with_retries(platform, entries.record()), subject).await;
    record.and(subject)
}

/// Overwrites a connection with a changed version of what was read. It tries up to three times, and before each
/// attempt checks that the connection was not replaced meanwhile.
///
/// # Errors
///
/// [`KvError::Changed`] if it was replaced; or if it could not be written.
pub(crate) async fn change(platform: &impl Platform, changed: &Stored) -> Result<(), KvError> {
    let mut delays = RETRY_DELAYS.into_iter();
    loop {
        let attempt = async {
            check_unchanged(&list_app(platform, &changed.summary.app.id).await?, changed)?;
            put_once(platform, changed).await
        };
        match (attempt.await, delays.next()) {
            (Err(KvError::Unavailable), Some(delay)) => platform.sleep(delay).await,
            (result, _) => return result,
        }
    }
}

async fn put_once(platform: &impl Platform, stored: &Stored) -> Result<(), KvError> {
    let entries = Entries::new(stored);
    let subject = async {
        match entries.subject() {
            Some(entry) => platform.kv_put(entry).await,
            None => Ok(()),
        }
    };
    let (record, subject) = join(platform.kv_put(entries.record()), subject).await;
    record.and(subject)
}

/// The two KV entries of a connection.
struct Entries<'a> {
    key: String,
    subject_key: Option<String>,
    sealed: &'a str,
    metadata: String,
}

impl<'a> Entries<'a> {
    fn new(stored: &'a Stored) -> Self {
        let Stored { id, summary, sealed } = stored;
        let subject_key = summary.subject.as_ref().map(|subject| keys::subject(subject, id));
        Self { key: keys::connection(id), subject_key, sealed, metadata: summary.to_metadata() }
    }

    fn record(&self) -> Put<'_> {
        Put { key: &self.key, value: self.sealed, metadata: Some(&self.metadata), ttl: None }
    }

    fn subject(&self) -> Option<Put<'_>> {
        let key = self.subject_key.as_deref()?;
        Some(Put { key, value: "", metadata: Some(&self.metadata), ttl: None })
    }
}

/// Deletes a connection. Deleting it again succeeds.
///
/// # Errors
///
/// If one of its keys could not be deleted.
pub(crate) async fn delete(platform: &impl Platform, stored: &Stored) -> Result<(), KvError> {
    // The record is deleted last: while it exists, a repeated removal finds the connection.
    if let Some(subject) = &stored.summary.subject {
        platform.kv_delete(&keys::subject(subject, &stored.id)).await?;
    }
    platform.kv_delete(&keys::connection(&stored.id)).await
}

/// Writes an entry, with two retries if KV does not answer. A rejection is final.
///
/// # Errors
///
/// That of the last attempt.
pub(crate) async fn put_with_retries(platform: &impl Platform, put: Put<'_>) -> Result<(), KvError> {
    for delay in RETRY_DELAYS {
        match platform.kv_put(put).await {
            Err(KvError::Unavailable) => platform.sleep(delay).await,
            result @ (Ok(()) | Err(KvError::Refused(_) | KvError::Changed)) => return result,
        }
    }
    platform.kv_put(put).await
}

/// Reads a connection; up to a minute old. The record is not opened.
///
/// # Errors
///
/// [`ReadError`], except `Closed`.
pub(crate) async fn get(platform: &impl Platform, id: &ConnectionId) -> Result<Stored, ReadError> {
    let entry = platform.kv_get(&keys::connection(id)).await?;
    let Entry { value: sealed, metadata } = entry.ok_or(ReadError::NotFound)?;
    let summary = metadata.as_deref().and_then(Summary::from_metadata).ok_or(ReadError::Unreadable)?;
    Ok(Stored { id: id.clone(), summary, sealed })
}

/// Reads the current summary of a connection. It lists, because a read may be a minute old.
///
/// # Errors
///
/// [`ReadError`], except `Closed`.
pub(crate) async fn fresh_summary(platform: &impl Platform, id: &ConnectionId) -> Result<Summary, ReadError> {
    let page = platform.kv_list(&keys::connection(id), None, 1).await?;
    let (_, metadata) = page.keys.into_iter().next().ok_or(ReadError::NotFound)?;
    metadata.as_deref().and_then(Summary::from_metadata).ok_or(ReadError::Unreadable)
}

/// A page of connections, and the cursor of the next page.
pub(crate) type ConnectionPage = (Vec<(ConnectionId, Summary)>, Option<String>);

/// Lists a page of the connections of one subject or of all subjects. It reads only metadata.
///
/// # Errors
///
/// If KV does not answer, or rejects the cursor.
pub(crate) async fn list(
    platform: &impl Platform,
    subject: Option<&Subject>,
    cursor: Option<&str>,
    limit: u16,
) -> Result<ConnectionPage, KvError> {
    let prefix = match subject {
        Some(subject) => keys::subject_prefix(subject),
        None => keys::CONNECTION_PREFIX.into(),
    };
    let Page { keys, cursor } = platform.kv_list(&prefix, cursor, limit).await?;
    let connections = keys.into_iter().filter_map(|(key, metadata)| {
        let id = ConnectionId::parse(key.strip_prefix(&prefix)?)?;
        Some((id, Summary::from_metadata(&metadata?)?))
    });
    Ok((connections.collect(), cursor))
}

/// Lists all connections of an app. The list is current.
///
/// # Errors
///
/// If KV does not answer.
pub(crate) async fn list_app(
    platform: &impl Platform,
    app: &AppId,
) -> Result<Vec<(ConnectionId, Summary)>, KvError> {
    let prefix = keys::app_prefix(app);
    let mut connections = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = platform.kv_list(&prefix, cursor.as_deref(), MAX_PAGE).await?;
        connections.extend(page.keys.into_iter().filter_map(|(key, metadata)| {
            let id = ConnectionId::parse(key.strip_prefix(keys::CONNECTION_PREFIX)?)?;
            Some((id, Summary::from_metadata(&metadata?)?))
        }));
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(connections);
        }
    }
}

/// Checks that the connection was not replaced since `stored` was read, which may be a minute ago. `connections` are
/// the current connections of its app. Two changes at the same moment can still both pass: KV has no compare-and-set.
///
/// # Errors
///
/// [`KvError::Changed`] if it was replaced or deleted.
pub(crate) fn check_unchanged(
    connections: &[(ConnectionId, Summary)],
    stored: &Stored,
) -> Result<(), KvError> {
    let current = connections.iter().find(|(id, _)| *id == stored.id);
    let same = current.is_some_and(|(_, summary)| summary.connected_at == stored.summary.connected_at);
    if same { Ok(()) } else { Err(KvError::Changed) }
}

/// Marks a flow as completed, so that a repeated `/complete` gets the same response.
///
/// # Errors
///
/// If it could not be written.
pub(crate) async fn put_completed(
    platform: &impl Platform,
    flow: &str,
    id: &ConnectionId,
) -> Result<(), KvError> {
    let (key, id) = (keys::completed(flow), to_json(id));
    let put = Put { key: &key, value: "", metadata: Some(&id), ttl: Some(COMPLETED_LIFETIME) };
    put_with_retries(platform, put).await
}

/// The connection of a completed flow. It lists, because a read may be a minute old, and a miss would send a used
/// code to Smooch again.
///
/// # Errors
///
/// If KV does not answer.
pub(crate) async fn find_completed(
    platform: &impl Platform,
    flow: &str,
) -> Result<Option<ConnectionId>, KvError> {
    let page = platform.kv_list(&keys::completed(flow), None, 1).await?;
    let metadata = page.keys.into_iter().next().and_then(|(_, metadata)| metadata);
    let id = metadata.and_then(|text| serde_json::from_slice::<String>(text.as_bytes()).ok());
    Ok(id.and_then(|id| ConnectionId::parse(&id)))
}
