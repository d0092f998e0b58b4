//! Browser sessions. A cookie identifies the session, and each form carries the session's CSRF token.

use crate::random::Random;
use crate::request::Request;
use crate::response::Response;
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};
use std::collections::BTreeMap;

/// The name of the session cookie. Cookies ignore the port (RFC 6265 §8.5), so all servers on `localhost` share
/// them and the name must be unique to the stand-in.
const COOKIE_NAME: &str = "smooch_stand_in";

/// The session of one browser.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The value of the cookie.
    pub(crate) id: String,
    /// The CSRF token that each form of this session must carry.
    pub(crate) csrf: String,
    /// The e-mail address of the signed-in account. `None` before sign-in.
    pub(crate) email: Option<&'static str>,
}

/// All sessions, by id.
#[derive(Debug, Default)]
pub(crate) struct Sessions(BTreeMap<String, Session>);

impl Sessions {
    /// Finds the session of the browser that sent `request`.
    pub(crate) fn find(&self, request: &Request) -> Option<Session> {
        session_ids(request).find_map(|id| self.0.get(id)).cloned()
    }

    /// Starts a session. Each sign-in starts a new one, which prevents session fixation.
    pub(crate) fn start(&mut self, random: &mut Random, email: Option<&'static str>) -> Session {
        let session = Session { id: random.token(), csrf: random.token(), email };
        self.0.insert(session.id.clone(), session.clone());
        session
    }

    pub(crate) fn end(&mut self, id: &str) {
        self.0.remove(id);
    }
}

impl Session {
    /// Adds the session cookie to `response`.
    pub(crate) fn set_cookie(&self, mut response: Response) -> Response {
        let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Lax", self.id);
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

/// The values of all session cookies of a request.
fn session_ids(request: &Request) -> impl Iterator<Item = &str> {
    let headers = request.headers().get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    let pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}
