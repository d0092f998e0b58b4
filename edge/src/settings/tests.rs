use super::*;
use serde_json::{Value, json};
use shared::Subdomain;

fn vars() -> Value {
    json!({
        "SMOOCH_CLIENT_ID": "shoplifter",
        "SMOOCH_CLIENT_SECRET": "secret",
        "SITES": {"main": {"origin": "https://partner.example", "return_to": "https://partner.example/done"}},
        "SEALING_KEYS": "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        "API_KEYS": "backend:0123456789abcdef0123456789abcdef",
    })
}

#[test]
fn the_default_endpoints_are_the_documented_ones() {
    let settings = Settings::read(&vars()).unwrap();
    assert_eq!(settings.authorize_url.as_str(), "https://app.smooch.io/oauth/authorize");
    assert_eq!(settings.token_url.as_str(), "https://app.smooch.io/oauth/token");
    assert_eq!(settings.token_info_url, None);
    assert_eq!(
        settings.revoke_url.for_app(None).as_deref(),
        Some("https://app.smooch.io/oauth/authorization")
    );
    assert_eq!(settings.api_url.for_app(None).as_deref(), Some("https://api.smooch.io"));
    assert!(!settings.pkce && !settings.direct_install);
}

#[test]
fn the_provider_sunshine_has_its_own_endpoints() {
    let mut vars = vars();
    vars["SMOOCH_PROVIDER"] = "sunshine".into();
    vars["SMOOCH_MARKETPLACE"] = json!({"name": "n", "organization_id": "o", "bot_id": "b"});
    let settings = Settings::read(&vars).unwrap();
    assert_eq!(settings.token_url.as_str(), "https://oauth-bridge.zendesk.com/sc/oauth/token");
    assert!(settings.token_info_url.is_some() && settings.marketplace.is_some());
    assert_eq!(settings.api_url.for_app(None), None);
    let subdomain = Subdomain::parse("corner");
    assert_eq!(
        settings.api_url.for_app(subdomain.as_ref()).as_deref(),
        Some("https://corner.zendesk.com/sc")
    );
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "so that a case is one line")]
fn check(change: Value, expected: &[&str]) {
    let mut vars = vars();
    for (name, value) in change.as_object().unwrap() {
        vars[name] = value.clone();
    }
    let faults = match Settings::read(&vars) {
        Ok(settings) => settings.sites.faults().to_vec(),
        Err(faults) => faults,
    };
    let names: Vec<&str> = faults.iter().map(|fault| fault.setting.as_str()).collect();
    assert_eq!(names, expected, "{change}");
}

#[test]
fn each_wrong_setting_is_named() {
    check(json!({}), &[]);
    check(json!({"SMOOCH_CLIENT_ID": ""}), &["SMOOCH_CLIENT_ID"]);
    check(json!({"SMOOCH_CLIENT_ID": 7}), &["SMOOCH_CLIENT_ID"]);
    check(json!({"SMOOCH_CLIENT_ID": "secret"}), &["SMOOCH_CLIENT_ID"]);
    check(json!({"SMOOCH_PROVIDER": "zendesk"}), &["SMOOCH_PROVIDER"]);
    check(json!({"SMOOCH_TOKEN_URL": "http://app.smooch.io/oauth/token"}), &["SMOOCH_TOKEN_URL"]);
    check(json!({"SMOOCH_TOKEN_URL": "http://localhost:8788/oauth/token"}), &[]);
    check(json!({"SMOOCH_API_URL": "https://{subdomain}.zendesk.com/sc/"}), &[]);
    check(json!({"SMOOCH_API_URL": "http://{subdomain}.zendesk.com/sc"}), &["SMOOCH_API_URL"]);
    check(json!({"SMOOCH_PKCE": "yes"}), &["SMOOCH_PKCE"]);
    check(json!({"DIRECT_INSTALL": "true", "SMOOCH_PKCE": true}), &[]);
    check(json!({"SMOOCH_MARKETPLACE": {"name": "n"}}), &["SMOOCH_MARKETPLACE"]);
    check(
        json!({"SMOOCH_MARKETPLACE": {"name": "n\r\n", "organization_id": "o", "bot_id": "b"}}),
        &["SMOOCH_MARKETPLACE"],
    );
    check(
        json!({"SITES": "{\"main\":{\"origin\":\"https://a.example\",\"return_to\":\"https://a.example/\"}}"}),
        &[],
    );
    check(json!({"SITES": "main"}), &["SITES"]);
    check(json!({"SITES": "", "SMOOCH_MARKETPLACE": ""}), &[]);
    check(json!({"SITES": []}), &["SITES"]);
    check(json!({"SITES": "[]"}), &["SITES"]);
    check(json!({"SMOOCH_MARKETPLACE": ["n", "o", "b"]}), &["SMOOCH_MARKETPLACE"]);
    check(json!({"SMOOCH_MARKETPLACE": "[\"n\",\"o\",\"b\"]"}), &["SMOOCH_MARKETPLACE"]);
    check(json!({"SEALING_KEYS": "k1:short", "API_KEYS": "a:b"}), &["SEALING_KEYS", "API_KEYS"]);
    let (url, secret) = ("https://shop.example/events", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    check(json!({"EVENTS_URL": url, "EVENTS_SECRET": secret}), &[]);
    check(json!({"EVENTS_URL": "", "EVENTS_SECRET": ""}), &[]);
    check(json!({"EVENTS_URL": "http://localhost:8789/events", "EVENTS_SECRET": secret}), &[]);
    check(json!({"EVENTS_URL": "http://shop.example/events", "EVENTS_SECRET": secret}), &["EVENTS_URL"]);
    check(json!({"EVENTS_URL": url}), &["EVENTS_SECRET"]);
    check(json!({"EVENTS_SECRET": secret}), &["EVENTS_URL"]);
    check(json!({"EVENTS_URL": url, "EVENTS_SECRET": "whsec_c2hvcnQ="}), &["EVENTS_SECRET"]);
    check(json!({"EVENTS_URL": 7, "EVENTS_SECRET": secret}), &["EVENTS_URL"]);
}

#[test]
fn each_missing_required_setting_is_named() {
    let faults = Settings::read(&json!({})).unwrap_err();
    let missing: Vec<&str> = faults.iter().map(|fault| fault.setting.as_str()).collect();
    assert_eq!(missing, ["SMOOCH_CLIENT_ID", "SMOOCH_CLIENT_SECRET", "SEALING_KEYS", "API_KEYS"]);
}

#[test]
fn pasted_white_space_and_quotation_marks_around_a_secret_or_id_are_removed() {
    let vars = json!({
        "SMOOCH_CLIENT_ID": " \"shoplifter\"\n",
        "SMOOCH_CLIENT_SECRET": "'secret'\r\n",
        "SEALING_KEYS": "\"k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"",
        "API_KEYS": " backend:0123456789abcdef0123456789abcdef\n",
        "EVENTS_URL": "https://shop.example/events",
        "EVENTS_SECRET": "\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"",
    });
    let settings = Settings::read(&vars).unwrap();
    assert_eq!(settings.client_id, "shoplifter");
    assert_eq!(settings.client_secret.expose(), "secret");
    assert_eq!(settings.keyring.current(), "k1");
    assert_eq!(settings.api_keys.caller("Bearer 0123456789abcdef0123456789abcdef"), Some("backend"));
    assert!(settings.events.is_some());
}

#[test]
fn a_credential_that_cannot_be_right_is_named() {
    for name in ["SMOOCH_CLIENT_ID", "SMOOCH_CLIENT_SECRET"] {
        for wrong in
            ["\"abc", "abc'", "\"\"abc\"\"", "a b", "a\nb", "ab\u{e9}", "a\u{0}b", " ", "\"\"", "' '"]
        {
            check(json!({name: wrong}), &[name]);
        }
    }
    check(json!({"API_KEYS": "\"backend:0123456789abcdef0123456789abcdef"}), &["API_KEYS"]);
    check(json!({"SEALING_KEYS": "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\""}), &["SEALING_KEYS"]);
}

#[test]
fn a_wrong_site_is_named_and_the_other_sites_are_open() {
    let mut vars = vars();
    vars["SITES"]["shop"] = json!({"origin": "https://shop.example", "return_to": "https://evil.example/"});
    vars["SITES"]["blog"] = json!("https://blog.example");
    let settings = Settings::read(&vars).unwrap();
    let faults: Vec<&str> = settings.sites.faults().iter().map(|fault| fault.setting.as_str()).collect();
    assert_eq!(faults, ["SITES.blog", "SITES.shop.return_to"]);
    assert!(settings.sites.has_origin("https://partner.example"));
    vars["SMOOCH_CLIENT_ID"] = json!(7);
    let faults = Settings::read(&vars).unwrap_err();
    assert_eq!(faults.len(), 3, "the faults of the sites are included: {faults:?}");
}
