use super::{
    AUTHORIZE, CALLBACK, CREDENTIALS, NOW, allowed, code, header, json, parameter, send, smooch, token,
    token_at, with,
};
use crate::accounts::CORNER_BAKERY;
use crate::{ErrorShape, Options, Smooch};
use serde_json::json;

#[test]
fn a_code_becomes_a_bearer_token_and_nothing_more() {
    let mut smooch = smooch();
    let code = code(&mut smooch, "Corner Bakery");
    let response = token(&mut smooch, &format!("{CREDENTIALS}&code={code}"));
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json; charset=utf-8");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let [live] = smooch.live_tokens()[..] else { panic!("one token") };
    assert_eq!(json(&response), json!({"access_token": live.access_token, "token_type": "Bearer"}));
    assert_eq!(live.app_id, CORNER_BAKERY);
}

#[test]
fn json_and_the_sunshine_family_do_as_well() {
    let mut smooch = smooch();
    let code = code(&mut smooch, "Corner Bakery");
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
fn two_tokens_of_one_app_within_a_second_differ_and_both_live() {
    let mut smooch = smooch();
    super::connect(&mut smooch, "Corner Bakery");
    super::connect(&mut smooch, "Corner Bakery");
    assert_eq!(smooch.live_tokens().len(), 2);
}

#[test]
fn a_new_token_ends_the_older_ones_where_that_is_chosen() {
    let mut smooch = with(Options { reauthorizing_revokes: true, ..Options::default() });
    super::connect(&mut smooch, "Corner Bakery");
    super::connect(&mut smooch, "Night Market");
    let newer = super::connect(&mut smooch, "Corner Bakery");
    assert_eq!(smooch.live_tokens().len(), 2);
    assert!(smooch.live_tokens().iter().any(|token| token.access_token == newer));
    assert!(smooch.take_removals().is_empty());
}

#[test]
fn a_code_works_once() {
    let mut smooch = smooch();
    let body = format!("{CREDENTIALS}&code={}", code(&mut smooch, "Corner Bakery"));
    assert_eq!(token(&mut smooch, &body).status(), 200);
    let again = token(&mut smooch, &body);
    assert_eq!(again.status(), 400);
    assert_eq!(json(&again)["error"], "invalid_grant");
    assert_eq!(smooch.live_tokens().len(), 1);
}

#[test]
fn a_code_works_for_60_seconds() {
    for (age, status) in [(0, 200), (59_999, 200), (60_000, 400), (3_600_000, 400)] {
        let mut smooch = smooch();
        let body = format!("{CREDENTIALS}&code={}", code(&mut smooch, "Corner Bakery"));
        assert_eq!(token_at(&mut smooch, &body, NOW + age).status(), status, "{age}");
    }
}

/// A request of the right client that gets no token, and what it says.
#[track_caller]
fn refused(smooch: &mut Smooch, body: &str, status: u16, error: &str) {
    let response = token(smooch, body);
    assert_eq!(response.status(), status, "{body}");
    assert_eq!(json(&response)["error"], error, "{body}");
    assert!(json(&response)["error_description"].is_string());
    assert!(smooch.live_tokens().is_empty());
}

#[test]
fn wrong_credentials_are_401_and_leave_the_code_alone() {
    let mut smooch = smooch();
    let code = code(&mut smooch, "Corner Bakery");
    let base = format!("grant_type=authorization_code&code={code}");
    refused(&mut smooch, &base, 401, "invalid_client");
    refused(&mut smooch, &format!("{base}&client_id=shoplifter"), 401, "invalid_client");
    refused(&mut smooch, &format!("{base}&client_id=shoplifter&client_secret=wrong"), 401, "invalid_client");
    refused(
        &mut smooch,
        &format!("{base}&client_id=shoplifter&client_secret=secret1"),
        401,
        "invalid_client",
    );
    refused(&mut smooch, &format!("{base}&client_id=other&client_secret=secret"), 401, "invalid_client");
    assert_eq!(token(&mut smooch, &format!("{CREDENTIALS}&code={code}")).status(), 200);
}

#[test]
fn credentials_in_a_header_are_refused_even_beside_right_ones_in_the_body() {
    let mut smooch = smooch();
    let body = format!("{CREDENTIALS}&code={}", code(&mut smooch, "Corner Bakery"));
    let length = body.len().to_string();
    let headers = [
        ("authorization", "Basic c2hvcGxpZnRlcjpzZWNyZXQ="),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", &length),
    ];
    assert_eq!(send(&mut smooch, "POST", "/oauth/token", &headers, &body).status(), 401);
}

#[test]
fn a_wrong_grant_says_what_is_wrong() {
    let mut smooch = smooch();
    let client = "client_id=shoplifter&client_secret=secret";
    refused(&mut smooch, &format!("{client}&code=x"), 400, "invalid_request");
    refused(&mut smooch, &format!("{client}&code=x&grant_type=password"), 400, "unsupported_grant_type");
    refused(&mut smooch, CREDENTIALS, 400, "invalid_request");
    refused(&mut smooch, &format!("{CREDENTIALS}&code=unknown"), 400, "invalid_grant");
    refused(&mut smooch, &format!("{CREDENTIALS}&code=a&code=a"), 400, "invalid_request");
}

#[test]
fn a_redirect_uri_has_to_be_the_one_of_the_authorization_request() {
    let url = format!("{AUTHORIZE}&redirect_uri={CALLBACK}");
    for (redirect_uri, status) in [(CALLBACK, 200), ("https://connect.partner.example/other", 400)] {
        let mut smooch = smooch();
        let code = parameter(&allowed(&mut smooch, &url, "Night Market"), "code").unwrap();
        let body = format!("{CREDENTIALS}&code={code}&redirect_uri={redirect_uri}");
        assert_eq!(token(&mut smooch, &body).status(), status, "{redirect_uri}");
        // Even the refused one has spent the code.
        assert_eq!(token(&mut smooch, &format!("{CREDENTIALS}&code={code}")).status(), 400);
    }
}

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[track_caller]
fn check_pkce(pkce: bool, challenge: Option<&str>, verifier: Option<&str>, status: u16) {
    let mut smooch = with(Options { pkce, ..Options::default() });
    let challenge = challenge.map(|sent| format!("&code_challenge={sent}&code_challenge_method=S256"));
    let url = format!("{AUTHORIZE}{}", challenge.clone().unwrap_or_default());
    let code = parameter(&allowed(&mut smooch, &url, "Night Market"), "code").unwrap();
    let verifier = verifier.map(|sent| format!("&code_verifier={sent}")).unwrap_or_default();
    let response = token(&mut smooch, &format!("{CREDENTIALS}&code={code}{verifier}"));
    assert_eq!(response.status(), status, "{challenge:?} {verifier}");
}

#[test]
fn pkce_is_enforced_where_it_is_on() {
    check_pkce(true, None, None, 200);
    check_pkce(true, Some(CHALLENGE), Some(VERIFIER), 200);
    check_pkce(true, Some(CHALLENGE), Some(CHALLENGE), 400);
    check_pkce(true, Some(CHALLENGE), None, 400);
    // Someone took the challenge away: RFC 9700 §2.1.1.
    check_pkce(true, None, Some(VERIFIER), 400);
}

#[test]
fn pkce_is_ignored_as_smooch_ignores_it() {
    check_pkce(false, Some(CHALLENGE), None, 200);
    check_pkce(false, Some(CHALLENGE), Some("wrong"), 200);
    check_pkce(false, None, Some(VERIFIER), 200);
}

#[track_caller]
fn check_shape(method: &str, headers: &[(&str, &str)], body: &str, status: u16) {
    let mut smooch = smooch();
    let response = send(&mut smooch, method, "/oauth/token", headers, body);
    assert_eq!(response.status(), status, "{method} {headers:?}");
    assert_eq!(json(&response)["error"], "invalid_request");
    if status == 405 {
        assert_eq!(header(&response, "allow"), "POST");
    }
}

#[test]
fn the_request_has_to_be_a_post_of_known_length_and_type() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    check_shape("GET", &[], "", 405);
    check_shape("PUT", &[form, ("content-length", "1")], "x", 405);
    check_shape("POST", &[form], "code=x", 411);
    check_shape("POST", &[form, ("transfer-encoding", "chunked")], "code=x", 411);
    check_shape("POST", &[form, ("content-length", "5")], "code=x", 400);
    check_shape("POST", &[("content-length", "6")], "code=x", 415);
    check_shape("POST", &[("content-type", "text/plain"), ("content-length", "6")], "code=x", 415);
    check_shape("POST", &[("content-type", "multipart/form-data"), ("content-length", "6")], "code=x", 415);
    check_shape("POST", &[("content-type", "application/json"), ("content-length", "6")], "code=x", 400);
    check_shape("POST", &[("content-type", "application/json"), ("content-length", "2")], "[]", 400);
}

#[test]
fn an_error_has_the_shape_that_was_chosen() {
    let text = "The code is not one of ours.";
    let shapes = [
        (ErrorShape::Rfc6749, json!({"error": "invalid_grant", "error_description": text})),
        (ErrorShape::V1, json!({"error": {"code": "invalid_grant", "description": text}})),
        (ErrorShape::V2, json!({"errors": [{"code": "invalid_grant", "title": text}]})),
    ];
    for (error_shape, body) in shapes {
        let mut smooch = with(Options { error_shape, ..Options::default() });
        assert_eq!(json(&token(&mut smooch, &format!("{CREDENTIALS}&code=x"))), body);
    }
}
