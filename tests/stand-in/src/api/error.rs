//! The error responses of the API.

use crate::options::ErrorShape;
use crate::response::{self, Response};
use http::StatusCode;
use http::header::{ALLOW, WWW_AUTHENTICATE};
use serde_json::Value;

/// An error response of the API.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    text: String,
    /// The value of the `Allow` header, for status 405.
    allow: Option<&'static str>,
}

/// The status and JSON body of a successful call, or an error.
pub(super) type ApiResult = Result<(StatusCode, Value), ApiError>;

impl ApiError {
    pub(super) fn into_response(self, shape: ErrorShape) -> Response {
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

pub(super) fn error(status: StatusCode, code: &'static str, text: &str) -> ApiError {
    ApiError { status, code, text: text.to_owned(), allow: None }
}

pub(super) fn bad_request(text: &str) -> ApiError {
    error(StatusCode::BAD_REQUEST, "bad_request", text)
}

pub(super) fn unauthorized() -> ApiError {
    error(StatusCode::UNAUTHORIZED, "unauthorized", "Authorization is missing, unknown or revoked")
}

/// `resource` is the name of the missing thing, such as `User`.
pub(super) fn not_found(resource: &str) -> ApiError {
    error(StatusCode::NOT_FOUND, "not_found", &format!("{resource} not found"))
}

/// The call needs more than the scope `integration`, which is the scope of every token here.
pub(super) fn forbidden() -> ApiError {
    error(StatusCode::FORBIDDEN, "forbidden", "The scope of this token does not allow this")
}

pub(super) fn method_not_allowed(allowed: &'static str) -> ApiError {
    let text = format!("Only {allowed} is allowed");
    ApiError {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method_not_allowed",
        text,
        allow: Some(allowed),
    }
}
