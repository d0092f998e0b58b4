//! `/v1/connections/{id}/api/{path}`: a call to Smooch's API with the connection's token. The caller never sees the
//! token.
//!
//! The caller chooses method, path, query and body, but not the host: a path that could leave the API's base URL is
//! rejected, and redirects are returned and not followed. [`crate::dispatch`] has checked the API key.

mod headers;
pub mod path;

use crate::{
    http::{Body, Incoming, Method, Response, Target},
    log::Report,
    lookup,
    platform::{Forward, Forwarded, Platform},
    problem::Problem,
    record::Stored,
    revocation::mark_revoked,
    settings::Settings,
    smooch::{self, TokenStatus},
};
use headers::{CONNECTION_STATUS, passed_back, passed_on};
use path::{stays_below_base, upstream_url};
use shared::{ConnectionId, ErrorCode, Secret};

/// Timeout of a call in milliseconds. Only an upload over a slow connection takes longer.
const TIMEOUT: u32 = 30_000;

/// Calls Smooch's API:
///
/// 1. Check that the path stays below the API's base URL.
/// 2. Read the connection, check that it can be used, and open its record.
/// 3. Forward the request with the token.
/// 4. If Smooch answers 401, ask Smooch if the token is still valid. A path of the API may answer 401 for other
///    reasons. If the token is invalid, mark the connection as revoked.
/// 5. Return the response.
///
/// # Errors
///
/// `invalid_request` for a path that could leave the base URL, `connection_revoked`, `connection_removing`,
/// `smooch_unavailable`, `smooch_malformed`, and the errors of [`crate::connections::show`].
pub async fn call<P: Platform>(
    settings: &Settings,
    platform: &P,
    target: &Target<'_>,
    (id, path): (&ConnectionId, &str),
    incoming: &mut impl Incoming<Stream = P::Stream>,
    report: &mut Report,
) -> Result<Response<P::Stream>, Problem> {
    if !stays_below_base(path) {
        return Err(ErrorCode::InvalidRequest.into());
    }
    let stored = lookup::read(platform, id, report).await?;
    stored.check_usable()?;
    let token = lookup::open(settings, &stored, report)?.token;
    let base = settings.api_url.for_app(stored.summary.app.subdomain.as_ref());
    let url = upstream_url(&base.ok_or(ErrorCode::Misconfigured)?, path, target.query);
    let url = url.ok_or(ErrorCode::InvalidRequest)?;
    let response = forward(settings, platform, target, &url, &token, incoming, report).await?;
    if response.status != 401 {
        return Ok(response);
    }
    match smooch::token_status(settings, platform, &token, &stored.summary.app, report).await {
        TokenStatus::Refused => Ok(revoked(settings, platform, &stored, response, report).await),
        TokenStatus::Active | TokenStatus::Unknown => Ok(response),
    }
}

/// Forwards a request with the token, and returns Smooch's response.
async fn forward<P: Platform>(
    settings: &Settings,
    platform: &P,
    target: &Target<'_>,
    url: &str,
    token: &Secret,
    incoming: &mut impl Incoming<Stream = P::Stream>,
    report: &mut Report,
) -> Result<Response<P::Stream>, Problem> {
    let mut headers = passed_on(incoming.headers());
    headers.push(("authorization".into(), ["Bearer ", token.expose()].concat()));
    headers.extend(settings.marketplace_headers().map(|(name, value)| (name.into(), value.into())));
    // RFC 9110 §9.3.1: a body of GET or HEAD has no meaning, and the platform does not send one.
    let body = if matches!(target.method, Method::Get | Method::Head) { None } else { incoming.stream() };
    let request = Forward { method: target.method_name, url, headers: &headers, body, timeout: TIMEOUT };
    let started = platform.now();
    let answer = platform.forward(request).await;
    report.upstream = platform.now().saturating_sub(started);
    let Forwarded { status, headers, body } = answer.map_err(|_| ErrorCode::SmoochUnavailable)?;
    // RFC 9110 §15: a final status is 200 to 599. The platform cannot make a response with another.
    if !(200..=599).contains(&status) {
        return Err(ErrorCode::SmoochMalformed.into());
    }
    let headers = passed_back(headers).into_iter().map(|(name, value)| (name.into(), value)).collect();
    let body = body.map_or_else(|| Body::Text(String::new()), Body::Stream);
    Ok(Response { status, headers, has_common_headers: false, body })
}

/// Marks the connection as revoked, and says so in the response. If that fails, the next call or the sweep tries
/// again.
async fn revoked<P: Platform>(
    settings: &Settings,
    platform: &P,
    stored: &Stored,
    response: Response<P::Stream>,
    report: &mut Report,
) -> Response<P::Stream> {
    report.steps.push("revoked at Smooch");
    if let Err(error) = mark_revoked(settings, platform, stored).await {
        report.note = Some(error.message());
    }
    response.with(CONNECTION_STATUS, "revoked")
}
