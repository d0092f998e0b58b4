//! `GET /v1/connections…`: shows connections and their tokens to the partner's backend. [`crate::dispatch`] has
//! checked the API key.

mod list_query;

use crate::{
    http::Response,
    log::Report,
    lookup,
    platform::{KvError, Platform},
    problem::Problem,
    settings::Settings,
    store,
    summary::ConnectionView,
};
use list_query::ListQuery;
use serde::Serialize;
use shared::{ConnectionId, ErrorCode};

/// Lists connections, of one subject or of all: `?subject=&cursor=&limit=`. A page is one KV list and reads no
/// values. A page can be empty and not be the last; the last page has no `cursor`.
///
/// 1. Parse the query.
/// 2. List a page.
/// 3. Respond with the views of its connections and the cursor of the next page.
///
/// # Errors
///
/// `invalid_request` for an unknown or malformed parameter, `storage_unavailable`.
pub async fn list(platform: &impl Platform, query: &str) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Page<'a> {
        connections: Vec<ConnectionView<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<&'a str>,
    }
    let ListQuery { subject, cursor, limit } = ListQuery::parse(query)?;
    let (connections, next) = store::list(platform, subject.as_ref(), cursor.as_deref(), limit)
        .await
        .map_err(|error| match error {
            // Only KV can check a cursor, and it is the only part of this list that the caller chooses freely.
            KvError::Refused(_) if cursor.is_some() => ErrorCode::InvalidRequest,
            KvError::Refused(_) | KvError::Unavailable | KvError::Changed => ErrorCode::StorageUnavailable,
        })?;
    let page = Page {
        connections: connections.iter().map(|(id, summary)| ConnectionView::new(id, summary)).collect(),
        cursor: next.as_deref(),
    };
    Ok(Response::json(200, &page))
}

/// Shows one connection, with the metadata of its session.
///
/// 1. Read the connection.
/// 2. Open its record, for the metadata.
/// 3. Respond with its view.
///
/// # Errors
///
/// `not_found`, `storage_unavailable`, or `misconfigured` if its sealing key is not in the settings any more.
pub async fn show(
    settings: &Settings,
    platform: &impl Platform,
    id: &ConnectionId,
    report: &mut Report,
) -> Result<Response, Problem> {
    let stored = lookup::read(platform, id, report).await?;
    let record = lookup::open(settings, &stored, report)?;
    let mut view = ConnectionView::new(id, &stored.summary);
    view.metadata = Some(&record.metadata);
    Ok(Response::json(200, &view))
}

/// Shows the access token of a connection.
///
/// 1. Read the connection.
/// 2. Check that it can be used.
/// 3. Open its record.
/// 4. Respond with the token.
///
/// # Errors
///
/// As [`show`]; also `connection_revoked`, `connection_removing`.
pub async fn token(
    settings: &Settings,
    platform: &impl Platform,
    id: &ConnectionId,
    report: &mut Report,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Token<'a> {
        access_token: &'a str,
        token_type: &'static str,
    }
    let stored = lookup::read(platform, id, report).await?;
    stored.check_usable()?;
    let record = lookup::open(settings, &stored, report)?;
    Ok(Response::json(200, &Token { access_token: record.token.expose(), token_type: "Bearer" }))
}
