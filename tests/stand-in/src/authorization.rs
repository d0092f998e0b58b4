//! What an owner has allowed, and its end: tokenInfo, revocation by the integration, removal by the owner.
//!
//! One authorization covers one app and one client id. However it ends, it ends for every token of that app, and
//! the integration's Remove URL is due a call.

use crate::smooch::Smooch;
use crate::{Request, Response, answer};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde_json::json;

/// What a marketplace integration hears that does not say it is one.
const NO_MARKETPLACE: (StatusCode, &str, &str) =
    (StatusCode::BAD_REQUEST, "bad_request", "An X-Zendesk-Marketplace header is missing or wrong.");

/// An access token that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub access_token: String,
    /// The app it is for.
    pub app_id: String,
    /// When it was issued, in milliseconds since 1970.
    pub issued_ms: u64,
    /// Whether it is dead.
    pub revoked: bool,
}

/// The integration as installed in an app.
#[derive(Clone, Debug)]
pub(crate) struct Integration {
    pub(crate) id: String,
    pub(crate) since_ms: u64,
}

/// A call of the integration's Remove URL that is due. No signature comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The app it is about, which the call itself does not tell.
    pub app_id: String,
    /// An id that no one was told at install time.
    pub integration_id: String,
    /// When the integration went, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Removal {
    /// The JSON that Smooch would post.
    #[must_use]
    pub fn body(&self) -> String {
        json!({"integrationId": self.integration_id}).to_string()
    }
}

impl Smooch {
    /// `GET /sc/v2/tokenInfo`: the app that the token is for.
    pub(crate) fn token_info(&self, request: &Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refused = (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only GET is allowed.");
            return answer::allowing(self.oauth_error(refused), "GET, HEAD");
        }
        let Some(app) = self.bearer(request).and_then(|token| self.apps.get(&token.app_id)) else {
            return self.unknown_token();
        };
        if self.missing_marketplace_header(request).is_some() {
            return self.oauth_error(NO_MARKETPLACE);
        }
        let app = json!({
            "id": app.id,
            "displayName": app.name,
            "settings": {},
            "metadata": {},
            "subdomain": app.subdomain,
        });
        answer::json(StatusCode::OK, &json!({"app": app}))
    }

    /// `DELETE /oauth/authorization`: ends the authorization that the token is of.
    pub(crate) fn delete_authorization(&mut self, request: &Request, now_ms: u64) -> Response {
        if request.method() != Method::DELETE {
            let refused = (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only DELETE is allowed.");
            return answer::allowing(self.oauth_error(refused), "DELETE");
        }
        let Some(app_id) = self.bearer(request).map(|token| token.app_id.clone()) else {
            return self.unknown_token();
        };
        if self.missing_marketplace_header(request).is_some() {
            return self.oauth_error(NO_MARKETPLACE);
        }
        self.end_authorization(&app_id, now_ms);
        answer::json(StatusCode::OK, &json!({}))
    }

    /// Kills the app's tokens, spends its codes, takes the integration out and notes the call that is due.
    pub(crate) fn end_authorization(&mut self, app_id: &str, now_ms: u64) {
        self.revoke_tokens(app_id);
        for code in self.codes.values_mut().filter(|code| code.app_id == app_id) {
            code.spent = true;
        }
        if let Some(integration) = self.integrations.remove(app_id) {
            let (app_id, integration_id) = (app_id.to_owned(), integration.id);
            self.removals.push(Removal { app_id, integration_id, at_ms: now_ms });
        }
    }

    pub(crate) fn revoke_tokens(&mut self, app_id: &str) {
        for token in self.tokens.values_mut().filter(|token| token.app_id == app_id) {
            token.revoked = true;
        }
    }

    /// The live token that a request bears (RFC 6750 §2.1).
    pub(crate) fn bearer(&self, request: &Request) -> Option<&Token> {
        let mut headers = request.headers().get_all(AUTHORIZATION).iter();
        let (Some(header), None) = (headers.next(), headers.next()) else {
            return None;
        };
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        let token = scheme.eq_ignore_ascii_case("Bearer").then(|| self.tokens.get(token.trim()))??;
        (!token.revoked).then_some(token)
    }

    fn unknown_token(&self) -> Response {
        let refused = (StatusCode::UNAUTHORIZED, "unauthorized", "The token is missing, unknown or revoked.");
        let mut response = self.oauth_error(refused);
        answer::set(&mut response, WWW_AUTHENTICATE, "Bearer");
        response
    }
}
