//! The partner's backend that receives event deliveries (webhooks). It records requests and answers as a test says. It
//! verifies signatures with the published library of Standard Webhooks and shares no code with the edge.

use serde_json::Value;
use stand_in::{Broken, Request, Response};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use std::collections::VecDeque;

/// The setting `EVENTS_SECRET`.
pub const SECRET: &str = "whsec_Y2FuYXJ5LWV2ZW50cy1zZWNyZXQtMDEyMzQ1Njc4OWE=";

/// A receiver. It answers 204 by default.
#[derive(Debug, Default)]
pub struct Receiver {
    received: Vec<Delivery>,
    answers: VecDeque<Response>,
}

/// A request that the receiver got.
#[derive(Clone, Debug)]
pub struct Delivery(pub Request);

impl Receiver {
    /// Queues an answer for one more delivery.
    pub fn on_next(&mut self, answer: Response) {
        self.answers.push_back(answer);
    }

    /// Records a delivery and answers it.
    pub fn handle(&mut self, request: &Request) -> Response {
        self.received.push(Delivery(request.clone()));
        self.answers.pop_front().unwrap_or_else(|| status(204))
    }

    /// The deliveries so far.
    #[must_use]
    pub fn received(&self) -> &[Delivery] {
        &self.received
    }
}

impl Delivery {
    /// The event in the body.
    #[must_use]
    pub fn event(&self) -> Value {
        serde_json::from_slice(self.0.body()).expect("a delivery is JSON")
    }

    /// The id by which a receiver drops duplicates.
    #[must_use]
    pub fn id(&self) -> &str {
        self.header(HEADER_WEBHOOK_ID)
    }

    /// The time of the attempt, in seconds since 1970.
    #[must_use]
    pub fn timestamp(&self) -> i64 {
        self.header(HEADER_WEBHOOK_TIMESTAMP).parse().expect("a timestamp is a number")
    }

    /// Verifies the delivery with the library. The library checks the timestamp against the real clock.
    #[must_use]
    pub fn is_verified(&self, secret: &str) -> bool {
        let library = Webhook::new(secret).expect("the secret is valid");
        library.verify(self.0.body(), self.0.headers()).is_ok()
    }

    /// Compares the signature with the library's own, without a look at the clock.
    #[must_use]
    pub fn is_signed(&self, secret: &str) -> bool {
        let library = Webhook::new(secret).expect("the secret is valid");
        let signature = library.sign(self.id(), self.timestamp(), self.0.body()).expect("the body is text");
        self.header(HEADER_WEBHOOK_SIGNATURE).split(' ').any(|one| one == signature)
    }

    fn header(&self, name: &str) -> &str {
        let value = self.0.headers().get(name).unwrap_or_else(|| panic!("the delivery has no {name}"));
        value.to_str().expect("the header is ASCII")
    }
}

/// An answer with a status and no body.
#[must_use]
pub fn status(status: u16) -> Response {
    http::Response::builder().status(status).body(Vec::new()).expect("the status is valid")
}

/// No answer: the connection fails.
#[must_use]
pub fn broken(failure: Broken) -> Response {
    let mut answer = Response::default();
    answer.extensions_mut().insert(failure);
    answer
}
