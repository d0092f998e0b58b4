//! Sign-in and sign-out.

use crate::accounts::PASSWORD;
use crate::form::posted_form;
use crate::pages;
use crate::params::Params;
use crate::request::Request;
use crate::response::{self, Response};
use crate::session::Session;
use crate::smooch::Smooch;
use http::StatusCode;

/// `GET /login?next=…`. Shows the sign-in page, or redirects to `next` if the browser is signed in.
pub(crate) fn show(smooch: &mut Smooch, request: &Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let Ok(params) = Params::parse(query.as_bytes()) else {
        let page = pages::error("This link is not valid", "It contains a parameter more than once.");
        return page.into_response(StatusCode::BAD_REQUEST, &smooch.options);
    };
    let next = safe_return_path(params.get("next"));
    match smooch.sessions.find(request) {
        Some(Session { email: Some(_), .. }) => response::see_other(next),
        Some(session) => {
            pages::login::page(&session.csrf, next, None).into_response(StatusCode::OK, &smooch.options)
        }
        None => {
            let session = smooch.sessions.start(&mut smooch.random, None);
            let page = pages::login::page(&session.csrf, next, None);
            session.set_cookie(page.into_response(StatusCode::OK, &smooch.options))
        }
    }
}

/// `POST /login` with `email`, `password`, `next` and `csrf`. Starts a new session and redirects to `next`.
pub(crate) fn sign_in(smooch: &mut Smooch, request: &Request) -> Response {
    let (session, fields) = match posted_form(smooch, request) {
        Ok(posted) => posted,
        Err(error_page) => return *error_page,
    };
    let next = safe_return_path(fields.get("next"));
    let email = fields.get("email").unwrap_or_default();
    let account = smooch.accounts.iter().find(|account| account.email.eq_ignore_ascii_case(email.trim()));
    match account.filter(|_| fields.get("password") == Some(PASSWORD)).map(|account| account.email) {
        Some(email) => {
            smooch.sessions.end(&session.id);
            let session = smooch.sessions.start(&mut smooch.random, Some(email));
            session.set_cookie(response::see_other(next))
        }
        None => pages::login::page(&session.csrf, next, Some(email))
            .into_response(StatusCode::UNAUTHORIZED, &smooch.options),
    }
}

/// `POST /logout` with `csrf`. Ends the session.
pub(crate) fn sign_out(smooch: &mut Smooch, request: &Request) -> Response {
    match posted_form(smooch, request) {
        Ok((session, _)) => {
            smooch.sessions.end(&session.id);
            response::see_other("/login")
        }
        Err(error_page) => *error_page,
    }
}

/// Redirects to the sign-in page, which leads back to the URL of `request`.
pub(crate) fn redirect_to_login(request: &Request) -> Response {
    let next = request.uri().path_and_query().map_or("/console", |next| next.as_str());
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    response::see_other(&format!("/login?{query}"))
}

/// Returns `next` if it is a path of this host, and the console otherwise. This prevents open redirects
/// (RFC 9700 §4.11).
fn safe_return_path(next: Option<&str>) -> &str {
    let is_local_path = |next: &&str| {
        // Browsers treat `//host` and `/\host` as URLs of another host, and remove tabs and line breaks before
        // they parse a URL.
        next.starts_with('/')
            && !next.starts_with("//")
            && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(is_local_path).unwrap_or("/console")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(next: &str, expected: &str) {
        assert_eq!(safe_return_path(Some(next)), expected, "{next:?}");
    }

    #[test]
    fn sign_in_does_not_redirect_to_another_host() {
        check("/oauth/authorize?a=b", "/oauth/authorize?a=b");
        check("https://evil.example/", "/console");
        check("//evil.example/", "/console");
        check("/\\evil.example/", "/console");
        check("/\t/evil.example/", "/console");
        check("javascript:alert(1)", "/console");
        assert_eq!(safe_return_path(None), "/console");
    }
}
