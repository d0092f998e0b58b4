//! The authorization endpoint (RFC 6749 §3.1, §4.1.1 and §4.1.2).
//!
//! The owner signs in, chooses an app if they have several, and presses Allow or Deny. The answer goes to the
//! redirect URI. A request with a wrong client id or redirect URI gets an error page and is never redirected.

use crate::credentials::Code;
use crate::form::posted_form;
use crate::integration::CLIENT_ID;
use crate::login::redirect_to_login;
use crate::pages;
use crate::params::Params;
use crate::request::Request;
use crate::response::{self, Response};
use crate::smooch::Smooch;
use http::StatusCode;

/// A valid authorization request (RFC 6749 §4.1.1).
struct AuthorizationRequest {
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<String>,
}

/// An invalid authorization request, with the way to report it (RFC 6749 §4.1.2.1).
enum AuthorizationError {
    /// Shows an error page. Required if the client id or the redirect URI is wrong.
    Page(StatusCode, &'static str),
    /// Redirects to this URL of the client.
    Redirect(String),
}

/// `GET /oauth/authorize`. Redirects to sign-in if needed. Shows the app picker, or Allow and Deny to an owner of
/// one app.
pub(crate) fn show(smooch: &Smooch, request: &Request) -> Response {
    if let Err(error) = authorization_request(smooch, request) {
        return authorization_error(smooch, error);
    }
    let Some((session, account)) = smooch.signed_in(request) else {
        return redirect_to_login(request);
    };
    let apps = smooch.apps_of(&account);
    let page = match apps.as_slice() {
        [app] => {
            let action = decision_url(request, &app.id);
            pages::authorize::decision(app, account.email, &session.csrf, &action, None)
        }
        apps => pages::authorize::picker(apps, account.email, &session.csrf, &relative_url(request), false),
    };
    page.into_response(StatusCode::OK, &smooch.options)
}

/// `POST /oauth/authorize` with `app` and `csrf`. Redirects to Allow and Deny for the chosen app.
pub(crate) fn choose_app(smooch: &Smooch, request: &Request) -> Response {
    if let Err(error) = authorization_request(smooch, request) {
        return authorization_error(smooch, error);
    }
    let (session, fields) = match posted_form(smooch, request) {
        Ok(posted) => posted,
        Err(error_page) => return *error_page,
    };
    let Some(account) = smooch.account(&session) else {
        return redirect_to_login(request);
    };
    match fields.get("app") {
        Some(app_id) if account.apps.contains(&app_id) => response::see_other(&decision_url(request, app_id)),
        Some(_) => app_not_found(smooch),
        None => {
            let (apps, action) = (smooch.apps_of(&account), relative_url(request));
            let page = pages::authorize::picker(&apps, account.email, &session.csrf, &action, true);
            page.into_response(StatusCode::BAD_REQUEST, &smooch.options)
        }
    }
}

/// `GET /oauth/authorize/apps/{id}`. Shows Allow and Deny for the chosen app.
pub(crate) fn show_decision(smooch: &Smooch, request: &Request, app_id: &str) -> Response {
    if let Err(error) = authorization_request(smooch, request) {
        return authorization_error(smooch, error);
    }
    let Some((session, account)) = smooch.signed_in(request) else {
        return redirect_to_login(request);
    };
    let apps = smooch.apps_of(&account);
    let Some(app) = apps.iter().find(|app| app.id == app_id) else {
        return app_not_found(smooch);
    };
    let picker = (apps.len() > 1).then(|| picker_url(request, app_id));
    let action = relative_url(request);
    let page = pages::authorize::decision(app, account.email, &session.csrf, &action, picker.as_deref());
    page.into_response(StatusCode::OK, &smooch.options)
}

/// `POST /oauth/authorize/apps/{id}` with `decision` and `csrf`. Redirects to the redirect URI, with `code`
/// (RFC 6749 §4.1.2) or with `error=access_denied` (RFC 6749 §4.1.2.1).
pub(crate) fn decide(smooch: &mut Smooch, request: &Request, app_id: &str, now_ms: u64) -> Response {
    let authorization_request = match authorization_request(smooch, request) {
        Ok(authorization_request) => authorization_request,
        Err(error) => return authorization_error(smooch, error),
    };
    let (session, fields) = match posted_form(smooch, request) {
        Ok(posted) => posted,
        Err(error_page) => return *error_page,
    };
    let Some(account) = smooch.account(&session) else {
        return redirect_to_login(request);
    };
    if !account.apps.contains(&app_id) {
        return app_not_found(smooch);
    }
    let location = match fields.get("decision") {
        Some("allow") => {
            let code = smooch.random.token();
            let location = response_url(smooch, &authorization_request, ("code", &code));
            let AuthorizationRequest { redirect_uri, challenge, .. } = authorization_request;
            let (app_id, issued_ms) = (app_id.to_owned(), now_ms);
            let issued = Code { code: code.clone(), app_id, redirect_uri, issued_ms, used: false, challenge };
            smooch.codes.insert(code, issued);
            location
        }
        Some("deny") => response_url(smooch, &authorization_request, ("error", "access_denied")),
        _ => {
            let page = pages::error("Allow or deny?", "Please go back and choose Allow or Deny.");
            return page.into_response(StatusCode::BAD_REQUEST, &smooch.options);
        }
    };
    response::redirect(StatusCode::FOUND, &location)
}

/// Reads and validates an authorization request: the client first, then the redirect URI, then the rest.
fn authorization_request(
    smooch: &Smooch,
    request: &Request,
) -> Result<AuthorizationRequest, AuthorizationError> {
    let bad_request = |text| Err(AuthorizationError::Page(StatusCode::BAD_REQUEST, text));
    let query = request.uri().query().unwrap_or_default();
    let Ok(params) = Params::parse(query.as_bytes()) else {
        return bad_request("It contains a parameter more than once.");
    };
    match params.get("client_id") {
        Some(CLIENT_ID) => {}
        Some(_) => return bad_request("Its client_id does not belong to any integration."),
        None => return bad_request("It does not name an integration: client_id is missing."),
    }
    let registered = &smooch.options.redirect_uris;
    let redirect_uri = match params.get("redirect_uri") {
        // RFC 9700 §2.1: the redirect URI must match a registered one exactly, or an attacker could receive
        // the code.
        Some(uri) => registered.iter().find(|registered| *registered == uri),
        None => registered.first(),
    };
    let Some(redirect_uri) = redirect_uri.cloned() else {
        let text = "Its redirect_uri is not registered for this integration.";
        return Err(AuthorizationError::Page(StatusCode::NOT_FOUND, text));
    };
    if params.get("response_type") != Some("code") {
        return bad_request("Its response_type must be “code”.");
    }
    let state = params.get("state").map(str::to_owned);
    let mut valid = AuthorizationRequest { redirect_uri, state, challenge: None };
    if smooch.options.pkce {
        valid.challenge = params.get("code_challenge").map(str::to_owned);
        // RFC 7636 §4.3: without a method, a challenge has the method `plain`, which the stand-in does not
        // support. RFC 7636 §4.4.1: the error for an unsupported method is `invalid_request`.
        if valid.challenge.is_some() && params.get("code_challenge_method") != Some("S256") {
            let location = response_url(smooch, &valid, ("error", "invalid_request"));
            return Err(AuthorizationError::Redirect(location));
        }
    }
    Ok(valid)
}

/// Builds the URL of an authorization response: the redirect URI, with the result and `state` in its query.
fn response_url(smooch: &Smooch, request: &AuthorizationRequest, (name, value): (&str, &str)) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(name, value);
    if let Some(state) = &request.state {
        query.append_pair("state", state);
    }
    // RFC 9207 §2: successful responses and error responses both have `iss`.
    if let Some(issuer) = &smooch.options.issuer {
        query.append_pair("iss", issuer);
    }
    // RFC 6749 §3.1.2: the redirect URI keeps its own query.
    let separator = if request.redirect_uri.contains('?') { '&' } else { '?' };
    // The serializer writes a space as `+`. Write it as `%20`, which every query parser decodes to a space. A
    // plus sign is `%2B` already.
    format!("{}{separator}{}", request.redirect_uri, query.finish().replace('+', "%20"))
}

fn authorization_error(smooch: &Smooch, error: AuthorizationError) -> Response {
    match error {
        AuthorizationError::Page(status, text) => {
            pages::error("This link is not valid", text).into_response(status, &smooch.options)
        }
        AuthorizationError::Redirect(location) => response::redirect(StatusCode::FOUND, &location),
    }
}

fn app_not_found(smooch: &Smooch) -> Response {
    let text = "There is no app with this id, or it belongs to another account.";
    pages::error("App not found", text).into_response(StatusCode::NOT_FOUND, &smooch.options)
}

/// The path and query of `request`.
fn relative_url(request: &Request) -> String {
    request.uri().path_and_query().map_or_else(String::new, ToString::to_string)
}

/// The URL of the app picker for a request to the decision page of `app_id`. It has the same query.
fn picker_url(request: &Request, app_id: &str) -> String {
    let path = request.uri().path();
    let path = path.strip_suffix(app_id).and_then(|path| path.strip_suffix("/apps/")).unwrap_or(path);
    format!("{path}?{}", request.uri().query().unwrap_or_default())
}

/// The URL of the decision page of `app_id` for a request to the authorization endpoint. It has the same query.
fn decision_url(request: &Request, app_id: &str) -> String {
    let uri = request.uri();
    format!("{}/apps/{app_id}?{}", uri.path(), uri.query().unwrap_or_default())
}
