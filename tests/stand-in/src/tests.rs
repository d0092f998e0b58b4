//! Tests of the stand-in from outside: requests, responses, and the pages that a person sees.

mod api;
mod authorization;
mod authorize;
mod faults;
mod owner;
mod pages;
mod server;
mod smooch;
mod token;

use crate::accounts::OWNER;
use crate::{Options, Owner, Response, Smooch};
use serde_json::Value;

const NOW: u64 = 1_780_000_000_000;
const CALLBACK: &str = "https://connect.partner.example/callback";
const ORIGIN: &str = "https://app.smooch.io";
const AUTHORIZE: &str =
    "https://app.smooch.io/oauth/authorize?client_id=shoplifter&response_type=code&state=s1";

/// The parameters of a token request, except `code`.
const TOKEN_REQUEST: &str = "grant_type=authorization_code&client_id=shoplifter&client_secret=secret";

/// A stand-in with default options and the redirect URI [`CALLBACK`].
fn new_smooch() -> Smooch {
    smooch_with(Options::default())
}

/// A stand-in with these options and the redirect URI [`CALLBACK`].
fn smooch_with(options: Options) -> Smooch {
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

/// Sends a form to the token endpoint at the time `now`.
fn post_token_at(smooch: &mut Smooch, body: &str, now: u64) -> Response {
    let request = http::Request::builder()
        .method("POST")
        .uri("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", body.len());
    smooch.handle(&request.body(body.as_bytes().to_vec()).unwrap(), now)
}

fn post_token(smooch: &mut Smooch, body: &str) -> Response {
    post_token_at(smooch, body, NOW)
}

/// Exchanges an authorization code at the token endpoint.
fn exchange(smooch: &mut Smooch, code: &str) -> Response {
    post_token(smooch, &format!("{TOKEN_REQUEST}&code={code}"))
}

/// Allows access to an app of the owner of three apps. Returns the callback URL.
fn allow(smooch: &mut Smooch, authorize_url: &str, app: &str) -> String {
    Owner::new(OWNER).allow(authorize_url, app, |request| smooch.handle(&request, NOW)).unwrap()
}

/// Allows access to an app. Returns the authorization code.
fn issue_code(smooch: &mut Smooch, app: &str) -> String {
    let callback = allow(smooch, AUTHORIZE, app);
    query_parameter(&callback, "code").unwrap()
}

/// Connects an app. Returns the access token.
fn connect(smooch: &mut Smooch, app: &str) -> String {
    let code = issue_code(smooch, app);
    let response = exchange(smooch, &code);
    body_json(&response)["access_token"].as_str().unwrap().to_owned()
}

/// Sends a request with an access token and a JSON body.
fn call(smooch: &mut Smooch, method: &str, uri: &str, access_token: &str, body: &str) -> Response {
    let bearer = format!("Bearer {access_token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    send(smooch, method, uri, &headers, body)
}

fn query_parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

fn body_json(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn body_text(response: &Response) -> String {
    String::from_utf8(response.body().clone()).unwrap()
}

/// The value of a header. Empty if it is absent.
fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
