//! Calls to Smooch's API through the edge. The edge attaches the token, which the partner's backend never sees.

use http::StatusCode;
use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{
    Author, Broken, Endpoint, Fault, Options, Received,
    accounts::{CUSTOMER, NIGHT_MARKET, OWNER},
};
use tests::{
    page::{Page, call_v1, connection_id, get_v1, header, json},
    world::{API_KEY, Setup, Start, World},
};

fn connect(world: &mut dyn World) -> String {
    let connected = Page::new("main", 1).install(world, OWNER, "Night Market");
    world.advance(2_000);
    connection_id(&connected)
}

fn last(world: &dyn World) -> Received {
    world.smooch().requests().last().expect("a request").clone()
}

/// The backend lists conversations and sends a message without asking for the token.
#[apply(scenario)]
fn a_call_is_forwarded_with_the_token_attached(start: Start<'_>) {
    for (setup, family) in [(Setup::smooch(), ""), (Setup::sunshine(), "/sc")] {
        let mut world = start(&setup);
        let id = connect(&mut *world);
        let api = format!("/v1/connections/{id}/api/v2/apps/{NIGHT_MARKET}/conversations");
        let query = format!("filter%5BuserExternalId%5D={CUSTOMER}");
        let listed = get_v1(&mut *world, &format!("{api}?{query}"));
        assert_eq!(listed.status(), 200);
        let request = last(&*world);
        assert_eq!(request.path(), format!("{family}/v2/apps/{NIGHT_MARKET}/conversations"));
        assert_eq!(request.uri.query(), Some(query.as_str()));
        let token = world.smooch().live_tokens().first().expect("a token").access_token.clone();
        assert_eq!(request.header("authorization"), Some(format!("Bearer {token}").as_str()));
        let name = request.header("x-zendesk-marketplace-name");
        assert_eq!(name, (!family.is_empty()).then_some("Shoplifter"));

        // The body of a GET is dropped.
        assert_eq!(call_v1(&mut *world, "GET", &format!("{api}?{query}"), "{}").status(), 200);
        assert_eq!(last(&*world).text(), "");
        let conversation =
            json(&listed)["conversations"][0]["id"].as_str().expect("a conversation").to_owned();
        let message = json!({"author": {"type": "business"}, "content": {"type": "text", "text": "hello"}});
        let sent =
            call_v1(&mut *world, "POST", &format!("{api}/{conversation}/messages"), &message.to_string());
        assert_eq!(sent.status(), 201);
        assert_eq!(last(&*world).text(), message.to_string());
        assert_eq!(last(&*world).header("content-type"), Some("application/json"));
        let smooch = world.smooch();
        let author = smooch.messages(NIGHT_MARKET).last().map(|message| message.author.clone());
        assert_eq!(author, Some(Author::Business(stand_in::INTEGRATION_NAME.into())));
        drop(smooch);
        let everything = format!("{} {:?} {:?}", world.log(), listed.headers(), sent.headers());
        assert!(!everything.contains(&token), "the token has left the edge");
    }
}

/// Path traversal is rejected, and headers of the caller that carry credentials or routing are dropped.
#[apply(scenario)]
fn a_call_cannot_leave_the_api(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let id = connect(&mut *world);
    let before = world.smooch().requests().len();
    for path in [
        "v2/%2e%2e/%2e%2e/admin",
        "v2/..%2f..%2fadmin",
        "v2/%2E./admin",
        "%2f%2fevil.example",
        "v2%5c..%5cadmin",
        "v2//admin",
        "/evil.example",
        "v2/x%00",
        "v2/..;/..;/admin",
        "v2/%252e%252e%252fadmin",
    ] {
        let answer = get_v1(&mut *world, &format!("/v1/connections/{id}/api/{path}"));
        // workerd normalizes some of these paths before the edge sees them, and then no route matches: 404.
        assert!([400, 404].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
    }
    assert_eq!(world.smooch().requests().len(), before, "a request was sent to Smooch");

    let url = format!(
        "{}/v1/connections/{id}/api/v2/apps/{NIGHT_MARKET}/users?filter%5Bidentities.email%5D=a",
        world.edge()
    );
    let request = http::Request::get(url)
        .header("authorization", format!("Bearer {API_KEY}"))
        .header("cookie", "canary-cookie=1")
        .header("connection", "x-canary-hop")
        .header("x-canary-hop", "1")
        .header("x-forwarded-for", "canary-address")
        .header("x-zendesk-marketplace-name", "canary-name")
        .header("x-idempotency-key", "kept")
        .body(Vec::new());
    let answer = world.send(request.expect("a request"));
    assert!(answer.status() != 401, "the API key is rejected");
    let sent = last(&*world);
    assert_eq!(sent.header("x-idempotency-key"), Some("kept"));
    let headers = format!("{:?}", sent.headers);
    assert!(!headers.contains("canary") && !headers.contains(API_KEY), "{headers}");
}

/// Status, `Retry-After`, content type and body are kept. Cookies and CORS headers are removed.
#[apply(scenario)]
fn an_answer_of_the_api_is_returned_unchanged_without_cookies(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world);
    let path = format!("/v1/connections/{id}/api/v2/x");
    for status in [200, 404, 429, 500, 503] {
        let answer = http::Response::builder()
            .status(status)
            .header("content-type", "application/vnd.custom+json")
            .header("retry-after", "17")
            .header("set-cookie", "canary=1")
            .header("access-control-allow-origin", "https://canary.example")
            .body(b"{\"as\":\"it is\"}".to_vec());
        world.smooch().on_next(Endpoint::Api, Fault::before(answer.expect("the answer is valid")));
        let back = get_v1(&mut *world, &path);
        assert_eq!(back.status(), status);
        assert_eq!(header(&back, "content-type"), Some("application/vnd.custom+json"));
        assert_eq!(header(&back, "retry-after"), Some("17"));
        assert_eq!(back.body(), b"{\"as\":\"it is\"}");
        assert!(!format!("{:?}", back.headers()).contains("canary"));
    }
    // The body is streamed, so its length has no limit.
    let large = vec![b'a'; 1024 * 1024];
    world.smooch().on_next(Endpoint::Api, Fault::before(http::Response::new(large.clone())));
    assert_eq!(get_v1(&mut *world, &path).body(), &large);
}

/// The edge leaves it to Smooch which methods a path allows.
#[apply(scenario)]
fn every_http_method_is_forwarded(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world);
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let _answer = call_v1(&mut *world, method, &format!("/v1/connections/{id}/api/v2/x"), "");
        assert_eq!(last(&*world).method.as_str(), method);
    }
}

/// Following the redirect would send the token to its target.
#[apply(scenario)]
fn a_redirect_of_the_api_is_returned_and_not_followed(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world);
    let elsewhere = "https://elsewhere.example/v2/x";
    let answer = http::Response::builder().status(302).header("location", elsewhere).body(Vec::new());
    world.smooch().on_next(Endpoint::Api, Fault::before(answer.expect("the answer is valid")));
    let before = world.smooch().requests().len();
    let back = get_v1(&mut *world, &format!("/v1/connections/{id}/api/v2/x"));
    assert_eq!((back.status().as_u16(), header(&back, "location")), (302, Some(elsewhere)));
    assert_eq!(world.smooch().requests().len(), before + 1);
}

/// The owner removes the integration at Smooch, and the next call gets a 401.
#[apply(scenario)]
fn a_revoked_token_marks_the_connection_as_revoked(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world);
    let origin = world.smooch_origin();
    stand_in::Owner::new(OWNER)
        .remove(&origin, NIGHT_MARKET, |request| world.visit(request))
        .expect("the owner can remove it");
    let path = format!("/v1/connections/{id}/api/v2/apps/{NIGHT_MARKET}/conversations");
    let first = get_v1(&mut *world, &path);
    assert_eq!((first.status().as_u16(), header(&first, "add-to-smooch-connection")), (401, Some("revoked")));
    // KV caches reads for a minute.
    world.advance(61_000);
    let listed = json(&get_v1(&mut *world, "/v1/connections"));
    assert_eq!(listed["connections"][0]["status"], "revoked");
    let request = world.smooch().requests().len();
    for path in [path, format!("/v1/connections/{id}/token")] {
        let refused = get_v1(&mut *world, &path);
        assert_eq!(
            (refused.status().as_u16(), json(&refused)["code"].as_str()),
            (409, Some("connection_revoked"))
        );
    }
    assert_eq!(world.smooch().requests().len(), request, "a revoked token was used again");
    // Connecting again repairs the connection.
    assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    let listed = json(&get_v1(&mut *world, "/v1/connections"));
    assert_eq!(listed["connections"][0]["status"], "connected");
}

/// A path may answer 401 for reasons of its own. The mark is permanent, so the edge first checks the token.
#[apply(scenario)]
fn a_401_for_one_call_does_not_mark_the_connection_as_revoked(start: Start<'_>) {
    for (setup, status_endpoint) in
        [(Setup::smooch(), Endpoint::Api), (Setup::sunshine(), Endpoint::TokenInfo)]
    {
        let mut world = start(&setup);
        let id = connect(&mut *world);
        let path = format!("/v1/connections/{id}/api/v2/x");
        for status_answer in [None, Some(StatusCode::BAD_GATEWAY)] {
            world.smooch().on_next(Endpoint::Api, Fault::status(StatusCode::UNAUTHORIZED));
            if let Some(status) = status_answer {
                world.smooch().on_next(status_endpoint, Fault::status(status));
            }
            let refused = get_v1(&mut *world, &path);
            assert_eq!(refused.status(), 401);
            assert_eq!(header(&refused, "add-to-smooch-connection"), None);
        }
        world.advance(61_000);
        let listed = json(&get_v1(&mut *world, "/v1/connections"));
        assert_eq!(listed["connections"][0]["status"], "connected");
    }
}

/// The real Worker times out after half a minute.
#[apply(scenario)]
fn a_call_that_hangs_times_out(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world);
    let mut broken = stand_in::Response::default();
    for failure in [Broken::Reset, Broken::Hang] {
        broken.extensions_mut().insert(failure);
        world.smooch().on_next(Endpoint::Api, Fault::before(broken.clone()));
        let lost = get_v1(&mut *world, &format!("/v1/connections/{id}/api/v2/x"));
        assert_eq!((lost.status().as_u16(), json(&lost)["code"].as_str()), (502, Some("smooch_unavailable")));
    }
}

/// A read may be a minute old, so a token that Smooch rejects may have been replaced meanwhile.
#[apply(scenario)]
fn a_stale_read_does_not_overwrite_a_newer_record(start: Start<'_>) {
    let mut world =
        start(&Setup::smooch().with_options(Options { reauthorizing_revokes: true, ..Options::default() }));
    let id = connect(&mut *world);
    // This read puts the record into KV's cache for a minute.
    assert_eq!(get_v1(&mut *world, &format!("/v1/connections/{id}/token")).status(), 200);
    world.advance(5_000);
    assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    let newest = world.smooch().live_tokens().first().expect("a token").access_token.clone();
    assert_eq!(get_v1(&mut *world, &format!("/v1/connections/{id}/api/v2/x")).status(), 401);
    let removed = call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "");
    assert_eq!((removed.status().as_u16(), header(&removed, "retry-after")), (503, Some("60")));
    world.advance(61_000);
    let kept = json(&get_v1(&mut *world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
    assert_eq!(kept, newest.as_str(), "the old token has overwritten the new one");
    assert_eq!(world.smooch().live_tokens().len(), 1);
}
