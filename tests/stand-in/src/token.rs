//! The token endpoint (RFC 6749 §4.1.3): a code and the client's credentials for an access token.

use crate::authorization::{Integration, Token};
use crate::form::content_type;
use crate::params::Params;
use crate::smooch::Smooch;
use crate::{CLIENT_ID, CLIENT_SECRET, ErrorShape, Request, Response, answer, jwt};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// How long a code can be exchanged. Smooch does not say; a minute is as short as servers make it.
pub(crate) const CODE_LIFE_MS: u64 = 60_000;

/// Why there is no token: the status, the code of RFC 6749 §5.2, and a sentence.
type Refused = (StatusCode, &'static str, &'static str);

impl Smooch {
    /// `POST /oauth/token`: the body's form first, then the client, then the grant.
    pub(crate) fn token(&mut self, request: &Request, now_ms: u64) -> Response {
        if request.method() != Method::POST {
            let refused = (StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "Only POST is allowed.");
            return answer::allowing(self.oauth_error(refused), "POST");
        }
        let issued = token_params(request)
            .and_then(|params| check_client(request, &params).map(|()| params))
            .and_then(|params| self.redeem(&params, now_ms));
        match issued {
            Ok(app_id) => {
                let token = self.issue(&app_id, now_ms);
                answer::json(StatusCode::OK, &json!({"access_token": token, "token_type": "Bearer"}))
            }
            Err(refused) => self.oauth_error(refused),
        }
    }

    /// The app a code is for. The first request of the right client that names a code spends it, even one that
    /// is then refused.
    fn redeem(&mut self, params: &Params, now_ms: u64) -> Result<String, Refused> {
        const GRANT: &str = "invalid_grant";
        let bad = |code, text| Err((StatusCode::BAD_REQUEST, code, text));
        match params.get("grant_type") {
            Some("authorization_code") => {}
            Some(_) => return bad("unsupported_grant_type", "grant_type must be authorization_code."),
            None => return bad("invalid_request", "grant_type is missing."),
        }
        let Some(code) = params.get("code") else {
            return bad("invalid_request", "code is missing.");
        };
        let Some(code) = self.codes.get_mut(code) else {
            return bad(GRANT, "The code is not one of ours.");
        };
        if std::mem::replace(&mut code.spent, true) {
            return bad(GRANT, "The code has been used.");
        }
        if now_ms >= code.issued_ms + CODE_LIFE_MS {
            return bad(GRANT, "The code has expired.");
        }
        if params.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
            return bad(GRANT, "The redirect_uri is not the one of the authorization request.");
        }
        if self.options.pkce && !verifier_fits(code.challenge.as_deref(), params.get("code_verifier")) {
            return bad(GRANT, "The code_verifier does not fit the code_challenge.");
        }
        Ok(code.app_id.clone())
    }

    fn issue(&mut self, app_id: &str, now_ms: u64) -> String {
        if self.options.reauthorizing_revokes {
            self.revoke_tokens(app_id);
        }
        let (key_id, key) = (self.random.id(), self.random.bytes());
        let integration_id = self.random.id();
        self.integrations
            .entry(app_id.to_owned())
            .or_insert(Integration { id: integration_id, since_ms: now_ms });
        let access_token = jwt::access_token(CLIENT_ID, app_id, &key_id, &key, now_ms);
        let (app_id, issued_ms) = (app_id.to_owned(), now_ms);
        let token = Token { access_token: access_token.clone(), app_id, issued_ms, revoked: false };
        self.tokens.insert(access_token.clone(), token);
        access_token
    }

    /// An error of the endpoints that are not the API, in the shape that was chosen.
    pub(crate) fn oauth_error(&self, (status, code, text): Refused) -> Response {
        let body = match self.options.error_shape {
            ErrorShape::Rfc6749 => json!({"error": code, "error_description": text}),
            ErrorShape::V1 => json!({"error": {"code": code, "description": text}}),
            ErrorShape::V2 => json!({"errors": [{"code": code, "title": text}]}),
        };
        answer::json(status, &body)
    }
}

/// The parameters of a token request, by form or by JSON.
fn token_params(request: &Request) -> Result<Params, Refused> {
    const INVALID: &str = "invalid_request";
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let Some(length) = length else {
        return Err((StatusCode::LENGTH_REQUIRED, INVALID, "Content-Length is missing."));
    };
    if length.parse() != Ok(request.body().len()) {
        return Err((StatusCode::BAD_REQUEST, INVALID, "Content-Length is not the body's length."));
    }
    let bad = |text| (StatusCode::BAD_REQUEST, INVALID, text);
    match content_type(request).as_str() {
        "application/x-www-form-urlencoded" => {
            Params::parse(request.body()).map_err(|_| bad("A parameter is there more than once."))
        }
        "application/json" => {
            let Ok(Value::Object(fields)) = serde_json::from_slice(request.body()) else {
                return Err(bad("The body is not a JSON object."));
            };
            let texts = fields.into_iter().filter_map(|(name, value)| match value {
                Value::String(text) => Some((name, text)),
                _ => None,
            });
            Ok(Params::from_pairs(texts))
        }
        _ => Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, INVALID, "The body must be a form or JSON.")),
    }
}

/// Smooch takes the credentials in the body and nowhere else, and RFC 6749 §2.3 lets a request use one way only.
fn check_client(request: &Request, params: &Params) -> Result<(), Refused> {
    if request.headers().contains_key(AUTHORIZATION) {
        let text = "The client's credentials belong in the body.";
        return Err((StatusCode::UNAUTHORIZED, "invalid_client", text));
    }
    let credentials = (params.get("client_id"), params.get("client_secret"));
    if credentials != (Some(CLIENT_ID), Some(CLIENT_SECRET)) {
        return Err((StatusCode::UNAUTHORIZED, "invalid_client", "The client_id or client_secret is wrong."));
    }
    Ok(())
}

/// RFC 7636 §4.6; and RFC 9700 §2.1.1: a verifier without a challenge means that someone took the challenge away.
fn verifier_fits(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            Base64UrlUnpadded::encode_string(&Sha256::digest(verifier)) == challenge
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}
