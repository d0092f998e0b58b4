//! What the setup page asks the edge about a site and its return page. The page is served where Smooch is, below its
//! API, where each request that comes is kept.

use super::Start;
use crate::{
    page::{get, header, json, request},
    simulator::MOST_REQUESTS,
    world::{Response, Setup, World},
};
use serde_json::{Value, json};
use stand_in::{Broken, Endpoint, Fault};

/// Where the return page is.
const RETURN_TO: &str = "/v2/connected?from=smooch";

/// A world whose site `main` has its page where Smooch is.
fn world(start: Start<'_>, site: &Value) -> Box<dyn World> {
    let setup = Setup { limited: false, ..Setup::smooch() };
    let mut world = start(&setup);
    let origin = world.smooch_origin();
    let mut main = json!({"origin": origin, "return_to": format!("{origin}{RETURN_TO}")});
    main.as_object_mut().expect("an object").extend(site.as_object().expect("an object").clone());
    world.restart(&setup.with("SITES", json!({"main": main, "shop-2": main})));
    world
}

fn ask(world: &mut dyn World, site: &str, origin: &str) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("site", site)
        .append_pair("origin", origin)
        .finish();
    get(world, &format!("/setup.json?{query}"))
}

/// What the edge says of site `main`, whose page is this once as `answer` says.
fn facts_of(world: &mut dyn World, answer: Response) -> Value {
    world.smooch().on_next(Endpoint::Api, Fault::before(answer));
    let origin = world.smooch_origin();
    let told = ask(world, "main", &origin);
    assert_eq!(told.status(), 200);
    json(&told)["page"].clone()
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

/// The snippet, as the setup page writes it.
fn snippet(world: &dyn World) -> String {
    let (edge, smooch) = (world.edge(), world.smooch_origin());
    format!(
        "<script type=\"module\" src=\"{edge}/add-to-smooch.js\"></script>\n\
         <add-to-smooch client-id=\"shoplifter\" site=\"main\" authorize-url=\"{smooch}/oauth/authorize\"></add-to-smooch>"
    )
}

/// The page is asked for once, with nothing of ours.
pub fn a_page_that_is_right_is_found_right(start: Start<'_>) {
    let mut world = world(start, &json!({}));
    let edge = world.edge();
    let policy = format!("default-src 'none'; script-src {edge} 'wasm-unsafe-eval'; connect-src {edge}");
    let html = format!("<!doctype html><title>Shop</title><h1>Café</h1>{}", snippet(&*world));
    let facts = facts_of(&mut *world, page(&html, Some(&policy)));
    let expected = json!({"answer": "html", "cut": false, "script": "floating", "button": true, "wrong": [], "blocked": []});
    assert_eq!(facts, expected);
    let smooch = world.smooch();
    let [asked] = smooch.requests() else { panic!("one request: {:?}", smooch.requests()) };
    assert_eq!(
        (asked.method.as_str(), asked.uri.path_and_query().map(http::uri::PathAndQuery::as_str)),
        ("GET", Some(RETURN_TO))
    );
    assert_eq!(asked.header("accept"), Some("text/html"));
    assert!(
        asked.header("authorization").is_none() && asked.header("cookie").is_none() && asked.body.is_empty()
    );
    drop(smooch);
    assert!(world.kv().keys().is_empty(), "nothing is stored");
}

/// Whoever does not name both is told no more than `/callback` and `/complete` tell.
pub fn a_site_is_spoken_of_to_whom_names_it_and_its_origin(start: Start<'_>) {
    let mut world = world(start, &json!({"require_session": true}));
    let origin = world.smooch_origin();
    for (site, origin, expected) in [
        ("main", "https://evil.example", "other_origin"),
        ("main", &*format!("{origin}/"), "other_origin"),
        ("shop", &*origin, "other_name"),
        ("hosted", &*origin, "other_name"),
        ("shop", "https://evil.example", "unknown"),
    ] {
        let told = ask(&mut *world, site, origin);
        assert_eq!(json(&told), json!({"site": expected}), "{site} {origin}");
        assert_eq!(header(&told, "cache-control"), Some("no-store"));
    }
    assert_eq!(world.smooch().requests().len(), 0, "a page was asked for");
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

/// Whatever the page answers, it is told by a code.
pub fn a_page_that_is_not_there_is_told(start: Start<'_>) {
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

/// Nobody is led to another host by what a page answers.
pub fn a_redirect_of_the_page_is_not_followed(start: Start<'_>) {
    let mut world = world(start, &json!({}));
    let mut redirect = status(302);
    let secret = format!("{}/v2/secret", world.smooch_origin());
    redirect.headers_mut().insert("location", secret.parse().expect("a header"));
    assert_eq!(facts_of(&mut *world, redirect), json!({"answer": "redirect", "status": 302}));
    assert_eq!(world.smooch().requests().len(), 1, "the redirect was followed");
}

/// A page that never ends costs a bounded time and a bounded size.
pub fn a_page_that_does_not_end_is_given_up(start: Start<'_>) {
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

/// Each thing by itself.
pub fn what_is_wrong_with_a_page_is_named(start: Start<'_>) {
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

/// As on every route that anybody may call.
pub fn who_asks_too_often_about_sites_waits(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    for _ in 0..MOST_REQUESTS {
        assert_eq!(json(&ask(&mut *world, "none", "https://a.example")), json!({"site": "unknown"}));
    }
    let refused = ask(&mut *world, "none", "https://a.example");
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, Some("60")));
}

/// It does not call itself.
pub fn a_return_page_on_the_edge_is_not_asked_for(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    // Where the real worker listens is another port after each start; where it is asked for can be said.
    let own = if world.is_simulated() { world.edge() } else { "http://edge.localhost:8787".into() };
    let site = json!({"main": {"origin": own, "return_to": format!("{own}/healthz")}});
    world.restart(&Setup::smooch().with("SITES", site));
    let mut asking = request("GET", &format!("{}/setup.json?site=main&origin={own}", world.edge()));
    let host = own.split("//").nth(1).and_then(|host| host.parse().ok()).expect("a header");
    asking.headers_mut().insert("host", host);
    let expected = json!({"site": "known", "require_session": false, "page": {"answer": "on_the_edge"}});
    assert_eq!(json(&world.send(asking)), expected);
    assert!(!world.log().contains("/healthz"), "it was asked for");
}
