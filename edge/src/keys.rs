//! The keys of the KV namespace. Every key that the edge reads or writes is made here.
//!
//! | key | value | metadata | expires |
//! |---|---|---|---|
//! | `connection/{id}` | the sealed record; the key is its associated data | the summary | never; deleted on removal |
//! | `subject/{subject}/{id}` | empty | the summary | never; deleted on removal |
//! | `completed/{flow}` | empty | the connection's id | after ten minutes |
//! | `event/{ulid}` | empty | the event, or nothing (tombstone) | after thirty days |
//! | `sweep/state` | empty | the progress of the sweep | never |
//! | `sweep/hint` | empty | the time of the last call of the Remove URL | never |
//!
//! A token is only in the sealed record, and never part of a key. The edge never reads, changes and rewrites a shared
//! index: KV has no compare-and-set, so concurrent changes would be lost.

use shared::{AppId, ConnectionId, Subject};
use ulid::Ulid;

/// The prefix of all connections.
pub(crate) const CONNECTION_PREFIX: &str = "connection/";

/// The prefix of all events.
pub(crate) const EVENT_PREFIX: &str = "event/";

/// The prefix of both keys of the sweep.
pub(crate) const SWEEP_PREFIX: &str = "sweep/";

/// The progress of the sweep.
pub(crate) const SWEEP_STATE: &str = "sweep/state";

/// The time of the last call of the Remove URL.
pub(crate) const SWEEP_HINT: &str = "sweep/hint";

/// The key of a connection's record.
pub(crate) fn connection(id: &ConnectionId) -> String {
    [CONNECTION_PREFIX, id.as_str()].concat()
}

/// The prefix of the connections of one app. An id starts with the id of its app.
pub(crate) fn app_prefix(app: &AppId) -> String {
    [CONNECTION_PREFIX, app.as_str(), "-"].concat()
}

/// The prefix of the connections of one subject.
pub(crate) fn subject_prefix(subject: &Subject) -> String {
    ["subject/", subject.as_str(), "/"].concat()
}

/// The key that lists a connection under its subject.
pub(crate) fn subject(subject: &Subject, id: &ConnectionId) -> String {
    [&subject_prefix(subject), id.as_str()].concat()
}

/// The key that marks a flow as completed.
pub(crate) fn completed(flow: &str) -> String {
    ["completed/", flow].concat()
}

/// The key of an event.
pub(crate) fn event(id: Ulid) -> String {
    [EVENT_PREFIX, &id.to_string()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_keys_fit_into_kv() {
        let app = AppId::parse(&"a".repeat(64)).unwrap();
        let owner = Subject::parse(&"a".repeat(128)).unwrap();
        let id = ConnectionId::new("shoplifter", &app, Some(&owner));
        assert!(subject(&owner, &id).len() <= 512);
        assert!(connection(&id).len() <= 512);
    }
}
