//! The partner's backend: the only part of the partner that holds the API key. It never sees a token.

use super::Sent;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The customer whom the demo writes to; each app of the stand-in has one of that name.
const CUSTOMER: &str = stand_in::accounts::CUSTOMER;

/// The partner's user before the page, at first. A real partner has a login for that.
const USER: &str = "merchant-1";

/// What may stand in a segment of a path as it is.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

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

    /// Another user is before the page from now on.
    pub(super) fn log_in(&self, user: &str) {
        user.clone_into(&mut self.user.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn user(&self) -> String {
        self.user.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A session for the page, so that what is connected there is this user's; none while the edge is not there.
    pub(super) fn session(&self) -> Option<String> {
        let made = self.call("POST", "sessions", Some(&json!({"subject": self.user()}))).ok()?;
        made["session"].as_str().map(str::to_owned)
    }

    /// This user's connections; none while the edge is not there.
    pub(super) fn connections(&self) -> Vec<Value> {
        self.list(&format!("connections?subject={}", self.user()), "connections")
    }

    /// All connections there are.
    pub(super) fn all_connections(&self) -> Vec<Value> {
        self.list("connections", "connections")
    }

    /// What has happened so far, as far as the feed tells.
    pub(super) fn events(&self) -> Vec<Value> {
        self.list("events?limit=1000", "events")
    }

    fn list(&self, path: &str, name: &str) -> Vec<Value> {
        let listed = self.call("GET", path, None).unwrap_or_default();
        listed[name].as_array().cloned().unwrap_or_default()
    }

    /// Sends "hello" through a connection to the app's first customer.
    pub(super) fn hello(&self, id: &str) -> Result<Sent, String> {
        let connection = format!("connections/{}", utf8_percent_encode(id, IN_A_PATH));
        let shown = self.call("GET", &connection, None)?;
        // Any user can name any id: what is not this user's is not used.
        if shown["subject"] != self.user() {
            return Err("This connection is somebody else's.".into());
        }
        let app = shown["app"].clone();
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
        Ok(Sent {
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
            Some(body) => self.agent.run(request.body(body.to_string().into_bytes()).map_err(say)?),
            None => self.agent.run(request.body(()).map_err(say)?),
        };
        let mut answer = answer.map_err(say)?;
        let status = answer.status();
        let body = answer.body_mut().read_to_vec().map_err(say)?;
        if !status.is_success() {
            return Err(format!("The edge answered {status}."));
        }
        serde_json::from_slice(&body).map_err(say)
    }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
