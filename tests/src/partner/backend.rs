//! The partner's backend: the only part of the partner that holds the API key.

use super::Sent;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::time::Duration;

/// The customer whom the demo writes to; each app of the stand-in has one of that name.
const CUSTOMER: &str = stand_in::accounts::CUSTOMER;

#[derive(Debug)]
pub(super) struct Backend {
    edge: String,
    smooch: String,
    api_key: String,
    agent: ureq::Agent,
}

impl Backend {
    pub(super) fn new(edge: &str, smooch: &str, api_key: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(15)))
            .build()
            .new_agent();
        Self { edge: edge.into(), smooch: smooch.into(), api_key: api_key.into(), agent }
    }

    /// All connections, as the edge lists them; none while the edge is not there.
    pub(super) fn connections(&self) -> Vec<Value> {
        let listed = self.call("GET", &format!("{}/v1/connections", self.edge), &self.api_key, None);
        listed.ok().and_then(|listed| listed["connections"].as_array().cloned()).unwrap_or_default()
    }

    /// Sends "hello" through a connection to the app's first customer.
    pub(super) fn hello(&self, id: &str) -> Result<Sent, String> {
        let id =
            utf8_percent_encode(id, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%5F", "_");
        let connection = format!("{}/v1/connections/{id}", self.edge);
        let app = self.call("GET", &connection, &self.api_key, None)?["app"].clone();
        let app_id = app["id"].as_str().ok_or("The edge does not know this connection.")?;
        let token = self.call("GET", &format!("{connection}/token"), &self.api_key, None)?;
        let token = token["access_token"].as_str().ok_or("The edge has no token for this connection.")?;

        let conversations = format!("{}/v2/apps/{app_id}/conversations", self.smooch);
        let filtered = format!("{conversations}?filter%5BuserExternalId%5D={CUSTOMER}");
        let found = self.call("GET", &filtered, token, None)?;
        let conversation =
            found["conversations"][0]["id"].as_str().ok_or("The app has no conversation yet.")?;
        let text = "hello";
        let message = json!({"author": {"type": "business"}, "content": {"type": "text", "text": text}});
        self.call("POST", &format!("{conversations}/{conversation}/messages"), token, Some(&message))?;
        Ok(Sent {
            app: app["name"].as_str().unwrap_or(app_id).into(),
            text: text.into(),
            shown_at: format!("{}/console/apps/{app_id}", self.smooch),
        })
    }

    fn call(&self, method: &str, url: &str, bearer: &str, body: Option<&Value>) -> Result<Value, String> {
        let request = http::Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", format!("Bearer {bearer}"))
            .header("content-type", "application/json");
        let answer = match body {
            Some(body) => self.agent.run(request.body(body.to_string().into_bytes()).map_err(say)?),
            None => self.agent.run(request.body(()).map_err(say)?),
        };
        let mut answer = answer.map_err(say)?;
        let status = answer.status();
        let body = answer.body_mut().read_to_vec().map_err(say)?;
        if !status.is_success() {
            return Err(format!("{method} was answered with {status}."));
        }
        serde_json::from_slice(&body).map_err(say)
    }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}
