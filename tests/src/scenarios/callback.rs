//! What `/callback` does with whatever arrives there.

use super::Start;
use crate::{
    kv::Counts,
    page::{Fragment, Page, get, header, request},
    world::{PARTNER, RETURN_TO, Response, Setup, World},
};
use stand_in::{
    Endpoint, Options, Owner,
    accounts::{OWNER, SINGLE},
};

fn location(response: &Response) -> &str {
    header(response, "location").unwrap_or_default()
}

/// The happy way.
pub fn a_redirect_from_smooch_is_bounced_to_the_site_with_a_receipt(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let bounce = get(&mut *world, &callback);
    assert_eq!(bounce.status(), 303);
    assert!(location(&bounce).starts_with(&format!("{RETURN_TO}#smooch.receipt=k1.")));
    assert_eq!(Fragment::of(&bounce).state, Some(page.state.to_text()));
    assert_eq!(header(&bounce, "cache-control"), Some("no-store"));
    assert_eq!(header(&bounce, "referrer-policy"), Some("no-referrer"));
    assert!(bounce.body().is_empty());
}

/// However often, and whatever for, the callback is fetched.
pub fn the_callback_makes_no_call_and_no_write(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let mut receipts = Vec::new();
    let head = world.send(request("HEAD", &callback));
    assert_eq!(head.status(), 303);
    assert!(Fragment::of(&head).receipt.is_some());
    let mut prefetch = request("GET", &callback);
    prefetch.headers_mut().insert("sec-purpose", "prefetch".parse().expect("a header"));
    receipts.extend(Fragment::of(&world.send(prefetch)).receipt);
    for _reload in 0..10 {
        receipts.extend(Fragment::of(&get(&mut *world, &callback)).receipt);
    }
    let api = [Endpoint::Token, Endpoint::TokenInfo, Endpoint::Revoke, Endpoint::Api];
    let calls: usize = api.into_iter().map(|endpoint| world.smooch().count(endpoint)).sum();
    assert_eq!(calls, 0);
    assert_eq!(world.kv().counts(), Counts::default());
    // The code is unspent, and any of the receipts still connects.
    assert_eq!(receipts.len(), 11);
    assert_eq!(page.complete(&mut *world, &receipts[3]).status(), 200);
}

/// Deny is no failure.
pub fn a_denial_is_told_to_the_site(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let link = page.link(&*world, false);
    let callback =
        Owner::new(OWNER).deny(&link, "Night Market", |request| world.visit(request)).expect("a denial");
    let state = page.state.to_text();
    let bounce = get(&mut *world, &callback);
    assert_eq!(location(&bounce), format!("{RETURN_TO}#smooch.error=access_denied&smooch.state={state}"));
}

/// A site hears a code of ours, never Smooch's own words.
pub fn every_error_of_smooch_is_told_by_who_must_act(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let state = Page::new("main", 1).state.to_text();
    for (query, code) in [
        ("error=server_error", "smooch_unavailable"),
        ("error=temporarily_unavailable&error_description=%3Cscript%3E", "smooch_unavailable"),
        ("error=unauthorized_client", "client_rejected"),
        ("error=%3Cscript%3Ealert(1)%3C/script%3E", "smooch_malformed"),
        ("", "smooch_malformed"),
        ("code=a&error=access_denied", "smooch_malformed"),
        ("code=a&code=b", "smooch_malformed"),
        ("code=a%00", "smooch_malformed"),
    ] {
        let bounce = get(&mut *world, &format!("/callback?{query}&state={state}"));
        assert_eq!(bounce.status(), 303, "{query}");
        assert_eq!(
            location(&bounce),
            format!("{RETURN_TO}#smooch.error={code}&smooch.state={state}"),
            "{query}"
        );
    }
}

/// Where nobody is known to wait, nobody is sent.
pub fn a_state_of_no_site_goes_no_further_than_the_edge(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let edge = world.edge();
    let state = Page::new("main", 1).state.to_text();
    let long = "a".repeat(10 * 1024);
    for query in [
        "code=a".to_owned(),
        "code=a&state=".into(),
        "code=a&state=https://evil.example".into(),
        format!("code=a&state={state}&state={state}"),
        format!("code=a&state={}", state.replace("1.main", "2.main")),
        format!("code=a&state={}", state.replace("main", "unknown")),
        format!("code=a&state={}", state.replace("main", "..")),
        format!("code=a&state={long}"),
        format!("error=access_denied&state={}", state.replace("main", "unknown")),
    ] {
        let bounce = get(&mut *world, &format!("/callback?{query}"));
        let shown = query.get(..60).unwrap_or(&query);
        assert_eq!(location(&bounce), format!("{edge}/install#smooch.error=invalid_request"), "{shown}");
    }
    assert!(!location(&get(&mut *world, "/callback?code=a&state=1")).contains(PARTNER));
}

/// Only safe methods.
pub fn another_method_is_refused(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let url = format!("{}/callback?code=a", world.edge());
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let refused = world.send(request(method, &url));
        assert_eq!(refused.status(), 405, "{method}");
        assert_eq!(header(&refused, "allow"), Some("GET, HEAD"), "{method}");
    }
}

/// Somebody whom a marketplace sent to Smooch comes without a state of ours.
pub fn a_direct_install_needs_the_setting(start: Start<'_>) {
    let go = |world: &mut dyn World| {
        let link =
            format!("{}/oauth/authorize?client_id=shoplifter&response_type=code", world.smooch_origin());
        let owner = Owner::new(SINGLE).allow(&link, "Blue Bicycle", |request| world.visit(request));
        get(world, &owner.expect("allowed"))
    };
    let mut closed = start(&Setup::smooch());
    let expected = format!("{}/install#smooch.error=invalid_request", closed.edge());
    assert_eq!(location(&go(&mut *closed)), expected);
    drop(closed);

    let mut open = start(&Setup::smooch().with("DIRECT_INSTALL", true));
    let bounce = go(&mut *open);
    assert!(location(&bounce).starts_with(&format!("{}/install#smooch.receipt=", open.edge())));
    assert_eq!(Fragment::of(&bounce).state, None);
}

/// RFC 9207, for a server that has it.
pub fn another_issuer_is_a_mix_up(start: Start<'_>) {
    let issuer = "https://honest.example";
    let options = Options { issuer: Some(issuer.into()), ..Options::default() };
    let mut world = start(&Setup::smooch().with("SMOOCH_ISSUER", issuer).at(options));
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    assert!(Fragment::of(&get(&mut *world, &callback)).receipt.is_some());
    let state = page.state.to_text();
    for iss in ["", "&iss=https%3A%2F%2Fevil.example", "&iss=https%3A%2F%2Fhonest.example%2F"] {
        let bounce = get(&mut *world, &format!("/callback?code=a&state={state}{iss}"));
        assert_eq!(Fragment::of(&bounce).error.as_deref(), Some("invalid_request"), "{iss:?}");
        assert_eq!(Fragment::of(&bounce).receipt, None);
    }
}

/// Not even a denial.
pub fn an_error_of_another_issuer_is_not_believed(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("SMOOCH_ISSUER", "https://honest.example"));
    let state = Page::new("main", 1).state.to_text();
    for iss in ["", "&iss=https%3A%2F%2Fevil.example"] {
        let bounce = get(&mut *world, &format!("/callback?error=access_denied&state={state}{iss}"));
        assert_eq!(Fragment::of(&bounce).error.as_deref(), Some("invalid_request"), "{iss:?}");
    }
}
