//! Writes events: to the feed in KV, and to the queue of deliveries if there is a receiver. [`crate::feed`] reads
//! them.

use crate::{
    event::{Event, EventKind, LIFETIME},
    keys,
    platform::{KvError, Platform, Put, QueueError},
    record::Stored,
    settings::Settings,
    store,
};
use futures_util::future::join;
use shared::to_json;
use thiserror::Error;

/// An event was not written completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", self.message())]
pub(crate) enum EventError {
    /// It is not in the feed.
    NotStored(#[from] KvError),
    /// It is in the feed, but not in the queue, so it will not be delivered.
    NotQueued(#[from] QueueError),
}

impl EventError {
    /// The text for the log.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::NotStored(error) => error.message(),
            Self::NotQueued(QueueError) => "the queue did not take the event; it is in the feed",
        }
    }
}

/// Appends an event of this kind, at the current time.
pub(crate) async fn append_event(
    settings: &Settings,
    platform: &impl Platform,
    kind: EventKind,
    stored: &Stored,
) -> Result<(), EventError> {
    let event = Event::new(kind, &stored.id, &stored.summary, platform.now(), platform.random());
    append(settings, platform, &event).await
}

/// Appends the event of a new connection, at the time of the connection.
pub(crate) async fn append_connected_event(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
) -> Result<(), EventError> {
    append(settings, platform, &Event::connected(&stored.id, &stored.summary)).await
}

/// Appends the event of a connection later, if the feed does not have it. Returns `true` if this call appended it.
///
/// Readers have passed the original position, so it appends the event at the current time. It then writes a tombstone
/// (an entry without metadata) under the original key, so that later rounds do not append it again.
pub(crate) async fn append_missing_connected_event(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
) -> Result<bool, EventError> {
    let key = keys::event(Event::connected(&stored.id, &stored.summary).id);
    if platform.kv_get(&key).await?.is_some() {
        return Ok(false);
    }
    append_event(settings, platform, EventKind::Connected, stored).await?;
    platform.kv_put(Put { key: &key, value: "", metadata: None, ttl: Some(LIFETIME) }).await?;
    Ok(true)
}

async fn append(settings: &Settings, platform: &impl Platform, event: &Event) -> Result<(), EventError> {
    let (key, metadata) = (keys::event(event.id), event.to_metadata());
    let put = Put { key: &key, value: "", metadata: Some(&metadata), ttl: Some(LIFETIME) };
    let queued = async {
        if settings.events.is_none() {
            return Ok(());
        }
        platform.enqueue(&to_json(&event.view())).await
    };
    let (stored, queued) = join(store::put_with_retries(platform, put), queued).await;
    stored?;
    Ok(queued?)
}
