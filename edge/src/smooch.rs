//! The requests to Smooch's OAuth endpoints: exchange, identify, revoke, check. `shared` makes the bodies and reads the
//! responses.
//!
//! A token request is never repeated here: after a timeout the code may have been used.

use crate::{
    log::Report,
    platform::{Answer, FetchError, Outgoing, Platform},
    settings::Settings,
};
use shared::{
    App, Secret, TokenError, TokenInfoError, TokenRequest, Verifier, app_in_token, read_token,
    read_token_info,
};

/// Timeout of the token request in milliseconds. A person is waiting; Smooch usually answers within a second.
const TOKEN_TIMEOUT: u32 = 10_000;

/// Timeout of every other request in milliseconds. It is shorter, since the person has waited for the exchange
/// already.
const TIMEOUT: u32 = 5_000;

/// An exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeError {
    /// Smooch rejected the code: it was used before, or is too old.
    CodeRejected,
    /// Smooch rejected the client id or the client secret.
    ClientRejected,
    /// Smooch did not process the request, so the code is unused. Contains the `Retry-After` in seconds, if there was
    /// one.
    NotProcessed(Option<u32>),
    /// It is unknown if the code was used.
    Unknown,
    /// The response does not have the documented form. Contains the note for the log.
    Malformed(&'static str),
}

/// Exchanges a code for a token (RFC 6749 §4.1.3).
pub(crate) async fn exchange(
    settings: &Settings,
    platform: &impl Platform,
    code: &Secret,
    redirect_uri: Option<&str>,
    verifier: Option<&Verifier>,
    report: &mut Report,
) -> Result<Secret, ExchangeError> {
    let body = TokenRequest {
        code,
        redirect_uri,
        client_id: &settings.client_id,
        client_secret: &settings.client_secret,
        code_verifier: verifier.filter(|_| settings.pkce),
    }
    .body();
    let mut headers =
        vec![("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    headers.extend(settings.marketplace_headers());
    let request = Outgoing {
        method: "POST",
        url: settings.token_url.as_str(),
        headers: &headers,
        body: Some(body.expose()),
        timeout: TOKEN_TIMEOUT,
    };
    let answer = send(platform, request, report).await.map_err(|error| match error {
        FetchError::Lost => ExchangeError::Unknown,
        FetchError::TooLong(_) => ExchangeError::Malformed("the answer is too long"),
    })?;
    read_token(answer.status, &answer.body).map_err(|error| match error {
        TokenError::CodeRejected => ExchangeError::CodeRejected,
        TokenError::ClientRejected => ExchangeError::ClientRejected,
        TokenError::NotProcessed { .. } => ExchangeError::NotProcessed(answer.retry_after),
        TokenError::OutcomeUnknown { .. } => ExchangeError::Unknown,
        TokenError::Malformed(why) => ExchangeError::Malformed(why),
    })
}

/// The app of a token could not be identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentifyError {
    /// Smooch did not answer, or is temporarily unavailable. Contains the `Retry-After` in seconds, if there was one.
    Unavailable(Option<u32>),
    /// Smooch does not know the token.
    Refused,
    /// The response does not name an app. Contains the note for the log.
    Malformed(&'static str),
}

/// Identifies the app of a token, with a request to tokenInfo. A provider without tokenInfo puts the app's id in the
/// token.
pub(crate) async fn identify(
    settings: &Settings,
    platform: &impl Platform,
    token: &Secret,
    report: &mut Report,
) -> Result<App, IdentifyError> {
    let Some(url) = &settings.token_info_url else {
        let id = app_in_token(token).ok_or(IdentifyError::Malformed("the token names no app"))?;
        return Ok(App { id, name: None, subdomain: None });
    };
    let authorization = Secret::new(["Bearer ", token.expose()].concat());
    let mut headers = vec![("authorization", authorization.expose()), ("accept", "application/json")];
    headers.extend(settings.marketplace_headers());
    let request =
        Outgoing { method: "GET", url: url.as_str(), headers: &headers, body: None, timeout: TIMEOUT };
    let answer = send(platform, request, report).await.map_err(|error| match error {
        FetchError::Lost => IdentifyError::Unavailable(None),
        FetchError::TooLong(_) => IdentifyError::Malformed("the answer is too long"),
    })?;
    read_token_info(answer.status, &answer.body).map_err(|error| match error {
        TokenInfoError::Refused { .. } => IdentifyError::Refused,
        TokenInfoError::Unavailable { .. } => IdentifyError::Unavailable(answer.retry_after),
        TokenInfoError::Malformed(why) => IdentifyError::Malformed(why),
    })
}

/// Revokes the authorization of a token. If Smooch rejects the token, it counts as revoked. The error is a note for the
/// log.
pub(crate) async fn revoke(
    settings: &Settings,
    platform: &impl Platform,
    token: &Secret,
    app: &App,
    report: &mut Report,
) -> Result<(), &'static str> {
    let url = settings
        .revoke_url
        .for_app(app.subdomain.as_ref())
        .ok_or("the app has no subdomain, so there is no revocation URL")?;
    let authorization = Secret::new(["Bearer ", token.expose()].concat());
    let mut headers = vec![("authorization", authorization.expose())];
    headers.extend(settings.marketplace_headers());
    let request = Outgoing { method: "DELETE", url: &url, headers: &headers, body: None, timeout: TIMEOUT };
    match send(platform, request, report).await {
        Ok(Answer { status: 200..=299 | 401 | 403, .. }) => Ok(()),
        Ok(_) => Err("Smooch did not revoke the token"),
        Err(_) => Err("Smooch could not be reached to revoke the token"),
    }
}

/// The status of a token at Smooch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    /// Smooch accepts the token.
    Active,
    /// Smooch rejects the token with 401 or 403.
    Refused,
    /// Smooch sent no usable response.
    Unknown,
}

/// Asks Smooch for the status of a token, with a request to tokenInfo. Without tokenInfo it lists the integration's
/// webhooks: that changes nothing, and every token may do it.
pub(crate) async fn token_status(
    settings: &Settings,
    platform: &impl Platform,
    token: &Secret,
    app: &App,
    report: &mut Report,
) -> TokenStatus {
    let url = match &settings.token_info_url {
        Some(url) => url.as_str().to_owned(),
        None => match settings.api_url.for_app(app.subdomain.as_ref()) {
            Some(base) => [&base, "/v2/apps/", app.id.as_str(), "/integrations/me/webhooks"].concat(),
            None => return TokenStatus::Unknown,
        },
    };
    let authorization = Secret::new(["Bearer ", token.expose()].concat());
    let mut headers = vec![("authorization", authorization.expose()), ("accept", "application/json")];
    headers.extend(settings.marketplace_headers());
    let request = Outgoing { method: "GET", url: &url, headers: &headers, body: None, timeout: TIMEOUT };
    match send(platform, request, report).await {
        Ok(Answer { status: 200..=299, .. }) => TokenStatus::Active,
        Ok(Answer { status: 401 | 403, .. }) => TokenStatus::Refused,
        Ok(_) | Err(_) => TokenStatus::Unknown,
    }
}

/// Sends a request and adds its duration to the report.
async fn send(
    platform: &impl Platform,
    request: Outgoing<'_>,
    report: &mut Report,
) -> Result<Answer, FetchError> {
    let started = platform.now();
    let answer = platform.fetch(request).await;
    report.upstream += platform.now().saturating_sub(started);
    answer
}
