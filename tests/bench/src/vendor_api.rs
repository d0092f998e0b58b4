//! The APIs of Slack and Discord, in front of the same stand-in Smooch, for peers whose servers are fixed.
//!
//! It runs outside of the Worker, in place of the internet. It never changes a peer and never uses the peer's processor time.

use serde_json::{Value, json};
use stand_in::{CLIENT_ID, CLIENT_SECRET, Request, Response, Smooch};

/// Handles a request to Slack's or Discord's API. Panics for any other path.
pub fn handle(smooch: &mut Smooch, request: &Request, now_ms: u64) -> Response {
    let form: Vec<(String, String)> = form_urlencoded::parse(request.body()).into_owned().collect();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    match request.uri().path() {
        "/api/oauth.v2.access" => json_response(&match exchange(smooch, &field, now_ms) {
            Ok(token) => json!({
                "ok": true, "access_token": token, "token_type": "bot", "scope": "commands", "bot_user_id": "B1",
                "app_id": "A1", "team": {"id": "T1", "name": "Night Market"}, "enterprise": null,
                "is_enterprise_install": false, "authed_user": {"id": "U1"},
            }),
            Err(error) => json!({"ok": false, "error": error}),
        }),
        "/api/auth.test" => json_response(&json!({
            "ok": true, "url": "https://night-market.example/", "team": "Night Market", "user": "bot", "team_id": "T1",
            "user_id": "B1", "bot_id": "B1", "is_enterprise_install": false,
        })),
        "/api/oauth2/token" => json_response(&match exchange(smooch, &field, now_ms) {
            Ok(token) => {
                json!({"access_token": token, "token_type": "Bearer", "expires_in": 604_800, "scope": "identify"})
            }
            Err(error) => json!({"error": error}),
        }),
        "/api/oauth2/@me" => json_response(&json!({"user": {"id": "1", "username": "night-market"}})),
        path => panic!("no peer requests {path}"),
    }
}

/// Exchanges a code at the stand-in. Returns the token, or the error code.
fn exchange<'a>(smooch: &mut Smooch, field: &dyn Fn(&str) -> &'a str, now_ms: u64) -> Result<String, String> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code").append_pair("code", field("code"));
    form.append_pair("client_id", CLIENT_ID).append_pair("client_secret", CLIENT_SECRET);
    let body = form.finish().into_bytes();
    let request = http::Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", body.len())
        .body(body);
    let response = smooch.handle(&request.expect("the request is valid"), now_ms);
    let response: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |name: &str| response[name].as_str().map(str::to_owned);
    text("access_token").ok_or_else(|| text("error").unwrap_or_default())
}

fn json_response(body: &Value) -> Response {
    let response = http::Response::builder().header("content-type", "application/json");
    response.body(body.to_string().into_bytes()).expect("the response is valid")
}
