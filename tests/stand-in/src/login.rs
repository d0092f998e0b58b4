//! Signing in and out.

use crate::accounts::{Account, PASSWORD};
use crate::params::Params;
use crate::session::Session;
use crate::smooch::Smooch;
use crate::{Request, Response, answer, pages};
use http::StatusCode;

impl Smooch {
    /// `GET /login?next=…`.
    pub(crate) fn show_login(&mut self, request: &Request) -> Response {
        let query = request.uri().query().unwrap_or_default();
        let Ok(params) = Params::parse(query.as_bytes()) else {
            let page = pages::refused("That link is not right", "A part of it is there twice.");
            return self.page(StatusCode::BAD_REQUEST, page);
        };
        let next = local(params.get("next"));
        match self.sessions.of(request) {
            Some(Session { email: Some(_), .. }) => answer::see_other(next),
            Some(session) => self.page(StatusCode::OK, pages::login::page(&session.csrf, next, None)),
            None => {
                let session = self.sessions.start(&mut self.random, None);
                session.keep(self.page(StatusCode::OK, pages::login::page(&session.csrf, next, None)))
            }
        }
    }

    /// `POST /login` with `email`, `password`, `next` and `csrf`.
    pub(crate) fn login(&mut self, request: &Request) -> Response {
        let (session, fields) = match self.posted_form(request) {
            Ok(posted) => posted,
            Err(refused) => return *refused,
        };
        let next = local(fields.get("next"));
        let email = fields.get("email").unwrap_or_default();
        let account = self.accounts.iter().find(|account| account.email.eq_ignore_ascii_case(email.trim()));
        match account.filter(|_| fields.get("password") == Some(PASSWORD)).map(|account| account.email) {
            Some(email) => {
                self.sessions.end(&session.id);
                self.sessions.start(&mut self.random, Some(email)).keep(answer::see_other(next))
            }
            None => self.page(StatusCode::UNAUTHORIZED, pages::login::page(&session.csrf, next, Some(email))),
        }
    }

    /// `POST /logout` with `csrf`.
    pub(crate) fn logout(&mut self, request: &Request) -> Response {
        match self.posted_form(request) {
            Ok((session, _)) => {
                self.sessions.end(&session.id);
                answer::see_other("/login")
            }
            Err(refused) => *refused,
        }
    }

    /// Who is signed in in the browser that sent `request`.
    pub(crate) fn signed_in(&self, request: &Request) -> Option<(Session, Account)> {
        let session = self.sessions.of(request)?;
        let account = self.account(&session)?;
        Some((session, account))
    }

    pub(crate) fn account(&self, session: &Session) -> Option<Account> {
        let email = session.email?;
        self.accounts.iter().find(|account| account.email == email).cloned()
    }
}

/// Where to go after signing in: a path of this host, or the console. Browsers read `//host` and `/\host` as
/// another host, and drop tabs and line breaks before they look.
fn local(next: Option<&str>) -> &str {
    let stays = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(stays).unwrap_or("/console")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(next: &str, expected: &str) {
        assert_eq!(local(Some(next)), expected, "{next:?}");
    }

    #[test]
    fn signing_in_leads_nowhere_else() {
        check("/oauth/authorize?a=b", "/oauth/authorize?a=b");
        check("https://evil.example/", "/console");
        check("//evil.example/", "/console");
        check("/\\evil.example/", "/console");
        check("/\t/evil.example/", "/console");
        check("javascript:alert(1)", "/console");
        assert_eq!(local(None), "/console");
    }
}
