//! Attacks on an install: a link or a receipt of another flow, a changed login, and framing.

use super::stored;
use serde_json::json;
use stand_in::Owner;
use tests::{
    browser::Browser,
    clock::wall_clock,
    environment::Environment,
    fixtures::{
        BUTTON, Fixture, READY, STATUS, click_button, go_through_smooch, pick_app, sign_in,
        wait_for_connected,
    },
    page::{Fragment, Page},
};

#[test]
fn an_attackers_link_connects_nobody() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let (attacker, victim) = (Browser::new(), Browser::new());
    attacker.open(&environment.partner);
    attacker.wait("the button is ready", READY);
    let link = attacker.js(&format!("return {BUTTON}.href"));
    // The page stores the verifier as soon as the person could open the link: a context menu is enough.
    attacker.js(&format!(
        "{BUTTON}.dispatchEvent(new MouseEvent('contextmenu', {{bubbles: true, composed: true}}))"
    ));
    assert!(!stored(&attacker).is_empty(), "the page has stored the verifier");

    victim.open(link.as_str().unwrap());
    sign_in(&victim, environment, stand_in::accounts::VICTIM);
    victim.click("#allow");
    victim.wait_for_url(&environment.partner);
    victim.wait("the victim sees the error", &format!("{STATUS}?.includes('Start again here')"));
    assert!(!victim.text().contains("Connected to"), "{}", victim.text());
    assert!(!victim.url().contains("receipt"));
    assert_eq!(fixture.connections(), 0);
    assert_eq!(environment.smooch().issued_tokens().len(), 0, "the victim's code was spent");

    // The attacker does not have the victim's receipt. A forged one does not open.
    let state = link.as_str().and_then(|link| link.split_once("state=")).unwrap().1;
    let forged = format!("{}/#smooch.receipt=k1.AAAA&smooch.state={state}", environment.partner);
    attacker.open("about:blank");
    attacker.open(&forged);
    attacker.wait("the attacker sees the error", &format!("{STATUS}?.includes('could not verify this')"));
    assert_eq!(fixture.connections(), 0);
    assert_eq!(environment.smooch().issued_tokens().len(), 0);
}

/// Login CSRF: the attacker has a receipt for their own app and wants to connect it to the victim's account. The victim's page
/// has a verifier of its own, and the attacker knows its state.
#[test]
fn a_receipt_of_another_flow_in_the_fragment_connects_nobody() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    let (attacker_state, receipt) = receipt_of_another_flow(environment);
    browser.open(&environment.partner);
    browser.wait("the button is ready", READY);
    browser.js(&format!(
        "{BUTTON}.dispatchEvent(new MouseEvent('contextmenu', {{bubbles: true, composed: true}}))"
    ));
    let intent = browser.js("return Object.keys(localStorage).find(key => key.startsWith('smooch.intent.'))");
    let challenge = intent.as_str().unwrap().replace("smooch.intent.", "");
    for (state, message) in
        [(attacker_state, "Start again here"), (format!("1.main.{challenge}"), "could not verify this")]
    {
        browser.open("about:blank");
        browser.open(&format!("{}/#smooch.receipt={receipt}&smooch.state={state}", environment.partner));
        browser.wait("the victim sees the error", &format!("{STATUS}?.includes('{message}')"));
        assert!(!browser.url().contains("receipt"));
        assert_eq!(fixture.connections(), 0);
        assert_eq!(environment.smooch().issued_tokens().len(), 0, "the attacker's code was spent");
    }
    // The victim's own flow still works.
    click_button(&browser);
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
}

/// The state and the receipt of an unfinished flow, from the address bar of the attacker's own browser.
fn receipt_of_another_flow(environment: &Environment) -> (String, String) {
    let page = Page::new("main", 7);
    let link = page.link_between(&environment.edge, &environment.smooch_origin, false);
    let visit = |request| environment.smooch().handle(&request, wall_clock());
    let callback = Owner::new(stand_in::accounts::OWNER).allow(&link, "Night Market", visit).unwrap();
    let agent =
        ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let (head, _) = agent.get(&callback).call().unwrap().into_parts();
    let bounce = http::Response::from_parts(head, Vec::new());
    (page.state.to_text(), Fragment::from_redirect(&bounce).receipt.unwrap())
}

#[test]
fn a_change_of_login_during_the_flow_connects_nobody() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&environment.partner);
    click_button(&browser);
    sign_in(&browser, environment, stand_in::accounts::OWNER);
    pick_app(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.wait("the consent page", "document.querySelector('#allow')");
    environment.log_in("merchant-2");
    browser.click("#allow");
    browser.wait_for_url(&environment.partner);
    browser.wait("the person sees the message", &format!("{STATUS}?.includes('different user')"));
    assert_eq!(fixture.connections(), 0);
    assert_eq!(environment.smooch().issued_tokens().len(), 0, "the code was spent");
    // The new user starts again, and the connection belongs to them.
    click_button(&browser);
    browser.wait_for_url(&environment.smooch_origin);
    pick_app(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.click("#allow");
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(environment.connections()[0]["subject"], "merchant-2");
}

#[test]
fn the_hosted_page_cannot_be_framed() {
    let fixture = Fixture::new();
    let browser = Browser::new();
    // A page without a Content-Security-Policy, which could block frames too.
    browser.open("about:blank");
    let framed = |url: &str| {
        browser.js(&format!(
            "const frame = document.createElement('iframe'); frame.src = {url:?}; document.body.append(frame);
             frame.onload = () => {{ frame.dataset.loaded = '1'; }};"
        ));
        browser.wait("the frame is loaded", "document.querySelector('iframe:last-of-type')?.dataset.loaded");
        let tree = browser.cdp("Page.getFrameTree", &json!({}));
        let frames = tree["frameTree"]["childFrames"].as_array().unwrap().clone();
        let last = frames.last().unwrap()["frame"].clone();
        last["unreachableUrl"].as_str() != Some(url)
    };
    for path in ["/install", "/", "/healthz", "/openapi.json"] {
        assert!(!framed(&format!("{}{path}", fixture.environment.edge)), "{path} was shown in a frame");
    }
    // Another page can be framed, so the assertion above can fail.
    assert!(
        framed(&format!("{}/shop.js", fixture.environment.partner)),
        "no page can be framed, so the test proves nothing"
    );
}
