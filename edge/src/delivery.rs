//! Delivers events to the partner's backend: posts each as a signed webhook (Standard Webhooks 1.0.0), and decides if
//! and when to retry.
//!
//! It sends no secret, follows no redirect and changes nothing in KV. A failed delivery does not remove the event from
//! the feed.

mod schedule;

pub use schedule::SCHEDULE;

use crate::{
    fault::Fault,
    platform::{Answer, FetchError, Millis, Outgoing, Platform, seconds},
    settings::Settings,
    signing::Destination,
};
use schedule::{is_last, retry_delay};
use serde::{Deserialize, Serialize};
use shared::{ErrorCode, from_json, to_json};
use ulid::Ulid;

/// Timeout of a delivery in milliseconds. Receivers should store the event, respond, and process it later.
const TIMEOUT: u32 = 10_000;

/// The instruction to the queue for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Remove the message from the queue.
    Acknowledge,
    /// Deliver the message again after this many seconds. After the last attempt the platform moves it to the dead
    /// letter queue instead.
    Retry(u32),
}

/// Delivers one message of the queue and writes the log line. `attempts` includes this attempt.
///
/// 1. Without valid settings, retry later. Without a receiver in the settings, drop the message.
/// 2. Drop a message that is not an event.
/// 3. Sign the event and post it.
/// 4. A 2xx is success. A 410 means that the receiver does not want the event (Standard Webhooks, "Delivery success
///    and failure"). Everything else is retried.
pub async fn deliver(
    settings: Result<&Settings, &[Fault]>,
    platform: &impl Platform,
    message: &str,
    attempts: u32,
) -> Verdict {
    let time = platform.now();
    let event = event_id(message);
    let retry = |retry_after| {
        let [random] = platform.random();
        Verdict::Retry(retry_delay(attempts, retry_after, random))
    };
    let (outcome, status, verdict) = match (settings.map(|settings| &settings.events), event) {
        (Err(_), _) => (ErrorCode::Misconfigured.as_str(), None, retry(None)),
        (Ok(None), _) => ("no_receiver", None, Verdict::Acknowledge),
        (Ok(Some(_)), None) => ("no_event", None, Verdict::Acknowledge),
        (Ok(Some(destination)), Some(id)) => match post(platform, destination, id, message).await {
            Some((status @ 200..=299, _)) => ("delivered", Some(status), Verdict::Acknowledge),
            Some((status @ 410, _)) => ("gone", Some(status), Verdict::Acknowledge),
            Some((status, retry_after)) => ("failed", Some(status), retry(retry_after)),
            None => ("no_answer", None, retry(None)),
        },
    };
    let line = Line {
        time,
        route: "queue",
        outcome,
        event: event.map(|id| id.to_string()),
        attempt: attempts,
        status,
        again_after: match verdict {
            Verdict::Retry(delay) if !is_last(attempts) => Some(delay),
            Verdict::Retry(_) | Verdict::Acknowledge => None,
        },
        milliseconds: platform.now().saturating_sub(time),
    };
    platform.log(&to_json(&line));
    verdict
}

/// The log line of a delivery.
#[derive(Serialize)]
struct Line {
    time: Millis,
    route: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    again_after: Option<u32>,
    milliseconds: Millis,
}

/// The id of the event in a message. `None` if the message is not an event.
fn event_id(message: &str) -> Option<Ulid> {
    #[derive(Deserialize)]
    struct EventId {
        id: String,
    }
    let EventId { id } = from_json(message.as_bytes())?;
    Ulid::from_string(&id).ok()
}

/// Posts a signed event. It returns the receiver's status and its `Retry-After`, or `None` without a response.
async fn post(
    platform: &impl Platform,
    destination: &Destination,
    id: Ulid,
    message: &str,
) -> Option<(u16, Option<u32>)> {
    let (id, timestamp) = (id.to_string(), seconds(platform.now()));
    let signature = destination.keys.sign(&id, timestamp, message);
    let timestamp = timestamp.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id.as_str()),
        ("webhook-timestamp", timestamp.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    let url = destination.url.as_str();
    let request = Outgoing { method: "POST", url, headers: &headers, body: Some(message), timeout: TIMEOUT };
    match platform.fetch(request).await {
        Ok(Answer { status, retry_after, .. }) => Some((status, retry_after)),
        // Only the status of a response matters.
        Err(FetchError::TooLong(status)) => Some((status, None)),
        Err(FetchError::Lost) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_event_with_a_ulid_has_an_id() {
        let ulid = "01KE6TT0W0000000000000000A";
        assert_eq!(event_id(&format!(r#"{{"id":"{ulid}"}}"#)).unwrap().to_string(), ulid);
        for other in ["", "[]", "{}", r#"{"id":7}"#, r#"{"id":"../x"}"#, r#"{"id":"a.b"}"#] {
            assert_eq!(event_id(other), None, "{other:?}");
        }
    }
}
