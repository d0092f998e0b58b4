//! What a test can see of this Smooch, and the faults it can put in its way.

use crate::{Broken, Request, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use std::collections::VecDeque;

/// The kinds of request that are counted, and for which a fault can be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Anything made for a person: sign-in, Allow and Deny, the console.
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

/// A request that reached this Smooch, and how it was answered.
#[derive(Clone, Debug)]
pub struct Received {
    /// What it was for; never [`Endpoint::Page`], of which only the number is kept.
    pub endpoint: Endpoint,
    /// Its method.
    pub method: Method,
    /// Its URI as it came, with the query.
    pub uri: Uri,
    /// Its headers, secrets included.
    pub headers: HeaderMap,
    /// Its body, secrets included.
    pub body: Vec<u8>,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// The status it was answered with.
    pub status: StatusCode,
}

impl Received {
    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The body as text, whatever it was.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value, if it came and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An answer given instead of the real one.
#[derive(Clone, Debug)]
pub struct Fault {
    answer: Response,
    processed: bool,
    keeps: bool,
}

impl Fault {
    /// The request does nothing at this Smooch; `answer` is all that comes of it.
    #[must_use]
    pub fn before(answer: Response) -> Self {
        Self { answer, processed: false, keeps: false }
    }

    /// The request does all that it asks for, then the answer is lost and `answer` comes instead.
    #[must_use]
    pub fn after(answer: Response) -> Self {
        Self { answer, processed: true, keeps: false }
    }

    /// The request does all that it asks for, and its answer comes after so many milliseconds.
    #[must_use]
    pub fn slow(milliseconds: u64) -> Self {
        let mut answer = Response::default();
        answer.extensions_mut().insert(Broken::Slow(milliseconds));
        Self { keeps: true, ..Self::after(answer) }
    }

    /// The real answer, by the name of another media type.
    #[must_use]
    pub fn named(content_type: &'static str) -> Self {
        let mut answer = Response::default();
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { keeps: true, ..Self::after(answer) }
    }

    /// Whether the request is to do what it asks for.
    pub(crate) const fn processes(&self) -> bool {
        self.processed
    }

    /// What comes instead of `real`, the answer if there was one.
    pub(crate) fn spoil(self, real: Option<Response>) -> Response {
        let Some(mut real) = real.filter(|_| self.keeps) else { return self.answer };
        real.headers_mut().extend(self.answer.headers().clone());
        real.extensions_mut().extend(self.answer.extensions().clone());
        real
    }

    /// The request does nothing; the answer has this status and no body.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        let mut answer = Response::default();
        *answer.status_mut() = status;
        Self::before(answer)
    }
}

/// Requests seen, requests counted, and faults to come.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub(crate) requests: Vec<Received>,
    counts: [usize; Endpoint::COUNT],
    faults: VecDeque<(Endpoint, Fault)>,
}

impl Observed {
    pub(crate) fn queue(&mut self, endpoint: Endpoint, fault: Fault) {
        self.faults.push_back((endpoint, fault));
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// Takes the next fault of this endpoint, if there is one.
    pub(crate) fn next_fault(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let index = self.faults.iter().position(|(of, _)| *of == endpoint)?;
        self.faults.remove(index).map(|(_, fault)| fault)
    }

    pub(crate) fn note(&mut self, endpoint: Endpoint, request: &Request, at_ms: u64, status: StatusCode) {
        if let Some(count) = self.counts.get_mut(endpoint.index()) {
            *count += 1;
        }
        if endpoint != Endpoint::Page {
            let (method, uri) = (request.method().clone(), request.uri().clone());
            let (headers, body) = (request.headers().clone(), request.body().clone());
            self.requests.push(Received { endpoint, method, uri, headers, body, at_ms, status });
        }
    }

    pub(crate) fn count(&self, endpoint: Endpoint) -> usize {
        self.counts.get(endpoint.index()).copied().unwrap_or_default()
    }
}
