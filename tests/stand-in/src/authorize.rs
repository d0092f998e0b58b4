//! The authorization endpoint (RFC 6749 §4.1.1, §4.1.2): what may ask, who decides, and what goes back.
//!
//! A request whose client or redirect URI is wrong ends in a page here. It is never redirected.

use crate::accounts::{Account, App};
use crate::params::Params;
use crate::smooch::Smooch;
use crate::{CLIENT_ID, Request, Response, answer, pages};
use http::StatusCode;

/// An authorization code that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub code: String,
    /// The app that its owner picked.
    pub app_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// When it was issued, in milliseconds since 1970.
    pub issued_ms: u64,
    /// Whether a token request has named it: it is then worth nothing, whatever came of that request.
    pub spent: bool,
    /// The PKCE challenge that came with the request, where PKCE is on.
    pub challenge: Option<String>,
}

/// A request that may be put before an owner.
struct Asked {
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<String>,
}

/// A request that may not: shown here, or sent back where it is known to come from.
enum Refused {
    Page(StatusCode, &'static str, String),
    Redirect(String),
}

impl Smooch {
    /// `GET /oauth/authorize`: sign in, pick an app if there are several, then allow or deny.
    pub(crate) fn show_authorize(&mut self, request: &Request) -> Response {
        if let Err(refused) = self.asked(request) {
            return self.refuse(refused);
        }
        let Some((session, account)) = self.signed_in(request) else {
            return Self::sign_in_first(request);
        };
        let apps = self.apps_of(&account);
        match apps.as_slice() {
            [only] => {
                let action = decision_path(request, &only.id);
                let page = pages::authorize::decision(only, account.email, &session.csrf, &action, None);
                self.page(StatusCode::OK, page)
            }
            several => {
                let page =
                    pages::authorize::picker(several, account.email, &session.csrf, &here(request), false);
                self.page(StatusCode::OK, page)
            }
        }
    }

    /// `POST /oauth/authorize` with `app` and `csrf`: leads to that app's Allow and Deny.
    pub(crate) fn pick_app(&mut self, request: &Request) -> Response {
        if let Err(refused) = self.asked(request) {
            return self.refuse(refused);
        }
        let (session, fields) = match self.posted_form(request) {
            Ok(posted) => posted,
            Err(refused) => return *refused,
        };
        let Some(account) = self.account(&session) else {
            return Self::sign_in_first(request);
        };
        match fields.get("app") {
            Some(app_id) if account.apps.contains(&app_id) => {
                answer::see_other(&decision_path(request, app_id))
            }
            Some(_) => self.not_your_app(),
            None => {
                let apps = self.apps_of(&account);
                let page =
                    pages::authorize::picker(&apps, account.email, &session.csrf, &here(request), true);
                self.page(StatusCode::BAD_REQUEST, page)
            }
        }
    }

    /// `GET /oauth/authorize/apps/{id}`: Allow and Deny for the app that was picked.
    pub(crate) fn show_decision(&mut self, request: &Request, app_id: &str) -> Response {
        if let Err(refused) = self.asked(request) {
            return self.refuse(refused);
        }
        let Some((session, account)) = self.signed_in(request) else {
            return Self::sign_in_first(request);
        };
        let apps = self.apps_of(&account);
        match apps.iter().find(|app| app.id == app_id) {
            Some(app) => {
                let pick =
                    format!("{}?{}", picker_path(request, app_id), request.uri().query().unwrap_or_default());
                let pick = (apps.len() > 1).then_some(pick.as_str());
                let page =
                    pages::authorize::decision(app, account.email, &session.csrf, &here(request), pick);
                self.page(StatusCode::OK, page)
            }
            None => self.not_your_app(),
        }
    }

    /// `POST /oauth/authorize/apps/{id}` with `decision` and `csrf`: 302 to the redirect URI, with `code` or with
    /// `error=access_denied`.
    pub(crate) fn decide(&mut self, request: &Request, app_id: &str, now_ms: u64) -> Response {
        let asked = match self.asked(request) {
            Ok(asked) => asked,
            Err(refused) => return self.refuse(refused),
        };
        let (session, fields) = match self.posted_form(request) {
            Ok(posted) => posted,
            Err(refused) => return *refused,
        };
        let Some(account) = self.account(&session) else {
            return Self::sign_in_first(request);
        };
        if !account.apps.contains(&app_id) {
            return self.not_your_app();
        }
        let location = match fields.get("decision") {
            Some("allow") => {
                let code = self.random.token();
                let location = self.location(&asked, &[("code", &code)]);
                let Asked { redirect_uri, challenge, .. } = asked;
                let (app_id, issued_ms) = (app_id.to_owned(), now_ms);
                let issued =
                    Code { code: code.clone(), app_id, redirect_uri, issued_ms, spent: false, challenge };
                self.codes.insert(code, issued);
                location
            }
            Some("deny") => self.location(&asked, &[("error", "access_denied")]),
            _ => {
                let page = pages::refused("Allow or deny?", "Please go back and choose one of the two.");
                return self.page(StatusCode::BAD_REQUEST, page);
            }
        };
        answer::redirect(StatusCode::FOUND, &location)
    }

    /// Reads an authorization request: the client first, then where its answer goes, then the rest.
    fn asked(&self, request: &Request) -> Result<Asked, Refused> {
        const TITLE: &str = "This link is not right";
        let refused = |status, text: &str| Err(Refused::Page(status, TITLE, text.to_owned()));
        let query = request.uri().query().unwrap_or_default();
        let Ok(params) = Params::parse(query.as_bytes()) else {
            return refused(StatusCode::BAD_REQUEST, "A parameter of it is there more than once.");
        };
        match params.get("client_id") {
            Some(CLIENT_ID) => {}
            Some(_) => return refused(StatusCode::BAD_REQUEST, "No integration has the client_id it names."),
            None => {
                return refused(StatusCode::BAD_REQUEST, "It names no integration: client_id is missing.");
            }
        }
        let registered = &self.options.redirect_uris;
        let redirect_uri = match params.get("redirect_uri") {
            // RFC 9700 §2.1: an exact match, or a code goes where no one vouched for.
            Some(uri) => registered.iter().find(|registered| *registered == uri),
            None => registered.first(),
        };
        let Some(redirect_uri) = redirect_uri.cloned() else {
            return refused(
                StatusCode::NOT_FOUND,
                "Its redirect_uri is not registered for this integration.",
            );
        };
        if params.get("response_type") != Some("code") {
            return refused(StatusCode::BAD_REQUEST, "Its response_type has to be “code”.");
        }
        let state = params.get("state").map(str::to_owned);
        let mut asked = Asked { redirect_uri, state, challenge: None };
        if self.options.pkce {
            asked.challenge = params.get("code_challenge").map(str::to_owned);
            // RFC 7636 §4.4.1. Without a method a challenge would be `plain`, which this server does not take.
            if asked.challenge.is_some() && params.get("code_challenge_method") != Some("S256") {
                return Err(Refused::Redirect(self.location(&asked, &[("error", "invalid_request")])));
            }
        }
        Ok(asked)
    }

    /// The redirect URI with an answer added to whatever query it has (RFC 6749 §3.1.2).
    fn location(&self, asked: &Asked, answer: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = &asked.state {
            query.append_pair("state", state);
        }
        // RFC 9207 §2: in successes and errors alike.
        if let Some(issuer) = &self.options.issuer {
            query.append_pair("iss", issuer);
        }
        let separator = if asked.redirect_uri.contains('?') { '&' } else { '?' };
        // A space as `%20`, which every reader of a query takes for one; a plus that was sent is `%2B` already.
        format!("{}{separator}{}", asked.redirect_uri, query.finish().replace('+', "%20"))
    }

    fn refuse(&self, refused: Refused) -> Response {
        match refused {
            Refused::Page(status, title, text) => self.page(status, pages::refused(title, &text)),
            Refused::Redirect(location) => answer::redirect(StatusCode::FOUND, &location),
        }
    }

    fn not_your_app(&self) -> Response {
        let text = "There is no such app, or it belongs to someone else.";
        self.page(StatusCode::NOT_FOUND, pages::refused("No such app", text))
    }

    /// The apps of an account, as it lists them.
    pub(crate) fn apps_of(&self, account: &Account) -> Vec<App> {
        account.apps.iter().filter_map(|id| self.apps.get(*id)).cloned().collect()
    }
}

/// The address of this request on this host.
fn here(request: &Request) -> String {
    request.uri().path_and_query().map_or_else(String::new, ToString::to_string)
}

/// The endpoint that a request for one app is below.
fn picker_path<'a>(request: &'a Request, app_id: &str) -> &'a str {
    let path = request.uri().path();
    path.strip_suffix(app_id).and_then(|path| path.strip_suffix("/apps/")).unwrap_or(path)
}

/// Where the owner decides about one app: below the endpoint that was asked, with the query as it came.
fn decision_path(request: &Request, app_id: &str) -> String {
    let uri = request.uri();
    format!("{}/apps/{app_id}?{}", uri.path(), uri.query().unwrap_or_default())
}
