//! Delivers events to the partner's backend: posts each, signed as Standard Webhooks 1.0.0 say, and decides whether
//! and when to try again.
//!
//! It never shows a secret, follows a redirect or changes what is stored. Nothing is lost with a delivery: every
//! event is in the feed, whatever becomes of it here.

use crate::{
    fault::Fault,
    platform::{Answer, FetchError, Millis, Outgoing, Platform, seconds},
    settings::Settings,
    signing::Destination,
};
use serde::{Deserialize, Serialize};
use shared::{ErrorCode, from_json, to_json};
use ulid::Ulid;

/// Seconds between an attempt that failed and the next. Standard Webhooks' own example, up to where the seven attempts
/// fit into a day: the queue of a free plan forgets what is older. `wrangler.toml` has as many `max_retries`.
pub const SCHEDULE: [u32; 6] = [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR];

/// The longest `Retry-After` that is kept in full. With six of these, too, a day is enough.
const LONGEST_ASKED: u32 = HOUR;

const HOUR: u32 = 60 * 60;

/// A receiver writes the event down and answers; what takes longer is done after.
const TIMEOUT: u32 = 10_000;

/// What is to become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done with.
    Done,
    /// It is to be tried again, so many seconds later. After the last attempt the platform puts it with the dead
    /// letters instead.
    Again(u32),
}

/// Delivers one message of the queue, `attempts` counting this one, and writes the line in the log:
///
/// 1. with wrong settings wait, and with none any more let it go;
/// 2. what is no event of ours can be delivered to nobody;
/// 3. sign it and post it;
/// 4. 2xx is delivered, 410 is not wanted (Standard Webhooks, "Delivery success and failure"), and everything else
///    is tried again.
pub async fn deliver(
    settings: Result<&Settings, &[Fault]>,
    platform: &impl Platform,
    message: &str,
    attempts: u32,
) -> Verdict {
    let time = platform.now();
    let event = event(message);
    let again = |asked| {
        let [random] = platform.random();
        Verdict::Again(wait(attempts, asked, random))
    };
    let (outcome, status, verdict) = match (settings.map(|settings| &settings.events), event) {
        (Err(_), _) => (ErrorCode::Misconfigured.as_str(), None, again(None)),
        (Ok(None), _) => ("no_receiver", None, Verdict::Done),
        (Ok(Some(_)), None) => ("no_event", None, Verdict::Done),
        (Ok(Some(destination)), Some(id)) => match post(platform, destination, id, message).await {
            Some((status @ 200..=299, _)) => ("delivered", Some(status), Verdict::Done),
            Some((status @ 410, _)) => ("gone", Some(status), Verdict::Done),
            Some((status, asked)) => ("failed", Some(status), again(asked)),
            None => ("no_answer", None, again(None)),
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
            Verdict::Again(after) if !is_last(attempts) => Some(after),
            Verdict::Again(_) | Verdict::Done => None,
        },
        milliseconds: platform.now().saturating_sub(time),
    };
    platform.log(&to_json(&line));
    verdict
}

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

/// The id of the event that a message is; of everything else, `None`.
fn event(message: &str) -> Option<Ulid> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    let Named { id } = from_json(message.as_bytes())?;
    Ulid::from_string(&id).ok()
}

/// The receiver's status and its `Retry-After`; `None` if there was no answer.
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
        // What it says beyond its status is of no interest.
        Err(FetchError::TooLong(status)) => Some((status, None)),
        Err(FetchError::Lost) => None,
    }
}

/// The schedule's, or what the receiver asked for if that is longer, and by chance up to a tenth more: what failed
/// together does not come again together.
fn wait(attempts: u32, asked: Option<u32>, random: u8) -> u32 {
    let attempts = usize::try_from(attempts).unwrap_or(usize::MAX).max(1);
    let scheduled = SCHEDULE.into_iter().take(attempts).next_back().unwrap_or_default();
    let wait = scheduled.max(asked.unwrap_or_default().min(LONGEST_ASKED));
    wait + wait * u32::from(random) / (u32::from(u8::MAX) * 10)
}

/// Whether the platform tries no more after this attempt.
fn is_last(attempts: u32) -> bool {
    usize::try_from(attempts).is_ok_and(|attempts| attempts > SCHEDULE.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_event_of_ours_has_an_id() {
        let ulid = "01KE6TT0W0000000000000000A";
        assert_eq!(event(&format!(r#"{{"id":"{ulid}"}}"#)).unwrap().to_string(), ulid);
        for other in ["", "[]", "{}", r#"{"id":7}"#, r#"{"id":"../x"}"#, r#"{"id":"a.b"}"#] {
            assert_eq!(event(other), None, "{other:?}");
        }
    }

    #[test]
    fn each_wait_is_longer_and_the_receiver_may_ask_for_more() {
        assert_eq!([1, 2, 3, 4, 5, 6].map(|attempts| wait(attempts, None, 0)), SCHEDULE);
        assert_eq!((wait(0, None, 0), wait(7, None, 0), wait(u32::MAX, None, 0)), (5, 36_000, 36_000));
        assert_eq!((wait(1, Some(60), 0), wait(3, Some(60), 0)), (60, 1_800));
        assert_eq!((wait(1, Some(HOUR + 1), 0), wait(4, Some(u32::MAX), 0)), (HOUR, 2 * HOUR));
        assert_eq!((wait(2, None, 0), wait(2, None, u8::MAX)), (300, 330));
    }

    #[test]
    fn the_schedule_fits_into_the_day_that_a_queue_keeps() {
        let longest = |asked| (1..=6).map(|attempts| wait(attempts, asked, u8::MAX)).sum::<u32>();
        assert_eq!((1..=6).map(|attempts| wait(attempts, None, 0)).sum::<u32>(), 63_305, "17:35:05");
        assert!(longest(None) < 24 * HOUR && longest(Some(u32::MAX)) < 24 * HOUR);
    }
}
