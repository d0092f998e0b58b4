//! The public part of a connection: everything that the partner's backend and the page may see. It contains no
//! secret.
//!
//! It is stored in KV metadata, so a list reads no values. See [`crate::metadata`] for its stored form.

use crate::platform::{Millis, seconds};
use serde::{Deserialize, Serialize};
use shared::{App, ConnectionId, Subject};
use std::collections::BTreeMap;

/// The public part of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The app that is connected.
    pub app: App,
    /// The partner's user who owns the connection. `None` if there was no session.
    pub subject: Option<Subject>,
    /// The state of the connection.
    pub status: Status,
    /// The time of the last authorization. It distinguishes a record from the one that it replaced.
    pub connected_at: Millis,
    /// The id of the sealing key of the record. The sweep compares it with the current key to find records to seal
    /// again.
    pub key: String,
}

/// The state of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The connection can be used.
    #[default]
    Connected,
    /// Smooch rejects the token: the owner removed the integration, or the authorization ended with another connection
    /// of the app.
    Revoked,
    /// The partner removed the connection, and Smooch did not confirm it yet. The sweep tries again.
    Removing,
}

/// The JSON of a connection in responses and events.
#[derive(Debug, Serialize)]
pub struct ConnectionView<'a> {
    id: &'a str,
    app: &'a App,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    status: Status,
    connected_at: u64,
    /// The partner's own data. Only the response for a single connection has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<&'a BTreeMap<String, String>>,
}

impl<'a> ConnectionView<'a> {
    /// The view of a connection, without metadata.
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
    use shared::AppId;

    #[test]
    fn the_view_does_not_contain_the_id_of_the_sealing_key() {
        let app = App { id: AppId::parse("5f1a").unwrap(), name: None, subdomain: None };
        let id = ConnectionId::new("shoplifter", &app.id, None);
        let summary =
            Summary { app, subject: None, status: Status::Connected, connected_at: 1, key: "k1".into() };
        assert!(!serde_json::to_string(&ConnectionView::new(&id, &summary)).unwrap().contains("k1"));
    }
}
