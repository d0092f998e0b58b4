//! `/callback`: it redirects to the site with a receipt or an error code, and changes nothing.

use macro_rules_attribute::apply;
use stand_in::{
    Endpoint, Options, Owner,
    accounts::{OWNER, SINGLE},
};
use tests::{
    kv::Counts,
    page::{Fragment, Page, get, header, request},
    world::{PARTNER, RETURN_TO, Response, Setup, Start, World},
};

fn location(response: &Response) -> &str {
    header(response, "location").unwrap_or_default()
}

/// The usual case.
#[apply(scenario)]
fn the_callback_redirects_to_the_site_with_a_receipt(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let redirect = get(&mut *world, &callback);
    assert_eq!(redirect.status(), 303);
    assert!(location(&redirect).starts_with(&format!("{RETURN_TO}#smooch.receipt=k1.")));
    assert_eq!(Fragment::from_redirect(&redirect).state, Some(page.state.to_text()));
    assert_eq!(header(&redirect, "cache-control"), Some("no-store"));
    assert_eq!(header(&redirect, "referrer-policy"), Some("no-referrer"));
    assert!(redirect.body().is_empty());
}

/// A HEAD request, a prefetch and reloads do not spend the code.
#[apply(scenario)]
fn the_callback_makes_no_call_and_no_write(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let mut receipts = Vec::new();
    let head = world.send(request("HEAD", &callback));
    assert_eq!(head.status(), 303);
    assert!(Fragment::from_redirect(&head).receipt.is_some());
    let mut prefetch = request("GET", &callback);
    prefetch.headers_mut().insert("sec-purpose", "prefetch".parse().expect("a header"));
    receipts.extend(Fragment::from_redirect(&world.send(prefetch)).receipt);
    for _reload in 0..10 {
        receipts.extend(Fragment::from_redirect(&get(&mut *world, &callback)).receipt);
    }
    let api = [Endpoint::Token, Endpoint::TokenInfo, Endpoint::Revoke, Endpoint::Api];
    let calls: usize = api.into_iter().map(|endpoint| world.smooch().count(endpoint)).sum();
    assert_eq!(calls, 0);
    assert_eq!(world.kv().counts(), Counts::default());
    // The code is unspent, so each of the receipts can connect.
    assert_eq!(receipts.len(), 11);
    assert_eq!(page.complete(&mut *world, &receipts[3]).status(), 200);
}

/// The owner denies access.
#[apply(scenario)]
fn a_denial_redirects_to_the_site_with_access_denied(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let link = page.link(&*world, false);
    let callback = Owner::new(OWNER)
        .deny(&link, "Night Market", |request| world.visit(request))
        .expect("the owner can deny");
    let state = page.state.to_text();
    let redirect = get(&mut *world, &callback);
    assert_eq!(location(&redirect), format!("{RETURN_TO}#smooch.error=access_denied&smooch.state={state}"));
}

/// The code says who can act. Smooch's own text is dropped.
#[apply(scenario)]
fn every_authorization_error_becomes_an_error_code_of_ours(start: Start<'_>) {
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
        let redirect = get(&mut *world, &format!("/callback?{query}&state={state}"));
        assert_eq!(redirect.status(), 303, "{query}");
        assert_eq!(
            location(&redirect),
            format!("{RETURN_TO}#smooch.error={code}&smooch.state={state}"),
            "{query}"
        );
    }
}

/// The edge redirects only to URLs of its settings.
#[apply(scenario)]
fn a_state_without_a_known_site_redirects_to_the_hosted_page(start: Start<'_>) {
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
        let redirect = get(&mut *world, &format!("/callback?{query}"));
        let excerpt = query.get(..60).unwrap_or(&query);
        assert_eq!(location(&redirect), format!("{edge}/install#smooch.error=invalid_request"), "{excerpt}");
    }
    assert!(!location(&get(&mut *world, "/callback?code=a&state=1")).contains(PARTNER));
}

/// Other methods get 405 with `Allow`.
#[apply(scenario)]
fn the_callback_allows_only_get_and_head(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let url = format!("{}/callback?code=a", world.edge());
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let refused = world.send(request(method, &url));
        assert_eq!(refused.status(), 405, "{method}");
        assert_eq!(header(&refused, "allow"), Some("GET, HEAD"), "{method}");
    }
}

/// A marketplace sends the owner to Smooch directly, so the callback has no state.
#[apply(scenario)]
fn a_direct_install_needs_the_setting(start: Start<'_>) {
    let direct_install = |world: &mut dyn World| {
        let link =
            format!("{}/oauth/authorize?client_id=shoplifter&response_type=code", world.smooch_origin());
        let owner = Owner::new(SINGLE).allow(&link, "Blue Bicycle", |request| world.visit(request));
        get(world, &owner.expect("the owner can allow"))
    };
    let mut closed = start(&Setup::smooch());
    let expected = format!("{}/install#smooch.error=invalid_request", closed.edge());
    assert_eq!(location(&direct_install(&mut *closed)), expected);
    drop(closed);

    let mut open = start(&Setup::smooch().with("DIRECT_INSTALL", true));
    let redirect = direct_install(&mut *open);
    assert!(location(&redirect).starts_with(&format!("{}/install#smooch.receipt=", open.edge())));
    assert_eq!(Fragment::from_redirect(&redirect).state, None);
}

/// RFC 9207 §2.4: a missing or different `iss` is a mix-up attack.
#[apply(scenario)]
fn a_code_from_another_issuer_is_rejected(start: Start<'_>) {
    let issuer = "https://honest.example";
    let options = Options { issuer: Some(issuer.into()), ..Options::default() };
    let mut world = start(&Setup::smooch().with("SMOOCH_ISSUER", issuer).with_options(options));
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    assert!(Fragment::from_redirect(&get(&mut *world, &callback)).receipt.is_some());
    let state = page.state.to_text();
    for iss in ["", "&iss=https%3A%2F%2Fevil.example", "&iss=https%3A%2F%2Fhonest.example%2F"] {
        let redirect = get(&mut *world, &format!("/callback?code=a&state={state}{iss}"));
        assert_eq!(Fragment::from_redirect(&redirect).error.as_deref(), Some("invalid_request"), "{iss:?}");
        assert_eq!(Fragment::from_redirect(&redirect).receipt, None);
    }
}

/// RFC 9207 §2.4 covers error responses too.
#[apply(scenario)]
fn an_error_from_another_issuer_is_rejected(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("SMOOCH_ISSUER", "https://honest.example"));
    let state = Page::new("main", 1).state.to_text();
    for iss in ["", "&iss=https%3A%2F%2Fevil.example"] {
        let redirect = get(&mut *world, &format!("/callback?error=access_denied&state={state}{iss}"));
        assert_eq!(Fragment::from_redirect(&redirect).error.as_deref(), Some("invalid_request"), "{iss:?}");
    }
}
