//! The authorization endpoint (RFC 6749 §3.1, §4.1.1 and §4.1.2).
//!
//! The owner signs in, chooses an app if they have several, and presses Allow or Deny. The answer goes to the
//! redirect URI. A request with a wrong client id or redirect URI gets an error page and is never redirected.

use crate::accounts::{Account, App};
use crate::params::Params;
use crate::smooch::Smooch;
use crate::{CLIENT_ID, Request, Response, pages, response};
use http::StatusCode;

/// An issued authorization code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The value of the code.
    pub code: String,
    /// The id of the app that the owner chose.
    pub app_id: String,
    /// The redirect URI that the code was sent to.
    pub redirect_uri: String,
    /// The time of issue, in milliseconds since 1970.
    pub issued_ms: u64,
    /// True if the code can no longer be exchanged: a token request has used it, successfully or not, or the
    /// authorization has ended.
    pub used: bool,
    /// The PKCE `code_challenge` of the authorization request. `None` unless [`Options::pkce`](crate::Options)
    /// is on.
    pub challenge: Option<String>,
}

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

impl Smooch {
    /// `GET /oauth/authorize`. Redirects to sign-in if needed. Shows the app picker, or Allow and Deny to an owner of
    /// one app.
    pub(crate) fn show_authorize(&mut self, request: &Request) -> Response {
        if let Err(error) = self.authorization_request(request) {
            return self.authorization_error(error);
        }
        let Some((session, account)) = self.signed_in(request) else {
            return Self::redirect_to_login(request);
        };
        let apps = self.apps_of(&account);
        let page = match apps.as_slice() {
            [app] => {
                let action = decision_url(request, &app.id);
                pages::authorize::decision(app, account.email, &session.csrf, &action, None)
            }
            apps => {
                pages::authorize::picker(apps, account.email, &session.csrf, &relative_url(request), false)
            }
        };
        self.page(StatusCode::OK, page)
    }

    /// `POST /oauth/authorize` with `app` and `csrf`. Redirects to Allow and Deny for the chosen app.
    pub(crate) fn choose_app(&mut self, request: &Request) -> Response {
        if let Err(error) = self.authorization_request(request) {
            return self.authorization_error(error);
        }
        let (session, fields) = match self.posted_form(request) {
            Ok(posted) => posted,
            Err(error_page) => return *error_page,
        };
        let Some(account) = self.account(&session) else {
            return Self::redirect_to_login(request);
        };
        match fields.get("app") {
            Some(app_id) if account.apps.contains(&app_id) => {
                response::see_other(&decision_url(request, app_id))
            }
            Some(_) => self.app_not_found(),
            None => {
                let (apps, action) = (self.apps_of(&account), relative_url(request));
                let page = pages::authorize::picker(&apps, account.email, &session.csrf, &action, true);
                self.page(StatusCode::BAD_REQUEST, page)
            }
        }
    }

    /// `GET /oauth/authorize/apps/{id}`. Shows Allow and Deny for the chosen app.
    pub(crate) fn show_decision(&mut self, request: &Request, app_id: &str) -> Response {
        if let Err(error) = self.authorization_request(request) {
            return self.authorization_error(error);
        }
        let Some((session, account)) = self.signed_in(request) else {
            return Self::redirect_to_login(request);
        };
        let apps = self.apps_of(&account);
        let Some(app) = apps.iter().find(|app| app.id == app_id) else {
            return self.app_not_found();
        };
        let picker = (apps.len() > 1).then(|| picker_url(request, app_id));
        let action = relative_url(request);
        let page = pages::authorize::decision(app, account.email, &session.csrf, &action, picker.as_deref());
        self.page(StatusCode::OK, page)
    }

    /// `POST /oauth/authorize/apps/{id}` with `decision` and `csrf`. Redirects to the redirect URI, with `code`
    /// (RFC 6749 §4.1.2) or with `error=access_denied` (RFC 6749 §4.1.2.1).
    pub(crate) fn decide(&mut self, request: &Request, app_id: &str, now_ms: u64) -> Response {
        let authorization_request = match self.authorization_request(request) {
            Ok(authorization_request) => authorization_request,
            Err(error) => return self.authorization_error(error),
        };
        let (session, fields) = match self.posted_form(request) {
            Ok(posted) => posted,
            Err(error_page) => return *error_page,
        };
        let Some(account) = self.account(&session) else {
            return Self::redirect_to_login(request);
        };
        if !account.apps.contains(&app_id) {
            return self.app_not_found();
        }
        let location = match fields.get("decision") {
            Some("allow") => {
                let code = self.random.token();
                let location = self.response_url(&authorization_request, ("code", &code));
                let AuthorizationRequest { redirect_uri, challenge, .. } = authorization_request;
                let (app_id, issued_ms) = (app_id.to_owned(), now_ms);
                let issued =
                    Code { code: code.clone(), app_id, redirect_uri, issued_ms, used: false, challenge };
                self.codes.insert(code, issued);
                location
            }
            Some("deny") => self.response_url(&authorization_request, ("error", "access_denied")),
            _ => {
                let page = pages::error("Allow or deny?", "Please go back and choose Allow or Deny.");
                return self.page(StatusCode::BAD_REQUEST, page);
            }
        };
        response::redirect(StatusCode::FOUND, &location)
    }

    /// Reads and validates an authorization request: the client first, then the redirect URI, then the rest.
    fn authorization_request(&self, request: &Request) -> Result<AuthorizationRequest, AuthorizationError> {
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
        let registered = &self.options.redirect_uris;
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
        if self.options.pkce {
            valid.challenge = params.get("code_challenge").map(str::to_owned);
            // RFC 7636 §4.3: without a method, a challenge has the method `plain`, which the stand-in does not
            // support. RFC 7636 §4.4.1: the error for an unsupported method is `invalid_request`.
            if valid.challenge.is_some() && params.get("code_challenge_method") != Some("S256") {
                let location = self.response_url(&valid, ("error", "invalid_request"));
                return Err(AuthorizationError::Redirect(location));
            }
        }
        Ok(valid)
    }

    /// Builds the URL of an authorization response: the redirect URI, with the result and `state` in its query.
    fn response_url(&self, request: &AuthorizationRequest, (name, value): (&str, &str)) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(name, value);
        if let Some(state) = &request.state {
            query.append_pair("state", state);
        }
        // RFC 9207 §2: successful responses and error responses both have `iss`.
        if let Some(issuer) = &self.options.issuer {
            query.append_pair("iss", issuer);
        }
        // RFC 6749 §3.1.2: the redirect URI keeps its own query.
        let separator = if request.redirect_uri.contains('?') { '&' } else { '?' };
        // The serializer writes a space as `+`. Write it as `%20`, which every query parser decodes to a space. A
        // plus sign is `%2B` already.
        format!("{}{separator}{}", request.redirect_uri, query.finish().replace('+', "%20"))
    }

    fn authorization_error(&self, error: AuthorizationError) -> Response {
        match error {
            AuthorizationError::Page(status, text) => {
                self.page(status, pages::error("This link is not valid", text))
            }
            AuthorizationError::Redirect(location) => response::redirect(StatusCode::FOUND, &location),
        }
    }

    fn app_not_found(&self) -> Response {
        let text = "There is no app with this id, or it belongs to another account.";
        self.page(StatusCode::NOT_FOUND, pages::error("App not found", text))
    }

    /// The apps of an account, in the account's order.
    pub(crate) fn apps_of(&self, account: &Account) -> Vec<App> {
        account.apps.iter().filter_map(|id| self.apps.get(*id)).cloned().collect()
    }
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
