//! What this Smooch does, seen from outside: requests in, responses out, and what a person gets to read.

mod api;
mod authorize;
mod end;
mod observe;
mod pages;
mod server;
mod token;

use crate::accounts::OWNER;
use crate::{Options, Owner, Response, Smooch};
use serde_json::Value;

const NOW: u64 = 1_780_000_000_000;
const CALLBACK: &str = "https://connect.partner.example/callback";
const ORIGIN: &str = "https://app.smooch.io";
const AUTHORIZE: &str =
    "https://app.smooch.io/oauth/authorize?client_id=shoplifter&response_type=code&state=s1";

/// A Smooch whose only redirect URI is [`CALLBACK`].
fn smooch() -> Smooch {
    with(Options::default())
}

fn with(options: Options) -> Smooch {
    let mut smooch = Smooch::new(1, options);
    smooch.register_redirect_uri(CALLBACK);
    smooch
}

fn send(smooch: &mut Smooch, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    smooch.handle(&request.body(body.as_bytes().to_vec()).unwrap(), NOW)
}

fn get(smooch: &mut Smooch, uri: &str) -> Response {
    send(smooch, "GET", uri, &[], "")
}

/// A form posted to the token endpoint at `now`, as a well-behaved client does it.
fn token_at(smooch: &mut Smooch, body: &str, now: u64) -> Response {
    let request = http::Request::builder()
        .method("POST")
        .uri("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", body.len());
    smooch.handle(&request.body(body.as_bytes().to_vec()).unwrap(), now)
}

fn token(smooch: &mut Smooch, body: &str) -> Response {
    token_at(smooch, body, NOW)
}

const CREDENTIALS: &str = "grant_type=authorization_code&client_id=shoplifter&client_secret=secret";

/// What comes back to the redirect URI when the owner of three apps allows it for `app`.
fn allowed(smooch: &mut Smooch, authorize: &str, app: &str) -> String {
    Owner::new(OWNER).allow(authorize, app, |request| smooch.handle(&request, NOW)).unwrap()
}

fn code(smooch: &mut Smooch, app: &str) -> String {
    let location = allowed(smooch, AUTHORIZE, app);
    parameter(&location, "code").unwrap()
}

/// A live token for `app`.
fn connect(smooch: &mut Smooch, app: &str) -> String {
    let code = code(smooch, app);
    let response = token(smooch, &format!("{CREDENTIALS}&code={code}"));
    json(&response)["access_token"].as_str().unwrap().to_owned()
}

fn call(smooch: &mut Smooch, method: &str, uri: &str, access_token: &str, body: &str) -> Response {
    let bearer = format!("Bearer {access_token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    send(smooch, method, uri, &headers, body)
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body().clone()).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
