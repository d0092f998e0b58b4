//! The stand-in's options: behaviour that Smooch's documentation leaves open, and behaviour that newer RFCs add.

use serde_json::{Value, json};

/// Options for the behaviour of a [`Smooch`](crate::Smooch). The default follows Smooch's documentation and has
/// no registered redirect URI.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The registered redirect URIs of the integration. The first one is the default. The comparison is exact.
    pub redirect_uris: Vec<String>,
    /// Enforces PKCE (RFC 7636) for authorization requests with a `code_challenge`. Smooch does not document PKCE.
    pub pkce: bool,
    /// The issuer identifier that each authorization response has as `iss` (RFC 9207). Smooch documents none.
    pub issuer: Option<String>,
    /// The shape of error bodies at the token, tokenInfo and revocation endpoints. Smooch does not document it.
    pub error_shape: ErrorShape,
    /// The marketplace listing of the integration. If set, each call with a token must send its headers.
    pub marketplace: Option<Marketplace>,
    /// Sends all pages with `Cross-Origin-Opener-Policy: same-origin`, which removes a popup's `window.opener`.
    pub coop: bool,
    /// Revokes the older tokens of an app when it gets a new one. Smooch does not document this.
    pub reauthorizing_revokes: bool,
}

/// A shape of JSON error bodies. All three are known from Smooch or its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"error": "invalid_grant", "error_description": …}` (RFC 6749 §5.2).
    #[default]
    Rfc6749,
    /// `{"error": {"code": …, "description": …}}`, the shape of API v1.
    V1,
    /// `{"errors": [{"code": …, "title": …}]}`, the shape of API v2.
    V2,
}

impl ErrorShape {
    /// An error body of this shape, with an error code and a text for a developer.
    pub(crate) fn body(self, code: &str, text: &str) -> Value {
        match self {
            Self::Rfc6749 => json!({"error": code, "error_description": text}),
            Self::V1 => json!({"error": {"code": code, "description": text}}),
            Self::V2 => json!({"errors": [{"code": code, "title": text}]}),
        }
    }
}

/// The values of the headers that a marketplace integration sends with every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marketplace {
    /// The value of `X-Zendesk-Marketplace-Name`.
    pub name: String,
    /// The value of `X-Zendesk-Marketplace-Organization-Id`.
    pub organization_id: String,
    /// The value of `X-Zendesk-Marketplace-Bot-Id`.
    pub bot_id: String,
}
