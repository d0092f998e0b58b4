//! tokenInfo, revocation by the integration, and removal by the owner.

use super::{NOW, ORIGIN, body_json, call, connect, exchange, issue_code, new_smooch, send};
use crate::Owner;
use crate::accounts::{CORNER_BAKERY, NIGHT_MARKET, OWNER, VICTIM};
use serde_json::json;

const TOKEN_INFO: &str = "https://oauth-bridge.zendesk.com/sc/v2/tokenInfo";

#[test]
fn token_info_returns_the_app_of_the_token() {
    let mut smooch = new_smooch();
    let access_token = connect(&mut smooch, "Corner Bakery EU");
    let response = call(&mut smooch, "GET", TOKEN_INFO, &access_token, "");
    let app = json!({
        "id": "5deb3bf0e3ad4e0010a3f0c2",
        "displayName": "Corner Bakery EU",
        "settings": {},
        "metadata": {},
        "subdomain": "corner-bakery-eu",
    });
    assert_eq!(body_json(&response), json!({"app": app}));
}

#[test]
fn token_info_needs_a_live_bearer_token() {
    let mut smooch = new_smooch();
    let access_token = connect(&mut smooch, "Corner Bakery");
    let bearers =
        ["", "Bearer", "Bearer ", "Bearer unknown", "Basic c2hvcGxpZnRlcjpzZWNyZXQ=", &access_token];
    for bearer in bearers {
        let response = send(&mut smooch, "GET", TOKEN_INFO, &[("authorization", bearer)], "");
        assert_eq!(response.status(), 401, "{bearer}");
    }
    let bearer = format!("Bearer {access_token}");
    let repeated_header = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert_eq!(send(&mut smooch, "GET", TOKEN_INFO, &repeated_header, "").status(), 401);
    assert_eq!(call(&mut smooch, "POST", TOKEN_INFO, &access_token, "").status(), 405);
    // Only the sunshine family has this endpoint.
    assert_eq!(call(&mut smooch, "GET", "/v2/tokenInfo", &access_token, "").status(), 404);
}

#[test]
fn revocation_ends_all_tokens_and_codes_of_the_app_and_no_others() {
    for uri in ["/oauth/authorization", "https://corner-bakery.zendesk.com/sc/oauth/authorization"] {
        let mut smooch = new_smooch();
        let (first, second) = (connect(&mut smooch, "Corner Bakery"), connect(&mut smooch, "Corner Bakery"));
        let other = connect(&mut smooch, "Night Market");
        let pending = issue_code(&mut smooch, "Corner Bakery");

        assert_eq!(call(&mut smooch, "DELETE", uri, &first, "").status(), 200);
        for revoked in [&first, &second] {
            assert_eq!(call(&mut smooch, "GET", TOKEN_INFO, revoked, "").status(), 401);
            assert_eq!(call(&mut smooch, "DELETE", uri, revoked, "").status(), 401);
        }
        assert_eq!(call(&mut smooch, "GET", TOKEN_INFO, &other, "").status(), 200);
        assert_eq!(exchange(&mut smooch, &pending).status(), 400);
    }
}

#[test]
fn revocation_calls_the_remove_url_once_and_does_not_name_the_app() {
    let mut smooch = new_smooch();
    let access_token = connect(&mut smooch, "Corner Bakery");
    connect(&mut smooch, "Corner Bakery");
    call(&mut smooch, "DELETE", "/oauth/authorization", &access_token, "");
    let removals = smooch.take_removals();
    let [removal] = removals.as_slice() else { panic!("expected one removal") };
    assert_eq!(removal.app_id, CORNER_BAKERY);
    assert_eq!(removal.removed_ms, NOW);
    assert_eq!(removal.body(), format!(r#"{{"integrationId":"{}"}}"#, removal.integration_id));
    assert!(smooch.take_removals().is_empty());
}

#[test]
fn only_the_delete_method_revokes() {
    let mut smooch = new_smooch();
    let access_token = connect(&mut smooch, "Corner Bakery");
    for method in ["GET", "POST", "HEAD"] {
        assert_eq!(call(&mut smooch, method, "/oauth/authorization", &access_token, "").status(), 405);
    }
    assert_eq!(smooch.live_tokens().len(), 1);
}

#[test]
fn removal_by_the_owner_ends_the_authorization_of_that_app_only() {
    let mut smooch = new_smooch();
    connect(&mut smooch, "Corner Bakery");
    connect(&mut smooch, "Night Market");
    Owner::new(OWNER).remove(ORIGIN, CORNER_BAKERY, |request| smooch.handle(&request, NOW)).unwrap();
    let [live] = smooch.live_tokens()[..] else { panic!("expected one token") };
    assert_eq!(live.app_id, NIGHT_MARKET);
    assert_eq!(smooch.take_removals().len(), 1);
    assert!(Owner::new(OWNER).remove(ORIGIN, CORNER_BAKERY, |request| smooch.handle(&request, NOW)).is_err());
}

#[test]
fn an_owner_cannot_remove_the_integration_from_an_app_of_another_account() {
    let mut smooch = new_smooch();
    connect(&mut smooch, "Corner Bakery");
    assert!(
        Owner::new(VICTIM).remove(ORIGIN, CORNER_BAKERY, |request| smooch.handle(&request, NOW)).is_err()
    );
    assert_eq!(smooch.live_tokens().len(), 1);
}
