//! The API of the partner's backend, and the health of a deployment.

use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::accounts::OWNER;
use tests::{
    page::{Page, call_v1, create_session, get, get_v1, header, json, request},
    world::{API_KEY, Setup, Start},
};

/// Also a path that does not exist.
#[apply(scenario)]
fn every_v1_path_requires_an_api_key(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = "5f1a8e6b2c3d4e5f6a7b8c9d-AAAAAAAAAAAAAAAA";
    let edge = world.edge();
    let mut address = 0;
    for (method, path) in [
        ("GET", "connections".to_owned()),
        ("GET", format!("connections/{id}")),
        ("DELETE", format!("connections/{id}")),
        ("GET", format!("connections/{id}/token")),
        ("GET", format!("connections/{id}/api/v2/x")),
        ("POST", format!("connections/{id}/api/v2/x")),
        ("POST", "sessions".into()),
        ("GET", "events".into()),
        ("GET", "nothing".into()),
    ] {
        for authorization in [
            "",
            "Bearer",
            "Bearer ",
            API_KEY,
            &format!("Basic {API_KEY}"),
            &format!("Bearer {}", &API_KEY[..API_KEY.len() - 1]),
            &format!("Bearer {API_KEY}x"),
            &format!("Bearer {}", API_KEY.to_uppercase()),
        ] {
            let mut request = request(method, &format!("{edge}/v1/{path}"));
            request.headers_mut().insert("authorization", authorization.parse().expect("a header"));
            // Each request has its own client address, because of the rate limit.
            address += 1;
            request.headers_mut().insert("cf-connecting-ip", address.into());
            let answer = world.send(request);
            assert_eq!(answer.status(), 401, "{method} {path} {authorization:?}");
            assert_eq!(json(&answer)["code"], "unauthorized");
            assert_eq!(header(&answer, "www-authenticate"), Some("Bearer realm=\"v1\""));
        }
    }
    assert_eq!(world.kv().counts(), tests::kv::Counts::default());
    assert_eq!(get_v1(&mut *world, "/v1/connections").status(), 200);
    assert!(world.log().contains(r#""key":"backend""#), "the log does not name the key");
}

/// One KV list per page, and no read.
#[apply(scenario)]
fn connections_are_listed_by_page_and_by_subject(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    // `..` is a valid subject and an invalid path segment.
    for (seed, subject) in [(1, "ann"), (2, ".."), (3, "ann.b")] {
        for (offset, app) in [(0, "Night Market"), (10, "Corner Bakery")] {
            let created = create_session(&mut *world, &json!({"subject": subject}));
            let sealed = json(&created)["session"].as_str().expect("a session").to_owned();
            let page = Page::new("main", seed + offset).with_session(&sealed);
            assert_eq!(page.install(&mut *world, OWNER, app).status(), 200);
        }
    }
    let before = world.kv().counts();
    let mut all = Vec::new();
    let mut cursor = String::new();
    let mut pages = 0;
    loop {
        let page = json(&get_v1(&mut *world, &format!("/v1/connections?limit=4&cursor={cursor}")));
        all.extend(page["connections"].as_array().expect("connections").clone());
        pages += 1;
        match page["cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!((all.len(), pages), (6, 2));
    let after = world.kv().counts();
    assert_eq!((after.lists - before.lists, after.gets - before.gets), (2, 0));
    let ann_connections = json(&get_v1(&mut *world, "/v1/connections?subject=ann"));
    let subjects: Vec<_> = ann_connections["connections"]
        .as_array()
        .expect("connections")
        .iter()
        .map(|shown| shown["subject"].clone())
        .collect();
    assert_eq!(subjects, ["ann", "ann"]);
    let dots_connections = json(&get_v1(&mut *world, "/v1/connections?subject=.."));
    assert_eq!(dots_connections["connections"].as_array().map(Vec::len), Some(2));
    for wrong in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "subject=a/b",
        "subject=",
        "cursor=zzz",
        "page=1",
        "limit=1&limit=2",
    ] {
        assert_eq!(get_v1(&mut *world, &format!("/v1/connections?{wrong}")).status(), 400, "{wrong}");
    }
}

/// Valid and invalid ids.
#[apply(scenario)]
fn an_unknown_connection_is_not_found(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    for id in ["5f1a8e6b2c3d4e5f6a7b8c9d-AAAAAAAAAAAAAAAA", "x", "..", "%2e%2e", "5f1a-short"] {
        for path in [format!("/v1/connections/{id}"), format!("/v1/connections/{id}/token")] {
            let answer = get_v1(&mut *world, &path);
            assert_eq!(answer.status(), 404, "{path}");
            assert_eq!(json(&answer)["code"], "not_found");
        }
    }
}

/// A sealing key was removed too early, or the value in KV was changed.
#[apply(scenario)]
fn a_record_that_cannot_be_opened_is_reported(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let connected = json(&Page::new("main", 1).install(&mut *world, OWNER, "Night Market"));
    let id = connected["connection"]["id"].as_str().expect("an id").to_owned();
    let key = format!("connection/{id}");
    world.kv().tamper(&key, |entry| entry.value = entry.value.replacen("k1.", "k0.", 1));
    let answer = get_v1(&mut *world, &format!("/v1/connections/{id}/token"));
    assert_eq!((answer.status().as_u16(), json(&answer)["code"].as_str()), (503, Some("misconfigured")));
    assert!(world.log().contains("not in SEALING_KEYS"));
    world.kv().tamper(&key, |entry| entry.value = entry.value.replacen("k0.", "k1.A", 1));
    world.advance(61_000);
    let answer = get_v1(&mut *world, &format!("/v1/connections/{id}/token"));
    assert_eq!(
        (answer.status().as_u16(), json(&answer)["code"].as_str()),
        (503, Some("storage_unavailable"))
    );
    // The list needs no opened record and still works.
    assert_eq!(
        json(&get_v1(&mut *world, "/v1/connections"))["connections"].as_array().map(Vec::len),
        Some(1)
    );
}

/// Metadata is not sealed, so an attacker who can write to KV can change it. It does not choose the host of a request.
#[apply(scenario)]
fn a_host_injected_into_the_metadata_gets_no_token(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let connected = json(&Page::new("main", 1).install(&mut *world, OWNER, "Night Market"));
    let id = connected["connection"]["id"].as_str().expect("an id").to_owned();
    let subdomain = connected["connection"]["app"]["subdomain"].as_str().expect("a subdomain").to_owned();
    world.kv().tamper(&format!("connection/{id}"), |entry| {
        entry.metadata = entry.metadata.take().map(|metadata| metadata.replace(&subdomain, "evil"));
    });
    let before = world.smooch().requests().len();
    for (method, path) in [("GET", "/api/v2/x"), ("GET", "/token"), ("DELETE", "")] {
        let answer = call_v1(&mut *world, method, &format!("/v1/connections/{id}{path}"), "");
        assert_eq!(
            (answer.status().as_u16(), json(&answer)["code"].as_str()),
            (503, Some("storage_unavailable"))
        );
    }
    assert_eq!(world.smooch().requests().len(), before, "the token was sent");
    // Connecting again repairs the connection.
    world.advance(61_000);
    assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    world.advance(61_000);
    assert_eq!(get_v1(&mut *world, &format!("/v1/connections/{id}/token")).status(), 200);
}

/// RFC 9110 §9.3.2: HEAD has the headers of GET and no body.
#[apply(scenario)]
fn every_get_route_answers_head_without_a_body(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let connected = Page::new("main", 1).install(&mut *world, OWNER, "Night Market");
    let path = format!("/v1/connections/{}", json(&connected)["connection"]["id"].as_str().expect("an id"));
    let token = format!("{path}/token");
    let before = world.kv().counts();
    for (path, status) in [
        ("/v1/connections", 200),
        (path.as_str(), 200),
        (&token, 200),
        ("/v1/events", 200),
        ("/v1/events?limit=0", 400),
        ("/v1/connections/5f1a-AAAAAAAAAAAAAAAA", 404),
        ("/v1/nothing", 404),
    ] {
        let (head, got) = (call_v1(&mut *world, "HEAD", path, ""), get_v1(&mut *world, path));
        assert_eq!((head.status(), got.status().as_u16()), (got.status(), status), "{path}");
        assert!(head.body().is_empty() && !got.body().is_empty(), "{path}");
        for name in ["content-type", "cache-control", "x-content-type-options"] {
            assert_eq!(header(&head, name), header(&got, name), "{path} {name}");
        }
        // RFC 9110 §8.6: `Content-Length` is absent or that of GET.
        let length = header(&head, "content-length");
        assert!(length.is_none() || length == header(&got, "content-length"), "{path}: {length:?}");
    }
    assert_eq!(world.kv().counts().puts, before.puts);
    assert_eq!(world.send(request("HEAD", &format!("{}/v1/connections", world.edge()))).status(), 401);
}

/// All errors have the same JSON format.
#[apply(scenario)]
fn unknown_paths_are_404_and_unknown_methods_are_405(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let edge = world.edge();
    for (method, path, status, allow) in [
        ("GET", "/nothing", 404, None),
        ("GET", "/complete", 405, Some("POST")),
        ("DELETE", "/complete", 405, Some("POST")),
        ("POST", "/healthz", 405, Some("GET, HEAD")),
        ("PROPFIND", "/healthz", 405, Some("GET, HEAD")),
        ("POST", "/v1/connections", 405, Some("GET, HEAD")),
        ("GET", "/v1/sessions", 405, Some("POST")),
        ("PUT", "/v1/connections/5f1a-AAAAAAAAAAAAAAAA", 405, Some("GET, HEAD, DELETE")),
    ] {
        let answer = world.send(request(method, &format!("{edge}{path}")));
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(header(&answer, "allow"), allow, "{method} {path}");
        assert_eq!(header(&answer, "content-type"), Some("application/problem+json"));
        assert!(json(&answer)["request_id"].as_str().is_some_and(|id| id.len() == 16));
    }
    let head = world.send(request("HEAD", &format!("{edge}/healthz")));
    assert!(head.status() == 200 && head.body().is_empty());
    let embed = json(&get(&mut *world, "/embed.json"));
    let authorize = format!("{}/oauth/authorize", world.smooch_origin());
    let expected = json!({"client_id": "shoplifter", "authorize_url": authorize, "pkce": false, "direct_install": false});
    assert_eq!(embed, expected);
}
