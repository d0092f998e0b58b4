//! An existing authorization: tokenInfo, revocation by the integration, and the state that both sides share.
//!
//! One authorization covers one app and one client id. The integration revokes it here; the owner removes it in
//! the console. Both end it for every token of the app and make a call to the integration's Remove URL due.

use crate::oauth_error::OAuthError;
use crate::smooch::Smooch;
use crate::{Request, Response, response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde_json::json;

/// An issued access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The value of the token, a JWT.
    pub access_token: String,
    /// The id of the app that the token gives access to.
    pub app_id: String,
    /// The time of issue, in milliseconds since 1970.
    pub issued_ms: u64,
    /// True if the token is revoked and no longer works.
    pub revoked: bool,
}

/// The integration as installed in one app.
#[derive(Clone, Debug)]
pub(crate) struct Integration {
    pub(crate) id: String,
    /// The time of the first token for the app, in milliseconds since 1970.
    pub(crate) installed_ms: u64,
}

/// A call to the integration's Remove URL that is due. Smooch does not sign it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The id of the app. The call does not contain it.
    pub app_id: String,
    /// The id of the removed integration. Smooch never tells the partner this id during an install.
    pub integration_id: String,
    /// The time of the removal, in milliseconds since 1970.
    pub removed_ms: u64,
}

impl Removal {
    /// The JSON body of the call.
    #[must_use]
    pub fn body(&self) -> String {
        json!({"integrationId": self.integration_id}).to_string()
    }
}

impl Smooch {
    /// `GET /sc/v2/tokenInfo`. Returns the app of the token.
    pub(crate) fn token_info(&self, request: &Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return self.wrong_method("Only GET is allowed.", "GET, HEAD");
        }
        let Some(app) = self.bearer_token(request).and_then(|token| self.apps.get(&token.app_id)) else {
            return self.invalid_token();
        };
        if self.missing_marketplace_header(request).is_some() {
            return self.wrong_marketplace_header();
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
    pub(crate) fn delete_authorization(&mut self, request: &Request, now_ms: u64) -> Response {
        if request.method() != Method::DELETE {
            return self.wrong_method("Only DELETE is allowed.", "DELETE");
        }
        let Some(app_id) = self.bearer_token(request).map(|token| token.app_id.clone()) else {
            return self.invalid_token();
        };
        if self.missing_marketplace_header(request).is_some() {
            return self.wrong_marketplace_header();
        }
        self.end_authorization(&app_id, now_ms);
        response::json(StatusCode::OK, &json!({}))
    }

    /// Revokes the app's tokens, invalidates its codes, uninstalls the integration, and records the call to the
    /// Remove URL.
    pub(crate) fn end_authorization(&mut self, app_id: &str, now_ms: u64) {
        self.revoke_tokens(app_id);
        for code in self.codes.values_mut().filter(|code| code.app_id == app_id) {
            code.used = true;
        }
        if let Some(integration) = self.integrations.remove(app_id) {
            let (app_id, integration_id) = (app_id.to_owned(), integration.id);
            self.removals.push(Removal { app_id, integration_id, removed_ms: now_ms });
        }
    }

    pub(crate) fn revoke_tokens(&mut self, app_id: &str) {
        for token in self.tokens.values_mut().filter(|token| token.app_id == app_id) {
            token.revoked = true;
        }
    }

    /// Returns the live access token in the `Authorization` header (RFC 6750 §2.1). A repeated header counts as
    /// no token.
    pub(crate) fn bearer_token(&self, request: &Request) -> Option<&Token> {
        let mut headers = request.headers().get_all(AUTHORIZATION).iter();
        let (Some(header), None) = (headers.next(), headers.next()) else {
            return None;
        };
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        let token = scheme.eq_ignore_ascii_case("Bearer").then(|| self.tokens.get(token.trim()))??;
        (!token.revoked).then_some(token)
    }

    fn invalid_token(&self) -> Response {
        let text = "The token is missing, unknown or revoked.";
        let error = OAuthError::new(StatusCode::UNAUTHORIZED, "unauthorized", text);
        let mut response = self.oauth_error(&error);
        // RFC 6750 §3: a request without a valid token gets a WWW-Authenticate header.
        response::set_header(&mut response, WWW_AUTHENTICATE, "Bearer");
        response
    }

    fn wrong_marketplace_header(&self) -> Response {
        let text = "An X-Zendesk-Marketplace header is missing or wrong.";
        self.oauth_error(&OAuthError::bad_request("bad_request", text))
    }

    fn wrong_method(&self, text: &'static str, allowed: &'static str) -> Response {
        let error = OAuthError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text);
        response::with_allow(self.oauth_error(&error), allowed)
    }
}
