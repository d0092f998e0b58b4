//! What everybody who may see a connection sees of it: the partner's backend, and the page it was made on.
//!
//! It lies in KV's metadata, so a list reads no value. It holds no secret.

use crate::{
    events::Kind,
    platform::{Millis, seconds},
};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use shared::{App, AppId, ConnectionId, Subdomain, Subject, from_json, to_json};
use std::collections::BTreeMap;

/// What is seen of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The app.
    pub app: App,
    /// Whose it is, in the partner's terms.
    pub subject: Option<Subject>,
    /// Whether it can be used.
    pub status: Status,
    /// When it was connected, or connected again; it tells one record from the one before it.
    pub connected_at: Millis,
    /// The id of the key that sealed the record, so that a rotation finds the old ones without opening any.
    pub key: String,
}

/// Whether a connection can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It can.
    #[default]
    Connected,
    /// Smooch refuses its token: the owner has removed the integration, or another connection of the app was.
    Revoked,
    /// The partner has removed it, and Smooch could not be told yet. The sweep tells it.
    Removing,
}

impl Summary {
    /// As KV's metadata have it: JSON, in ASCII, at most 1,024 bytes.
    #[must_use]
    pub fn to_metadata(&self) -> String {
        to_json(&Metadata::of(self))
    }

    /// Reads what [`Summary::to_metadata`] wrote.
    #[must_use]
    pub fn from_metadata(text: &str) -> Option<Self> {
        from_json(text.as_bytes()).map(Metadata::into_summary)
    }
}

/// A summary as KV's metadata have it. They travel as a header, and a name in another script would be quoted in
/// the platform's warning about that, so it is escaped.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    /// Of an event, what happened, and to which connection.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    app: AppId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subdomain: Option<Subdomain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(default, skip_serializing_if = "is_usual")]
    status: Status,
    at: Millis,
    key: String,
}

/// What JSON would escape, and the escape itself; all that is not ASCII is escaped anyway.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'"').add(b'\\');

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
fn is_usual(status: &Status) -> bool {
    *status == Status::Connected
}

impl Metadata {
    pub(crate) fn of(summary: &Summary) -> Self {
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

    pub(crate) fn into_summary(self) -> Summary {
        let name = self.name.map(|name| percent_decode_str(&name).decode_utf8_lossy().into_owned());
        let app = App { id: self.app, name, subdomain: self.subdomain };
        let Self { subject, status, at: connected_at, key, .. } = self;
        Summary { app, subject, status, connected_at, key }
    }
}

/// A connection as it is shown.
#[derive(Debug, Serialize)]
pub struct Shown<'a> {
    id: &'a str,
    app: &'a App,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    status: Status,
    connected_at: u64,
    /// The partner's own notes, where one connection is shown whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Shown<'a> {
    /// Shows a connection.
    #[must_use]
    pub fn new(id: &'a ConnectionId, summary: &'a Summary) -> Self {
        let Summary { app, subject, status, connected_at, key: _ } = summary;
        let subject = subject.as_ref().map(Subject::as_str);
        let connected_at = seconds(*connected_at);
        Self { id: id.as_str(), app, subject, status: *status, connected_at, metadata: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(name: &str) -> Summary {
        let app = App { id: AppId::parse("5f1a").unwrap(), name: App::tidy_name(name), subdomain: None };
        Summary { app, subject: None, status: Status::Connected, connected_at: 1, key: "k1".into() }
    }

    #[test]
    fn metadata_are_ascii_and_read_back_as_they_were() {
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
    fn the_key_that_sealed_it_is_not_shown() {
        let summary = summary("Corner Bakery");
        let id = ConnectionId::new("shoplifter", &summary.app.id, None);
        assert!(!serde_json::to_string(&Shown::new(&id, &summary)).unwrap().contains("k1"));
    }

    #[test]
    fn the_longest_summary_fits_kv() {
        let app = App {
            id: AppId::parse(&"a".repeat(64)).unwrap(),
            // A name of quotes alone is three times as long once it is escaped.
            name: App::tidy_name(&"\"".repeat(500)),
            subdomain: Subdomain::parse(&"a".repeat(63)),
        };
        let subject = Subject::parse(&"a".repeat(128));
        let (status, key) = (Status::Connected, "a".repeat(16));
        let summary = Summary { app, subject, status, connected_at: u64::MAX, key };
        assert!(summary.to_metadata().len() <= 850, "an event adds up to 174 bytes to it");
    }
}
