//! An event: a change of a connection. The partner's backend receives it from the feed and as a delivery.

use crate::{
    platform::{Millis, seconds},
    summary::{ConnectionView, Summary},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::ConnectionId;
use ulid::Ulid;

/// Lifetime of an event in the feed, in seconds: thirty days.
pub const LIFETIME: u32 = 30 * 24 * 60 * 60;

/// The delay, in milliseconds, after which a write to KV is visible everywhere: KV's one minute, and a margin for the
/// write itself.
pub const VISIBILITY_DELAY: Millis = 75_000;

/// Length of the random part of a ULID in bytes.
pub const RANDOM: usize = 10;

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A connection was made, or made again. To distinguish the two would cost a read.
    #[serde(rename = "connection.connected")]
    Connected,
    /// Smooch rejected the token of the connection.
    #[serde(rename = "connection.revoked")]
    Revoked,
    /// The partner removed the connection.
    #[serde(rename = "connection.removed")]
    Removed,
}

/// A change of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The position in the feed. Receivers also use it to drop repeated deliveries.
    pub id: Ulid,
    /// The type.
    pub kind: EventKind,
    /// The connection that changed.
    pub connection: ConnectionId,
    /// The summary of the connection after the change.
    pub summary: Summary,
}

/// The JSON of an event in the feed and in deliveries.
#[derive(Debug, Serialize)]
pub struct EventView<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: EventKind,
    time: u64,
    connection: ConnectionView<'a>,
}

impl Event {
    /// An event that happens at `now`.
    #[must_use]
    pub fn new(
        kind: EventKind,
        connection: &ConnectionId,
        summary: &Summary,
        now: Millis,
        random: [u8; RANDOM],
    ) -> Self {
        let random = random.into_iter().fold(0, |bits, byte| bits << 8 | u128::from(byte));
        let id = Ulid::from_parts(now, random);
        Self { id, kind, connection: connection.clone(), summary: summary.clone() }
    }

    /// The event of a new connection. Its id is derived from the connection and the time, so the sweep can look up
    /// later if the event was stored.
    #[must_use]
    pub fn connected(connection: &ConnectionId, summary: &Summary) -> Self {
        let digest: [u8; 32] = Sha256::digest(connection.as_str()).into();
        let random = digest.first_chunk().copied().unwrap_or_default();
        Self::new(EventKind::Connected, connection, summary, summary.connected_at, random)
    }

    /// The view of the event.
    #[must_use]
    pub fn view(&self) -> EventView<'_> {
        EventView {
            id: self.id.to_string(),
            kind: self.kind,
            time: seconds(self.id.timestamp_ms()),
            connection: ConnectionView::new(&self.connection, &self.summary),
        }
    }
}
