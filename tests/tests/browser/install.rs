//! The whole install in Chromium, as an owner does it: consent, denial, reload, back, a new tab, and the hosted page.

mod attacks;

mod leaks;

use serde_json::json;
use std::path::PathBuf;
use tests::{
    browser::Browser,
    fixtures::{
        BUTTON, Fixture, READY, STATUS, click_button, go_through_smooch, pick_app, sign_in,
        wait_for_connected,
    },
    tools::root,
};

#[test]
fn a_denial_changes_nothing_and_the_button_is_ready_again() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&environment.partner);
    click_button(&browser);
    sign_in(&browser, environment, stand_in::accounts::SINGLE);
    browser.click("#deny");
    browser.wait_for_url(&environment.partner);
    browser.wait("the person sees the message", &format!("{STATUS}?.includes('Nothing')"));
    assert!(!browser.url().contains('#'));
    assert_eq!(fixture.connections(), 0);
    assert_eq!(environment.smooch().issued_tokens().len(), 0);
    // The owner tries again and allows access.
    click_button(&browser);
    browser.wait_for_url(&environment.smooch_origin);
    browser.click("#allow");
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Blue Bicycle");
    assert_eq!(fixture.connections(), 1);
}

#[test]
fn reload_and_back_at_every_step_still_connect() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&environment.partner);
    browser.wait("the button is ready", READY);
    browser.reload();
    click_button(&browser);
    browser.wait_for_url(&environment.smooch_origin);
    // After Back from Smooch the button is ready again.
    browser.back();
    browser.wait_for_url(&environment.partner);
    click_button(&browser);
    browser.wait_for_url(&environment.smooch_origin);
    browser.reload();
    sign_in(&browser, environment, stand_in::accounts::OWNER);
    browser.wait("the app picker", "document.querySelector('#continue')");
    browser.reload();
    pick_app(&browser, stand_in::accounts::CORNER_BAKERY);
    browser.wait("the consent page", "document.querySelector('#allow')");
    browser.back();
    pick_app(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.wait("the consent page", "document.querySelector('#allow')");
    browser.reload();
    browser.click("#allow");
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
    browser.reload();
    browser.wait("the button is ready", READY);
    // Back to Smooch, and Allow again: the page sends nothing for a finished flow.
    browser.back();
    browser.wait("the consent page", "document.querySelector('#allow')");
    browser.click("#allow");
    browser.wait_for_url(&environment.partner);
    browser.wait("the person sees the message", &format!("{STATUS}?.includes('Start again here')"));
    assert_eq!(fixture.connections(), 1);
    assert_eq!(environment.smooch().issued_tokens().len(), 1);
}

#[test]
fn the_return_in_a_new_tab_connects() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&environment.partner);
    browser.wait("the button is ready", READY);
    browser.click_into_new_tab(BUTTON);
    browser.switch_to_newest_tab();
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
}

#[test]
fn a_flow_ends_on_the_page_where_it_started() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    let pricing = format!("{}/pricing", environment.partner);
    browser.open(&pricing);
    click_button(&browser);
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&pricing);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert!(browser.js("return sessionStorage.length").as_u64() == Some(0));
}

#[test]
fn the_hosted_page_connects_without_a_site() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&format!("{}/install", environment.edge));
    browser.wait("the button is ready", READY);
    browser.screenshot(&picture("install.png"));
    click_button(&browser);
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&format!("{}/install", environment.edge));
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
    assert_eq!(console_errors(&browser), Vec::<String>::new());
}

#[test]
fn a_direct_install_asks_for_one_click() {
    let fixture = Fixture::with_settings(&json!({"DIRECT_INSTALL": true}));
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&format!(
        "{}/oauth/authorize?client_id=shoplifter&response_type=code",
        environment.smooch_origin
    ));
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&format!("{}/install", environment.edge));
    browser.wait("the button asks for a click", &format!("({BUTTON})?.textContent.includes('Finish')"));
    assert_eq!(fixture.connections(), 0, "nothing happens before the click");
    browser.reload();
    browser.wait("the button still asks for a click", &format!("({BUTTON})?.textContent.includes('Finish')"));
    browser.screenshot(&picture("confirm.png"));
    browser.click_expression(BUTTON);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
}

#[test]
fn a_return_without_a_site_is_explained_on_the_hosted_page() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&format!("{}/callback?code=abc", environment.edge));
    browser.wait_for_url(&format!("{}/install", environment.edge));
    browser.wait("the person sees the message", "document.body.innerText.length > 80");
    browser.screenshot(&picture("install-error.png"));
    assert!(!browser.url().contains("abc"));
    browser.open(&environment.edge);
    browser.screenshot(&picture("first-page.png"));
    assert_eq!(console_errors(&browser), Vec::<String>::new());
}

fn picture(name: &str) -> PathBuf {
    root().join("target/pictures").join(name)
}

fn stored(browser: &Browser) -> String {
    let stored = browser.js("return JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])");
    let stored = stored.as_str().unwrap().to_owned();
    if stored == "[{},{},null]" { String::new() } else { stored }
}

/// The errors in the console.
fn console_errors(browser: &Browser) -> Vec<String> {
    let console = browser.log("browser");
    let errors = console.iter().filter(|entry| entry["level"] == "SEVERE");
    errors.map(|entry| entry["message"].to_string()).collect()
}
