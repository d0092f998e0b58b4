//! What has happened to connections: an ordered feed in KV, from which nothing that a delivery loses is lost.
//!
//! An event lies in metadata under `event/{ulid}` for thirty days, so a page of the feed reads no value. KV shows a
//! write everywhere within a minute and not before, so the feed ends a little before now: what it has shown once
//! has nothing before it any more, and a reader that goes on from there misses nothing.

use crate::{
    platform::{KvError, Millis, Platform, Put, seconds},
    summary::{Metadata, Shown, Summary},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::{ConnectionId, from_json, to_json};
use ulid::Ulid;

/// Thirty days, in seconds.
pub(crate) const LIFE: u32 = 30 * 24 * 60 * 60;

/// KV's minute, and a little for the time that a write takes.
pub(crate) const SETTLED: Millis = 75_000;

/// How many lists one page of the feed may take. With more to look through, the page ends early and says so.
const MOST_LISTS: u32 = 30;

/// Random bits of a ULID.
pub const RANDOM: usize = 10;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Connected, for the first time or again: telling them apart would cost a read.
    #[serde(rename = "connection.connected")]
    Connected,
    /// Smooch refuses the token.
    #[serde(rename = "connection.revoked")]
    Revoked,
    /// The partner has removed it.
    #[serde(rename = "connection.removed")]
    Removed,
}

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the order, and what to drop repeats by.
    pub id: Ulid,
    /// What happened.
    pub kind: Kind,
    /// To which connection.
    pub connection: ConnectionId,
    /// What was to be seen of it then.
    pub summary: Summary,
}

/// An event as it is shown and delivered.
#[derive(Debug, Serialize)]
pub struct ShownEvent<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: Kind,
    time: u64,
    connection: Shown<'a>,
}

impl Event {
    /// An event that happens `now`.
    #[must_use]
    pub fn new(
        kind: Kind,
        connection: &ConnectionId,
        summary: &Summary,
        now: Millis,
        random: [u8; RANDOM],
    ) -> Self {
        let random = random.into_iter().fold(0, |bits, byte| bits << 8 | u128::from(byte));
        let id = Ulid::from_parts(now, random);
        Self { id, kind, connection: connection.clone(), summary: summary.clone() }
    }

    /// The event that a connection was made. Its id follows from the connection, so that it can be told later whether
    /// it was stored.
    #[must_use]
    pub fn connected(connection: &ConnectionId, summary: &Summary) -> Self {
        let digest: [u8; 32] = Sha256::digest(connection.as_str()).into();
        let random = digest.first_chunk().copied().unwrap_or_default();
        Self::new(Kind::Connected, connection, summary, summary.connected_at, random)
    }

    /// Where it lies in KV.
    pub(crate) fn key(&self) -> String {
        ["event/", &self.id.to_string()].concat()
    }

    /// The event as it is shown and delivered.
    #[must_use]
    pub fn shown(&self) -> ShownEvent<'_> {
        ShownEvent {
            id: self.id.to_string(),
            kind: self.kind,
            time: seconds(self.id.timestamp_ms()),
            connection: Shown::new(&self.connection, &self.summary),
        }
    }
}

/// The key and the metadata of an event.
pub(crate) fn stored(event: &Event) -> (String, String) {
    let mut metadata = Metadata::of(&event.summary);
    (metadata.kind, metadata.id) = (Some(event.kind), Some(event.connection.as_str().into()));
    (event.key(), to_json(&metadata))
}

/// A write of an event.
pub(crate) fn put<'a>(key: &'a str, metadata: &'a str) -> Put<'a> {
    Put { key, value: "", metadata: Some(metadata), ttl: Some(LIFE) }
}

/// A write that keeps an event's place, and no event: whether it was noted is not asked again.
pub(crate) fn place(key: &str) -> Put<'_> {
    Put { key, value: "", metadata: None, ttl: Some(LIFE) }
}

/// A page of the feed.
#[derive(Debug, PartialEq, Eq)]
pub struct Feed {
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// Where to go on, also when there was nothing.
    pub next: Ulid,
    /// Whether there is more already.
    pub more: bool,
}

/// Reads events after `after`, at most `limit`.
///
/// KV lists by prefix alone, and a ULID begins with its time: so the time from `after` to now is looked through in
/// stretches that have a prefix each, longer and longer ones for a reader that was away for long. However much has
/// happened, each page gets further, if need be with no events and `more`.
///
/// # Errors
///
/// If KV does not answer.
pub async fn feed(platform: &impl Platform, after: Option<Ulid>, limit: usize) -> Result<Feed, KvError> {
    let now = platform.now();
    let end = now.saturating_sub(SETTLED);
    let oldest = now.saturating_sub(u64::from(LIFE) * 1000);
    // A place of the future, where nothing would ever be read, is the feed's present end.
    let after = after.map(|after| after.min(Ulid::from_parts(end, 0)));
    let known = after.filter(|after| after.timestamp_ms() >= oldest);
    let after = known.unwrap_or(Ulid::from_parts(oldest, 0));
    let mut feed = Feed { events: Vec::new(), next: after, more: false };
    let mut stretch = match known {
        Some(after) => Stretch::at(after.timestamp_ms()),
        // Older events are gone, so the first stretch may as well be a long one.
        None => Stretch::at(oldest - oldest % length(Stretch::LONGEST)),
    };
    let mut cursor: Option<String> = None;
    for _list in 0..MOST_LISTS {
        if stretch.start > end {
            return Ok(feed);
        }
        let page = platform.kv_list(&stretch.prefix(), cursor.as_deref(), 1000).await?;
        for (key, metadata) in page.keys {
            let Some(event) = read(&key, metadata.as_deref()).filter(|event| event.id > after) else {
                continue;
            };
            if event.id.timestamp_ms() > end {
                return Ok(feed);
            }
            if feed.events.len() == limit {
                feed.more = true;
                return Ok(feed);
            }
            feed.next = event.id;
            feed.events.push(event);
        }
        cursor = page.cursor;
        if cursor.is_none() {
            stretch = stretch.next();
            // All before this stretch has been looked through.
            if stretch.start <= end {
                feed.next = feed.next.max(Ulid::from_parts(stretch.start - 1, u128::MAX));
            }
        }
    }
    feed.more = stretch.start <= end;
    Ok(feed)
}

fn read(key: &str, metadata: Option<&str>) -> Option<Event> {
    let id = Ulid::from_string(key.strip_prefix("event/")?).ok()?;
    let mut metadata: Metadata = from_json(metadata?.as_bytes())?;
    let (kind, connection) = (metadata.kind?, ConnectionId::parse(&metadata.id.take()?)?);
    Some(Event { id, kind, connection, summary: metadata.into_summary() })
}

/// A stretch of time that all ULIDs with the same first characters share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    start: Millis,
    /// How many characters of the time are left off. Each makes the stretch 32 times as long: 33 seconds with
    /// three, 18 minutes with four, 9 hours with five, 12 days with six.
    left_off: u32,
}

impl Stretch {
    /// A ULID's first ten characters are its milliseconds.
    const TIME: usize = 10;
    const SHORTEST: u32 = 3;
    const LONGEST: u32 = 6;

    /// The longest stretch that begins at `at`; where none begins, the shortest around it. That it may reach beyond
    /// now costs nothing.
    fn at(at: Millis) -> Self {
        let begins = |left_off: &u32| at.is_multiple_of(length(*left_off));
        let left_off = (Self::SHORTEST..=Self::LONGEST).rev().find(begins).unwrap_or(Self::SHORTEST);
        Self { start: at - at % length(left_off), left_off }
    }

    fn next(self) -> Self {
        Self::at(self.start + length(self.left_off))
    }

    fn prefix(self) -> String {
        let kept = Self::TIME.saturating_sub(self.left_off as usize);
        let ulid = Ulid::from_parts(self.start, 0).to_string();
        ["event/", ulid.get(..kept).unwrap_or_default()].concat()
    }
}

const fn length(left_off: u32) -> Millis {
    1 << (5 * left_off)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_767_607_200_123;

    fn stored_key(ms: Millis, random: u128) -> String {
        ["event/", &Ulid::from_parts(ms, random).to_string()].concat()
    }

    #[test]
    fn stretches_cover_the_time_until_now_without_a_gap_and_without_many() {
        for gap in [0, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000] {
            let mut stretch = Stretch::at(NOW - gap);
            assert!(stretch.start <= NOW - gap);
            let mut count = 0;
            while stretch.start <= NOW {
                let prefix = stretch.prefix();
                let end = stretch.start + length(stretch.left_off);
                assert!(stored_key(stretch.start, 0).starts_with(&prefix));
                assert!(stored_key(end - 1, u128::MAX).starts_with(&prefix));
                assert!(!stored_key(end, 0).starts_with(&prefix));
                stretch = stretch.next();
                assert_eq!(stretch.start, end);
                count += 1;
            }
            assert!(count <= 100, "{count} lists for {gap} ms");
            assert!(gap > 60_000 || count <= 3, "{count} lists for one who asks each minute");
        }
    }

    #[test]
    fn an_event_is_read_back_as_it_was_and_fits_kv() {
        let app = shared::App {
            id: shared::AppId::parse(&"a".repeat(64)).unwrap(),
            name: shared::App::tidy_name(&"\"".repeat(500)),
            subdomain: shared::Subdomain::parse(&"a".repeat(63)),
        };
        let subject = shared::Subject::parse(&"a".repeat(128));
        let connection = ConnectionId::new("shoplifter", &app.id, subject.as_ref());
        let status = crate::summary::Status::Removing;
        let summary = Summary { app, subject, status, connected_at: u64::MAX, key: "a".repeat(16) };
        let event = Event::new(Kind::Connected, &connection, &summary, NOW, [7; RANDOM]);
        let (key, metadata) = stored(&event);
        assert!(metadata.len() <= 1024, "{}", metadata.len());
        assert_eq!(read(&key, Some(&metadata)), Some(event));
    }
}
