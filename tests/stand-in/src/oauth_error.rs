//! Errors of the token, tokenInfo and revocation endpoints.

use crate::smooch::Smooch;
use crate::{Response, response};
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
}

impl Smooch {
    /// Makes the response for `error`, in the shape that [`Options::error_shape`](crate::Options) chooses.
    pub(crate) fn oauth_error(&self, error: &OAuthError) -> Response {
        response::json(error.status, &self.options.error_shape.body(error.code, error.description))
    }
}
