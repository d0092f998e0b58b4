//! The API that an integration calls with its access token. Checks the token and passes the call on to its version.

mod body;
mod error;
mod v1;
mod v2;

use crate::authentication::{bearer_token, missing_marketplace_header};
use crate::options::ErrorShape;
use crate::request::Request;
use crate::response::{self, Response};
use crate::smooch::Smooch;
use error::{ApiError, bad_request, unauthorized};

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// The legacy version: `/v1/appusers/…`.
    V1,
    /// `/v2/apps/{appId}/…`.
    V2,
}

impl Version {
    /// The shape of the error bodies.
    fn error_shape(self) -> ErrorShape {
        match self {
            Self::V1 => ErrorShape::V1,
            Self::V2 => ErrorShape::V2,
        }
    }
}

/// Handles a call under `/v1` or `/v2`. Checks the token first, then the marketplace headers, then the path.
pub(crate) fn call(
    smooch: &mut Smooch,
    version: Version,
    path: &[String],
    request: &Request,
    now_ms: u64,
) -> Response {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let result = authorized_app(smooch, request).and_then(|app_id| match version {
        Version::V1 => v1::call(smooch, &app_id, &path, request, now_ms),
        Version::V2 => v2::call(smooch, &app_id, &path, request, now_ms),
    });
    match result {
        Ok((status, body)) => response::json(status, &body),
        Err(error) => error.into_response(version.error_shape()),
    }
}

/// The id of the app that the token of `request` gives access to.
fn authorized_app(smooch: &Smooch, request: &Request) -> Result<String, ApiError> {
    let Some(token) = bearer_token(smooch, request) else {
        return Err(unauthorized());
    };
    if let Some(name) = missing_marketplace_header(smooch, request) {
        return Err(bad_request(&format!("{name} is missing or wrong")));
    }
    Ok(token.app_id.clone())
}
