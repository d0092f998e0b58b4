//! Browser sessions: a cookie that says who is signed in, and a token in each form that no other site can know.

use crate::random::Random;
use crate::{Request, Response};
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};
use std::collections::BTreeMap;

/// Cookies know no ports, so on `localhost` every server sees this one: it needs a name of its own.
const COOKIE_NAME: &str = "smooch_stand_in";

/// A browser that has come before.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The cookie's value.
    pub(crate) id: String,
    /// What each form of this session has to carry.
    pub(crate) csrf: String,
    /// The e-mail address of who is signed in.
    pub(crate) email: Option<&'static str>,
}

/// The sessions that exist.
#[derive(Debug, Default)]
pub(crate) struct Sessions(BTreeMap<String, Session>);

impl Sessions {
    /// The session of the browser that sent `request`.
    pub(crate) fn of(&self, request: &Request) -> Option<Session> {
        cookies(request).find_map(|id| self.0.get(id)).cloned()
    }

    /// Starts a session. One is started at each sign-in too, so an id from before it is worth nothing after.
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
    /// Has the browser keep this session.
    pub(crate) fn keep(&self, mut response: Response) -> Response {
        let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Lax", self.id);
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

fn cookies(request: &Request) -> impl Iterator<Item = &str> {
    let headers = request.headers().get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    let pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}
