//! The API that an integration calls with its access token: authorization, errors, and what both versions share.

mod v1;
mod v2;

use crate::accounts::{Author, Message};
use crate::form::content_type;
use crate::random::Random;
use crate::smooch::Smooch;
use crate::{ErrorShape, INTEGRATION_NAME, Request, Response, response};
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// The legacy version: `/v1/appusers/…`.
    V1,
    /// `/v2/apps/{appId}/…`.
    V2,
}

/// An error response of the API.
#[derive(Debug)]
struct ApiError {
    status: StatusCode,
    code: &'static str,
    text: String,
    /// The value of the `Allow` header, for status 405.
    allow: Option<&'static str>,
}

/// The status and JSON body of a successful call, or an error.
type ApiResult = Result<(StatusCode, Value), ApiError>;

impl Smooch {
    /// Handles a call under `/v1` or `/v2`. Checks the token first, then the marketplace headers, then the path.
    pub(crate) fn api(
        &mut self,
        version: Version,
        path: &[String],
        request: &Request,
        now_ms: u64,
    ) -> Response {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let result = self.authorized_app(request).and_then(|app_id| match version {
            Version::V1 => self.v1(&app_id, &path, request, now_ms),
            Version::V2 => self.v2(&app_id, &path, request, now_ms),
        });
        match result {
            Ok((status, body)) => response::json(status, &body),
            Err(error) => error.into_response(version),
        }
    }

    /// The id of the app that the token of `request` gives access to.
    fn authorized_app(&self, request: &Request) -> Result<String, ApiError> {
        let Some(token) = self.bearer_token(request) else {
            let text = "Authorization is missing, unknown or revoked";
            return Err(error(StatusCode::UNAUTHORIZED, "unauthorized", text));
        };
        if let Some(name) = self.missing_marketplace_header(request) {
            return Err(bad_request(&format!("{name} is missing or wrong")));
        }
        Ok(token.app_id.clone())
    }

    /// The name of the first marketplace header that is missing or wrong. `None` if the integration is not in the
    /// marketplace.
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

impl ApiError {
    fn into_response(self, version: Version) -> Response {
        let shape = match version {
            Version::V1 => ErrorShape::V1,
            Version::V2 => ErrorShape::V2,
        };
        let mut response = response::json(self.status, &shape.body(self.code, &self.text));
        if let Some(methods) = self.allow {
            response::set_header(&mut response, ALLOW, methods);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6750 §3: a request without a valid token gets a WWW-Authenticate header.
            response::set_header(&mut response, WWW_AUTHENTICATE, "Bearer");
        }
        response
    }
}

fn error(status: StatusCode, code: &'static str, text: &str) -> ApiError {
    ApiError { status, code, text: text.to_owned(), allow: None }
}

fn bad_request(text: &str) -> ApiError {
    error(StatusCode::BAD_REQUEST, "bad_request", text)
}

/// `resource` is the name of the missing thing, such as `User`.
fn not_found(resource: &str) -> ApiError {
    error(StatusCode::NOT_FOUND, "not_found", &format!("{resource} not found"))
}

/// The call needs more than the scope `integration`, which is the scope of every token here.
fn forbidden() -> ApiError {
    error(StatusCode::FORBIDDEN, "forbidden", "The scope of this token does not allow this")
}

fn method_not_allowed(allowed: &'static str) -> ApiError {
    let text = format!("Only {allowed} is allowed");
    ApiError {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method_not_allowed",
        text,
        allow: Some(allowed),
    }
}

/// Reads the body of a call, which must be a JSON object.
fn json_object(request: &Request) -> Result<Map<String, Value>, ApiError> {
    if content_type(request) != "application/json" {
        let text = "Content-Type must be application/json";
        return Err(error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text));
    }
    match serde_json::from_slice(request.body()) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(bad_request("The body is not a JSON object")),
    }
}

/// Reads a required, non-empty string. `name` is its name in the error text.
fn required_string<'a>(value: Option<&'a Value>, name: &str) -> Result<&'a str, ApiError> {
    let text = value.and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| bad_request(&format!("{name} is required")))
}

/// Reads an optional string.
fn optional_string(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// Creates a message from the business, sent through the integration.
fn business_message(random: &mut Random, text: &str, now_ms: u64) -> Message {
    let (id, author) = (random.id(), Author::Business(INTEGRATION_NAME.to_owned()));
    Message { id, author, text: text.to_owned(), received_ms: now_ms }
}
