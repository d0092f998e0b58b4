//! How answers are made: JSON, redirects, refusals. What they say is decided elsewhere.

use crate::Response;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, LOCATION, PRAGMA};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// A JSON answer that nothing on the way may keep (RFC 6749 §5.1).
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "application/json; charset=utf-8");
    set(&mut response, CACHE_CONTROL, "no-store");
    set(&mut response, PRAGMA, "no-cache");
    response
}

/// A redirect to somewhere on this host, by GET.
pub(crate) fn see_other(path: &str) -> Response {
    redirect(StatusCode::SEE_OTHER, path)
}

/// A redirect to `location`, or 500 if that cannot stand in a header.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = Response::default();
    match HeaderValue::try_from(location) {
        Ok(location) => {
            *response.status_mut() = status;
            response.headers_mut().insert(LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    set(&mut response, CACHE_CONTROL, "no-store");
    set(&mut response, http::header::REFERRER_POLICY, "no-referrer");
    response
}

/// Names the methods that a refused one could have been (RFC 9110 §15.5.6).
pub(crate) fn allowing(mut response: Response, methods: &'static str) -> Response {
    set(&mut response, ALLOW, methods);
    response
}

pub(crate) fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}
