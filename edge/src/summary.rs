//! What everybody who may see a connection sees of it: the partner's backend, and the page it was made on.
//!
//! It lies in KV's metadata, so a list reads no value. It holds no secret.

use crate::platform::{Millis, seconds};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use shared::{App, AppId, ConnectionId, Json, Object, Subdomain, Subject};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It can.
    Connected,
    /// Smooch refuses its token: the owner has removed the integration, or another connection of the app was.
    Revoked,
    /// The partner has removed it, and Smooch could not be told yet. The sweep tells it.
    Removing,
}

impl Status {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Revoked => "revoked",
            Self::Removing => "removing",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Connected, Self::Revoked, Self::Removing].into_iter().find(|status| status.as_str() == name)
    }
}

impl Summary {
    /// As KV's metadata have it: JSON, in ASCII, at most 1,024 bytes.
    #[must_use]
    pub fn to_metadata(&self) -> String {
        self.metadata(Object::new()).end()
    }

    /// Reads what [`Summary::to_metadata`] wrote.
    #[must_use]
    pub fn from_metadata(text: &str) -> Option<Self> {
        Self::of_metadata(&mut Json::parse(text.as_bytes())?)
    }

    /// Adds its fields to an object. They travel as a header, and a name in another script would be quoted in the
    /// platform's warning about that, so it is escaped.
    pub(crate) fn metadata(&self, object: Object) -> Object {
        let Self { app, subject, status, connected_at, key } = self;
        let name = app.name.as_ref().map(|name| utf8_percent_encode(name, ESCAPED).to_string());
        // What is usual takes no room.
        let status = Some(status.as_str()).filter(|_| *status != Status::Connected);
        object
            .text("app", app.id.as_str())
            .maybe("name", name.as_deref())
            .maybe("subdomain", app.subdomain.as_ref().map(Subdomain::as_str))
            .maybe("subject", subject.as_ref().map(Subject::as_str))
            .maybe("status", status)
            .number("at", *connected_at)
            .text("key", key)
    }

    /// Takes its fields out of an object.
    pub(crate) fn of_metadata(json: &mut Json) -> Option<Self> {
        let id = AppId::parse(&json.take("app")?.text()?)?;
        let name = json.take("name")?.maybe_text()?;
        let name = name.map(|name| percent_decode_str(&name).decode_utf8_lossy().into_owned());
        let subdomain = match json.take("subdomain")?.maybe_text()? {
            Some(text) => Some(Subdomain::parse(&text)?),
            None => None,
        };
        let subject = match json.take("subject")?.maybe_text()? {
            Some(text) => Some(Subject::parse(&text)?),
            None => None,
        };
        let status = match json.take("status")?.maybe_text()? {
            Some(text) => Status::parse(&text)?,
            None => Status::Connected,
        };
        let (connected_at, key) = (json.take("at")?.number()?, json.take("key")?.text()?);
        Some(Self { app: App { id, name, subdomain }, subject, status, connected_at, key })
    }
}

/// What JSON would escape, and the escape itself; all that is not ASCII is escaped anyway.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'"').add(b'\\');

/// A connection as it is shown.
#[must_use]
pub fn shown(id: &ConnectionId, summary: &Summary) -> Object {
    let Summary { app, subject, status, connected_at, key: _ } = summary;
    Object::new()
        .text("id", id.as_str())
        .json("app", &app.to_json())
        .maybe("subject", subject.as_ref().map(Subject::as_str))
        .text("status", status.as_str())
        .number("connected_at", seconds(*connected_at))
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
        assert!(!shown(&id, &summary).end().contains("k1"));
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
