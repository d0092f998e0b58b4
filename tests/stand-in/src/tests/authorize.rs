//! The authorization endpoint.

use super::{
    AUTHORIZE, CALLBACK, NOW, ORIGIN, allow, body_text, get, header, new_smooch, query_parameter, send,
    smooch_with,
};
use crate::accounts::{CORNER_BAKERY_EU, HARBOUR_CLINIC, NIGHT_MARKET, OWNER, SINGLE};
use crate::{Options, Owner, Response, Smooch};

/// Checks that an authorization request gets an error page, no redirect and no code.
#[track_caller]
fn check_error_page(query: &str, status: u16) {
    for path in ["/oauth/authorize", "/sc/oauth/authorize", "/oauth/authorize/apps/5deb3bf0e3ad4e0010a3f0c1"]
    {
        for method in ["GET", "POST"] {
            let mut smooch = new_smooch();
            let response = send(&mut smooch, method, &format!("{path}?{query}"), &[], "decision=allow");
            assert_eq!(response.status(), status, "{method} {path} {query}");
            assert_eq!(header(&response, "location"), "", "{query}");
            assert!(body_text(&response).contains("This link is not valid"));
            assert!(smooch.issued_codes().is_empty());
        }
    }
}

#[test]
fn a_wrong_client_or_redirect_uri_gets_an_error_page() {
    check_error_page("response_type=code", 400);
    check_error_page("response_type=code&client_id=", 400);
    check_error_page("response_type=code&client_id=other", 400);
    check_error_page("response_type=code&client_id=Shoplifter", 400);
    let base = "client_id=shoplifter&response_type=code&redirect_uri=";
    check_error_page(&format!("{base}https://evil.example/callback"), 404);
    check_error_page(&format!("{base}{CALLBACK}/"), 404);
    check_error_page(&format!("{base}{CALLBACK}?a=b"), 404);
    check_error_page(&format!("{base}{CALLBACK}%23"), 404);
    check_error_page(&format!("{base}HTTPS://connect.partner.example/callback"), 404);
    check_error_page(&format!("{base}https://connect.partner.example:443/callback"), 404);
    check_error_page(&format!("{base}https://connect.partner.example/callback/../callback"), 404);
}

#[test]
fn a_wrong_response_type_gets_an_error_page() {
    check_error_page("client_id=shoplifter", 400);
    check_error_page("client_id=shoplifter&response_type=token", 400);
    check_error_page("client_id=shoplifter&response_type=code+token", 400);
}

#[test]
fn a_duplicate_parameter_gets_an_error_page() {
    let base = "client_id=shoplifter&response_type=code";
    check_error_page(&format!("{base}&client_id=shoplifter"), 400);
    check_error_page(&format!("{base}&response_type=code"), 400);
    check_error_page(&format!("{base}&state=a&state=a"), 400);
    check_error_page(&format!("{base}&redirect_uri={CALLBACK}&redirect_uri={CALLBACK}"), 400);
}

#[test]
fn a_request_without_any_registered_redirect_uri_is_404() {
    let mut smooch = Smooch::new(1, Options::default());
    assert_eq!(get(&mut smooch, AUTHORIZE).status(), 404);
}

#[test]
fn sign_in_leads_back_to_the_same_authorization_request() {
    let mut smooch = new_smooch();
    let response = get(&mut smooch, AUTHORIZE);
    assert_eq!(response.status(), 303);
    let next = query_parameter(header(&response, "location"), "next").unwrap();
    assert_eq!(next, "/oauth/authorize?client_id=shoplifter&response_type=code&state=s1");
}

#[test]
fn allow_returns_a_code_and_the_state() {
    let mut smooch = new_smooch();
    let location = allow(&mut smooch, AUTHORIZE, "Corner Bakery EU");
    let [code] = smooch.issued_codes()[..] else { panic!("expected one code") };
    assert_eq!(location, format!("{CALLBACK}?code={}&state=s1", code.code));
    assert_eq!(code.app_id, CORNER_BAKERY_EU);
    assert_eq!(code.issued_ms, NOW);
    assert!(!code.used);
}

#[test]
fn the_sunshine_endpoint_issues_codes_too() {
    let mut smooch = new_smooch();
    let url = "https://oauth-bridge.zendesk.com/sc/oauth/authorize?client_id=shoplifter&response_type=code";
    let location = allow(&mut smooch, url, "Night Market");
    let [code] = smooch.issued_codes()[..] else { panic!("expected one code") };
    assert_eq!(location, format!("{CALLBACK}?code={}", code.code));
    assert_eq!(code.app_id, NIGHT_MARKET);
}

#[test]
fn deny_returns_access_denied_and_the_state_without_a_code() {
    let mut smooch = new_smooch();
    let mut owner = Owner::new(OWNER);
    let location = owner.deny(AUTHORIZE, "Night Market", |request| smooch.handle(&request, NOW)).unwrap();
    assert_eq!(location, format!("{CALLBACK}?error=access_denied&state=s1"));
    assert!(smooch.issued_codes().is_empty());
}

#[test]
fn the_authorization_response_is_a_302_that_is_not_cached() {
    let mut smooch = new_smooch();
    let mut last = Response::default();
    let mut owner = Owner::new(SINGLE);
    let transport = |request| {
        last = smooch.handle(&request, NOW);
        last.clone()
    };
    owner.allow(AUTHORIZE, "Blue Bicycle", transport).unwrap();
    assert_eq!(last.status(), 302);
    assert_eq!(header(&last, "cache-control"), "no-store");
    assert_eq!(header(&last, "referrer-policy"), "no-referrer");
}

#[test]
fn an_owner_of_one_app_does_not_see_the_app_picker() {
    let mut smooch = new_smooch();
    let mut pages = Vec::new();
    let transport = |request| {
        let response = smooch.handle(&request, NOW);
        pages.push(body_text(&response));
        response
    };
    Owner::new(SINGLE).allow(AUTHORIZE, "Blue Bicycle", transport).unwrap();
    assert!(pages.iter().all(|page| !page.contains("name=\"app\"")));
    assert!(pages.iter().any(|page| page.contains("Allow Shoplifter?") && page.contains("Blue Bicycle")));
}

#[test]
fn an_owner_cannot_choose_an_app_of_another_account() {
    let mut smooch = new_smooch();
    let mut owner = Owner::new(SINGLE);
    assert!(owner.allow(AUTHORIZE, "Harbour Clinic", |request| smooch.handle(&request, NOW)).is_err());
    let other =
        format!("{ORIGIN}/oauth/authorize/apps/{HARBOUR_CLINIC}?client_id=shoplifter&response_type=code");
    let stopped = owner.allow(&other, "Harbour Clinic", |request| smooch.handle(&request, NOW)).unwrap_err();
    assert!(stopped.starts_with("404"), "{stopped}");
    assert!(smooch.issued_codes().is_empty());
}

#[test]
fn state_is_returned_unchanged() {
    for state in
        ["1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "a b&c=d+e", "é\u{1f600}\r\n\"<script>"]
    {
        let encoded: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
        let url = format!("{ORIGIN}/oauth/authorize?client_id=shoplifter&response_type=code&state={encoded}");
        let location = allow(&mut new_smooch(), &url, "Night Market");
        assert_eq!(query_parameter(&location, "state").as_deref(), Some(state));
        assert!(!location.contains('+'), "{location}");
    }
}

#[test]
fn a_redirect_uri_keeps_its_query_and_the_first_registered_one_is_the_default() {
    let mut smooch = new_smooch();
    smooch.register_redirect_uri("http://localhost:8787/callback?env=dev");
    assert!(allow(&mut smooch, AUTHORIZE, "Night Market").starts_with(&format!("{CALLBACK}?code=")));
    let url = format!("{AUTHORIZE}&redirect_uri=http%3A%2F%2Flocalhost%3A8787%2Fcallback%3Fenv%3Ddev");
    let location = allow(&mut smooch, &url, "Night Market");
    assert!(location.starts_with("http://localhost:8787/callback?env=dev&code="), "{location}");
}

#[test]
fn a_configured_issuer_is_in_successful_and_denied_responses() {
    let mut smooch =
        smooch_with(Options { issuer: Some("https://app.smooch.io".to_owned()), ..Options::default() });
    let allowed = allow(&mut smooch, AUTHORIZE, "Night Market");
    assert_eq!(query_parameter(&allowed, "iss").as_deref(), Some("https://app.smooch.io"));
    let mut owner = Owner::new(OWNER);
    let denied = owner.deny(AUTHORIZE, "Night Market", |request| smooch.handle(&request, NOW)).unwrap();
    assert_eq!(query_parameter(&denied, "iss").as_deref(), Some("https://app.smooch.io"));
}

#[test]
fn an_unsupported_challenge_method_is_an_error_only_if_pkce_is_on() {
    let url = format!("{AUTHORIZE}&code_challenge=abc&code_challenge_method=plain");
    let mut smooch = smooch_with(Options { pkce: true, ..Options::default() });
    let location = allow(&mut smooch, &url, "Night Market");
    assert_eq!(location, format!("{CALLBACK}?error=invalid_request&state=s1"));
    assert!(query_parameter(&allow(&mut new_smooch(), &url, "Night Market"), "code").is_some());
}

#[test]
fn the_link_to_the_app_picker_keeps_the_authorization_request() {
    let mut smooch = new_smooch();
    for path in ["/oauth/authorize", "/sc/oauth/authorize"] {
        let query = "client_id=shoplifter&response_type=code&state=s1";
        let decision = format!("{ORIGIN}{path}/apps/{CORNER_BAKERY_EU}?{query}");
        let page = Owner::new(OWNER).open(&decision, |request| smooch.handle(&request, NOW)).unwrap();
        let back = format!("{path}?{query}").replace('&', "&amp;");
        assert!(page.contains(&format!("id=\"pick\" href=\"{back}\"")), "{page}");
    }
}
