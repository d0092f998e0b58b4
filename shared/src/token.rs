//! The token exchange (RFC 6749 §4.1.3, §4.1.4): makes the request's body, and reads the answer.
//!
//! It does not send. An answer that is not what the documentation says yields no token, whatever it resembles.

use crate::{AppId, Object, Secret, Verifier, from_json};
use alloc::{string::String, vec::Vec};
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;
use url::form_urlencoded::Serializer;

/// Longest access token that is taken. Smooch's are JWTs of about 300 characters; ours must fit a header.
const LONGEST_TOKEN: usize = 4096;

/// What is sent to the token endpoint, form-encoded with the credentials in the body, as Smooch documents it.
#[derive(Debug)]
pub struct TokenRequest<'a> {
    /// The authorization code.
    pub code: &'a Secret,
    /// The redirect URI of the authorization request, exactly as it was there; `None` when it had none
    /// (RFC 6749 §4.1.3).
    pub redirect_uri: Option<&'a str>,
    /// The partner's client id.
    pub client_id: &'a str,
    /// The partner's client secret.
    pub client_secret: &'a Secret,
    /// PKCE's `code_verifier` (RFC 7636 §4.5), where the authorization request had the challenge.
    pub code_verifier: Option<&'a Verifier>,
}

impl TokenRequest<'_> {
    /// The body, `application/x-www-form-urlencoded`.
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

/// Why an answer carries no token: what the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The code was used before, or is too old: the person starts over.
    #[error("the authorization code was refused")]
    CodeRejected,
    /// The client id or secret is wrong: the partner must act.
    #[error("the client id or secret was refused")]
    ClientRejected,
    /// The request was turned away before it was looked at; the same code can be sent again.
    #[error("the token endpoint turned the request away with {status}")]
    TurnedAway {
        /// The HTTP status.
        status: u16,
    },
    /// The endpoint failed while it worked on the request. Whether the code was spent is not known.
    #[error("the token endpoint failed with {status}")]
    Failed {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is not what the documentation says.
    #[error("the token endpoint's answer is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads the answer of the token endpoint.
///
/// The content type is not looked at: a token that came under a wrong label is still a token, and to drop it
/// would be to lose it.
///
/// # Errors
///
/// [`TokenError`] says what the caller does next.
pub fn read_token(status: u16, body: &[u8]) -> Result<Secret, TokenError> {
    match status {
        200 | 201 => read_success(body),
        401 | 403 => Err(TokenError::ClientRejected),
        400 => Err(read_refusal(body)),
        // 503 is said by a server that does not serve now (RFC 9110 §15.6.4). 521 and 523 are Cloudflare's words for
        // an origin that refused the connection or could not be reached: nobody has seen the code.
        429 | 503 | 521 | 523 => Err(TokenError::TurnedAway { status }),
        500..=599 | 408 => Err(TokenError::Failed { status }),
        300..=399 => Err(TokenError::Malformed("a redirect, which would carry the secret elsewhere")),
        _ => Err(TokenError::Malformed("an unexpected status")),
    }
}

fn read_success(body: &[u8]) -> Result<Secret, TokenError> {
    #[derive(Deserialize)]
    struct Success {
        access_token: Secret,
        token_type: String,
    }
    let Success { access_token: token, token_type } =
        from_json(body).ok_or(TokenError::Malformed("not JSON with a token and its type"))?;
    // RFC 6749 §7.1: a client must not use a token of a type that it does not understand. §5.1: the type is case-insensitive.
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err(TokenError::Malformed("the token's type is not Bearer"));
    }
    // RFC 6750 §2.1: the characters of a token in an `Authorization` header.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if !(1..=LONGEST_TOKEN).contains(&token.expose().len()) || !token.expose().bytes().all(allowed) {
        return Err(TokenError::Malformed("the token cannot stand in a header"));
    }
    Ok(token)
}

/// Reads the body of a 400. Smooch does not document its shape, so this reads the three that it has used: RFC 6749 §5.2,
/// v1 (`{"error":{"code"}}`) and v2 (`{"errors":[{"code"}]}`).
fn read_refusal(body: &[u8]) -> TokenError {
    #[derive(Deserialize)]
    struct Refusal<'a> {
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
        let Refusal { error, errors } = from_json(body)?;
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
        // RFC 6749 §5.2: these are faults of the request, not of the code.
        Some("invalid_request" | "unsupported_grant_type" | "invalid_scope") => {
            TokenError::Malformed("it does not take the token request")
        }
        Some(_) => TokenError::CodeRejected,
        None => TokenError::Malformed("a 400 that does not say why"),
    }
}

/// The app that a token of the `smooch` endpoints names: the `appId` of its JWT.
///
/// Only Smooch can verify the signature. The token came from Smooch over TLS a moment ago, so this is a hint from Smooch,
/// not a proof.
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
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_body_is_what_smooch_documents() {
        let request = TokenRequest {
            code: &Secret::new("your code+/"),
            redirect_uri: None,
            client_id: "shoplifter",
            client_secret: &Secret::new("secret"),
            code_verifier: None,
        };
        let expected =
            "grant_type=authorization_code&code=your+code%2B%2F&client_id=shoplifter&client_secret=secret";
        assert_eq!(request.body().expose(), expected);
    }

    #[test]
    fn the_redirect_uri_and_the_verifier_are_sent_where_the_request_had_them() {
        // The values of the example in RFC 6749 §4.1.3.
        let verifier = Verifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let request = TokenRequest {
            code: &Secret::new("SplxlOBeZQQYbYS6WxSbIA"),
            redirect_uri: Some("https://client.example.com/cb"),
            client_id: "s6BhdRkqt3",
            client_secret: &Secret::new("gX1fBat3bV"),
            code_verifier: verifier.as_ref(),
        };
        let expected = "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA\
            &redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb&client_id=s6BhdRkqt3&client_secret=gX1fBat3bV\
            &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(request.body().expose(), expected);
    }

    #[track_caller]
    fn check(status: u16, body: &str, expected: Result<&str, TokenError>) {
        let token = read_token(status, body.as_bytes());
        assert_eq!(token.as_ref().map(Secret::expose).map_err(|&error| error), expected, "{status} {body}");
    }

    #[test]
    fn a_bearer_token_is_taken() {
        check(
            200,
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer"}"#,
            Ok("2YotnFZFEjr1zCsicMWpAA"),
        );
        check(
            200,
            r#"{"access_token":"a.b.c","token_type":"bearer","expires_in":3600,"x":[{}]}"#,
            Ok("a.b.c"),
        );
    }

    #[test]
    fn what_is_no_bearer_token_is_not_taken() {
        let malformed = |status, body: &str, why| check(status, body, Err(TokenError::Malformed(why)));
        malformed(200, "", "not JSON with a token and its type");
        malformed(200, "<html>", "not JSON with a token and its type");
        malformed(200, r#"{"token_type":"Bearer"}"#, "not JSON with a token and its type");
        malformed(200, r#"{"access_token":7,"token_type":"Bearer"}"#, "not JSON with a token and its type");
        malformed(200, r#"{"access_token":"a"}"#, "not JSON with a token and its type");
        malformed(200, r#"{"error":"invalid_grant"}"#, "not JSON with a token and its type");
        malformed(200, r#"["a.b.c","Bearer"]"#, "not JSON with a token and its type");
        malformed(200, r#"{"access_token":"a","token_type":"mac"}"#, "the token's type is not Bearer");
        malformed(200, r#"{"access_token":"","token_type":"Bearer"}"#, "the token cannot stand in a header");
        malformed(
            200,
            r#"{"access_token":"a\r\nb","token_type":"Bearer"}"#,
            "the token cannot stand in a header",
        );
        malformed(302, "", "a redirect, which would carry the secret elsewhere");
        malformed(404, "", "an unexpected status");
    }

    #[test]
    fn an_error_says_what_to_do_in_each_of_its_three_shapes() {
        check(400, r#"{"error":"invalid_grant"}"#, Err(TokenError::CodeRejected));
        check(
            400,
            r#"{"error":{"code":"bad_request","description":"Invalid code"}}"#,
            Err(TokenError::CodeRejected),
        );
        check(
            400,
            r#"{"errors":[{"code":"bad_request","title":"Invalid code"}]}"#,
            Err(TokenError::CodeRejected),
        );
        check(400, r#"{"errors":[{"code":"bad_request"},{"code":"x"}]}"#, Err(TokenError::CodeRejected));
        check(
            400,
            r#"{"error":"invalid_request"}"#,
            Err(TokenError::Malformed("it does not take the token request")),
        );
        check(400, r#"{"error":"invalid_client"}"#, Err(TokenError::ClientRejected));
        check(400, r#"{"error":{"code":"unauthorized"}}"#, Err(TokenError::ClientRejected));
        check(401, "", Err(TokenError::ClientRejected));
        for no_code in
            ["oops", "[]", "{}", r#"{"error":["invalid_grant"]}"#, r#"{"errors":[["bad_request"]]}"#]
        {
            check(400, no_code, Err(TokenError::Malformed("a 400 that does not say why")));
        }
        check(429, "", Err(TokenError::TurnedAway { status: 429 }));
        check(503, "<html>", Err(TokenError::TurnedAway { status: 503 }));
        check(521, "", Err(TokenError::TurnedAway { status: 521 }));
        check(500, "", Err(TokenError::Failed { status: 500 }));
        check(502, "<html>", Err(TokenError::Failed { status: 502 }));
    }

    #[test]
    fn the_token_names_its_app() {
        use base64ct::{Base64UrlUnpadded, Encoding as _};
        let jwt = |payload: &str| {
            Secret::new(format!("e30.{}.sig", Base64UrlUnpadded::encode_string(payload.as_bytes())))
        };
        let token = jwt(r#"{"scope":"integration","appId":"5f1a8e6b2c3d4e5f6a7b8c9d","iat":1480000000}"#);
        assert_eq!(app_in_token(&token).unwrap().as_str(), "5f1a8e6b2c3d4e5f6a7b8c9d");
        assert_eq!(app_in_token(&jwt(r#"{"appId":"../evil"}"#)), None);
        assert_eq!(app_in_token(&jwt("{}")), None);
        assert_eq!(app_in_token(&Secret::new("opaque")), None);
        assert_eq!(app_in_token(&Secret::new("a.b.c.d")), None);
    }
}
