//! `/v1/connections/{id}/api/{path}`: a call to Smooch's API with the token attached. The token stays here.
//!
//! The caller chooses the method, the path, the query and the body, and no host: a path that could leave the
//! API's base in any reading is refused, and a redirect is handed back.

use crate::{
    connections::problem,
    events::Kind,
    http::{Body, Incoming, Method, Response, Target},
    log::Report,
    platform::{Forward, Forwarded, Platform},
    problem::Problem,
    settings::Settings,
    smooch::{self, Life},
    store::{self, NoteError, Stored},
    summary::Status,
};
use shared::{ConnectionId, Endpoint, ErrorCode};

/// Longer than Smooch takes for anything but an upload that is slow on our side.
const TIMEOUT: u32 = 30_000;

/// Says, with an answer of 401, that the token is dead and what has become of the connection.
const CONNECTION: &str = "add-to-smooch-connection";

/// Passes a call on:
///
/// 1. the path must be one that stays below the API's base;
/// 2. the connection must be usable;
/// 3. pass it on, without what is between the caller and us, with the token;
/// 4. if Smooch refuses it, ask whether the token still lives, and if not, the connection is revoked;
/// 5. pass the answer back, without what is between Smooch and us.
///
/// # Errors
///
/// `invalid_request` for a path that leads elsewhere, `connection_revoked`, `connection_removing`,
/// `smooch_unavailable`, `smooch_malformed`, and as [`crate::connections::show`].
pub async fn call<P: Platform>(
    settings: &Settings,
    platform: &P,
    target: &Target<'_>,
    (id, path): (&ConnectionId, &str),
    incoming: &mut impl Incoming<Stream = P::Stream>,
    report: &mut Report,
) -> Result<Response<P::Stream>, Problem> {
    if !stays_below(path) {
        return Err(ErrorCode::InvalidRequest.into());
    }
    let stored = store::get(platform, id).await.map_err(|error| problem(error, report))?;
    usable(&stored)?;
    let token = stored.open(&settings.keyring).map_err(|error| problem(error, report))?.token;

    let app = &stored.summary.app;
    let base = settings.api_url.for_app(app.subdomain.as_ref()).ok_or(ErrorCode::Misconfigured)?;
    let url = address(&base, path, target.query).ok_or(ErrorCode::InvalidRequest)?;
    let mut headers = incoming.headers();
    let named = hop_by_hop(&headers);
    headers.retain(|(name, _)| is_passed_on(name) && !named.contains(name));
    headers.push(("authorization".into(), ["Bearer ", token.expose()].concat()));
    headers.extend(settings.marketplace_headers().map(|(name, value)| (name.into(), value.into())));
    // RFC 9110 §9.3.1: a body with these means nothing, and the platform sends none.
    let body = if matches!(target.method, Method::Get | Method::Head) { None } else { incoming.stream() };
    let request =
        Forward { method: target.method_name, url: &url, headers: &headers, body, timeout: TIMEOUT };
    let started = platform.now();
    let answer = platform.forward(request).await;
    report.upstream = platform.now().saturating_sub(started);
    let Forwarded { status, mut headers, body } = answer.map_err(|_| ErrorCode::SmoochUnavailable)?;
    // RFC 9110 §15: a status is 100 to 599, and 1xx are no answers. The platform makes no response of another.
    if !(200..=599).contains(&status) {
        return Err(ErrorCode::SmoochMalformed.into());
    }

    let named = hop_by_hop(&headers);
    headers.retain(|(name, _)| is_passed_back(name) && !named.contains(name));
    let headers = headers.into_iter().map(|(name, value)| (name.into(), value)).collect();
    let body = body.map_or_else(|| Body::Text(String::new()), Body::Stream);
    let response = Response { status, headers, body };
    // A path of Smooch's may say 401 for reasons of its own, and a connection is marked for good.
    if status != 401 || smooch::life(settings, platform, &token, app, report).await != Life::Dead {
        return Ok(response);
    }
    report.steps.push("revoked at Smooch");
    if let Err(error) = mark_revoked(settings, platform, &stored).await {
        report.note = Some(error.says());
    }
    Ok(response.with(CONNECTION, "revoked"))
}

/// Marks a connection whose token Smooch refuses, and notes it in the feed before: what is not noted is found again,
/// and what is marked is not looked at any more.
pub(crate) async fn mark_revoked(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
) -> Result<(), NoteError> {
    store::unchanged(&store::of_app(platform, &stored.summary.app.id).await?, stored)?;
    let revoked = store::with_status(stored, Status::Revoked);
    let noted = store::note(settings, platform, Kind::Revoked, &revoked).await;
    if let Err(NoteError::NotStored(error)) = noted {
        return Err(error.into());
    }
    store::change(platform, &revoked).await?;
    noted
}

/// Whether a connection can be used.
///
/// # Errors
///
/// `connection_revoked`, `connection_removing`.
pub(crate) fn usable(stored: &Stored) -> Result<(), ErrorCode> {
    match stored.summary.status {
        Status::Connected => Ok(()),
        Status::Revoked => Err(ErrorCode::ConnectionRevoked),
        Status::Removing => Err(ErrorCode::ConnectionRemoving),
    }
}

/// Whether no reader of URLs could take `path` for one that leaves the place it is put at: no empty or dotted
/// segment, whatever parameters it has (`..;a=b`), no second spelling of a slash, a dot or a semicolon, nor of the percent
/// sign that could begin one for who decodes twice, no backslash.
fn stays_below(path: &str) -> bool {
    let hidden = path.contains('\\')
        || path.split('%').skip(1).any(|coded| {
            let coded = coded.get(..2).unwrap_or_default();
            ["2f", "5c", "2e", "3b", "25", "00"].into_iter().any(|code| coded.eq_ignore_ascii_case(code))
        });
    // The last segment may be empty: some APIs have a slash at the end.
    let mut segments = path.split('/').peekable();
    let mut fits = true;
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none() && !segment.contains(';');
        let segment = segment.split(';').next().unwrap_or_default();
        fits &= !matches!(segment, "." | "..") && (last || !segment.is_empty());
    }
    fits && !hidden
}

/// The URL to call: `base`, the path, the query; `None` if it could lead elsewhere. An [`Endpoint`] is read by everybody as
/// it is written, so what was checked is what is sent.
#[must_use]
pub fn address(base: &str, path: &str, query: &str) -> Option<String> {
    if !stays_below(path) {
        return None;
    }
    let mark = if query.is_empty() { "" } else { "?" };
    let text = [base, "/", path, mark, query].concat();
    Endpoint::parse(&text).is_ok().then_some(text)
}

/// The headers that `connection` names, which are for the next hop alone (RFC 9110 §7.6.1).
fn hop_by_hop(headers: &[(String, String)]) -> Vec<String> {
    let connection = headers.iter().filter(|(name, _)| name == "connection");
    let named = connection.flat_map(|(_, value)| value.split(','));
    named.map(|name| name.trim().to_ascii_lowercase()).collect()
}

/// What is between two hops, and what would make somebody believe something of the one behind.
const BETWEEN: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
];

fn is_passed_on(name: &str) -> bool {
    let ours =
        ["authorization", "cookie", "accept-encoding", "origin", "referer", "forwarded", "via", "x-real-ip"];
    let prefixes = ["cf-", "x-forwarded-", "x-zendesk-marketplace-", "sec-", "cdn-"];
    !BETWEEN.contains(&name)
        && !ours.contains(&name)
        && !prefixes.into_iter().any(|prefix| name.starts_with(prefix))
}

fn is_passed_back(name: &str) -> bool {
    // The platform decodes a body on its way in. What a browser would act on is Smooch's to say to its own pages.
    let theirs = [
        "set-cookie",
        "content-encoding",
        "strict-transport-security",
        "alt-svc",
        "nel",
        "report-to",
        CONNECTION,
    ];
    let prefixes = ["cf-", "access-control-", "content-security-policy"];
    !BETWEEN.contains(&name)
        && !theirs.contains(&name)
        && !prefixes.into_iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[track_caller]
    fn check(path: &str, query: &str, expected: Option<&str>) {
        let base = "https://corner.zendesk.com/sc";
        let url = address(base, path, query);
        assert_eq!(url.as_deref(), expected, "{path:?} {query:?}");
    }

    #[test]
    fn a_call_stays_below_the_base() {
        check("v2/apps/5f1a", "", Some("https://corner.zendesk.com/sc/v2/apps/5f1a"));
        check("v2/users/a%20b/", "", Some("https://corner.zendesk.com/sc/v2/users/a%20b/"));
        check("v2/x", "a=b&c=..%2F", Some("https://corner.zendesk.com/sc/v2/x?a=b&c=..%2F"));
        check("v2/x", "page[after]=1", Some("https://corner.zendesk.com/sc/v2/x?page[after]=1"));
        check("", "", Some("https://corner.zendesk.com/sc/"));
        for hostile in [
            "..",
            "../admin",
            "v2/../../admin",
            "v2/./x",
            "v2/%2e%2e/admin",
            "v2/%2E%2e/admin",
            "v2/.%2e/admin",
            "v2/..%2fadmin",
            "v2%2f..%2f..",
            "/evil.example/",
            "//evil.example/",
            "v2//x",
            "\\\\evil.example",
            "v2\\..\\..",
            "v2/%5c..",
            "v2/x%00",
            "v2/..;/..;a=b/admin",
            "v2/;/x",
            "v2/..%3b/admin",
            "v2/%252e%252e/admin",
            "v2/..%252Fadmin",
            "v2/\u{9}../x",
            "v2/x#y",
            "v2/x?y",
            "https://evil.example/",
            "@evil.example/",
        ] {
            // A colon or an @ is harmless behind a slash; the rest is not sent at all.
            let url = address("https://corner.zendesk.com/sc", hostile, "");
            let host =
                url.and_then(|url| Url::parse(&url).ok()).and_then(|url| url.host_str().map(str::to_owned));
            assert!(host.is_none() || host.as_deref() == Some("corner.zendesk.com"), "{hostile:?}");
            assert!(hostile.starts_with('@') || host.is_none() || hostile.contains('?'), "{hostile:?}");
        }
    }

    #[test]
    fn what_is_between_two_hops_stays_there() {
        for name in
            ["authorization", "cookie", "host", "transfer-encoding", "cf-connecting-ip", "x-forwarded-for"]
        {
            assert!(!is_passed_on(name), "{name}");
        }
        for name in
            ["content-type", "accept", "if-none-match", "x-request-id", "user-agent", "idempotency-key"]
        {
            assert!(is_passed_on(name), "{name}");
        }
        for name in ["set-cookie", "connection", "content-length", "access-control-allow-origin"] {
            assert!(!is_passed_back(name), "{name}");
        }
        for name in ["content-type", "retry-after", "location", "etag", "x-ratelimit-remaining"] {
            assert!(is_passed_back(name), "{name}");
        }
        let headers = [("connection".to_owned(), "close, X-Secret".to_owned())];
        assert_eq!(hop_by_hop(&headers), ["close", "x-secret"]);
    }
}
