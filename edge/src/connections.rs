//! `GET /v1/connections…`: what the partner's backend asks for. The caller's key has been checked before.

use crate::{
    api::usable,
    http::Response,
    log::Report,
    platform::{KvError, Platform},
    problem::Problem,
    seal::OpenError,
    settings::Settings,
    store::{self, ReadError},
    summary::Shown,
};
use serde::Serialize;
use shared::{ConnectionId, ErrorCode, Subject};

/// As many as KV lists at once.
const MOST: u16 = 1000;

/// What is listed where the caller does not say.
const USUAL: u16 = 100;

/// Lists connections, of one subject or of all: `?subject=&cursor=&limit=`. One KV list a page, no value read.
/// A page may be empty without being the last; the last has no `cursor`.
///
/// # Errors
///
/// `invalid_request` for a parameter of another shape, `storage_unavailable`.
pub async fn list(platform: &impl Platform, query: &str) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Listed<'a> {
        connections: Vec<Shown<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<&'a str>,
    }
    let Asked { subject, cursor, limit } = Asked::parse(query)?;
    let (connections, next) = store::list(platform, subject.as_ref(), cursor.as_deref(), limit)
        .await
        .map_err(|error| match error {
            // The only part of the request that is the caller's, and opaque to us.
            KvError::Refused(_) if cursor.is_some() => ErrorCode::InvalidRequest,
            KvError::Refused(_) | KvError::Unavailable | KvError::Changed => ErrorCode::StorageUnavailable,
        })?;
    let listed = Listed {
        connections: connections.iter().map(|(id, summary)| Shown::new(id, summary)).collect(),
        cursor: next.as_deref(),
    };
    Ok(json(&listed))
}

/// Shows one connection, with the metadata of the session it was made in.
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
    let stored = store::get(platform, id).await.map_err(|error| problem(error, report))?;
    let record = stored.open(&settings.keyring).map_err(|error| problem(error, report))?;
    let mut shown = Shown::new(id, &stored.summary);
    shown.metadata = Some(&record.metadata);
    Ok(json(&shown))
}

/// Gives the access token out, to the partner's backend alone.
///
/// # Errors
///
/// As [`show`]; `connection_revoked`, `connection_removing`.
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
    let stored = store::get(platform, id).await.map_err(|error| problem(error, report))?;
    usable(&stored)?;
    let record = stored.open(&settings.keyring).map_err(|error| problem(error, report))?;
    Ok(json(&Token { access_token: record.token.expose(), token_type: "Bearer" }))
}

/// What a record that cannot be used is to the caller.
pub(crate) fn problem(error: ReadError, report: &mut Report) -> Problem {
    match error {
        ReadError::NotFound => ErrorCode::NotFound.into(),
        ReadError::Unavailable(error) => {
            report.note = Some(error.says());
            ErrorCode::StorageUnavailable.into()
        }
        ReadError::Closed(OpenError::UnknownKey) => {
            report.note = Some("the record is sealed under a key that is not in SEALING_KEYS");
            ErrorCode::Misconfigured.into()
        }
        ReadError::Closed(OpenError::Forged) | ReadError::Unreadable => {
            report.note = Some("the record is not what was stored");
            ErrorCode::StorageUnavailable.into()
        }
    }
}

fn json(body: &impl Serialize) -> Response {
    Response::json(200, &body)
}

#[derive(Debug, PartialEq, Eq)]
struct Asked {
    subject: Option<Subject>,
    cursor: Option<String>,
    limit: u16,
}

impl Asked {
    fn parse(text: &str) -> Result<Self, ErrorCode> {
        let [subject, cursor, limit] = query(text, ["subject", "cursor", "limit"])?;
        let subject = match subject {
            Some(text) => Some(Subject::parse(&text).ok_or(ErrorCode::InvalidRequest)?),
            None => None,
        };
        // KV's cursors are short; an empty one is how some callers write none.
        let cursor = cursor.filter(|cursor| !cursor.is_empty());
        if cursor.as_ref().is_some_and(|cursor| cursor.len() > 512) {
            return Err(ErrorCode::InvalidRequest);
        }
        Ok(Self { subject, cursor, limit: limit.as_deref().map_or(Ok(USUAL), read_limit)? })
    }
}

/// Reads a query whose parameters have these names, each at most once.
///
/// # Errors
///
/// `invalid_request` for another parameter, or one that stands there twice.
pub(crate) fn query<const N: usize>(text: &str, names: [&str; N]) -> Result<[Option<String>; N], ErrorCode> {
    let mut values = [const { None }; N];
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let mut places = names.iter().zip(&mut values);
        let (_, place) = places.find(|(known, _)| **known == name).ok_or(ErrorCode::InvalidRequest)?;
        if place.replace(value.into_owned()).is_some() {
            return Err(ErrorCode::InvalidRequest);
        }
    }
    Ok(values)
}

/// Reads a limit, 1 to 1,000.
///
/// # Errors
///
/// `invalid_request`
pub(crate) fn read_limit(text: &str) -> Result<u16, ErrorCode> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|limit| digits && (1..=MOST).contains(limit));
    limit.ok_or(ErrorCode::InvalidRequest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: Option<(Option<&str>, Option<&str>, u16)>) {
        let asked = Asked::parse(query).ok();
        let expected = expected.map(|(subject, cursor, limit)| Asked {
            subject: subject.and_then(Subject::parse),
            cursor: cursor.map(Into::into),
            limit,
        });
        assert_eq!(asked, expected, "{query:?}");
    }

    #[test]
    fn a_query_of_another_shape_is_refused() {
        check("", Some((None, None, 100)));
        check("subject=ann%40partner.example&limit=1000", Some((Some("ann@partner.example"), None, 1000)));
        check("cursor=abc", Some((None, Some("abc"), 100)));
        check("cursor=", Some((None, None, 100)));
        check("limit=0", None);
        check("limit=1001", None);
        check("limit=+1", None);
        check("limit=-1", None);
        check("limit=", None);
        check("subject=", None);
        check("subject=a/b", None);
        check("subject=a&subject=b", None);
        check("limit=1&limit=1", None);
        check("page=2", None);
        check(&format!("cursor={}", "a".repeat(513)), None);
    }
}
