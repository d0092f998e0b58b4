//! What the partner's backend asks for, and what operations see.

use super::Start;
use crate::{
    page::{Page, call_v1, get, get_v1, header, json, request, session},
    world::{API_KEY, Setup, World},
};
use serde_json::{Value, json};
use stand_in::accounts::OWNER;

/// Every path below `/v1`, also one that does not exist.
pub fn a_key_is_needed(start: Start<'_>) {
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
            // Who tries many keys is soon told to wait; these are many people.
            address += 1;
            request.headers_mut().insert("cf-connecting-ip", address.into());
            let answer = world.send(request);
            assert_eq!(answer.status(), 401, "{method} {path} {authorization:?}");
            assert_eq!(json(&answer)["code"], "unauthorized");
            assert_eq!(header(&answer, "www-authenticate"), Some("Bearer realm=\"v1\""));
        }
    }
    assert_eq!(world.kv().counts(), crate::kv::Counts::default());
    assert_eq!(get_v1(&mut *world, "/v1/connections").status(), 200);
    assert!(world.log().contains(r#""key":"backend""#), "the log says who called");
}

/// From metadata alone, one list a page.
pub fn connections_are_listed_by_page_and_by_subject(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    // What a subject may be and a path may not.
    for (seed, subject) in [(1, "ann"), (2, ".."), (3, "ann.b")] {
        for (offset, app) in [(0, "Night Market"), (10, "Corner Bakery")] {
            let made = session(&mut *world, &json!({"subject": subject}));
            let sealed = json(&made)["session"].as_str().expect("a session").to_owned();
            let page = Page::new("main", seed + offset).of(&sealed);
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
    let of_ann = json(&get_v1(&mut *world, "/v1/connections?subject=ann"));
    let subjects: Vec<_> = of_ann["connections"]
        .as_array()
        .expect("connections")
        .iter()
        .map(|shown| shown["subject"].clone())
        .collect();
    assert_eq!(subjects, ["ann", "ann"]);
    let of_dots = json(&get_v1(&mut *world, "/v1/connections?subject=.."));
    assert_eq!(of_dots["connections"].as_array().map(Vec::len), Some(2));
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

/// Well-formed or not.
pub fn an_unknown_connection_is_not_found(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    for id in ["5f1a8e6b2c3d4e5f6a7b8c9d-AAAAAAAAAAAAAAAA", "x", "..", "%2e%2e", "5f1a-short"] {
        for path in [format!("/v1/connections/{id}"), format!("/v1/connections/{id}/token")] {
            let answer = get_v1(&mut *world, &path);
            assert_eq!(answer.status(), 404, "{path}");
            assert_eq!(json(&answer)["code"], "not_found");
        }
    }
}

/// A key that was dropped too early, or a hand in KV.
pub fn a_record_that_does_not_open_is_told(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let connected = json(&Page::new("main", 1).install(&mut *world, OWNER, "Night Market"));
    let id = connected["connection"]["id"].as_str().expect("an id").to_owned();
    let key = format!("connection/{id}");
    world.kv().tamper(&key, |entry| entry.value = entry.value.replacen("k1.", "k0.", 1));
    let answer = get_v1(&mut *world, &format!("/v1/connections/{id}/token"));
    assert_eq!((answer.status().as_u16(), json(&answer)["code"].as_str()), (503, Some("misconfigured")));
    assert!(world.log().contains("not in SEALING_KEYS"));
    world.kv().tamper(&key, |entry| entry.value = entry.value.replacen("k0.", "k1.A", 1));
    world.pass(61_000);
    let answer = get_v1(&mut *world, &format!("/v1/connections/{id}/token"));
    assert_eq!(
        (answer.status().as_u16(), json(&answer)["code"].as_str()),
        (503, Some("storage_unavailable"))
    );
    // What needs no opening still works.
    assert_eq!(
        json(&get_v1(&mut *world, "/v1/connections"))["connections"].as_array().map(Vec::len),
        Some(1)
    );
}

/// Metadata are not sealed. Whoever can write them chooses no host that a token is sent to.
pub fn a_host_that_was_put_into_the_metadata_gets_no_token(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let connected = json(&Page::new("main", 1).install(&mut *world, OWNER, "Night Market"));
    let id = connected["connection"]["id"].as_str().expect("an id").to_owned();
    let subdomain = connected["connection"]["app"]["subdomain"].as_str().expect("a subdomain").to_owned();
    world.kv().tamper(&format!("connection/{id}"), |entry| {
        entry.metadata = entry.metadata.take().map(|metadata| metadata.replace(&subdomain, "evil"));
    });
    let asked = world.smooch().requests().len();
    for (method, path) in [("GET", "/api/v2/x"), ("GET", "/token"), ("DELETE", "")] {
        let answer = call_v1(&mut *world, method, &format!("/v1/connections/{id}{path}"), "");
        assert_eq!(
            (answer.status().as_u16(), json(&answer)["code"].as_str()),
            (503, Some("storage_unavailable"))
        );
    }
    assert_eq!(world.smooch().requests().len(), asked, "somebody was sent the token");
    // Connected again, it is as it should be.
    world.pass(61_000);
    assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    world.pass(61_000);
    assert_eq!(get_v1(&mut *world, &format!("/v1/connections/{id}/token")).status(), 200);
}

/// For whoever set it up.
pub fn health_names_what_is_wrong_and_never_its_value(start: Start<'_>) {
    let mut well = start(&Setup::smooch());
    let answer = get(&mut *well, "/healthz");
    assert_eq!((answer.status().as_u16(), json(&answer)["status"].as_str()), (200, Some("ok")));
    drop(well);

    let mut ill = start(
        &Setup::smooch()
            .with("SMOOCH_CLIENT_SECRET", "")
            .with("SMOOCH_TOKEN_URL", "http://canary-host.example/token")
            .with("API_KEYS", "backend:canary-short")
            .with(
                "SITES",
                json!({"main": {"origin": "https://a.example", "return_to": "https://canary-b.example/"}}),
            ),
    );
    let answer = get(&mut *ill, "/healthz");
    assert_eq!((answer.status().as_u16(), json(&answer)["code"].as_str()), (503, Some("misconfigured")));
    let named: Vec<_> = json(&answer)["settings"]
        .as_array()
        .expect("settings")
        .iter()
        .map(|setting| setting["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(named, ["SMOOCH_CLIENT_SECRET", "SMOOCH_TOKEN_URL", "API_KEYS", "SITES.main.return_to"]);
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(!text.contains("canary"), "{text}");
}

/// Closed, and said so.
pub fn wrong_settings_close_everything_else(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("SEALING_KEYS", ""));
    let edge = world.edge();
    let page = Page::new("main", 1);
    let bounce = get(&mut *world, &format!("/callback?code=a&state={}", page.state.to_text()));
    assert_eq!(
        header(&bounce, "location"),
        Some(format!("{edge}/install#smooch.error=misconfigured").as_str())
    );
    let closed = page.complete(&mut *world, "x");
    assert_eq!(json(&closed)["code"], "misconfigured");
    assert_eq!(header(&closed, "access-control-allow-origin"), Some("*"), "the page cannot tell why");
    assert_eq!(json(&get_v1(&mut *world, "/v1/connections"))["code"], "misconfigured");
    assert_eq!(json(&get(&mut *world, "/embed.json"))["code"], "misconfigured");
}

/// A site whose `return_to` is on another origin cannot be used. `/healthz` names it; everything else works.
fn with_a_wrong_site() -> Setup {
    let setup = Setup::smooch();
    let mut sites = setup.vars["SITES"].clone();
    sites["shop"] = json!({"origin": "https://shop.example", "return_to": "https://canary-b.example/"});
    setup.with("SITES", sites)
}

/// One wrong site does not close the others.
pub fn a_wrong_site_is_closed_and_named_and_the_others_work(start: Start<'_>) {
    let mut world = start(&with_a_wrong_site());
    let health = get(&mut *world, "/healthz");
    assert_eq!((health.status().as_u16(), json(&health)["code"].as_str()), (503, Some("misconfigured")));
    let fault = json!({"name": "SITES.shop.return_to", "problem": "must be on the site's own origin"});
    assert_eq!(json(&health)["settings"], json!([fault]));

    let shop = Page::new("shop", 1);
    let bounce = get(&mut *world, &format!("/callback?code=a&state={}", shop.state.to_text()));
    let expected = format!("{}/install#smooch.error=misconfigured", world.edge());
    assert_eq!(header(&bounce, "location"), Some(expected.as_str()));
    assert_eq!(
        json(&get(&mut *world, "/setup.json?site=shop&origin=https://shop.example"))["code"],
        "misconfigured"
    );

    assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    assert_eq!(get_v1(&mut *world, "/v1/connections").status(), 200);
}

/// From a request's line in the log to the setting that is its cause.
pub fn the_log_names_the_faults_of_the_settings(start: Start<'_>) {
    let lines = |world: &dyn World| -> Vec<Value> {
        world.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let mut world = start(&Setup::smooch().with("SMOOCH_TOKEN_URL", "http://canary-host.example/token"));
    get_v1(&mut *world, "/v1/connections");
    let fault = json!([{"name": "SMOOCH_TOKEN_URL", "problem": "must be https, or http on a loopback host"}]);
    let [line] = lines(&*world).try_into().expect("one line");
    assert_eq!((&line["outcome"], &line["settings"]), (&json!("misconfigured"), &fault));
    assert!(!world.log().contains("canary"));

    let mut world = start(&with_a_wrong_site());
    get(&mut *world, "/healthz");
    get_v1(&mut *world, "/v1/connections");
    let [health, list] = lines(&*world).try_into().expect("two lines");
    assert_eq!(health["settings"][0]["name"], "SITES.shop.return_to");
    assert_eq!(
        (&list["outcome"], list.get("settings")),
        (&json!("ok"), None),
        "a request that works names no fault"
    );
    assert!(!world.log().contains("canary"));
}

/// `wrangler secret put` takes a line as it is pasted.
pub fn pasted_quotation_marks_around_a_secret_do_no_harm(start: Start<'_>) {
    let quoted = |setup: &Setup, name: &str| format!(" \"{}\"\n", setup.vars[name].as_str().expect("a text"));
    let mut setup = Setup::smooch();
    for name in ["SMOOCH_CLIENT_ID", "SMOOCH_CLIENT_SECRET", "SEALING_KEYS", "API_KEYS"] {
        let value = quoted(&setup, name);
        setup = setup.with(name, value);
    }
    let mut world = start(&setup);
    assert_eq!(Page::new("main", 1).install(&mut *world, OWNER, "Night Market").status(), 200);
    assert_eq!(get_v1(&mut *world, "/v1/connections").status(), 200);
}

/// RFC 9110 §9.3.2: what GET answers, without the body.
pub fn what_can_be_got_has_a_head(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let connected = Page::new("main", 1).install(&mut *world, OWNER, "Night Market");
    let path = format!("/v1/connections/{}", json(&connected)["connection"]["id"].as_str().expect("an id"));
    let token = format!("{path}/token");
    let asked = world.kv().counts();
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
        // RFC 9110 §8.6: no length, or that of the body that GET has.
        let length = header(&head, "content-length");
        assert!(length.is_none() || length == header(&got, "content-length"), "{path}: {length:?}");
    }
    assert_eq!(world.kv().counts().puts, asked.puts);
    assert_eq!(world.send(request("HEAD", &format!("{}/v1/connections", world.edge()))).status(), 401);
}

/// In the one shape that all errors have.
pub fn unknown_paths_and_methods_are_refused(start: Start<'_>) {
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
