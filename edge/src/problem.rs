//! Error responses: `application/problem+json` (RFC 9457) with a stable `code`.
//!
//! Every text is fixed. No response repeats anything that Smooch or a caller sent.

use crate::{fault::Fault, http::Response};
use serde::Serialize;
use shared::ErrorCode;

/// An error response to the caller.
#[expect(missing_debug_implementations, reason = "it may carry a receipt")]
pub struct Problem {
    /// The stable error code.
    pub code: ErrorCode,
    status: u16,
    retry_after: Option<u32>,
    receipt: Option<String>,
    settings: Vec<Fault>,
}

impl Problem {
    /// Tells the page to retry the same flow after `seconds`, with `receipt`.
    #[must_use]
    pub fn retry_with(self, seconds: u32, receipt: String) -> Self {
        Self { receipt: Some(receipt), ..self.retry_after(seconds) }
    }

    /// Tells the caller to repeat the request after `seconds`.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        let status = if self.code == ErrorCode::SmoochUnavailable { 503 } else { self.status };
        Self { status, retry_after: Some(seconds), ..self }
    }

    /// Names the faulty settings.
    #[must_use]
    pub fn with_faults(self, settings: Vec<Fault>) -> Self {
        Self { settings, ..self }
    }

    /// The response. `request_id` is in the log line of the request too.
    #[must_use]
    pub fn response(self, request_id: &str) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            title: &'static str,
            status: u16,
            detail: &'static str,
            code: &'static str,
            request_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            retry_after: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            receipt: Option<&'a str>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            settings: &'a [Fault],
        }
        let body = Body {
            title: title(self.status),
            status: self.status,
            detail: detail(self.code),
            code: self.code.as_str(),
            request_id,
            retry_after: self.retry_after,
            receipt: self.receipt.as_deref(),
            settings: &self.settings,
        };
        let mut response = Response::json(self.status, &body);
        if let Some((_, content_type)) = response.headers.iter_mut().find(|(name, _)| *name == "content-type")
        {
            *content_type = "application/problem+json".into();
        }
        match self.retry_after {
            Some(seconds) => response.with("retry-after", seconds.to_string()),
            None => response,
        }
    }
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self { code, status: status(code), retry_after: None, receipt: None, settings: Vec::new() }
    }
}

/// The HTTP status of a code.
const fn status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::ReceiptInvalid
        | ErrorCode::ReceiptExpired
        | ErrorCode::CodeRejected
        | ErrorCode::InvalidRequest
        // The edge never sends these five in a problem. Only the client and redirects use them.
        | ErrorCode::AccessDenied
        | ErrorCode::WrongBrowser
        | ErrorCode::Unsupported
        | ErrorCode::WindowClosed
        | ErrorCode::EdgeUnreachable => 400,
        ErrorCode::SessionInvalid | ErrorCode::SessionExpired | ErrorCode::Unauthorized => 401,
        ErrorCode::VerifierMismatch
        | ErrorCode::OriginNotAllowed
        | ErrorCode::SessionMismatch
        | ErrorCode::SessionRequired => 403,
        ErrorCode::NotFound => 404,
        ErrorCode::MethodNotAllowed => 405,
        ErrorCode::ConnectionRevoked | ErrorCode::ConnectionRemoving => 409,
        ErrorCode::RateLimited => 429,
        ErrorCode::ClientRejected | ErrorCode::SmoochUnavailable | ErrorCode::SmoochMalformed => 502,
        ErrorCode::StorageUnavailable | ErrorCode::Misconfigured => 503,
    }
}

/// RFC 9457 §4.2.1: the title of a problem without a `type` is the phrase of its HTTP status.
const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

/// The text for the developer. The text for the person is in the client, by code.
const fn detail(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::AccessDenied => "The owner denied access.",
        ErrorCode::WrongBrowser => "This browser did not start the flow, or has finished it already.",
        ErrorCode::Unsupported => "The page cannot run the flow.",
        ErrorCode::WindowClosed => {
            "The window that was opened for Smooch is closed, or the page cannot access it."
        }
        ErrorCode::EdgeUnreachable => "The edge could not be reached.",
        ErrorCode::ReceiptInvalid => {
            "The receipt is forged or altered, comes from another deployment, or does not fit this flow."
        }
        ErrorCode::ReceiptExpired => "The receipt is older than ten minutes. Start again.",
        ErrorCode::VerifierMismatch => "The verifier is not the one this receipt was made for.",
        ErrorCode::OriginNotAllowed => {
            "The page's origin is not the origin of its site in the setting SITES."
        }
        ErrorCode::SessionInvalid => "The session is forged, altered or of another deployment.",
        ErrorCode::SessionExpired => "The session is older than an hour. Make a new one.",
        ErrorCode::SessionMismatch => "The user who returned is not the user who started the flow.",
        ErrorCode::SessionRequired => {
            "This site requires a session: require_session is set in the setting SITES."
        }
        ErrorCode::CodeRejected => {
            "Smooch refused the authorization code: it was used before or is too old. Start again."
        }
        ErrorCode::ClientRejected => {
            "Smooch refused the client id or secret. Check SMOOCH_CLIENT_ID and its secret."
        }
        ErrorCode::SmoochUnavailable => {
            "Smooch did not answer, or answered that it is temporarily unavailable."
        }
        ErrorCode::SmoochMalformed => "Smooch's answer does not have the documented form.",
        ErrorCode::StorageUnavailable => "KV did not answer, or the stored record cannot be read.",
        ErrorCode::ConnectionRevoked => {
            "Smooch rejects this connection's token: the authorization has ended. Connect again."
        }
        ErrorCode::ConnectionRemoving => "This connection is being removed.",
        ErrorCode::RateLimited => "Too many requests.",
        ErrorCode::Misconfigured => {
            "A setting of this edge is missing or wrong; GET /healthz or the log names it."
        }
        ErrorCode::Unauthorized => "The API key is missing or wrong. Send it as Authorization: Bearer …",
        ErrorCode::NotFound => "This path or connection does not exist.",
        ErrorCode::MethodNotAllowed => "This path does not support the method.",
        ErrorCode::InvalidRequest => "The request does not have the form that this path expects.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Body;
    use serde_json::{Value, json};

    fn parse(response: Response) -> Value {
        let Body::Text(text) = response.body;
        serde_json::from_str(&text).unwrap()
    }

    fn body(problem: Problem) -> Value {
        parse(problem.response("r1"))
    }

    #[test]
    fn a_problem_has_its_code_and_the_request_id() {
        let body = body(ErrorCode::CodeRejected.into());
        assert_eq!(body["code"], "code_rejected");
        assert_eq!(body["status"], 400);
        assert_eq!(body["title"], "Bad Request");
        assert_eq!(body["request_id"], "r1");
        assert!(body.get("receipt").is_none() && body.get("retry_after").is_none());
    }

    #[test]
    fn a_problem_to_retry_has_the_delay_and_the_receipt() {
        let problem = Problem::from(ErrorCode::SmoochUnavailable).retry_with(7, "k.abc".into());
        let response = problem.response("r1");
        assert_eq!(response.status, 503);
        assert!(response.headers.contains(&("retry-after".into(), "7".into())));
        let body = parse(response);
        assert_eq!((&body["retry_after"], &body["receipt"]), (&json!(7), &json!("k.abc")));
    }

    #[test]
    fn the_status_of_every_code_has_a_title() {
        for &code in ErrorCode::ALL {
            assert_ne!(title(status(code)), "Error", "{code:?}");
        }
    }
}
