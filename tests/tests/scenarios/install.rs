//! An install from end to end, its cost, and its result.

use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{
    Author, Endpoint,
    accounts::{NIGHT_MARKET, OWNER},
};
use tests::{
    kv::Counts,
    page::{Page, create_session, get_v1, json},
    world::{Setup, Start},
};

/// The connection is listed, and its token can send a message.
#[apply(scenario)]
fn an_install_is_stored_and_a_message_can_be_sent(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let answer = Page::new("main", 1).install(&mut *world, OWNER, "Night Market");
    assert_eq!(answer.status(), 200);
    let connected = json(&answer);
    assert_eq!(connected["status"], "connected");
    assert_eq!(connected["connection"]["app"]["id"], NIGHT_MARKET);
    let id = connected["connection"]["id"].as_str().expect("an id").to_owned();

    let listed = json(&get_v1(&mut *world, "/v1/connections"));
    assert_eq!(listed["connections"], json!([connected["connection"]]));
    assert_eq!(json(&get_v1(&mut *world, &format!("/v1/connections/{id}")))["app"]["id"], NIGHT_MARKET);

    let token = json(&get_v1(&mut *world, &format!("/v1/connections/{id}/token")));
    assert_eq!(token["token_type"], "Bearer");
    let bearer = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
    let call = |method: &str, path: &str, body: &str| {
        http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", world.smooch_origin()))
            .header("authorization", &bearer)
            .header("content-type", "application/json")
            .body(body.as_bytes().to_vec())
            .expect("a request")
    };
    let conversations = call(
        "GET",
        &format!(
            "/v2/apps/{NIGHT_MARKET}/conversations?filter%5BuserExternalId%5D={}",
            stand_in::accounts::CUSTOMER
        ),
        "",
    );
    let body = r#"{"author":{"type":"business"},"content":{"type":"text","text":"hello"}}"#;
    let conversations = json(&world.visit(conversations));
    let conversation = conversations["conversations"][0]["id"].as_str().expect("a conversation");
    let path = format!("/v2/apps/{NIGHT_MARKET}/conversations/{conversation}/messages");
    let message = http::Request::post(format!("{}{path}", world.smooch_origin()))
        .header("authorization", &bearer)
        .header("content-type", "application/json")
        .body(body.as_bytes().to_vec())
        .expect("a request");
    assert_eq!(world.visit(message).status(), 201);
    let smooch = world.smooch();
    let last =
        smooch.messages(NIGHT_MARKET).last().map(|message| (message.text.clone(), message.author.clone()));
    assert_eq!(last, Some(("hello".into(), Author::Business(stand_in::INTEGRATION_NAME.into()))));
}

/// It also makes at most one `tokenInfo` request, and no KV read.
#[apply(scenario)]
fn an_install_makes_one_token_request_and_at_most_four_kv_writes(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        let created = create_session(&mut *world, &json!({"subject": "ann"}));
        let sealed = json(&created)["session"].as_str().expect("a session").to_owned();
        let page = Page::new("members", 1).with_session(&sealed);
        assert_eq!(page.install(&mut *world, OWNER, "Night Market").status(), 200);
        let smooch = world.smooch();
        assert_eq!(smooch.count(Endpoint::Token), 1);
        assert!(smooch.count(Endpoint::TokenInfo) <= 1);
        assert_eq!(smooch.count(Endpoint::Revoke) + smooch.count(Endpoint::Api), 0);
        let counts = world.kv().counts();
        assert!(counts.puts <= 4, "{counts:?}");
        assert_eq!(Counts { puts: 0, ..counts }, Counts::default());
    }
}

/// A token of the family `smooch` names its app. For `sunshine` the edge asks `tokenInfo`.
#[apply(scenario)]
fn both_families_of_endpoints_install(start: Start<'_>) {
    let mut smooch = start(&Setup::smooch());
    let connected = json(&Page::new("main", 1).install(&mut *smooch, OWNER, "Night Market"));
    assert_eq!(connected["connection"]["app"], json!({"id": NIGHT_MARKET}));
    let request = smooch.smooch().requests().first().expect("a token request").clone();
    assert_eq!((request.method.as_str(), request.path()), ("POST", "/oauth/token"));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!(request.header("content-length").is_some(), "chunked bodies are refused by some token endpoints");
    let form: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
    let code = smooch.smooch().issued_codes().first().expect("a code").code.clone();
    let callback = format!("{}/callback", smooch.edge());
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &callback),
        ("client_id", "shoplifter"),
        ("client_secret", "secret"),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(smooch.smooch().requests().len(), 1);
    drop(smooch);

    let mut sunshine = start(&Setup::sunshine());
    let connected = json(&Page::new("main", 1).install(&mut *sunshine, OWNER, "Night Market"));
    let app = json!({"id": NIGHT_MARKET, "name": "Night Market", "subdomain": "night-market"});
    assert_eq!(connected["connection"]["app"], app);
    let requests = sunshine.smooch().requests().to_vec();
    let paths: Vec<_> = requests.iter().map(|request| (request.method.as_str(), request.path())).collect();
    assert_eq!(paths, [("POST", "/sc/oauth/token"), ("GET", "/sc/v2/tokenInfo")]);
    let marketplace = ["name", "organization-id", "bot-id"].map(|name| {
        requests
            .last()
            .and_then(|request| request.header(&format!("x-zendesk-marketplace-{name}")).map(str::to_owned))
    });
    assert_eq!(marketplace, [Some("Shoplifter".into()), Some("1234".into()), Some("5678".into())]);
    assert!(
        requests.iter().all(|request| request.header("x-zendesk-marketplace-name").is_some()),
        "a request without the marketplace headers"
    );
}

/// The connection keeps its id, and another app gets another connection.
#[apply(scenario)]
fn connecting_the_same_app_again_replaces_its_token(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let first = json(&Page::new("main", 1).install(&mut *world, OWNER, "Night Market"));
    world.advance(5_000);
    let second = json(&Page::new("main", 2).install(&mut *world, OWNER, "Night Market"));
    let third = json(&Page::new("main", 3).install(&mut *world, OWNER, "Corner Bakery"));
    assert_eq!(first["connection"]["id"], second["connection"]["id"]);
    assert_ne!(first["connection"]["id"], third["connection"]["id"]);
    let listed = json(&get_v1(&mut *world, "/v1/connections"));
    assert_eq!(listed["connections"].as_array().map(Vec::len), Some(2));
    // The stored token is the newest one.
    let id = second["connection"]["id"].as_str().expect("an id").to_owned();
    let token = json(&get_v1(&mut *world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
    let smooch = world.smooch();
    let of_app = smooch.issued_tokens().into_iter().filter(|token| token.app_id == NIGHT_MARKET);
    let newest = of_app.max_by_key(|token| token.issued_ms).expect("a token");
    assert_eq!(token, newest.access_token.as_str());
}
