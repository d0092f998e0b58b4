//! Sign-in and sign-out.

use crate::accounts::{Account, PASSWORD};
use crate::params::Params;
use crate::session::Session;
use crate::smooch::Smooch;
use crate::{Request, Response, pages, response};
use http::StatusCode;

impl Smooch {
    /// `GET /login?next=…`. Shows the sign-in page, or redirects to `next` if the browser is signed in.
    pub(crate) fn show_login(&mut self, request: &Request) -> Response {
        let query = request.uri().query().unwrap_or_default();
        let Ok(params) = Params::parse(query.as_bytes()) else {
            let page = pages::error("This link is not valid", "It contains a parameter more than once.");
            return self.page(StatusCode::BAD_REQUEST, page);
        };
        let next = safe_return_path(params.get("next"));
        match self.sessions.find(request) {
            Some(Session { email: Some(_), .. }) => response::see_other(next),
            Some(session) => self.page(StatusCode::OK, pages::login::page(&session.csrf, next, None)),
            None => {
                let session = self.sessions.start(&mut self.random, None);
                session.set_cookie(self.page(StatusCode::OK, pages::login::page(&session.csrf, next, None)))
            }
        }
    }

    /// `POST /login` with `email`, `password`, `next` and `csrf`. Starts a new session and redirects to `next`.
    pub(crate) fn login(&mut self, request: &Request) -> Response {
        let (session, fields) = match self.posted_form(request) {
            Ok(posted) => posted,
            Err(error_page) => return *error_page,
        };
        let next = safe_return_path(fields.get("next"));
        let email = fields.get("email").unwrap_or_default();
        let account = self.accounts.iter().find(|account| account.email.eq_ignore_ascii_case(email.trim()));
        match account.filter(|_| fields.get("password") == Some(PASSWORD)).map(|account| account.email) {
            Some(email) => {
                self.sessions.end(&session.id);
                let session = self.sessions.start(&mut self.random, Some(email));
                session.set_cookie(response::see_other(next))
            }
            None => self.page(StatusCode::UNAUTHORIZED, pages::login::page(&session.csrf, next, Some(email))),
        }
    }

    /// `POST /logout` with `csrf`. Ends the session.
    pub(crate) fn logout(&mut self, request: &Request) -> Response {
        match self.posted_form(request) {
            Ok((session, _)) => {
                self.sessions.end(&session.id);
                response::see_other("/login")
            }
            Err(error_page) => *error_page,
        }
    }

    /// The session and the account of the browser that sent `request`. `None` if it is not signed in.
    pub(crate) fn signed_in(&self, request: &Request) -> Option<(Session, Account)> {
        let session = self.sessions.find(request)?;
        let account = self.account(&session)?;
        Some((session, account))
    }

    /// The signed-in account of a session.
    pub(crate) fn account(&self, session: &Session) -> Option<Account> {
        let email = session.email?;
        self.accounts.iter().find(|account| account.email == email).cloned()
    }
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
