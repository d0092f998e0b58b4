//! The credentials that the OAuth server issues: authorization codes and access tokens.

/// An issued authorization code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The value of the code.
    pub code: String,
    /// The id of the app that the owner chose.
    pub app_id: String,
    /// The redirect URI that the code was sent to.
    pub redirect_uri: String,
    /// The time of issue, in milliseconds since 1970.
    pub issued_ms: u64,
    /// True if the code can no longer be exchanged: a token request has used it, successfully or not, or the
    /// authorization has ended.
    pub used: bool,
    /// The PKCE `code_challenge` of the authorization request. `None` unless [`Options::pkce`](crate::Options)
    /// is on.
    pub challenge: Option<String>,
}

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
