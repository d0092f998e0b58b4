use super::{CREDENTIALS, NOW, ORIGIN, call, code, connect, json, send, smooch, token};
use crate::Owner;
use crate::accounts::{CORNER_BAKERY, NIGHT_MARKET, OWNER, VICTIM};
use serde_json::json;

const TOKEN_INFO: &str = "https://oauth-bridge.zendesk.com/sc/v2/tokenInfo";

#[test]
fn token_info_tells_the_app() {
    let mut smooch = smooch();
    let access_token = connect(&mut smooch, "Corner Bakery EU");
    let response = call(&mut smooch, "GET", TOKEN_INFO, &access_token, "");
    let app = json!({
        "id": "5deb3bf0e3ad4e0010a3f0c2",
        "displayName": "Corner Bakery EU",
        "settings": {},
        "metadata": {},
        "subdomain": "corner-bakery-eu",
    });
    assert_eq!(json(&response), json!({"app": app}));
}

#[test]
fn without_a_live_token_there_is_no_telling() {
    let mut smooch = smooch();
    let access_token = connect(&mut smooch, "Corner Bakery");
    let bearers =
        ["", "Bearer", "Bearer ", "Bearer unknown", "Basic c2hvcGxpZnRlcjpzZWNyZXQ=", &access_token];
    for bearer in bearers {
        let response = send(&mut smooch, "GET", TOKEN_INFO, &[("authorization", bearer)], "");
        assert_eq!(response.status(), 401, "{bearer}");
    }
    let bearer = format!("Bearer {access_token}");
    let twice = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert_eq!(send(&mut smooch, "GET", TOKEN_INFO, &twice, "").status(), 401);
    assert_eq!(call(&mut smooch, "POST", TOKEN_INFO, &access_token, "").status(), 405);
    // The other family has no such endpoint.
    assert_eq!(call(&mut smooch, "GET", "/v2/tokenInfo", &access_token, "").status(), 404);
}

#[test]
fn revoking_one_token_kills_all_of_that_app_and_no_others() {
    for uri in ["/oauth/authorization", "https://corner-bakery.zendesk.com/sc/oauth/authorization"] {
        let mut smooch = smooch();
        let (first, second) = (connect(&mut smooch, "Corner Bakery"), connect(&mut smooch, "Corner Bakery"));
        let other = connect(&mut smooch, "Night Market");
        let pending = code(&mut smooch, "Corner Bakery");

        assert_eq!(call(&mut smooch, "DELETE", uri, &first, "").status(), 200);
        for dead in [&first, &second] {
            assert_eq!(call(&mut smooch, "GET", TOKEN_INFO, dead, "").status(), 401);
            assert_eq!(call(&mut smooch, "DELETE", uri, dead, "").status(), 401);
        }
        assert_eq!(call(&mut smooch, "GET", TOKEN_INFO, &other, "").status(), 200);
        assert_eq!(token(&mut smooch, &format!("{CREDENTIALS}&code={pending}")).status(), 400);
    }
}

#[test]
fn revoking_has_the_remove_url_called_once_without_naming_the_app() {
    let mut smooch = smooch();
    let access_token = connect(&mut smooch, "Corner Bakery");
    connect(&mut smooch, "Corner Bakery");
    call(&mut smooch, "DELETE", "/oauth/authorization", &access_token, "");
    let removals = smooch.take_removals();
    let [removal] = removals.as_slice() else { panic!("one removal") };
    assert_eq!(removal.app_id, CORNER_BAKERY);
    assert_eq!(removal.at_ms, NOW);
    assert_eq!(removal.body(), format!(r#"{{"integrationId":"{}"}}"#, removal.integration_id));
    assert!(smooch.take_removals().is_empty());
}

#[test]
fn only_delete_revokes() {
    let mut smooch = smooch();
    let access_token = connect(&mut smooch, "Corner Bakery");
    for method in ["GET", "POST", "HEAD"] {
        assert_eq!(call(&mut smooch, method, "/oauth/authorization", &access_token, "").status(), 405);
    }
    assert_eq!(smooch.live_tokens().len(), 1);
}

#[test]
fn an_owner_who_removes_the_integration_ends_it_the_same_way() {
    let mut smooch = smooch();
    connect(&mut smooch, "Corner Bakery");
    connect(&mut smooch, "Night Market");
    Owner::new(OWNER).remove(ORIGIN, CORNER_BAKERY, |request| smooch.handle(&request, NOW)).unwrap();
    let [live] = smooch.live_tokens()[..] else { panic!("one token") };
    assert_eq!(live.app_id, NIGHT_MARKET);
    assert_eq!(smooch.take_removals().len(), 1);
    assert!(Owner::new(OWNER).remove(ORIGIN, CORNER_BAKERY, |request| smooch.handle(&request, NOW)).is_err());
}

#[test]
fn no_one_removes_it_from_an_app_of_someone_else() {
    let mut smooch = smooch();
    connect(&mut smooch, "Corner Bakery");
    assert!(
        Owner::new(VICTIM).remove(ORIGIN, CORNER_BAKERY, |request| smooch.handle(&request, NOW)).is_err()
    );
    assert_eq!(smooch.live_tokens().len(), 1);
}
