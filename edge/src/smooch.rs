//! The calls to Smooch that an install needs, each a request made and an answer read by `shared`.
//!
//! A token request is sent once: after a timeout nobody knows whether the code was spent.

use crate::{
    log::Report,
    platform::{Answer, FetchError, Outgoing, Platform},
    settings::Settings,
};
use shared::{
    App, Secret, TokenError, TokenInfoError, TokenRequest, Verifier, app_in_token, read_token,
    read_token_info,
};

/// A person waits behind it; Smooch answers in well under a second.
const TOKEN_TIMEOUT: u32 = 10_000;

/// After the exchange the person has waited already.
const TOKEN_INFO_TIMEOUT: u32 = 5_000;

/// How an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExchangeError {
    /// The code is spent or too old.
    CodeRejected,
    /// The partner's credentials are wrong.
    ClientRejected,
    /// The request was not looked at; the code is as good as before. After how many seconds to try again, if
    /// Smooch said.
    NotSpent(Option<u32>),
    /// Whether the code was spent is not known.
    Unknown,
    /// The answer is not what the documentation says.
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
    let answer = timed(platform, request, report).await.map_err(|error| match error {
        FetchError::Lost => ExchangeError::Unknown,
        FetchError::TooLong(_) => ExchangeError::Malformed("the answer is too long"),
    })?;
    read_token(answer.status, &answer.body).map_err(|error| match error {
        TokenError::CodeRejected => ExchangeError::CodeRejected,
        TokenError::ClientRejected => ExchangeError::ClientRejected,
        TokenError::TurnedAway { .. } => ExchangeError::NotSpent(answer.retry_after),
        TokenError::Failed { .. } => ExchangeError::Unknown,
        TokenError::Malformed(why) => ExchangeError::Malformed(why),
    })
}

/// How asking for a token's app failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentifyError {
    /// Smooch cannot now; after how many seconds to try again, if it said.
    Unavailable(Option<u32>),
    /// Smooch does not know the token that it has just issued.
    Refused,
    /// The answer names no app.
    Malformed(&'static str),
}

/// Asks which app a token is for. In the family of endpoints that cannot be asked, the token itself says.
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
    let request = Outgoing {
        method: "GET",
        url: url.as_str(),
        headers: &headers,
        body: None,
        timeout: TOKEN_INFO_TIMEOUT,
    };
    let answer = timed(platform, request, report).await.map_err(|error| match error {
        FetchError::Lost => IdentifyError::Unavailable(None),
        FetchError::TooLong(_) => IdentifyError::Malformed("the answer is too long"),
    })?;
    read_token_info(answer.status, &answer.body).map_err(|error| match error {
        TokenInfoError::Refused { .. } => IdentifyError::Refused,
        TokenInfoError::Unavailable { .. } => IdentifyError::Unavailable(answer.retry_after),
        TokenInfoError::Malformed(why) => IdentifyError::Malformed(why),
    })
}

/// Ends the authorization that a token stands for. A token that Smooch does not know is as dead as it gets.
pub(crate) async fn revoke(
    settings: &Settings,
    platform: &impl Platform,
    token: &Secret,
    app: &App,
    report: &mut Report,
) -> Result<(), &'static str> {
    let url = settings.revoke_url.for_app(app.subdomain.as_ref()).ok_or("no subdomain to revoke at")?;
    let authorization = Secret::new(["Bearer ", token.expose()].concat());
    let mut headers = vec![("authorization", authorization.expose())];
    headers.extend(settings.marketplace_headers());
    let request =
        Outgoing { method: "DELETE", url: &url, headers: &headers, body: None, timeout: TOKEN_INFO_TIMEOUT };
    match timed(platform, request, report).await {
        Ok(Answer { status: 200..=299 | 401 | 403, .. }) => Ok(()),
        Ok(_) => Err("Smooch did not revoke the token"),
        Err(_) => Err("Smooch could not be reached to revoke the token"),
    }
}

/// Whether a token lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Smooch takes it.
    Lives,
    /// Smooch refuses it, with 401 or 403.
    Dead,
    /// Smooch did not say.
    Unknown,
}

/// Asks Smooch whether a token lives: of tokenInfo, or by a call that changes nothing and that every token may make.
pub(crate) async fn life(
    settings: &Settings,
    platform: &impl Platform,
    token: &Secret,
    app: &App,
    report: &mut Report,
) -> Life {
    let url = match &settings.token_info_url {
        Some(url) => url.as_str().to_owned(),
        None => match settings.api_url.for_app(app.subdomain.as_ref()) {
            Some(base) => [&base, "/v2/apps/", app.id.as_str(), "/integrations/me/webhooks"].concat(),
            None => return Life::Unknown,
        },
    };
    let authorization = Secret::new(["Bearer ", token.expose()].concat());
    let mut headers = vec![("authorization", authorization.expose()), ("accept", "application/json")];
    headers.extend(settings.marketplace_headers());
    let request =
        Outgoing { method: "GET", url: &url, headers: &headers, body: None, timeout: TOKEN_INFO_TIMEOUT };
    match timed(platform, request, report).await {
        Ok(Answer { status: 200..=299, .. }) => Life::Lives,
        Ok(Answer { status: 401 | 403, .. }) => Life::Dead,
        Ok(_) | Err(_) => Life::Unknown,
    }
}

async fn timed(
    platform: &impl Platform,
    request: Outgoing<'_>,
    report: &mut Report,
) -> Result<Answer, FetchError> {
    let started = platform.now();
    let answer = platform.fetch(request).await;
    report.upstream += platform.now().saturating_sub(started);
    answer
}
