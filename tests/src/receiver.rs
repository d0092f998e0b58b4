//! The partner's backend where events are delivered: keeps what comes, and answers as it is told. It believes what
//! the published library of Standard Webhooks believes, and knows no code of ours that signs.

use serde_json::Value;
use stand_in::{Broken, Request, Response};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use std::collections::VecDeque;

/// `EVENTS_SECRET`
pub const SECRET: &str = "whsec_Y2FuYXJ5LWV2ZW50cy1zZWNyZXQtMDEyMzQ1Njc4OWE=";

/// A receiver. It answers 204 where it is not told otherwise.
#[derive(Debug, Default)]
pub struct Receiver {
    received: Vec<Delivery>,
    answers: VecDeque<Response>,
}

/// A request as it came to the receiver.
#[derive(Clone, Debug)]
pub struct Delivery(pub Request);

impl Receiver {
    /// Answers one more delivery so, after those that it was told of before.
    pub fn on_next(&mut self, answer: Response) {
        self.answers.push_back(answer);
    }

    /// Takes a delivery.
    pub fn handle(&mut self, request: &Request) -> Response {
        self.received.push(Delivery(request.clone()));
        self.answers.pop_front().unwrap_or_else(|| status(204))
    }

    /// What has come so far.
    #[must_use]
    pub fn received(&self) -> &[Delivery] {
        &self.received
    }
}

impl Delivery {
    /// The event that it carries.
    #[must_use]
    pub fn event(&self) -> Value {
        serde_json::from_slice(self.0.body()).expect("a delivery is JSON")
    }

    /// What to drop repeats by.
    #[must_use]
    pub fn id(&self) -> &str {
        self.header(HEADER_WEBHOOK_ID)
    }

    /// When it was sent, in seconds since 1970.
    #[must_use]
    pub fn timestamp(&self) -> i64 {
        self.header(HEADER_WEBHOOK_TIMESTAMP).parse().expect("a timestamp is a number")
    }

    /// Whether the library takes it, by `secret` and the real clock.
    #[must_use]
    pub fn is_verified(&self, secret: &str) -> bool {
        let library = Webhook::new(secret).expect("a secret");
        library.verify(self.0.body(), self.0.headers()).is_ok()
    }

    /// Whether the library signs it alike, by `secret`, whatever the time is.
    #[must_use]
    pub fn is_signed(&self, secret: &str) -> bool {
        let library = Webhook::new(secret).expect("a secret");
        let signature = library.sign(self.id(), self.timestamp(), self.0.body()).expect("a text");
        self.header(HEADER_WEBHOOK_SIGNATURE).split(' ').any(|one| one == signature)
    }

    fn header(&self, name: &str) -> &str {
        let value = self.0.headers().get(name).unwrap_or_else(|| panic!("no {name}"));
        value.to_str().expect("a header of ASCII")
    }
}

/// An answer of a status alone.
#[must_use]
pub fn status(status: u16) -> Response {
    http::Response::builder().status(status).body(Vec::new()).expect("a status")
}

/// No answer: the connection breaks as `how` says.
#[must_use]
pub fn broken(how: Broken) -> Response {
    let mut answer = Response::default();
    answer.extensions_mut().insert(how);
    answer
}
