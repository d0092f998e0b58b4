//! Reads the JSON bodies of calls.

use super::error::{ApiError, bad_request, error};
use crate::request::{Request, content_type};
use http::StatusCode;
use serde_json::{Map, Value};

/// Reads the body of a call, which must be a JSON object.
pub(super) fn json_object(request: &Request) -> Result<Map<String, Value>, ApiError> {
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
pub(super) fn required_string<'a>(value: Option<&'a Value>, name: &str) -> Result<&'a str, ApiError> {
    let text = value.and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| bad_request(&format!("{name} is required")))
}

/// Reads an optional string.
pub(super) fn optional_string(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}
