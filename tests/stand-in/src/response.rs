//! The type of responses, and the functions that build them: JSON, redirects and headers.

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, LOCATION, PRAGMA};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// A response with its whole body. [`Smooch::handle`](crate::Smooch::handle) and the handlers of
/// [`serve`](crate::serve) return it.
pub type Response = http::Response<Vec<u8>>;

/// A JSON response that must not be cached (RFC 6749 §5.1).
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = status;
    set_header(&mut response, CONTENT_TYPE, "application/json; charset=utf-8");
    set_header(&mut response, CACHE_CONTROL, "no-store");
    set_header(&mut response, PRAGMA, "no-cache");
    response
}

/// A redirect to `path` on this host. The browser follows it with GET (RFC 9110 §15.4.4).
pub(crate) fn see_other(path: &str) -> Response {
    redirect(StatusCode::SEE_OTHER, path)
}

/// A redirect to `location`. The status is 500 if `location` is not a valid header value.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = Response::default();
    match HeaderValue::try_from(location) {
        Ok(location) => {
            *response.status_mut() = status;
            response.headers_mut().insert(LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    set_header(&mut response, CACHE_CONTROL, "no-store");
    set_header(&mut response, http::header::REFERRER_POLICY, "no-referrer");
    response
}

/// Adds the `Allow` header, which a 405 response must have (RFC 9110 §15.5.6).
pub(crate) fn with_allow(mut response: Response, methods: &'static str) -> Response {
    set_header(&mut response, ALLOW, methods);
    response
}

/// Sets a header and replaces any value that it had.
pub(crate) fn set_header(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}
