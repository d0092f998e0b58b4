//! The API with an integration's token: who may call, and how a refusal reads in each version.

mod v1;
mod v2;

use crate::accounts::{Author, Message};
use crate::form::content_type;
use crate::random::Random;
use crate::smooch::Smooch;
use crate::{INTEGRATION_NAME, Request, Response, answer};
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

/// The two versions of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// Legacy: `/v1/appusers/…`.
    V1,
    /// `/v2/apps/{appId}/…`.
    V2,
}

/// Why a call is refused.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    text: String,
    /// The methods that a refused one could have been.
    allow: Option<&'static str>,
}

type Outcome = Result<(StatusCode, Value), Refused>;

impl Smooch {
    /// Any call under `/v1` and `/v2`: the token first, then the marketplace headers, then the path.
    pub(crate) fn api(
        &mut self,
        version: Version,
        path: &[String],
        request: &Request,
        now_ms: u64,
    ) -> Response {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let outcome = self.authorized_app(request).and_then(|app_id| match version {
            Version::V1 => self.v1(&app_id, &path, request, now_ms),
            Version::V2 => self.v2(&app_id, &path, request, now_ms),
        });
        match outcome {
            Ok((status, body)) => answer::json(status, &body),
            Err(refused) => refused.into_response(version),
        }
    }

    fn authorized_app(&self, request: &Request) -> Result<String, Refused> {
        let Some(token) = self.bearer(request) else {
            let text = "Authorization is missing, unknown or revoked";
            return Err(refused(StatusCode::UNAUTHORIZED, "unauthorized", text));
        };
        if let Some(name) = self.missing_marketplace_header(request) {
            return Err(bad_request(&format!("{name} is missing or wrong")));
        }
        Ok(token.app_id.clone())
    }
}

impl Smooch {
    /// The first header of those that a marketplace integration owes each call, if one is missing or wrong.
    pub(crate) fn missing_marketplace_header(&self, request: &Request) -> Option<&'static str> {
        let marketplace = self.options.marketplace.as_ref()?;
        let expected = [
            ("x-zendesk-marketplace-name", &marketplace.name),
            ("x-zendesk-marketplace-organization-id", &marketplace.organization_id),
            ("x-zendesk-marketplace-bot-id", &marketplace.bot_id),
        ];
        let sent = |name| request.headers().get(name).map(HeaderValue::as_bytes);
        expected.into_iter().find(|(name, value)| sent(*name) != Some(value.as_bytes())).map(|(name, _)| name)
    }
}

impl Refused {
    fn into_response(self, version: Version) -> Response {
        let Self { status, code, text, allow } = self;
        let body = match version {
            Version::V1 => json!({"error": {"code": code, "description": text}}),
            Version::V2 => json!({"errors": [{"code": code, "title": text}]}),
        };
        let mut response = answer::json(status, &body);
        if let Some(methods) = allow {
            answer::set(&mut response, ALLOW, methods);
        }
        if status == StatusCode::UNAUTHORIZED {
            answer::set(&mut response, WWW_AUTHENTICATE, "Bearer");
        }
        response
    }
}

fn refused(status: StatusCode, code: &'static str, text: &str) -> Refused {
    Refused { status, code, text: text.to_owned(), allow: None }
}

fn bad_request(text: &str) -> Refused {
    refused(StatusCode::BAD_REQUEST, "bad_request", text)
}

fn not_found(what: &str) -> Refused {
    refused(StatusCode::NOT_FOUND, "not_found", &format!("{what} not found"))
}

/// The token's scope is `integration`, whatever was asked for.
fn forbidden() -> Refused {
    refused(StatusCode::FORBIDDEN, "forbidden", "The scope of this token does not cover that")
}

fn wrong_method(methods: &'static str) -> Refused {
    let text = format!("Only {methods} here");
    Refused { status: StatusCode::METHOD_NOT_ALLOWED, code: "method_not_allowed", text, allow: Some(methods) }
}

/// The JSON object that a call carries.
fn json_object(request: &Request) -> Result<Map<String, Value>, Refused> {
    if content_type(request) != "application/json" {
        let text = "Content-Type must be application/json";
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text));
    }
    match serde_json::from_slice(request.body()) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(bad_request("The body is not a JSON object")),
    }
}

/// A text that has to be there and not be empty.
fn required<'a>(value: Option<&'a Value>, name: &str) -> Result<&'a str, Refused> {
    let text = value.and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| bad_request(&format!("{name} is required")))
}

/// A text that may be left out.
fn optional(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// A message that the business sends through the integration.
fn business_message(random: &mut Random, text: &str, now_ms: u64) -> Message {
    let (id, author) = (random.id(), Author::Business(INTEGRATION_NAME.to_owned()));
    Message { id, author, text: text.to_owned(), received_ms: now_ms }
}
