//! Requests and responses as the handlers see them. It contains no types of a platform: the Worker and the tests
//! convert.

use serde::Serialize;
use shared::to_json;
use std::{borrow::Cow, convert::Infallible, future::Future};
use thiserror::Error;

/// The headers and the body of a request. They are fetched on demand, since each access is a call into JavaScript.
pub trait Incoming {
    /// A body that is streamed through without being read.
    type Stream;

    /// The value of a header; `name` in lower case.
    fn header(&self, name: &str) -> Option<String>;

    /// All headers, names in lower case.
    fn headers(&self) -> Vec<(String, String)>;

    /// Takes the body as a stream; `None` if there is no body.
    fn stream(&mut self) -> Option<Self::Stream>;

    /// Reads the whole body, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if it is longer, or could not be read.
    fn body(&mut self, limit: usize) -> impl Future<Output = Result<Vec<u8>, BodyError>>;
}

/// The body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// The body is longer than the limit.
    #[error("the body is too long")]
    TooLong,
    /// The connection broke.
    #[error("the connection broke while the body was read")]
    Broken,
}

/// The methods that routes distinguish. Every other method is [`Method::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
    /// Any other method. Only calls to Smooch's API take it.
    Other,
}

impl Method {
    /// Parses a method name. Names are case-sensitive (RFC 9110 §9.1).
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

/// The method and the URL of a request. The URL is split once, into slices of the same text.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The method.
    pub method: Method,
    /// The method name as it was sent.
    pub method_name: &'a str,
    /// The origin of the edge as the caller sees it: scheme, host and port.
    pub origin: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// The query, as it was sent, without the `?`; empty if there is none.
    pub query: &'a str,
}

impl<'a> Target<'a> {
    /// Splits `url`, an absolute URL as the platform gives it. Clients do not send the fragment.
    #[must_use]
    pub fn new(method: &'a str, url: &'a str) -> Self {
        let host = url.find(':').filter(|_| !url.starts_with('/')).map_or(0, |at| at + "://".len());
        let end = url.get(host..).and_then(|rest| rest.find(['/', '?'])).map_or(url.len(), |at| host + at);
        let (origin, rest) = url.split_at_checked(end).unwrap_or((url, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = if path.is_empty() { "/" } else { path };
        Self { method: Method::parse(method), method_name: method, origin, path, query }
    }

    /// `true` if `origin` is the origin of this edge.
    #[must_use]
    pub fn is_own_origin(&self, origin: &str) -> bool {
        self.origin == origin
    }

    /// The redirect URI of this edge (RFC 6749 §3.1.2). The client builds the same one from the URL of its script.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        [self.origin, "/callback"].concat()
    }
}

/// A response. The edge writes no HTML: its pages are static files.
#[expect(missing_debug_implementations, reason = "it may carry a token")]
pub struct Response<S = Infallible> {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case, without [`COMMON_HEADERS`].
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// `true` for a response that the edge makes itself. The platform adds [`COMMON_HEADERS`] to it.
    pub has_common_headers: bool,
    /// The body.
    pub body: Body<S>,
}

/// Headers of every response that the edge makes itself: it is not cached, links in it send no `Referer`, and its
/// type is not guessed.
pub const COMMON_HEADERS: [(&str, &str); 3] = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// The body of a response.
#[expect(missing_debug_implementations, reason = "it may carry a token")]
pub enum Body<S> {
    /// Text of the edge. An empty text is no body.
    Text(String),
    /// A body of Smooch that is streamed through.
    Stream(S),
}

impl Response {
    /// A JSON response.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let headers = vec![("content-type".into(), "application/json".into())];
        Self { status, headers, has_common_headers: true, body: Body::Text(to_json(body)) }
    }

    /// A redirect to `location`. The browser follows it with GET, whatever the method was (RFC 9110 §15.4.4).
    #[must_use]
    pub fn see_other(location: String) -> Self {
        let headers = vec![("location".into(), location)];
        Self { headers, ..Self::empty(303) }
    }

    /// A response without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        let body = Body::Text(String::new());
        Self { status, headers: Vec::new(), has_common_headers: true, body }
    }

    /// The same response, of the type that can also carry a stream.
    #[must_use]
    pub fn into_streamable<S>(self) -> Response<S> {
        let Self { status, headers, has_common_headers, body: Body::Text(text) } = self;
        Response { status, headers, has_common_headers, body: Body::Text(text) }
    }
}

impl<S> Response<S> {
    /// The same response with one more header.
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
    fn a_url_is_split_without_normalization() {
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
    fn method_names_are_case_sensitive() {
        assert_eq!(Method::parse("GET"), Method::Get);
        assert_eq!(Method::parse("get"), Method::Other);
        assert_eq!(Method::parse("PROPFIND"), Method::Other);
    }
}
