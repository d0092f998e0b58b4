//! The requests that the stand-in has received: kept for tests to inspect, and counted per endpoint.

use crate::request::Request;
use http::{HeaderMap, Method, StatusCode, Uri};

/// An endpoint, or a group of them. Requests are counted, and faults are queued, per endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Every page for a person: sign-in, Allow and Deny, the console. Unknown paths belong here too.
    Page,
    /// `POST /oauth/token`.
    Token,
    /// `GET /sc/v2/tokenInfo`.
    TokenInfo,
    /// `DELETE /oauth/authorization`.
    Revoke,
    /// The API, `/v1` and `/v2`.
    Api,
}

impl Endpoint {
    const COUNT: usize = 5;

    fn index(self) -> usize {
        match self {
            Self::Page => 0,
            Self::Token => 1,
            Self::TokenInfo => 2,
            Self::Revoke => 3,
            Self::Api => 4,
        }
    }
}

/// A request that the stand-in received, with the status of its response.
#[derive(Clone, Debug)]
pub struct Received {
    /// The endpoint that the request was for. Never [`Endpoint::Page`]: page requests are only counted.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The unchanged URI, with the query.
    pub uri: Uri,
    /// All headers, secrets included.
    pub headers: HeaderMap,
    /// The whole body, secrets included.
    pub body: Vec<u8>,
    /// The time of the request, in milliseconds since 1970.
    pub at_ms: u64,
    /// The status of the response.
    pub status: StatusCode,
}

impl Received {
    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The body as text. Invalid UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a header. `None` if it is absent or not visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The received requests, oldest first, and the number of requests per endpoint.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: Vec<Received>,
    counts: [usize; Endpoint::COUNT],
}

impl RequestLog {
    /// Counts a request, and keeps it unless it is for a page.
    pub(crate) fn record(&mut self, endpoint: Endpoint, request: &Request, at_ms: u64, status: StatusCode) {
        if let Some(count) = self.counts.get_mut(endpoint.index()) {
            *count += 1;
        }
        if endpoint != Endpoint::Page {
            let (method, uri) = (request.method().clone(), request.uri().clone());
            let (headers, body) = (request.headers().clone(), request.body().clone());
            self.requests.push(Received { endpoint, method, uri, headers, body, at_ms, status });
        }
    }

    pub(crate) fn requests(&self) -> &[Received] {
        &self.requests
    }

    /// Discards the kept requests. The counts stay.
    pub(crate) fn clear_requests(&mut self) {
        self.requests.clear();
    }

    pub(crate) fn count(&self, endpoint: Endpoint) -> usize {
        self.counts.get(endpoint.index()).copied().unwrap_or_default()
    }
}
