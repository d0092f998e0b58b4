//! The API, versions 1 and 2.

use super::{NOW, ORIGIN, body_json, body_text, call, connect, new_smooch, send, smooch_with};
use crate::accounts::{CORNER_BAKERY, CUSTOMER, NIGHT_MARKET, OWNER};
use crate::{Author, Marketplace, Options, Owner, Smooch};
use serde_json::{Value, json};

const HELLO: &str = r#"{"author":{"type":"business"},"content":{"type":"text","text":"hello"}}"#;

fn connected() -> (Smooch, String) {
    let mut smooch = new_smooch();
    let access_token = connect(&mut smooch, "Corner Bakery");
    (smooch, access_token)
}

/// Makes a call, checks its status, and returns its JSON body.
#[track_caller]
fn check(smooch: &mut Smooch, access_token: &str, method: &str, uri: &str, body: &str, status: u16) -> Value {
    let response = call(smooch, method, uri, access_token, body);
    assert_eq!(response.status(), status, "{method} {uri}: {}", body_text(&response));
    body_json(&response)
}

#[test]
fn a_message_reaches_the_conversation_and_the_owner_sees_it() {
    for base in ["https://api.smooch.io", "https://corner-bakery.zendesk.com/sc"] {
        let (mut smooch, access_token) = connected();
        let list =
            format!("{base}/v2/apps/{CORNER_BAKERY}/conversations?filter%5BuserExternalId%5D={CUSTOMER}");
        let found = check(&mut smooch, &access_token, "GET", &list, "", 200);
        let id = found["conversations"][0]["id"].as_str().unwrap();
        let messages = format!("{base}/v2/apps/{CORNER_BAKERY}/conversations/{id}/messages");
        let sent = check(&mut smooch, &access_token, "POST", &messages, HELLO, 201);
        assert_eq!(sent["messages"][0]["content"], json!({"type": "text", "text": "hello"}));
        assert_eq!(sent["messages"][0]["received"], "2026-05-28T20:26:40.000Z");

        let listed = check(&mut smooch, &access_token, "GET", &messages, "", 200);
        assert_eq!(listed["messages"][1]["id"], sent["messages"][0]["id"]);
        let hello = smooch.messages(CORNER_BAKERY)[1];
        assert_eq!(hello.text, "hello");
        assert_eq!(hello.author, Author::Business("Shoplifter".to_owned()));
        let page = format!("{ORIGIN}/console/apps/{CORNER_BAKERY}");
        let page = Owner::new(OWNER).open(&page, |request| smooch.handle(&request, NOW)).unwrap();
        assert!(page.contains(r#"<p class="text">hello</p>"#));
    }
}

#[test]
fn an_integration_can_create_a_user_and_a_conversation_and_send_a_message() {
    let (mut smooch, access_token) = connected();
    let base = format!("/v2/apps/{CORNER_BAKERY}");
    let user = r#"{"externalId":"ada","profile":{"givenName":"Ada","email":"ada@customer.example"}}"#;
    let user = check(&mut smooch, &access_token, "POST", &format!("{base}/users"), user, 201);
    assert_eq!(user["user"]["profile"]["givenName"], "Ada");
    let again =
        check(&mut smooch, &access_token, "POST", &format!("{base}/users"), r#"{"externalId":"ada"}"#, 409);
    assert_eq!(again["errors"][0]["code"], "conflict");
    let found = format!("{base}/users?filter[identities.email]=ada@customer.example");
    let found = check(&mut smooch, &access_token, "GET", &found, "", 200);
    assert_eq!(found["users"], json!([user["user"]]));

    let conversation = r#"{"type":"personal","participants":[{"userExternalId":"ada"}]}"#;
    let uri = format!("{base}/conversations");
    let conversation = check(&mut smooch, &access_token, "POST", &uri, conversation, 201);
    let id = conversation["conversation"]["id"].as_str().unwrap();
    check(&mut smooch, &access_token, "POST", &format!("{base}/conversations/{id}/messages"), HELLO, 201);
    check(&mut smooch, &access_token, "GET", &format!("{base}/conversations/{id}"), "", 200);
    check(&mut smooch, &access_token, "GET", &format!("{base}/users/ada"), "", 200);
}

#[test]
fn api_v1_can_create_a_user_and_send_a_message() {
    let (mut smooch, access_token) = connected();
    let user = check(&mut smooch, &access_token, "POST", "/v1/appusers", r#"{"userId":"ada"}"#, 201);
    let id = user["appUser"]["_id"].as_str().unwrap();
    let uri = format!("/v1/appusers/{id}/messages");
    let hello = r#"{"role":"appMaker","type":"text","text":"hello"}"#;
    let sent = check(&mut smooch, &access_token, "POST", &uri, hello, 201);
    assert_eq!(sent["message"]["text"], "hello");
    let listed = check(&mut smooch, &access_token, "GET", "/v1/appusers/ada/messages", "", 200);
    assert_eq!(listed["messages"], json!([sent["message"]]));
    check(&mut smooch, &access_token, "GET", "/v1/appusers/ada", "", 200);
    check(&mut smooch, &access_token, "POST", &format!("/v1/appusers/{CUSTOMER}/messages"), hello, 201);
    assert_eq!(smooch.messages(CORNER_BAKERY).len(), 3);
}

#[test]
fn the_scope_is_the_data_of_one_app_without_its_settings() {
    let (mut smooch, access_token) = connected();
    let refused = |smooch: &mut Smooch, uri: &str, status| {
        let error = check(smooch, &access_token, "GET", uri, "", status);
        assert!(error["errors"][0]["code"].is_string());
    };
    refused(&mut smooch, "/v2/apps", 403);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}"), 403);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/integrations"), 403);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/integrations/abc"), 403);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/switchboards"), 403);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/keys"), 403);
    refused(&mut smooch, &format!("/v2/apps/{NIGHT_MARKET}/users/{CUSTOMER}"), 403);
    refused(&mut smooch, "/v2/apps/000000000000000000000000/users", 403);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/nothing"), 404);
    refused(&mut smooch, "/v2/nothing", 404);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/conversations/nothing"), 404);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/conversations"), 400);
    refused(&mut smooch, &format!("/v2/apps/{CORNER_BAKERY}/users"), 400);
    check(
        &mut smooch,
        &access_token,
        "GET",
        &format!("/v2/apps/{CORNER_BAKERY}/integrations/me/webhooks"),
        "",
        200,
    );
}

#[test]
fn api_v1_errors_have_their_own_shape() {
    let (mut smooch, access_token) = connected();
    for (uri, status) in
        [("/v1/apps", 403), ("/v1/integrations", 403), ("/v1/nothing", 404), ("/v1/appusers/no", 404)]
    {
        let error = check(&mut smooch, &access_token, "GET", uri, "", status);
        assert!(error["error"]["code"].is_string(), "{uri}");
    }
    let unknown = check(&mut smooch, "unknown", "GET", "/v1/appusers/ada", "", 401);
    assert_eq!(unknown["error"]["code"], "unauthorized");
}

#[test]
fn every_path_is_401_without_a_token() {
    let mut smooch = new_smooch();
    for uri in ["/v2/apps", "/v2/nothing", "/v1/nothing", "/sc/v2/apps/x/users"] {
        assert_eq!(send(&mut smooch, "GET", uri, &[], "").status(), 401, "{uri}");
    }
}

#[test]
fn a_message_must_be_a_text_from_the_business() {
    let (mut smooch, access_token) = connected();
    let id = smooch.apps[CORNER_BAKERY].conversations[0].id.clone();
    let uri = format!("/v2/apps/{CORNER_BAKERY}/conversations/{id}/messages");
    let bad = [
        "",
        "[]",
        "{}",
        r#"{"author":{"type":"user"},"content":{"type":"text","text":"hello"}}"#,
        r#"{"author":{"type":"business"},"content":{"type":"image","text":"hello"}}"#,
        r#"{"author":{"type":"business"},"content":{"type":"text"}}"#,
        r#"{"author":{"type":"business"},"content":{"type":"text","text":""}}"#,
    ];
    for body in bad {
        check(&mut smooch, &access_token, "POST", &uri, body, 400);
    }
    let bearer = format!("Bearer {access_token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
    assert_eq!(send(&mut smooch, "POST", &uri, &headers, HELLO).status(), 415);
    check(&mut smooch, &access_token, "DELETE", &uri, "", 405);
    let legacy = format!("/v1/appusers/{CUSTOMER}/messages");
    for body in [
        r#"{"role":"appUser","text":"x"}"#,
        r#"{"role":"appMaker"}"#,
        r#"{"role":"appMaker","type":"image"}"#,
    ] {
        check(&mut smooch, &access_token, "POST", &legacy, body, 400);
    }
    assert_eq!(smooch.messages(CORNER_BAKERY).len(), 1);
}

#[test]
fn every_call_of_a_marketplace_integration_needs_its_headers() {
    let marketplace = Marketplace { name: "Shop".into(), organization_id: "12".into(), bot_id: "34".into() };
    let mut smooch = smooch_with(Options { marketplace: Some(marketplace), ..Options::default() });
    let bearer = format!("Bearer {}", connect(&mut smooch, "Corner Bakery"));
    let all = [
        ("authorization", bearer.as_str()),
        ("x-zendesk-marketplace-name", "Shop"),
        ("x-zendesk-marketplace-organization-id", "12"),
        ("x-zendesk-marketplace-bot-id", "34"),
    ];
    let user = format!("/sc/v2/apps/{CORNER_BAKERY}/users/{CUSTOMER}");
    let calls = [("GET", user.as_str()), ("GET", "/sc/v2/tokenInfo"), ("DELETE", "/sc/oauth/authorization")];
    for (method, uri) in calls {
        for without in 1..all.len() {
            let mut headers = all.to_vec();
            headers[without].1 = "wrong";
            assert_eq!(send(&mut smooch, method, uri, &headers, "").status(), 400, "{uri}");
            headers.remove(without);
            assert_eq!(send(&mut smooch, method, uri, &headers, "").status(), 400, "{uri}");
        }
        assert_eq!(send(&mut smooch, method, uri, &all, "").status(), 200, "{uri}");
    }
}
