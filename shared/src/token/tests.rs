use super::*;
use alloc::format;

#[test]
fn the_body_has_the_format_that_smooch_documents() {
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
fn the_body_has_the_redirect_uri_and_the_verifier_of_the_authorization_request() {
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
fn a_bearer_token_is_read() {
    check(
        200,
        r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer"}"#,
        Ok("2YotnFZFEjr1zCsicMWpAA"),
    );
    check(200, r#"{"access_token":"a.b.c","token_type":"bearer","expires_in":3600,"x":[{}]}"#, Ok("a.b.c"));
}

#[test]
fn a_response_without_a_valid_bearer_token_is_malformed() {
    let malformed = |status, body: &str, why| check(status, body, Err(TokenError::Malformed(why)));
    malformed(200, "", "it is not a JSON object with a token and its type");
    malformed(200, "<html>", "it is not a JSON object with a token and its type");
    malformed(200, r#"{"token_type":"Bearer"}"#, "it is not a JSON object with a token and its type");
    malformed(
        200,
        r#"{"access_token":7,"token_type":"Bearer"}"#,
        "it is not a JSON object with a token and its type",
    );
    malformed(200, r#"{"access_token":"a"}"#, "it is not a JSON object with a token and its type");
    malformed(200, r#"{"error":"invalid_grant"}"#, "it is not a JSON object with a token and its type");
    malformed(200, r#"["a.b.c","Bearer"]"#, "it is not a JSON object with a token and its type");
    malformed(200, r#"{"access_token":"a","token_type":"mac"}"#, "the token's type is not Bearer");
    malformed(200, r#"{"access_token":"","token_type":"Bearer"}"#, "the token cannot be sent in a header");
    malformed(
        200,
        r#"{"access_token":"a\r\nb","token_type":"Bearer"}"#,
        "the token cannot be sent in a header",
    );
    malformed(302, "", "a redirect, which could send the secret to another host");
    malformed(404, "", "the status is unexpected");
}

#[test]
fn an_error_is_read_in_each_of_its_three_formats() {
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
        Err(TokenError::Malformed("the server rejected the format of the request")),
    );
    check(400, r#"{"error":"invalid_client"}"#, Err(TokenError::ClientRejected));
    check(400, r#"{"error":{"code":"unauthorized"}}"#, Err(TokenError::ClientRejected));
    check(401, "", Err(TokenError::ClientRejected));
    for no_code in ["oops", "[]", "{}", r#"{"error":["invalid_grant"]}"#, r#"{"errors":[["bad_request"]]}"#] {
        check(400, no_code, Err(TokenError::Malformed("a 400 has no error code")));
    }
    check(429, "", Err(TokenError::NotProcessed { status: 429 }));
    check(503, "<html>", Err(TokenError::NotProcessed { status: 503 }));
    check(521, "", Err(TokenError::NotProcessed { status: 521 }));
    check(500, "", Err(TokenError::OutcomeUnknown { status: 500 }));
    check(502, "<html>", Err(TokenError::OutcomeUnknown { status: 502 }));
}

#[test]
fn a_jwt_names_its_app() {
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
