//! `GET /setup.json`: the check of a site's return page. The return page is served on Smooch's origin, below its API, because
//! the stand-in records each request there.

use macro_rules_attribute::apply;
use serde_json::{Value, json};
use stand_in::{Broken, Endpoint, Fault};
use tests::{
    page::{get, header, json, request},
    simulator::MAX_REQUESTS,
    world::{Response, Setup, Start, World},
};

/// The path of the return page.
const RETURN_TO: &str = "/v2/connected?from=smooch";

/// A world whose site `main` has its return page on Smooch's origin.
fn world(start: Start<'_>, site: &Value) -> Box<dyn World> {
    let setup = Setup { rate_limited: false, ..Setup::smooch() };
    let mut world = start(&setup);
    let origin = world.smooch_origin();
    let mut main = json!({"origin": origin, "return_to": format!("{origin}{RETURN_TO}")});
    main.as_object_mut().expect("an object").extend(site.as_object().expect("an object").clone());
    world.restart(&setup.with("SITES", json!({"main": main, "shop-2": main})));
    world
}

fn check_site(world: &mut dyn World, site: &str, origin: &str) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("site", site)
        .append_pair("origin", origin)
        .finish();
    get(world, &format!("/setup.json?{query}"))
}

/// Lets the return page of `main` answer with `answer` once, and returns the facts that the edge reports.
fn facts_of(world: &mut dyn World, answer: Response) -> Value {
    world.smooch().on_next(Endpoint::Api, Fault::before(answer));
    let origin = world.smooch_origin();
    let answer = check_site(world, "main", &origin);
    assert_eq!(answer.status(), 200);
    json(&answer)["page"].clone()
}

fn page(body: &str, policy: Option<&str>) -> Response {
    let answer = http::Response::builder().header("content-type", "text/html; charset=utf-8");
    let answer =
        policy.into_iter().fold(answer, |answer, policy| answer.header("content-security-policy", policy));
    answer.body(body.as_bytes().to_vec()).expect("an answer")
}

fn status(status: u16) -> Response {
    http::Response::builder().status(status).body(Vec::new()).expect("an answer")
}

/// The snippet that the setup page generates.
fn snippet(world: &dyn World) -> String {
    let (edge, smooch) = (world.edge(), world.smooch_origin());
    format!(
        "<script type=\"module\" src=\"{edge}/add-to-smooch.js\"></script>\n\
         <add-to-smooch client-id=\"shoplifter\" site=\"main\" authorize-url=\"{smooch}/oauth/authorize\"></add-to-smooch>"
    )
}

/// The page is requested once, without credentials.
#[apply(scenario)]
fn a_correct_page_passes_the_check(start: Start<'_>) {
    let mut world = world(start, &json!({}));
    let edge = world.edge();
    let policy = format!("default-src 'none'; script-src {edge} 'wasm-unsafe-eval'; connect-src {edge}");
    let html = format!("<!doctype html><title>Shop</title><h1>Café</h1>{}", snippet(&*world));
    let facts = facts_of(&mut *world, page(&html, Some(&policy)));
    let expected = json!({"answer": "html", "cut": false, "script": "floating", "button": true, "wrong": [], "blocked": []});
    assert_eq!(facts, expected);
    let smooch = world.smooch();
    let [received] = smooch.requests() else { panic!("one request: {:?}", smooch.requests()) };
    assert_eq!(
        (received.method.as_str(), received.uri.path_and_query().map(http::uri::PathAndQuery::as_str)),
        ("GET", Some(RETURN_TO))
    );
    assert_eq!(received.header("accept"), Some("text/html"));
    assert!(
        received.header("authorization").is_none()
            && received.header("cookie").is_none()
            && received.body.is_empty()
    );
    drop(smooch);
    assert!(world.kv().keys().is_empty(), "nothing is stored");
}

/// A wrong name or a wrong origin reveals no more than `/callback` and `/complete` do.
#[apply(scenario)]
fn facts_of_a_site_need_its_name_and_its_origin(start: Start<'_>) {
    let mut world = world(start, &json!({"require_session": true}));
    let origin = world.smooch_origin();
    for (site, origin, expected) in [
        ("main", "https://evil.example", "other_origin"),
        ("main", &*format!("{origin}/"), "other_origin"),
        ("shop", &*origin, "other_name"),
        ("hosted", &*origin, "other_name"),
        ("shop", "https://evil.example", "unknown"),
    ] {
        let answer = check_site(&mut *world, site, origin);
        assert_eq!(json(&answer), json!({"site": expected}), "{site} {origin}");
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
    }
    assert_eq!(world.smooch().requests().len(), 0, "a page was requested");
    for query in [
        "",
        "?site=main",
        "?origin=https://x",
        "?site=main&origin=",
        "?site=main&origin=x",
        "?site=main&origin=http://",
        "?site=../main&origin=https://x",
        "?site=Main&origin=https://x",
        "?site=main&origin=https://x&site=main",
        "?site=main&origin=https://x&url=http://127.0.0.1/",
    ] {
        let refused = get(&mut *world, &format!("/setup.json{query}"));
        assert_eq!(
            (refused.status().as_u16(), json(&refused)["code"].as_str()),
            (400, Some("invalid_request")),
            "{query}"
        );
    }
    let long = format!("/setup.json?site=main&origin=https://{}", "a".repeat(261));
    assert_eq!(get(&mut *world, &long).status(), 400);
    let edge = world.edge();
    let refused = world.send(request("POST", &format!("{edge}/setup.json?site=main&origin={origin}")));
    assert_eq!((refused.status().as_u16(), header(&refused, "allow")), (405, Some("GET")));
}

/// Errors, other content types, and no answer.
#[apply(scenario)]
fn an_unusable_page_is_reported_by_a_code(start: Start<'_>) {
    let mut world = world(start, &json!({}));
    let world = &mut *world;
    assert_eq!(facts_of(world, status(404)), json!({"answer": "error", "status": 404}));
    assert_eq!(facts_of(world, status(503)), json!({"answer": "error", "status": 503}));
    let mut text = page("<add-to-smooch>", None);
    text.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
    assert_eq!(facts_of(world, text), json!({"answer": "other_type"}));
    assert_eq!(facts_of(world, status(200)), json!({"answer": "other_type"}));
    let mut broken = status(200);
    broken.extensions_mut().insert(Broken::Reset);
    assert_eq!(facts_of(world, broken), json!({"answer": "unreachable"}));
}

/// A page cannot make the edge send requests to another host.
#[apply(scenario)]
fn a_redirect_of_the_page_is_reported_and_not_followed(start: Start<'_>) {
    let mut world = world(start, &json!({}));
    let mut redirect = status(302);
    let secret = format!("{}/v2/secret", world.smooch_origin());
    redirect.headers_mut().insert("location", secret.parse().expect("a header"));
    assert_eq!(facts_of(&mut *world, redirect), json!({"answer": "redirect", "status": 302}));
    assert_eq!(world.smooch().requests().len(), 1, "the redirect was followed");
}

/// The edge limits the time and the size.
#[apply(scenario)]
fn a_page_that_does_not_end_is_cut_off(start: Start<'_>) {
    let mut world = world(start, &json!({}));
    let world = &mut *world;
    let mut slow = page("<add-to-smooch>", None);
    slow.extensions_mut().insert(Broken::Hang);
    assert_eq!(facts_of(world, slow), json!({"answer": "unreachable"}));
    let long = format!(
        "{}{}{}",
        snippet(world),
        "<p>".repeat(edge::page_check::MAX_PAGE / 3),
        "<meta http-equiv=content-security-policy content=\"default-src 'none'\">"
    );
    let facts = facts_of(world, page(&long, None));
    let expected = json!({"answer": "html", "cut": true, "script": "floating", "button": true, "wrong": [], "blocked": []});
    assert_eq!(facts, expected);
}

/// One mistake at a time.
#[apply(scenario)]
fn each_mistake_of_a_page_is_named(start: Start<'_>) {
    let mut world = world(start, &json!({"require_session": true}));
    let world = &mut *world;
    let (edge, right) = (world.edge(), snippet(world).replace(" site=", " session=k1.abc site="));
    let right_script = format!("<script type=\"module\" src=\"{edge}/add-to-smooch.js\">");
    let mut check = |html: &str,
                     policy: Option<&str>,
                     script: &str,
                     button: bool,
                     wrong: &[&str],
                     blocked: &[&str]| {
        let expected = json!({"answer": "html", "cut": false, "script": script, "button": button, "wrong": wrong, "blocked": blocked});
        assert_eq!(facts_of(world, page(html, policy)), expected, "{html}");
    };
    check(&right, None, "floating", true, &[], &[]);
    check("", None, "missing", false, &[], &[]);
    check("<div id=root></div><script src=/app.js></script>", None, "missing", false, &[], &[]);
    let mut with_script =
        |tag: &str, fact: &str| check(&right.replace(&right_script, tag), None, fact, true, &[], &[]);
    with_script(&format!("<script src={edge}/add-to-smooch.js>"), "not_module");
    with_script(
        &format!("<script type=module src={edge}/embed/0123/add-to-smooch.js integrity=sha384-x>"),
        "pinned",
    );
    with_script(
        &format!("<script type=module src={edge}/add-to-smooch.js integrity=sha384-x>"),
        "floating_with_digest",
    );
    with_script("<script type=module src=/add-to-smooch.js>", "elsewhere");
    with_script(&format!("<base href={edge}><script type=module src=add-to-smooch.js>"), "floating");
    with_script("<script type=module>import '/add-to-smooch.js'", "missing");
    let mut with = |from: &str, to: &str, wrong: &[&str]| {
        assert!(right.contains(from), "{from}");
        check(&right.replace(from, to), None, "floating", true, wrong, &[]);
    };
    with("session=k1.abc", "session=\"SESSION_FROM_YOUR_BACKEND\"", &["session"]);
    with("session=k1.abc", "", &["session"]);
    with("client-id=\"shoplifter\"", "client-id=thief", &["client-id"]);
    with("client-id=\"shoplifter\"", "pkce", &["client-id", "pkce"]);
    with("site=\"main\"", "site=other", &["site"]);
    with("site=\"main\"", "", &[]);
    with("<add-to-smooch ", "<add-to-smooch site=other></add-to-smooch><add-to-smooch ", &[]);
    with("authorize-url", "x", &["authorize-url"]);
    check(&right, Some("default-src 'self'"), "floating", true, &[], &["script", "wasm", "connect"]);
    let meta = format!("<meta http-equiv=Content-Security-Policy content=\"script-src {edge}\">{right}");
    check(&meta, None, "floating", true, &[], &["wasm"]);
    check(
        &right,
        Some(&format!("connect-src {edge}, connect-src 'self'")),
        "floating",
        true,
        &[],
        &["connect"],
    );
}

/// As on every route without a key.
#[apply(scenario)]
fn page_checks_are_rate_limited(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    for _ in 0..MAX_REQUESTS {
        assert_eq!(json(&check_site(&mut *world, "none", "https://a.example")), json!({"site": "unknown"}));
    }
    let refused = check_site(&mut *world, "none", "https://a.example");
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, Some("60")));
}

/// The edge does not call itself.
#[apply(scenario)]
fn a_return_page_on_the_edge_is_not_requested(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    // The real Worker gets another port after each restart, so the test chooses the host of the request instead.
    let own = if world.is_simulated() { world.edge() } else { "http://edge.localhost:8787".into() };
    let site = json!({"main": {"origin": own, "return_to": format!("{own}/healthz")}});
    world.restart(&Setup::smooch().with("SITES", site));
    let mut check_request = request("GET", &format!("{}/setup.json?site=main&origin={own}", world.edge()));
    let host = own.split("//").nth(1).and_then(|host| host.parse().ok()).expect("a header");
    check_request.headers_mut().insert("host", host);
    let expected = json!({"site": "known", "require_session": false, "page": {"answer": "on_the_edge"}});
    assert_eq!(json(&world.send(check_request)), expected);
    assert!(!world.log().contains("/healthz"), "the page was requested");
}
