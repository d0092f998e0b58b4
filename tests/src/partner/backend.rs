//! The partner's backend, the only part of the partner that has the API key. It never sees an access token.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The customer who gets the message. Each app of the stand-in has one with this id.
const CUSTOMER: &str = stand_in::accounts::CUSTOMER;

/// The user who is logged in at first. A real partner has a login page.
const USER: &str = "merchant-1";

/// The characters to percent-encode in a path segment.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// A message that the backend has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// The name of the app, or its id.
    pub app: String,
    /// The text of the message.
    pub text: String,
    /// The URL at which the owner sees the message.
    pub shown_at: String,
}

#[derive(Debug)]
pub(super) struct Backend {
    edge: String,
    smooch: String,
    api_key: String,
    agent: ureq::Agent,
    user: Mutex<String>,
}

impl Backend {
    pub(super) fn new(edge: &str, smooch: &str, api_key: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(15)))
            .build()
            .new_agent();
        let (edge, smooch, api_key) = (edge.into(), smooch.into(), api_key.into());
        Self { edge, smooch, api_key, agent, user: Mutex::new(USER.into()) }
    }

    /// Logs another user in.
    pub(super) fn log_in(&self, user: &str) {
        user.clone_into(&mut self.user.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn user(&self) -> String {
        self.user.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A session for the page, which makes new connections belong to this user. `None` if the edge does not answer.
    pub(super) fn session(&self) -> Option<String> {
        let created = self.call("POST", "sessions", Some(&json!({"subject": self.user()}))).ok()?;
        created["session"].as_str().map(str::to_owned)
    }

    /// The connections of this user. Empty if the edge does not answer.
    pub(super) fn connections(&self) -> Vec<Value> {
        self.list(&format!("connections?subject={}", self.user()), "connections")
    }

    /// The connections of all users.
    pub(super) fn all_connections(&self) -> Vec<Value> {
        self.list("connections", "connections")
    }

    /// The events of the feed.
    pub(super) fn events(&self) -> Vec<Value> {
        self.list("events?limit=1000", "events")
    }

    fn list(&self, path: &str, name: &str) -> Vec<Value> {
        let listed = self.call("GET", path, None).unwrap_or_default();
        listed[name].as_array().cloned().unwrap_or_default()
    }

    /// Sends "hello" through a connection to the app's first customer.
    pub(super) fn hello(&self, id: &str) -> Result<SentMessage, String> {
        let connection = format!("connections/{}", utf8_percent_encode(id, IN_A_PATH));
        let details = self.call("GET", &connection, None)?;
        // A user can send any id, so the backend checks the owner of the connection.
        if details["subject"] != self.user() {
            return Err("This connection belongs to another user.".into());
        }
        let app = details["app"].clone();
        let app_id = app["id"].as_str().ok_or("The edge does not know this connection.")?;

        // The edge attaches the token.
        let conversations = format!("{connection}/api/v2/apps/{app_id}/conversations");
        let found =
            self.call("GET", &format!("{conversations}?filter%5BuserExternalId%5D={CUSTOMER}"), None)?;
        let conversation =
            found["conversations"][0]["id"].as_str().ok_or("The app has no conversation yet.")?;
        let text = "hello";
        let message = json!({"author": {"type": "business"}, "content": {"type": "text", "text": text}});
        self.call("POST", &format!("{conversations}/{conversation}/messages"), Some(&message))?;
        Ok(SentMessage {
            app: app["name"].as_str().unwrap_or(app_id).into(),
            text: text.into(),
            shown_at: format!("{}/console/apps/{app_id}", self.smooch),
        })
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}/v1/{path}", self.edge))
            .header("authorization", format!("Bearer {}", self.api_key))
            .header("content-type", "application/json");
        let answer = match body {
            Some(body) => self.agent.run(request.body(body.to_string().into_bytes()).map_err(error_text)?),
            None => self.agent.run(request.body(()).map_err(error_text)?),
        };
        let mut answer = answer.map_err(error_text)?;
        let status = answer.status();
        let body = answer.body_mut().read_to_vec().map_err(error_text)?;
        if !status.is_success() {
            return Err(format!("The edge answered {status}."));
        }
        serde_json::from_slice(&body).map_err(error_text)
    }
}

fn error_text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
