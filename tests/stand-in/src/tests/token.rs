//! The token endpoint.

use super::{
    AUTHORIZE, CALLBACK, NOW, TOKEN_REQUEST, allow, body_json, connect, exchange, header, issue_code,
    new_smooch, post_token, post_token_at, query_parameter, send, smooch_with,
};
use crate::accounts::CORNER_BAKERY;
use crate::{ErrorShape, Options, Smooch};
use serde_json::json;

#[test]
fn a_code_is_exchanged_for_a_bearer_token_without_further_fields() {
    let mut smooch = new_smooch();
    let code = issue_code(&mut smooch, "Corner Bakery");
    let response = exchange(&mut smooch, &code);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json; charset=utf-8");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let [live] = smooch.live_tokens()[..] else { panic!("expected one token") };
    assert_eq!(body_json(&response), json!({"access_token": live.access_token, "token_type": "Bearer"}));
    assert_eq!(live.app_id, CORNER_BAKERY);
}

#[test]
fn the_sunshine_endpoint_and_json_bodies_work_too() {
    let mut smooch = new_smooch();
    let code = issue_code(&mut smooch, "Corner Bakery");
    let body = json!({
        "code": code,
        "grant_type": "authorization_code",
        "client_id": "shoplifter",
        "client_secret": "secret",
    });
    let body = body.to_string();
    let length = body.len().to_string();
    let headers = [("content-type", "application/json; charset=utf-8"), ("content-length", length.as_str())];
    let uri = "https://oauth-bridge.zendesk.com/sc/oauth/token";
    assert_eq!(send(&mut smooch, "POST", uri, &headers, &body).status(), 200);
}

#[test]
fn two_tokens_of_one_app_in_the_same_second_differ_and_both_work() {
    let mut smooch = new_smooch();
    connect(&mut smooch, "Corner Bakery");
    connect(&mut smooch, "Corner Bakery");
    assert_eq!(smooch.live_tokens().len(), 2);
}

#[test]
fn reauthorizing_revokes_older_tokens_of_the_app_if_the_option_is_on() {
    let mut smooch = smooch_with(Options { reauthorizing_revokes: true, ..Options::default() });
    connect(&mut smooch, "Corner Bakery");
    connect(&mut smooch, "Night Market");
    let newer = connect(&mut smooch, "Corner Bakery");
    assert_eq!(smooch.live_tokens().len(), 2);
    assert!(smooch.live_tokens().iter().any(|token| token.access_token == newer));
    assert!(smooch.take_removals().is_empty());
}

#[test]
fn a_code_can_be_used_only_once() {
    let mut smooch = new_smooch();
    let body = format!("{TOKEN_REQUEST}&code={}", issue_code(&mut smooch, "Corner Bakery"));
    assert_eq!(post_token(&mut smooch, &body).status(), 200);
    let again = post_token(&mut smooch, &body);
    assert_eq!(again.status(), 400);
    assert_eq!(body_json(&again)["error"], "invalid_grant");
    assert_eq!(smooch.live_tokens().len(), 1);
}

#[test]
fn a_code_expires_after_60_seconds() {
    for (age, status) in [(0, 200), (59_999, 200), (60_000, 400), (3_600_000, 400)] {
        let mut smooch = new_smooch();
        let body = format!("{TOKEN_REQUEST}&code={}", issue_code(&mut smooch, "Corner Bakery"));
        assert_eq!(post_token_at(&mut smooch, &body, NOW + age).status(), status, "{age}");
    }
}

/// Checks that a token request gets this error and no token.
#[track_caller]
fn check_error(smooch: &mut Smooch, body: &str, status: u16, error: &str) {
    let response = post_token(smooch, body);
    assert_eq!(response.status(), status, "{body}");
    assert_eq!(body_json(&response)["error"], error, "{body}");
    assert!(body_json(&response)["error_description"].is_string());
    assert!(smooch.live_tokens().is_empty());
}

#[test]
fn wrong_credentials_are_401_and_do_not_use_up_the_code() {
    let mut smooch = new_smooch();
    let code = issue_code(&mut smooch, "Corner Bakery");
    let base = format!("grant_type=authorization_code&code={code}");
    check_error(&mut smooch, &base, 401, "invalid_client");
    check_error(&mut smooch, &format!("{base}&client_id=shoplifter"), 401, "invalid_client");
    check_error(
        &mut smooch,
        &format!("{base}&client_id=shoplifter&client_secret=wrong"),
        401,
        "invalid_client",
    );
    check_error(
        &mut smooch,
        &format!("{base}&client_id=shoplifter&client_secret=secret1"),
        401,
        "invalid_client",
    );
    check_error(&mut smooch, &format!("{base}&client_id=other&client_secret=secret"), 401, "invalid_client");
    assert_eq!(exchange(&mut smooch, &code).status(), 200);
}

#[test]
fn credentials_in_a_header_are_rejected_even_with_valid_ones_in_the_body() {
    let mut smooch = new_smooch();
    let body = format!("{TOKEN_REQUEST}&code={}", issue_code(&mut smooch, "Corner Bakery"));
    let length = body.len().to_string();
    let headers = [
        ("authorization", "Basic c2hvcGxpZnRlcjpzZWNyZXQ="),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", &length),
    ];
    assert_eq!(send(&mut smooch, "POST", "/oauth/token", &headers, &body).status(), 401);
}

#[test]
fn a_wrong_grant_gets_the_matching_error_code() {
    let mut smooch = new_smooch();
    let client = "client_id=shoplifter&client_secret=secret";
    check_error(&mut smooch, &format!("{client}&code=x"), 400, "invalid_request");
    check_error(&mut smooch, &format!("{client}&code=x&grant_type=password"), 400, "unsupported_grant_type");
    check_error(&mut smooch, TOKEN_REQUEST, 400, "invalid_request");
    check_error(&mut smooch, &format!("{TOKEN_REQUEST}&code=unknown"), 400, "invalid_grant");
    check_error(&mut smooch, &format!("{TOKEN_REQUEST}&code=a&code=a"), 400, "invalid_request");
}

#[test]
fn the_redirect_uri_must_match_the_authorization_request() {
    let url = format!("{AUTHORIZE}&redirect_uri={CALLBACK}");
    for (redirect_uri, status) in [(CALLBACK, 200), ("https://connect.partner.example/other", 400)] {
        let mut smooch = new_smooch();
        let code = query_parameter(&allow(&mut smooch, &url, "Night Market"), "code").unwrap();
        let body = format!("{TOKEN_REQUEST}&code={code}&redirect_uri={redirect_uri}");
        assert_eq!(post_token(&mut smooch, &body).status(), status, "{redirect_uri}");
        // The rejected request has used up the code too.
        assert_eq!(exchange(&mut smooch, &code).status(), 400);
    }
}

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[track_caller]
fn check_pkce(pkce: bool, challenge: Option<&str>, verifier: Option<&str>, status: u16) {
    let mut smooch = smooch_with(Options { pkce, ..Options::default() });
    let challenge = challenge.map(|value| format!("&code_challenge={value}&code_challenge_method=S256"));
    let url = format!("{AUTHORIZE}{}", challenge.clone().unwrap_or_default());
    let code = query_parameter(&allow(&mut smooch, &url, "Night Market"), "code").unwrap();
    let verifier = verifier.map(|value| format!("&code_verifier={value}")).unwrap_or_default();
    let response = post_token(&mut smooch, &format!("{TOKEN_REQUEST}&code={code}{verifier}"));
    assert_eq!(response.status(), status, "{challenge:?} {verifier}");
}

#[test]
fn pkce_is_enforced_if_the_option_is_on() {
    check_pkce(true, None, None, 200);
    check_pkce(true, Some(CHALLENGE), Some(VERIFIER), 200);
    check_pkce(true, Some(CHALLENGE), Some(CHALLENGE), 400);
    check_pkce(true, Some(CHALLENGE), None, 400);
    // RFC 9700 §2.1.1: a PKCE downgrade attack has removed the challenge.
    check_pkce(true, None, Some(VERIFIER), 400);
}

#[test]
fn pkce_is_ignored_by_default() {
    check_pkce(false, Some(CHALLENGE), None, 200);
    check_pkce(false, Some(CHALLENGE), Some("wrong"), 200);
    check_pkce(false, None, Some(VERIFIER), 200);
}

#[track_caller]
fn check_malformed_request(method: &str, headers: &[(&str, &str)], body: &str, status: u16) {
    let mut smooch = new_smooch();
    let response = send(&mut smooch, method, "/oauth/token", headers, body);
    assert_eq!(response.status(), status, "{method} {headers:?}");
    assert_eq!(body_json(&response)["error"], "invalid_request");
    if status == 405 {
        assert_eq!(header(&response, "allow"), "POST");
    }
}

#[test]
fn a_token_request_must_be_a_post_with_a_length_and_a_known_type() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    check_malformed_request("GET", &[], "", 405);
    check_malformed_request("PUT", &[form, ("content-length", "1")], "x", 405);
    check_malformed_request("POST", &[form], "code=x", 411);
    check_malformed_request("POST", &[form, ("transfer-encoding", "chunked")], "code=x", 411);
    check_malformed_request("POST", &[form, ("content-length", "5")], "code=x", 400);
    check_malformed_request("POST", &[("content-length", "6")], "code=x", 415);
    check_malformed_request(
        "POST",
        &[("content-type", "text/plain"), ("content-length", "6")],
        "code=x",
        415,
    );
    check_malformed_request(
        "POST",
        &[("content-type", "multipart/form-data"), ("content-length", "6")],
        "code=x",
        415,
    );
    check_malformed_request(
        "POST",
        &[("content-type", "application/json"), ("content-length", "6")],
        "code=x",
        400,
    );
    check_malformed_request(
        "POST",
        &[("content-type", "application/json"), ("content-length", "2")],
        "[]",
        400,
    );
}

#[test]
fn an_error_body_has_the_configured_shape() {
    let text = "The code is unknown.";
    let shapes = [
        (ErrorShape::Rfc6749, json!({"error": "invalid_grant", "error_description": text})),
        (ErrorShape::V1, json!({"error": {"code": "invalid_grant", "description": text}})),
        (ErrorShape::V2, json!({"errors": [{"code": "invalid_grant", "title": text}]})),
    ];
    for (error_shape, body) in shapes {
        let mut smooch = smooch_with(Options { error_shape, ..Options::default() });
        assert_eq!(body_json(&post_token(&mut smooch, &format!("{TOKEN_REQUEST}&code=x"))), body);
    }
}
