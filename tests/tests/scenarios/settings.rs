//! Wrong settings: `/healthz` and the log name them, and they close the routes that need them.

use macro_rules_attribute::apply;
use serde_json::{Value, json};
use stand_in::accounts::OWNER;
use tests::{
    page::{Page, get, get_v1, header, json},
    world::{Setup, Start, World},
};

/// `/healthz` helps the person who set the deployment up.
#[apply(scenario)]
fn health_names_wrong_settings_without_their_values(start: Start<'_>) {
    let mut healthy = start(&Setup::smooch());
    let answer = get(&mut *healthy, "/healthz");
    assert_eq!((answer.status().as_u16(), json(&answer)["status"].as_str()), (200, Some("ok")));
    drop(healthy);

    let mut faulty = start(
        &Setup::smooch()
            .with("SMOOCH_CLIENT_SECRET", "")
            .with("SMOOCH_TOKEN_URL", "http://canary-host.example/token")
            .with("API_KEYS", "backend:canary-short")
            .with(
                "SITES",
                json!({"main": {"origin": "https://a.example", "return_to": "https://canary-b.example/"}}),
            ),
    );
    let answer = get(&mut *faulty, "/healthz");
    assert_eq!((answer.status().as_u16(), json(&answer)["code"].as_str()), (503, Some("misconfigured")));
    let names: Vec<_> = json(&answer)["settings"]
        .as_array()
        .expect("settings")
        .iter()
        .map(|setting| setting["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, ["SMOOCH_CLIENT_SECRET", "SMOOCH_TOKEN_URL", "API_KEYS", "SITES.main.return_to"]);
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(!text.contains("canary"), "{text}");
}

/// Each route reports `misconfigured`.
#[apply(scenario)]
fn wrong_settings_close_every_other_route(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("SEALING_KEYS", ""));
    let edge = world.edge();
    let page = Page::new("main", 1);
    let redirect = get(&mut *world, &format!("/callback?code=a&state={}", page.state.to_text()));
    assert_eq!(
        header(&redirect, "location"),
        Some(format!("{edge}/install#smooch.error=misconfigured").as_str())
    );
    let closed = page.complete(&mut *world, "x");
    assert_eq!(json(&closed)["code"], "misconfigured");
    assert_eq!(header(&closed, "access-control-allow-origin"), Some("*"), "the page cannot read the problem");
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

/// `/healthz` names the wrong site.
#[apply(scenario)]
fn a_wrong_site_is_closed_while_the_others_work(start: Start<'_>) {
    let mut world = start(&with_a_wrong_site());
    let health = get(&mut *world, "/healthz");
    assert_eq!((health.status().as_u16(), json(&health)["code"].as_str()), (503, Some("misconfigured")));
    let fault = json!({"name": "SITES.shop.return_to", "problem": "must be on the site's own origin"});
    assert_eq!(json(&health)["settings"], json!([fault]));

    let shop = Page::new("shop", 1);
    let redirect = get(&mut *world, &format!("/callback?code=a&state={}", shop.state.to_text()));
    let expected = format!("{}/install#smooch.error=misconfigured", world.edge());
    assert_eq!(header(&redirect, "location"), Some(expected.as_str()));
    assert_eq!(
        json(&get(&mut *world, "/setup.json?site=shop&origin=https://shop.example"))["code"],
        "misconfigured"
    );

    assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    assert_eq!(get_v1(&mut *world, "/v1/connections").status(), 200);
}

/// The log line of a failed request names the setting that is the cause.
#[apply(scenario)]
fn the_log_names_the_faults_of_the_settings(start: Start<'_>) {
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
        "a successful request names a wrong setting"
    );
    assert!(!world.log().contains("canary"));
}

/// `wrangler secret put` stores a line as it is pasted.
#[apply(scenario)]
fn quotation_marks_around_a_pasted_secret_are_ignored(start: Start<'_>) {
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
