//! The token exchange (RFC 6749 §4.1.3, §4.1.4): builds the body of the request and reads the response.
//!
//! It never sends the request, and a response that differs from the documentation never yields a token.

use crate::{AppId, Object, Secret, Verifier, from_json};
use alloc::{string::String, vec::Vec};
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;
use url::form_urlencoded::Serializer;

/// Longest access token, in bytes. Smooch's are JWTs of about 300 characters. A token must fit into a request header.
const MAX_TOKEN_LENGTH: usize = 4096;

/// The request to the token endpoint (RFC 6749 §4.1.3), with the client's credentials in the body as Smooch documents it.
///
/// The caller sends [`body`](TokenRequest::body) and passes the response to [`read_token`]:
///
/// ```
/// use shared::{Secret, TokenRequest, read_token};
///
/// let request = TokenRequest {
///     code: &Secret::new("SplxlOBeZQQYbYS6WxSbIA"),
///     redirect_uri: Some("https://connect.partner.example/callback"),
///     client_id: "shoplifter",
///     client_secret: &Secret::new("gX1fBat3bV"),
///     code_verifier: None,
/// };
/// let body = request.body();
/// assert!(body.expose().starts_with("grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&"));
///
/// // The response of the token endpoint, after a POST of the body.
/// let token = read_token(200, br#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer"}"#).unwrap();
/// assert_eq!(token.expose(), "2YotnFZFEjr1zCsicMWpAA");
/// ```
#[derive(Debug)]
pub struct TokenRequest<'a> {
    /// The authorization code.
    pub code: &'a Secret,
    /// The redirect URI of the authorization request, unchanged. `None` if that request had none (RFC 6749 §4.1.3).
    pub redirect_uri: Option<&'a str>,
    /// The partner's client id.
    pub client_id: &'a str,
    /// The partner's client secret.
    pub client_secret: &'a Secret,
    /// The PKCE verifier (RFC 7636 §4.5), if the authorization request had a challenge.
    pub code_verifier: Option<&'a Verifier>,
}

impl TokenRequest<'_> {
    /// The body of the POST, as `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn body(&self) -> Secret {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code").append_pair("code", self.code.expose());
        if let Some(redirect_uri) = self.redirect_uri {
            form.append_pair("redirect_uri", redirect_uri);
        }
        form.append_pair("client_id", self.client_id)
            .append_pair("client_secret", self.client_secret.expose());
        if let Some(verifier) = self.code_verifier {
            form.append_pair("code_verifier", verifier.expose());
        }
        Secret::new(form.finish())
    }
}

/// The reason why a response has no token. Each variant requires a different action from the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The code was used before, or has expired. The person must start again.
    #[error("the token endpoint rejected the authorization code")]
    CodeRejected,
    /// The client id or the client secret is wrong. The partner must correct the settings.
    #[error("the token endpoint rejected the client id or secret")]
    ClientRejected,
    /// The server did not process the request. The caller can retry with the same code.
    #[error("the token endpoint did not process the request: status {status}")]
    NotProcessed {
        /// The HTTP status.
        status: u16,
    },
    /// The server failed while it processed the request. It is unknown if the code was used.
    #[error("the token endpoint failed with status {status}")]
    OutcomeUnknown {
        /// The HTTP status.
        status: u16,
    },
    /// The response differs from the documentation. The text names the problem.
    #[error("the response of the token endpoint is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads the response of the token endpoint (RFC 6749 §5.1, §5.2): its HTTP status and its body.
///
/// It ignores the content type, so that a wrong one does not lose a valid token.
///
/// ```
/// use shared::{TokenError, read_token};
///
/// let response = read_token(400, br#"{"error":"invalid_grant"}"#);
/// assert_eq!(response.unwrap_err(), TokenError::CodeRejected);
/// ```
///
/// # Errors
///
/// See [`TokenError`]: each variant requires a different action from the caller.
pub fn read_token(status: u16, body: &[u8]) -> Result<Secret, TokenError> {
    match status {
        200 | 201 => read_success(body),
        401 | 403 => Err(TokenError::ClientRejected),
        400 => Err(read_error(body)),
        // RFC 9110 §15.6.4: a server that sends 503 is unable to handle the request. Cloudflare sends 521 and 523 if the
        // origin refused the connection or was unreachable, so no server has received the code.
        429 | 503 | 521 | 523 => Err(TokenError::NotProcessed { status }),
        500..=599 | 408 => Err(TokenError::OutcomeUnknown { status }),
        300..=399 => Err(TokenError::Malformed("a redirect, which could send the secret to another host")),
        _ => Err(TokenError::Malformed("the status is unexpected")),
    }
}

fn read_success(body: &[u8]) -> Result<Secret, TokenError> {
    #[derive(Deserialize)]
    struct Success {
        access_token: Secret,
        token_type: String,
    }
    let Success { access_token: token, token_type } =
        from_json(body).ok_or(TokenError::Malformed("it is not a JSON object with a token and its type"))?;
    // RFC 6749 §7.1: a client must not use a token of a type that it does not understand. §5.1: the type is case-insensitive.
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err(TokenError::Malformed("the token's type is not Bearer"));
    }
    // RFC 6750 §2.1: the characters of a token in an `Authorization` header.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if !(1..=MAX_TOKEN_LENGTH).contains(&token.expose().len()) || !token.expose().bytes().all(allowed) {
        return Err(TokenError::Malformed("the token cannot be sent in a header"));
    }
    Ok(token)
}

/// Reads the body of a 400. Smooch does not document its format. This reads the three formats that Smooch has used: RFC 6749
/// §5.2, v1 (`{"error":{"code"}}`) and v2 (`{"errors":[{"code"}]}`).
fn read_error(body: &[u8]) -> TokenError {
    #[derive(Deserialize)]
    struct ErrorBody<'a> {
        #[serde(borrow)]
        error: Option<&'a RawValue>,
        #[serde(default)]
        errors: Vec<Object<Coded>>,
    }
    #[derive(Deserialize)]
    struct Coded {
        code: String,
    }
    let code = || {
        let ErrorBody { error, errors } = from_json(body)?;
        match error {
            Some(error) => {
                let error = error.get().as_bytes();
                serde_json::from_slice(error).ok().or_else(|| from_json(error).map(|Coded { code }| code))
            }
            None => errors.into_iter().next().map(|Object(Coded { code })| code),
        }
    };
    match code().as_deref() {
        Some("invalid_client" | "unauthorized_client" | "unauthorized") => TokenError::ClientRejected,
        // RFC 6749 §5.2: these errors are about the request, not about the code.
        Some("invalid_request" | "unsupported_grant_type" | "invalid_scope") => {
            TokenError::Malformed("the server rejected the format of the request")
        }
        Some(_) => TokenError::CodeRejected,
        None => TokenError::Malformed("a 400 has no error code"),
    }
}

/// The app id in a token of the `smooch` endpoints: the claim `appId` of the JWT. `None` if the token has no valid one.
///
/// The signature is not verified, because only Smooch has the key. Use this only for a token that was just received from
/// Smooch over TLS.
#[must_use]
pub fn app_in_token(token: &Secret) -> Option<AppId> {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    #[derive(Deserialize)]
    struct Payload {
        #[serde(rename = "appId")]
        app_id: AppId,
    }
    let mut parts = token.expose().split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    from_json(&Base64UrlUnpadded::decode_vec(payload).ok()?).map(|Payload { app_id }| app_id)
}

#[cfg(test)]
mod tests;
