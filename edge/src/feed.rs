//! `GET /v1/events`: the ordered feed of events. [`crate::dispatch`] has checked the API key.
//!
//! Events are in KV metadata under `event/{ulid}`, so a page reads no values. KV needs up to a minute until a write
//! is visible everywhere. So the feed ends [`VISIBILITY_DELAY`] before now: no event can appear before a position
//! that a reader has passed, and a reader misses nothing.

mod window;

use crate::{
    event::{Event, EventView, LIFETIME, VISIBILITY_DELAY},
    http::Response,
    keys,
    log::Report,
    platform::{KvError, Platform},
    problem::Problem,
    query,
};
use serde::Serialize;
use shared::ErrorCode;
use ulid::Ulid;
use window::Window;

/// The number of events of a page, if the caller gives no limit.
const DEFAULT_LIMIT: u16 = 100;

/// Maximum number of KV lists for one page. If that is not enough, the page ends early with `more`.
const MAX_LISTS: u32 = 30;

/// Lists events: `?after=&limit=`. The response's `next` is the value of `after` for the following request, also if
/// there are no events. `more` is `true` if the following request would return more at once.
///
/// 1. Parse the query.
/// 2. Read a page of the feed.
/// 3. Respond with the views of its events.
///
/// # Errors
///
/// `invalid_request` for an unknown or malformed parameter, `storage_unavailable`.
pub async fn list(platform: &impl Platform, query: &str, report: &mut Report) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Page<'a> {
        events: Vec<EventView<'a>>,
        next: String,
        more: bool,
    }
    let [after, limit] = query::parse(query, ["after", "limit"])?;
    let after = match after.filter(|after| !after.is_empty()) {
        Some(text) => Some(parse_position(&text).ok_or(ErrorCode::InvalidRequest)?),
        None => None,
    };
    let limit = limit.as_deref().map_or(Ok(DEFAULT_LIMIT), query::parse_limit)?;
    let feed = read(platform, after, limit.into()).await.map_err(|error| {
        report.note = Some(error.message());
        ErrorCode::StorageUnavailable
    })?;
    let page = Page {
        events: feed.events.iter().map(Event::view).collect(),
        next: feed.next.to_string(),
        more: feed.more,
    };
    Ok(Response::json(200, &page))
}

/// Parses a position in the feed: a ULID in its canonical form, in upper or lower case. The crate would silently
/// truncate a text of more than 128 bits.
fn parse_position(text: &str) -> Option<Ulid> {
    Ulid::from_string(text).ok().filter(|position| position.to_string().eq_ignore_ascii_case(text))
}

/// A page of the feed.
struct FeedPage {
    /// The events, oldest first.
    events: Vec<Event>,
    /// The position after which the next page starts.
    next: Ulid,
    /// `true` if there is more to read now.
    more: bool,
}

/// Reads the events after the position `after`, at most `limit`.
///
/// KV lists only by prefix, and a ULID starts with its time. So the time from `after` until now is read in [`Window`]s
/// that have one prefix each. Every page makes progress: if [`MAX_LISTS`] is reached, `next` is the last event that was
/// read or the end of the last complete window, whichever is later.
async fn read(platform: &impl Platform, after: Option<Ulid>, limit: usize) -> Result<FeedPage, KvError> {
    let now = platform.now();
    let end = now.saturating_sub(VISIBILITY_DELAY);
    let oldest = now.saturating_sub(u64::from(LIFETIME) * 1000);
    // A position in the future would skip events. It is treated as the current end of the feed.
    let after = after.map(|after| after.min(Ulid::from_parts(end, 0)));
    let recent = after.filter(|after| after.timestamp_ms() >= oldest);
    let after = recent.unwrap_or(Ulid::from_parts(oldest, 0));
    let mut page = FeedPage { events: Vec::new(), next: after, more: false };
    // Older events have expired, so for an old position the first window can be a long one.
    let mut window = recent
        .map_or_else(|| Window::longest_around(oldest), |after| Window::starting_at(after.timestamp_ms()));
    let mut cursor: Option<String> = None;
    for _list in 0..MAX_LISTS {
        if window.start() > end {
            return Ok(page);
        }
        let list = platform.kv_list(&window.prefix(), cursor.as_deref(), 1000).await?;
        for (key, metadata) in list.keys {
            let Some(event) = parse_event(&key, metadata.as_deref()).filter(|event| event.id > after) else {
                continue;
            };
            if event.id.timestamp_ms() > end {
                return Ok(page);
            }
            if page.events.len() == limit {
                page.more = true;
                return Ok(page);
            }
            page.next = event.id;
            page.events.push(event);
        }
        cursor = list.cursor;
        if cursor.is_none() {
            window = window.next();
            // Everything before this window has been read.
            if window.start() <= end {
                page.next = page.next.max(Ulid::from_parts(window.start() - 1, u128::MAX));
            }
        }
    }
    page.more = window.start() <= end;
    Ok(page)
}

/// The event of a KV entry. `None` for a tombstone.
fn parse_event(key: &str, metadata: Option<&str>) -> Option<Event> {
    let id = Ulid::from_string(key.strip_prefix(keys::EVENT_PREFIX)?).ok()?;
    Event::from_metadata(id, metadata?)
}
