//! Faults that a test injects: wrong responses, lost responses and broken connections.

use crate::request_log::Endpoint;
use crate::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use std::collections::VecDeque;

/// A connection failure. It is an extension of a response: [`serve`](crate::serve) finds it there and breaks or
/// delays the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Closes the connection without a response.
    Reset,
    /// Keeps the connection open and never responds.
    Hang,
    /// Sends the response after this many milliseconds.
    Slow(u64),
}

/// A fault for one request. [`Smooch::on_next`](crate::Smooch::on_next) queues it.
#[derive(Clone, Debug)]
pub struct Fault(Effect);

#[derive(Clone, Debug)]
enum Effect {
    /// The request is not processed. The caller gets this response.
    NotProcessed(Response),
    /// The request is processed. The caller gets this response instead of the real one.
    ResponseLost(Response),
    /// The request is processed. The caller gets the real response after this many milliseconds.
    Delayed(u64),
    /// The request is processed. The caller gets the real response with this `Content-Type`.
    ContentTypeChanged(&'static str),
}

impl Fault {
    /// Fails before processing: the request has no effect, and the caller gets `response`.
    #[must_use]
    pub fn before(response: Response) -> Self {
        Self(Effect::NotProcessed(response))
    }

    /// Fails after processing: the request has its full effect, but the caller gets `response` instead of the
    /// real response.
    #[must_use]
    pub fn after(response: Response) -> Self {
        Self(Effect::ResponseLost(response))
    }

    /// Processes the request and sends the real response after a delay in milliseconds.
    #[must_use]
    pub fn slow(milliseconds: u64) -> Self {
        Self(Effect::Delayed(milliseconds))
    }

    /// Processes the request and sends the real response with another `Content-Type`.
    #[must_use]
    pub fn with_content_type(content_type: &'static str) -> Self {
        Self(Effect::ContentTypeChanged(content_type))
    }

    /// Fails before processing, like [`Fault::before`], with this status and an empty body.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        let mut response = Response::default();
        *response.status_mut() = status;
        Self::before(response)
    }

    /// Returns the response that the caller gets. `process` processes the request and returns the real response.
    pub(crate) fn apply(self, process: impl FnOnce() -> Response) -> Response {
        match self.0 {
            Effect::NotProcessed(response) => response,
            Effect::ResponseLost(response) => {
                process();
                response
            }
            Effect::Delayed(milliseconds) => {
                let mut response = process();
                response.extensions_mut().insert(Broken::Slow(milliseconds));
                response
            }
            Effect::ContentTypeChanged(content_type) => {
                let mut response = process();
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                response
            }
        }
    }
}

/// The faults that have not been used yet, oldest first.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue(VecDeque<(Endpoint, Fault)>);

impl FaultQueue {
    pub(crate) fn push(&mut self, endpoint: Endpoint, fault: Fault) {
        self.0.push_back((endpoint, fault));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Removes and returns the oldest fault for `endpoint`.
    pub(crate) fn pop(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let index = self.0.iter().position(|(queued_for, _)| *queued_for == endpoint)?;
        self.0.remove(index).map(|(_, fault)| fault)
    }
}
