//! The token endpoint (RFC 6749 §4.1.3): exchanges an authorization code for an access token.

use crate::credentials::Token;
use crate::integration::{CLIENT_ID, CLIENT_SECRET, Integration};
use crate::jwt;
use crate::oauth_error::OAuthError;
use crate::params::Params;
use crate::request::{Request, content_type};
use crate::response::{self, Response};
use crate::smooch::Smooch;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The lifetime of an authorization code. Smooch does not document it, so the stand-in uses a short one.
/// RFC 6749 §4.1.2 recommends at most ten minutes.
const CODE_LIFETIME_MS: u64 = 60_000;

/// `POST /oauth/token`. Checks the form of the request first, then the client, then the grant.
pub(crate) fn exchange(smooch: &mut Smooch, request: &Request, now_ms: u64) -> Response {
    if request.method() != Method::POST {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let error = OAuthError::new(status, "invalid_request", "Only POST is allowed.");
        return response::with_allow(error.response(&smooch.options), "POST");
    }
    let app_id = token_params(request)
        .and_then(|params| authenticate_client(request, &params).map(|()| params))
        .and_then(|params| redeem_code(smooch, &params, now_ms));
    match app_id {
        Ok(app_id) => {
            let token = issue_token(smooch, &app_id, now_ms);
            response::json(StatusCode::OK, &json!({"access_token": token, "token_type": "Bearer"}))
        }
        Err(error) => error.response(&smooch.options),
    }
}

/// Redeems the authorization code and returns its app id.
///
/// The first request with the right credentials uses up the code, even if a later check fails.
fn redeem_code(smooch: &mut Smooch, params: &Params, now_ms: u64) -> Result<String, OAuthError> {
    const GRANT: &str = "invalid_grant";
    let error = |code, description| Err(OAuthError::bad_request(code, description));
    match params.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => return error("unsupported_grant_type", "grant_type must be authorization_code."),
        None => return error("invalid_request", "grant_type is missing."),
    }
    let Some(code) = params.get("code") else {
        return error("invalid_request", "code is missing.");
    };
    let Some(code) = smooch.codes.get_mut(code) else {
        return error(GRANT, "The code is unknown.");
    };
    // RFC 6749 §4.1.2: a code must not be used more than once.
    if std::mem::replace(&mut code.used, true) {
        return error(GRANT, "The code has already been used.");
    }
    if now_ms >= code.issued_ms + CODE_LIFETIME_MS {
        return error(GRANT, "The code has expired.");
    }
    // RFC 6749 §4.1.3: both redirect URIs must be identical. Smooch does not require the parameter.
    if params.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
        return error(GRANT, "The redirect_uri differs from that of the authorization request.");
    }
    if smooch.options.pkce && !verify_pkce(code.challenge.as_deref(), params.get("code_verifier")) {
        return error(GRANT, "The code_verifier does not match the code_challenge.");
    }
    Ok(code.app_id.clone())
}

/// Issues an access token for the app, and installs the integration in it if it is not installed yet.
fn issue_token(smooch: &mut Smooch, app_id: &str, now_ms: u64) -> String {
    if smooch.options.reauthorizing_revokes {
        smooch.revoke_tokens(app_id);
    }
    let (key_id, key) = (smooch.random.id(), smooch.random.bytes());
    let integration_id = smooch.random.id();
    smooch
        .integrations
        .entry(app_id.to_owned())
        .or_insert(Integration { id: integration_id, installed_ms: now_ms });
    let access_token = jwt::access_token(CLIENT_ID, app_id, &key_id, &key, now_ms);
    let (app_id, issued_ms) = (app_id.to_owned(), now_ms);
    let token = Token { access_token: access_token.clone(), app_id, issued_ms, revoked: false };
    smooch.tokens.insert(access_token.clone(), token);
    access_token
}

/// Reads the parameters of a token request from a form or a JSON body.
fn token_params(request: &Request) -> Result<Params, OAuthError> {
    const INVALID: &str = "invalid_request";
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let Some(length) = length else {
        return Err(OAuthError::new(StatusCode::LENGTH_REQUIRED, INVALID, "Content-Length is missing."));
    };
    if length.parse() != Ok(request.body().len()) {
        return Err(OAuthError::bad_request(INVALID, "Content-Length is not the length of the body."));
    }
    match content_type(request).as_str() {
        "application/x-www-form-urlencoded" => Params::parse(request.body())
            .map_err(|_| OAuthError::bad_request(INVALID, "A parameter occurs more than once.")),
        "application/json" => {
            let Ok(Value::Object(fields)) = serde_json::from_slice(request.body()) else {
                return Err(OAuthError::bad_request(INVALID, "The body is not a JSON object."));
            };
            let strings = fields.into_iter().filter_map(|(name, value)| match value {
                Value::String(text) => Some((name, text)),
                _ => None,
            });
            Ok(Params::from_pairs(strings))
        }
        _ => {
            let description = "The body must be a form or JSON.";
            Err(OAuthError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, INVALID, description))
        }
    }
}

/// Checks the client's credentials. Smooch accepts them in the body only.
fn authenticate_client(request: &Request, params: &Params) -> Result<(), OAuthError> {
    let error = |text| Err(OAuthError::new(StatusCode::UNAUTHORIZED, "invalid_client", text));
    // RFC 6749 §2.3: a client must not use more than one authentication method in a request.
    if request.headers().contains_key(AUTHORIZATION) {
        return error("The client's credentials must be in the body.");
    }
    let credentials = (params.get("client_id"), params.get("client_secret"));
    if credentials != (Some(CLIENT_ID), Some(CLIENT_SECRET)) {
        return error("The client_id or client_secret is wrong.");
    }
    Ok(())
}

/// Verifies the PKCE `code_verifier` against the `code_challenge` of the authorization request, with method S256.
fn verify_pkce(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        // RFC 7636 §4.6.
        (Some(challenge), Some(verifier)) => {
            Base64UrlUnpadded::encode_string(&Sha256::digest(verifier)) == challenge
        }
        // RFC 9700 §2.1.1: a verifier without a challenge is a PKCE downgrade attack. Someone has removed the
        // challenge from the authorization request.
        (Some(_), None) | (None, Some(_)) => false,
    }
}
