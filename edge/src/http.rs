//! Requests and answers, as the handlers see them. No platform's types: the Worker and the tests convert.

use serde::Serialize;
use shared::to_json;
use std::{borrow::Cow, convert::Infallible, future::Future};
use thiserror::Error;

/// What a handler reads of a request. Headers and body are fetched when asked for, as each costs a crossing
/// into the platform.
pub trait Incoming {
    /// A body that is passed on and never looked at.
    type Stream;

    /// A header's value; `name` in lower case.
    fn header(&self, name: &str) -> Option<String>;

    /// All headers, names in lower case.
    fn headers(&self) -> Vec<(String, String)>;

    /// The body, to be passed on; `None` if there is none.
    fn stream(&mut self) -> Option<Self::Stream>;

    /// The body, up to `limit` bytes.
    fn body(&mut self, limit: usize) -> impl Future<Output = Result<Vec<u8>, BodyError>>;
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// It is longer than the limit.
    #[error("the body is too long")]
    TooLong,
    /// The connection broke.
    #[error("the body broke off")]
    Broken,
}

/// The methods that any route knows. All others are refused alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Safe, without a body.
    Get,
    /// GET without the answer's body.
    Head,
    /// Makes or does something.
    Post,
    /// Takes something away.
    Delete,
    /// Any other method.
    Other,
}

impl Method {
    /// Reads a method; they are case-sensitive (RFC 9110 §9.1).
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }
}

/// A request's line: its URL is taken apart once, into pieces of the same text.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The method.
    pub method: Method,
    /// The method as it was sent.
    pub method_name: &'a str,
    /// Scheme, host and port: where this edge is, as the caller sees it.
    pub origin: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// The query, as it was sent, without the `?`; empty if there is none.
    pub query: &'a str,
}

impl<'a> Target<'a> {
    /// Takes `url` apart, an absolute URL as the platform gives it. A fragment never arrives.
    #[must_use]
    pub fn new(method: &'a str, url: &'a str) -> Self {
        let host = url.find(':').filter(|_| !url.starts_with('/')).map_or(0, |at| at + "://".len());
        let end = url.get(host..).and_then(|rest| rest.find(['/', '?'])).map_or(url.len(), |at| host + at);
        let (origin, rest) = url.split_at_checked(end).unwrap_or((url, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = if path.is_empty() { "/" } else { path };
        Self { method: Method::parse(method), method_name: method, origin, path, query }
    }

    /// Whether `origin` is this edge itself.
    #[must_use]
    pub fn is_own(&self, origin: &str) -> bool {
        self.origin == origin
    }

    /// The redirect URI of this edge (RFC 6749 §3.1.2), as the client builds it from where its script came from.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        [self.origin, "/callback"].concat()
    }
}

/// An answer. A body of our own is never HTML: pages are static files.
#[expect(missing_debug_implementations, reason = "it may carry a token")]
pub struct Response<S = Infallible> {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub body: Body<S>,
}

/// What every answer of our own says: nobody keeps it, nobody is told where it came from, nobody guesses what it is.
pub const UNCACHED: [(&str, &str); 3] = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// The body of an answer.
#[expect(missing_debug_implementations, reason = "it may carry a token")]
pub enum Body<S> {
    /// Ours; empty for none.
    Text(String),
    /// Somebody else's, passed on as it comes.
    Stream(S),
}

impl Response {
    /// An answer in JSON that no cache keeps.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let headers = vec![("content-type".into(), "application/json".into())];
        Self { status, headers, body: Body::Text(to_json(body)) }.uncached()
    }

    /// A bounce to `location`, by GET whatever the method was (RFC 9110 §15.4.4).
    #[must_use]
    pub fn see_other(location: String) -> Self {
        let headers = vec![("location".into(), location)];
        Self { status: 303, headers, body: Body::Text(String::new()) }.uncached()
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Text(String::new()) }.uncached()
    }

    /// The same, where others stream.
    #[must_use]
    pub fn widen<S>(self) -> Response<S> {
        let Body::Text(text) = self.body;
        Response { status: self.status, headers: self.headers, body: Body::Text(text) }
    }

    fn uncached(self) -> Self {
        UNCACHED.into_iter().fold(self, |response, (name, value)| response.with(name, value))
    }
}

impl<S> Response<S> {
    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, origin: &str, path: &str, query: &str) {
        let target = Target::new("GET", url);
        assert_eq!((target.origin, target.path, target.query), (origin, path, query), "{url:?}");
    }

    #[test]
    fn a_url_is_taken_apart_as_it_was_sent() {
        check(
            "https://e.example/callback?code=a&state=b",
            "https://e.example",
            "/callback",
            "code=a&state=b",
        );
        check("http://localhost:8787/a/b", "http://localhost:8787", "/a/b", "");
        check("https://e.example", "https://e.example", "/", "");
        check("https://e.example?x", "https://e.example", "/", "x");
        check("https://e.example/a?b?c", "https://e.example", "/a", "b?c");
        check("https://e.example/%2e%2e//x", "https://e.example", "/%2e%2e//x", "");
        check("", "", "/", "");
    }

    #[test]
    fn a_method_is_read_as_it_is_written() {
        assert_eq!(Method::parse("GET"), Method::Get);
        assert_eq!(Method::parse("get"), Method::Other);
        assert_eq!(Method::parse("PROPFIND"), Method::Other);
    }
}
