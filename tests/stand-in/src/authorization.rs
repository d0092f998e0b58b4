//! The endpoints for an existing authorization: tokenInfo, and revocation by the integration.
//!
//! One authorization covers one app and one client id. The integration revokes it here; the owner removes it in
//! the console. Both end it for every token of the app and make a call to the integration's Remove URL due.

use crate::authentication::{bearer_token, missing_marketplace_header};
use crate::oauth_error::OAuthError;
use crate::request::Request;
use crate::response::{self, Response};
use crate::smooch::Smooch;
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode};
use serde_json::json;

/// `GET /sc/v2/tokenInfo`. Returns the app of the token.
pub(crate) fn token_info(smooch: &Smooch, request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return wrong_method(smooch, "Only GET is allowed.", "GET, HEAD");
    }
    let Some(app) = bearer_token(smooch, request).and_then(|token| smooch.apps.get(&token.app_id)) else {
        return invalid_token(smooch);
    };
    if missing_marketplace_header(smooch, request).is_some() {
        return wrong_marketplace_header(smooch);
    }
    let app = json!({
        "id": app.id,
        "displayName": app.name,
        "settings": {},
        "metadata": {},
        "subdomain": app.subdomain,
    });
    response::json(StatusCode::OK, &json!({"app": app}))
}

/// `DELETE /oauth/authorization`. Ends the authorization that the token belongs to.
pub(crate) fn revoke(smooch: &mut Smooch, request: &Request, now_ms: u64) -> Response {
    if request.method() != Method::DELETE {
        return wrong_method(smooch, "Only DELETE is allowed.", "DELETE");
    }
    let Some(app_id) = bearer_token(smooch, request).map(|token| token.app_id.clone()) else {
        return invalid_token(smooch);
    };
    if missing_marketplace_header(smooch, request).is_some() {
        return wrong_marketplace_header(smooch);
    }
    smooch.end_authorization(&app_id, now_ms);
    response::json(StatusCode::OK, &json!({}))
}

fn invalid_token(smooch: &Smooch) -> Response {
    let text = "The token is missing, unknown or revoked.";
    let error = OAuthError::new(StatusCode::UNAUTHORIZED, "unauthorized", text);
    let mut response = error.response(&smooch.options);
    // RFC 6750 §3: a request without a valid token gets a WWW-Authenticate header.
    response::set_header(&mut response, WWW_AUTHENTICATE, "Bearer");
    response
}

fn wrong_marketplace_header(smooch: &Smooch) -> Response {
    let text = "An X-Zendesk-Marketplace header is missing or wrong.";
    OAuthError::bad_request("bad_request", text).response(&smooch.options)
}

fn wrong_method(smooch: &Smooch, text: &'static str, allowed: &'static str) -> Response {
    let error = OAuthError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text);
    response::with_allow(error.response(&smooch.options), allowed)
}
