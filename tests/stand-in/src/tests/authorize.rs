use super::{AUTHORIZE, CALLBACK, NOW, ORIGIN, allowed, get, header, parameter, send, smooch, text, with};
use crate::accounts::{CORNER_BAKERY_EU, HARBOUR_CLINIC, NIGHT_MARKET, OWNER, SINGLE};
use crate::{Options, Owner, Response, Smooch};

/// An authorization request that ends in a page here, sends no one anywhere, and issues nothing.
#[track_caller]
fn refused(query: &str, status: u16) {
    for path in ["/oauth/authorize", "/sc/oauth/authorize", "/oauth/authorize/apps/5deb3bf0e3ad4e0010a3f0c1"]
    {
        for method in ["GET", "POST"] {
            let mut smooch = smooch();
            let response = send(&mut smooch, method, &format!("{path}?{query}"), &[], "decision=allow");
            assert_eq!(response.status(), status, "{method} {path} {query}");
            assert_eq!(header(&response, "location"), "", "{query}");
            assert!(text(&response).contains("This link is not right"));
            assert!(smooch.issued_codes().is_empty());
        }
    }
}

#[test]
fn a_wrong_client_or_redirect_uri_ends_here() {
    refused("response_type=code", 400);
    refused("response_type=code&client_id=", 400);
    refused("response_type=code&client_id=other", 400);
    refused("response_type=code&client_id=Shoplifter", 400);
    let base = "client_id=shoplifter&response_type=code&redirect_uri=";
    refused(&format!("{base}https://evil.example/callback"), 404);
    refused(&format!("{base}{CALLBACK}/"), 404);
    refused(&format!("{base}{CALLBACK}?a=b"), 404);
    refused(&format!("{base}{CALLBACK}%23"), 404);
    refused(&format!("{base}HTTPS://connect.partner.example/callback"), 404);
    refused(&format!("{base}https://connect.partner.example:443/callback"), 404);
    refused(&format!("{base}https://connect.partner.example/callback/../callback"), 404);
}

#[test]
fn a_wrong_response_type_ends_here() {
    refused("client_id=shoplifter", 400);
    refused("client_id=shoplifter&response_type=token", 400);
    refused("client_id=shoplifter&response_type=code+token", 400);
}

#[test]
fn a_parameter_that_comes_twice_ends_here() {
    let base = "client_id=shoplifter&response_type=code";
    refused(&format!("{base}&client_id=shoplifter"), 400);
    refused(&format!("{base}&response_type=code"), 400);
    refused(&format!("{base}&state=a&state=a"), 400);
    refused(&format!("{base}&redirect_uri={CALLBACK}&redirect_uri={CALLBACK}"), 400);
}

#[test]
fn without_a_registered_redirect_uri_no_one_is_sent_anywhere() {
    let mut smooch = Smooch::new(1, Options::default());
    assert_eq!(get(&mut smooch, AUTHORIZE).status(), 404);
}

#[test]
fn who_is_not_signed_in_signs_in_and_comes_back_to_the_same_request() {
    let mut smooch = smooch();
    let response = get(&mut smooch, AUTHORIZE);
    assert_eq!(response.status(), 303);
    let next = parameter(header(&response, "location"), "next").unwrap();
    assert_eq!(next, "/oauth/authorize?client_id=shoplifter&response_type=code&state=s1");
}

#[test]
fn allow_sends_a_code_and_the_state() {
    let mut smooch = smooch();
    let location = allowed(&mut smooch, AUTHORIZE, "Corner Bakery EU");
    let [code] = smooch.issued_codes()[..] else { panic!("one code") };
    assert_eq!(location, format!("{CALLBACK}?code={}&state=s1", code.code));
    assert_eq!(code.app_id, CORNER_BAKERY_EU);
    assert_eq!(code.issued_ms, NOW);
    assert!(!code.spent);
}

#[test]
fn the_sunshine_family_does_the_same() {
    let mut smooch = smooch();
    let url = "https://oauth-bridge.zendesk.com/sc/oauth/authorize?client_id=shoplifter&response_type=code";
    let location = allowed(&mut smooch, url, "Night Market");
    let [code] = smooch.issued_codes()[..] else { panic!("one code") };
    assert_eq!(location, format!("{CALLBACK}?code={}", code.code));
    assert_eq!(code.app_id, NIGHT_MARKET);
}

#[test]
fn deny_sends_access_denied_and_the_state_and_issues_nothing() {
    let mut smooch = smooch();
    let mut owner = Owner::new(OWNER);
    let location = owner.deny(AUTHORIZE, "Night Market", |request| smooch.handle(&request, NOW)).unwrap();
    assert_eq!(location, format!("{CALLBACK}?error=access_denied&state=s1"));
    assert!(smooch.issued_codes().is_empty());
}

#[test]
fn the_answer_is_a_302_that_nothing_keeps() {
    let mut smooch = smooch();
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
fn an_owner_of_one_app_is_not_asked_which() {
    let mut smooch = smooch();
    let mut pages = Vec::new();
    let transport = |request| {
        let response = smooch.handle(&request, NOW);
        pages.push(text(&response));
        response
    };
    Owner::new(SINGLE).allow(AUTHORIZE, "Blue Bicycle", transport).unwrap();
    assert!(pages.iter().all(|page| !page.contains("name=\"app\"")));
    assert!(pages.iter().any(|page| page.contains("Allow Shoplifter?") && page.contains("Blue Bicycle")));
}

#[test]
fn an_owner_picks_only_among_their_own_apps() {
    let mut smooch = smooch();
    let mut owner = Owner::new(SINGLE);
    assert!(owner.allow(AUTHORIZE, "Harbour Clinic", |request| smooch.handle(&request, NOW)).is_err());
    let other =
        format!("{ORIGIN}/oauth/authorize/apps/{HARBOUR_CLINIC}?client_id=shoplifter&response_type=code");
    let stopped = owner.allow(&other, "Harbour Clinic", |request| smooch.handle(&request, NOW)).unwrap_err();
    assert!(stopped.starts_with("404"), "{stopped}");
    assert!(smooch.issued_codes().is_empty());
}

#[test]
fn state_comes_back_as_it_was_sent() {
    for state in
        ["1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "a b&c=d+e", "é\u{1f600}\r\n\"<script>"]
    {
        let encoded: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
        let url = format!("{ORIGIN}/oauth/authorize?client_id=shoplifter&response_type=code&state={encoded}");
        let location = allowed(&mut smooch(), &url, "Night Market");
        assert_eq!(parameter(&location, "state").as_deref(), Some(state));
        assert!(!location.contains('+'), "{location}");
    }
}

#[test]
fn a_redirect_uri_keeps_its_own_query_and_the_first_is_the_default() {
    let mut smooch = smooch();
    smooch.register_redirect_uri("http://localhost:8787/callback?env=dev");
    assert!(allowed(&mut smooch, AUTHORIZE, "Night Market").starts_with(&format!("{CALLBACK}?code=")));
    let url = format!("{AUTHORIZE}&redirect_uri=http%3A%2F%2Flocalhost%3A8787%2Fcallback%3Fenv%3Ddev");
    let location = allowed(&mut smooch, &url, "Night Market");
    assert!(location.starts_with("http://localhost:8787/callback?env=dev&code="), "{location}");
}

#[test]
fn the_issuer_is_named_in_success_and_denial_where_it_is_set() {
    let mut smooch = with(Options { issuer: Some("https://app.smooch.io".to_owned()), ..Options::default() });
    let allowed = allowed(&mut smooch, AUTHORIZE, "Night Market");
    assert_eq!(parameter(&allowed, "iss").as_deref(), Some("https://app.smooch.io"));
    let mut owner = Owner::new(OWNER);
    let denied = owner.deny(AUTHORIZE, "Night Market", |request| smooch.handle(&request, NOW)).unwrap();
    assert_eq!(parameter(&denied, "iss").as_deref(), Some("https://app.smooch.io"));
}

#[test]
fn a_challenge_of_another_method_is_sent_back_where_pkce_is_on_and_ignored_where_not() {
    let url = format!("{AUTHORIZE}&code_challenge=abc&code_challenge_method=plain");
    let mut smooch = with(Options { pkce: true, ..Options::default() });
    let location = allowed(&mut smooch, &url, "Night Market");
    assert_eq!(location, format!("{CALLBACK}?error=invalid_request&state=s1"));
    assert!(parameter(&allowed(&mut super::smooch(), &url, "Night Market"), "code").is_some());
}

#[test]
fn the_way_back_to_the_choice_keeps_the_request() {
    let mut smooch = smooch();
    for path in ["/oauth/authorize", "/sc/oauth/authorize"] {
        let query = "client_id=shoplifter&response_type=code&state=s1";
        let decision = format!("{ORIGIN}{path}/apps/{CORNER_BAKERY_EU}?{query}");
        let page = Owner::new(OWNER).look(&decision, |request| smooch.handle(&request, NOW)).unwrap();
        let back = format!("{path}?{query}").replace('&', "&amp;");
        assert!(page.contains(&format!("id=\"pick\" href=\"{back}\"")), "{page}");
    }
}
