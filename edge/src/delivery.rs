//! Delivers events to the partner's backend: posts each, signed as Standard Webhooks 1.0.0 say, and decides whether
//! and when to try again.
//!
//! It never shows a secret, follows a redirect or changes what is stored. Nothing is lost with a delivery: every
//! event is in the feed, whatever becomes of it here.

use crate::{
    edge::Edge,
    platform::{Answer, FetchError, Outgoing, Platform, seconds},
    settings::Fault,
    ulid::Ulid,
};
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use shared::{Endpoint, ErrorCode, Json, Object};
use std::fmt;
use zeroize::Zeroizing;

/// Seconds between an attempt that failed and the next. Standard Webhooks' own example, up to where the seven attempts
/// fit into a day: the queue of a free plan forgets what is older. `wrangler.toml` has as many `max_retries`.
pub const SCHEDULE: [u32; 6] = [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR];

/// The longest `Retry-After` that is kept in full. With six of these, too, a day is enough.
const LONGEST_ASKED: u32 = HOUR;

const HOUR: u32 = 60 * 60;

/// A receiver writes the event down and answers; what takes longer is done after.
const TIMEOUT: u32 = 10_000;

/// In bytes, as Standard Webhooks say: shorter could be guessed, longer than the hash's block is no stronger.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

const GRAMMAR: &str =
    "must be whsec_ and the base64 of 24 to 64 random bytes, or several of these with commas between";

/// Where events are delivered to.
#[derive(Debug)]
pub struct Destination {
    /// The receiver.
    pub url: Endpoint,
    /// What its receiver knows them by.
    pub keys: SigningKeys,
}

/// The keys that sign, all of them each time: a receiver believes the one it knows, so a new key can come before an
/// old one goes.
pub struct SigningKeys(Vec<Hmac<Sha256>>);

impl SigningKeys {
    /// Reads `whsec_…`, or several with commas between.
    ///
    /// # Errors
    ///
    /// Says what is wrong, without showing any of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let key = |part: &str| {
            let encoded = part.trim().strip_prefix("whsec_")?;
            let key = Zeroizing::new(Base64::decode_vec(encoded).ok()?);
            if KEY_LENGTHS.contains(&key.len()) { Hmac::new_from_slice(&key).ok() } else { None }
        };
        let keys: Option<Vec<_>> = text.split(',').map(key).collect();
        keys.map(Self).ok_or(GRAMMAR)
    }

    /// The value of `webhook-signature`. Neither `id` nor the timestamp has a full stop, so no two messages are signed
    /// alike.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let signed = [id, ".", &timestamp.to_string(), ".", body].concat();
        let signature = |key: &Hmac<Sha256>| {
            let mac = key.clone().chain_update(&signed).finalize().into_bytes();
            ["v1,", &Base64::encode_string(&mac)].concat()
        };
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(..)")
    }
}

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
    edge: Result<&Edge, &[Fault]>,
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
    let (outcome, status, verdict) = match (edge.map(|edge| &edge.settings.events), event) {
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
    let mut line = Object::new()
        .number("time", time)
        .text("route", "queue")
        .text("outcome", outcome)
        .maybe("event", event.map(Ulid::to_text).as_deref())
        .number("attempt", attempts.into());
    if let Some(status) = status {
        line = line.number("status", status.into());
    }
    if let Verdict::Again(after) = verdict
        && !is_last(attempts)
    {
        line = line.number("again_after", after.into());
    }
    let took = platform.now().saturating_sub(time);
    platform.log(&line.number("milliseconds", took).end());
    verdict
}

/// The id of the event that a message is; of everything else, `None`.
fn event(message: &str) -> Option<Ulid> {
    Ulid::parse(&Json::parse(message.as_bytes())?.take("id")?.text()?)
}

/// The receiver's status and its `Retry-After`; `None` if there was no answer.
async fn post(
    platform: &impl Platform,
    destination: &Destination,
    id: Ulid,
    message: &str,
) -> Option<(u16, Option<u32>)> {
    let (id, timestamp) = (id.to_text(), seconds(platform.now()));
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

    // The secret and the vector of the specification's own libraries.
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    const OTHER: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const TIMESTAMP: u64 = 1_649_367_553;
    const BODY: &str = r#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    fn sign(keys: &str, id: &str, timestamp: u64, body: &str) -> String {
        SigningKeys::parse(keys).unwrap().sign(id, timestamp, body)
    }

    #[test]
    fn what_the_specification_signs_is_signed_alike() {
        assert_eq!(sign(SECRET, ID, TIMESTAMP, BODY), SIGNATURE);
    }

    #[test]
    fn id_time_body_and_key_are_all_signed() {
        assert_ne!(sign(SECRET, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpl", TIMESTAMP, BODY), SIGNATURE);
        assert_ne!(sign(SECRET, ID, TIMESTAMP + 1, BODY), SIGNATURE);
        assert_ne!(sign(SECRET, ID, TIMESTAMP, "{}"), SIGNATURE);
        assert_ne!(sign(OTHER, ID, TIMESTAMP, BODY), SIGNATURE);
    }

    #[test]
    fn all_keys_sign_so_that_a_new_one_can_come_first() {
        let both = sign(&format!("{OTHER}, {SECRET}"), ID, TIMESTAMP, BODY);
        assert_eq!(both, format!("{} {SIGNATURE}", sign(OTHER, ID, TIMESTAMP, BODY)));
    }

    #[track_caller]
    fn check(text: &str, fits: bool) {
        let expected = if fits { Ok(()) } else { Err(GRAMMAR) };
        assert_eq!(SigningKeys::parse(text).map(|_| ()), expected, "{text:?}");
    }

    #[test]
    fn a_secret_is_24_to_64_bytes_as_receivers_read_them() {
        let of = |length| format!("whsec_{}", Base64::encode_string(&vec![7; length]));
        check(&of(23), false);
        check(&of(24), true);
        check(&of(64), true);
        check(&of(65), false);
        check("", false);
        check("whsec_", false);
        check(SECRET.trim_start_matches("whsec_"), false);
        check("whsk_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", false);
        check(&of(32).replace('=', ""), false);
        check(&format!("{SECRET},"), false);
        check(&format!("{SECRET},{OTHER}"), true);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", SigningKeys::parse(SECRET).unwrap()), "SigningKeys(..)");
    }

    #[test]
    fn only_an_event_of_ours_has_an_id() {
        let ulid = "01KE6TT0W0000000000000000A";
        assert_eq!(event(&format!(r#"{{"id":"{ulid}"}}"#)).unwrap().to_text(), ulid);
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
