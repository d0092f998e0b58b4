//! Errors of the token, tokenInfo and revocation endpoints.

use crate::options::Options;
use crate::response::{self, Response};
use http::StatusCode;

/// An error of an OAuth endpoint (RFC 6749 §5.2).
#[derive(Debug)]
pub(crate) struct OAuthError {
    pub(crate) status: StatusCode,
    /// The error code. The token endpoint uses those of RFC 6749 §5.2.
    pub(crate) code: &'static str,
    /// A sentence for the client's developer.
    pub(crate) description: &'static str,
}

impl OAuthError {
    pub(crate) fn new(status: StatusCode, code: &'static str, description: &'static str) -> Self {
        Self { status, code, description }
    }

    /// An error with status 400.
    pub(crate) fn bad_request(code: &'static str, description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, description)
    }

    /// Makes the response, in the shape that [`Options::error_shape`] chooses.
    pub(crate) fn response(&self, options: &Options) -> Response {
        response::json(self.status, &options.error_shape.body(self.code, self.description))
    }
}
