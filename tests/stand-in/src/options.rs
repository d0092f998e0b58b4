//! What a test or the demo can choose about this Smooch: what the documentation leaves open, and what a server
//! that follows newer RFCs would do.

/// How this Smooch behaves. The default is what Smooch documents, with no redirect URI registered.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The redirect URIs of the integration. The first is the default; a match is exact.
    pub redirect_uris: Vec<String>,
    /// Whether PKCE (RFC 7636) is enforced for requests that carry a challenge. Smooch documents none.
    pub pkce: bool,
    /// The issuer to add as `iss` to each authorization response (RFC 9207). Smooch documents none.
    pub issuer: Option<String>,
    /// The shape of an error at the token, tokenInfo and revocation endpoints, which Smooch does not document.
    pub error_shape: ErrorShape,
    /// Set if the integration is listed in the marketplace: then each call with a token has to say so.
    pub marketplace: Option<Marketplace>,
    /// Whether pages are sent with `Cross-Origin-Opener-Policy: same-origin`, which cuts a popup's `opener`.
    pub coop: bool,
    /// Whether a new token ends the older ones of the same app, which Smooch does not document.
    pub reauthorizing_revokes: bool,
}

/// The three shapes of an error body that have been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"error": "invalid_grant", "error_description": …}` (RFC 6749 §5.2).
    #[default]
    Rfc6749,
    /// `{"error": {"code": …, "description": …}}`, as the API v1 has it.
    V1,
    /// `{"errors": [{"code": …, "title": …}]}`, as the API v2 has it.
    V2,
}

/// What a marketplace integration sends as headers with every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marketplace {
    /// `X-Zendesk-Marketplace-Name`.
    pub name: String,
    /// `X-Zendesk-Marketplace-Organization-Id`.
    pub organization_id: String,
    /// `X-Zendesk-Marketplace-Bot-Id`.
    pub bot_id: String,
}
