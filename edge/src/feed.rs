//! `GET /v1/events`: the feed as the partner's backend reads it. The caller's key has been checked before.

use crate::{
    connections::{query, read_limit},
    events::{self, Event, ShownEvent},
    http::Response,
    log::Report,
    platform::Platform,
    problem::Problem,
};
use serde::Serialize;
use shared::ErrorCode;
use ulid::Ulid;

/// What is read where the caller does not say.
const USUAL: u16 = 100;

/// Shows what has happened: `?after=&limit=`. `next` is what to say as `after` the next time, also when nothing has
/// happened; with `more`, that is worth doing at once.
///
/// # Errors
///
/// `invalid_request` for a parameter of another shape, `storage_unavailable`.
pub async fn show(platform: &impl Platform, text: &str, report: &mut Report) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Page<'a> {
        events: Vec<ShownEvent<'a>>,
        next: String,
        more: bool,
    }
    let [after, limit] = query(text, ["after", "limit"])?;
    let after = match after.filter(|after| !after.is_empty()) {
        Some(text) => Some(read_place(&text).ok_or(ErrorCode::InvalidRequest)?),
        None => None,
    };
    let limit = limit.as_deref().map_or(Ok(USUAL), read_limit)?;
    let feed = events::feed(platform, after, limit.into()).await.map_err(|error| {
        report.note = Some(error.says());
        ErrorCode::StorageUnavailable
    })?;
    let page = Page {
        events: feed.events.iter().map(Event::shown).collect(),
        next: feed.next.to_string(),
        more: feed.more,
    };
    Ok(Response::json(200, &page))
}

/// A place in the feed: a ULID, in the one way it is written. One of more than 128 bits would be cut to another.
fn read_place(text: &str) -> Option<Ulid> {
    Ulid::from_string(text).ok().filter(|place| place.to_string().eq_ignore_ascii_case(text))
}
