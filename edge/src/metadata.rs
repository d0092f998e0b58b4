//! The stored form of summaries and events: JSON in KV metadata, ASCII, at most 1,024 bytes.
//!
//! Metadata travel in an HTTP header. The platform logs a warning that quotes a header with characters outside of
//! ASCII, so names are percent-encoded.

use crate::{
    event::{Event, EventKind},
    platform::Millis,
    summary::{Status, Summary},
};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use shared::{App, AppId, ConnectionId, Subdomain, Subject, from_json, to_json};
use ulid::Ulid;

/// The JSON of a summary, or of an event with the summary of its connection.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    /// The type of the event. Only events have it.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    kind: Option<EventKind>,
    /// The id of the connection. Only events have it; for a summary it is in the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    app: AppId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subdomain: Option<Subdomain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(default, skip_serializing_if = "is_default")]
    status: Status,
    at: Millis,
    key: String,
}

/// The ASCII characters of a name that are percent-encoded: those that JSON would escape, and the percent sign
/// itself. Characters outside of ASCII are always encoded.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'"').add(b'\\');

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_default(status: &Status) -> bool {
    *status == Status::default()
}

impl Metadata {
    fn new(summary: &Summary) -> Self {
        let Summary { app, subject, status, connected_at, key } = summary;
        Self {
            kind: None,
            id: None,
            app: app.id.clone(),
            name: app.name.as_ref().map(|name| utf8_percent_encode(name, ESCAPED).to_string()),
            subdomain: app.subdomain.clone(),
            subject: subject.clone(),
            status: *status,
            at: *connected_at,
            key: key.clone(),
        }
    }

    fn into_summary(self) -> Summary {
        let name = self.name.map(|name| percent_decode_str(&name).decode_utf8_lossy().into_owned());
        let app = App { id: self.app, name, subdomain: self.subdomain };
        let Self { subject, status, at: connected_at, key, .. } = self;
        Summary { app, subject, status, connected_at, key }
    }
}

impl Summary {
    /// The KV metadata of the summary.
    #[must_use]
    pub fn to_metadata(&self) -> String {
        to_json(&Metadata::new(self))
    }

    /// Parses the KV metadata of a summary. `None` if [`Summary::to_metadata`] did not write them.
    #[must_use]
    pub fn from_metadata(text: &str) -> Option<Self> {
        from_json(text.as_bytes()).map(Metadata::into_summary)
    }
}

impl Event {
    /// The KV metadata of the event.
    #[must_use]
    pub fn to_metadata(&self) -> String {
        let mut metadata = Metadata::new(&self.summary);
        (metadata.kind, metadata.id) = (Some(self.kind), Some(self.connection.as_str().into()));
        to_json(&metadata)
    }

    /// Parses the KV metadata of the event with this id. `None` if [`Event::to_metadata`] did not write them.
    #[must_use]
    pub fn from_metadata(id: Ulid, text: &str) -> Option<Self> {
        let mut metadata: Metadata = from_json(text.as_bytes())?;
        let (kind, connection) = (metadata.kind?, ConnectionId::parse(&metadata.id.take()?)?);
        Some(Self { id, kind, connection, summary: metadata.into_summary() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RANDOM;

    fn summary(name: &str) -> Summary {
        let app = App { id: AppId::parse("5f1a").unwrap(), name: App::tidy_name(name), subdomain: None };
        Summary { app, subject: None, status: Status::Connected, connected_at: 1, key: "k1".into() }
    }

    fn longest_summary() -> Summary {
        let app = App {
            id: AppId::parse(&"a".repeat(64)).unwrap(),
            // A quotation mark takes three bytes when it is escaped.
            name: App::tidy_name(&"\"".repeat(500)),
            subdomain: Subdomain::parse(&"a".repeat(63)),
        };
        let subject = Subject::parse(&"a".repeat(128));
        Summary { app, subject, status: Status::Connected, connected_at: u64::MAX, key: "a".repeat(16) }
    }

    #[test]
    fn the_metadata_of_a_summary_are_ascii_and_parse_back_to_it() {
        for name in ["Corner Bakery", "Bäckerei „Ecke“", "100 % \"\\", "店"] {
            for status in [Status::Connected, Status::Revoked, Status::Removing] {
                let summary = Summary { status, ..summary(name) };
                let metadata = summary.to_metadata();
                assert!(metadata.is_ascii(), "{metadata}");
                assert_eq!(Summary::from_metadata(&metadata), Some(summary));
            }
        }
    }

    #[test]
    fn the_longest_summary_fits_into_kv() {
        assert!(longest_summary().to_metadata().len() <= 850, "an event adds up to 174 bytes to it");
    }

    #[test]
    fn the_longest_event_fits_into_kv_and_parses_back() {
        let summary = Summary { status: Status::Removing, ..longest_summary() };
        let connection = ConnectionId::new("shoplifter", &summary.app.id, summary.subject.as_ref());
        let event = Event::new(EventKind::Connected, &connection, &summary, 1_767_607_200_123, [7; RANDOM]);
        let metadata = event.to_metadata();
        assert!(metadata.len() <= 1024, "{}", metadata.len());
        assert_eq!(Event::from_metadata(event.id, &metadata), Some(event));
    }
}
