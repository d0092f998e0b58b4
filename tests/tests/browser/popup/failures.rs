//! Failed flows in a popup.

use super::{events, open, start_in_popup};
use fantoccini::wd::WindowHandle;
use http::StatusCode;
use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{Endpoint, Fault, Options};
use tests::{
    browser::{Browser, Engine},
    fixtures::{BUTTON, Fixture, READY, STATUS, pick_app, wait_for_connected},
    in_each_engine,
};

/// The status text in the page and in the popup.
const NOT_ANSWERING: &str = "Smooch is not answering as it should. Try again in a minute. Reference: ";

/// Checks the page: it has fired `failed` once, shows the same text, and its button works.
#[track_caller]
fn assert_failure_shown(browser: &Browser) {
    browser.wait("the page shows the message", &format!("{STATUS}.startsWith('{NOT_ANSWERING}')"));
    assert_eq!(events(browser), "[\"failed smooch_unavailable\"]");
    let number = browser.js("return eventDetails[0].request_id");
    assert_eq!(
        browser.js(&format!("return {STATUS}")),
        format!("{NOT_ANSWERING}{}", number.as_str().unwrap_or_default())
    );
    browser.wait("the button is ready", READY);
    assert_eq!(browser.js(&format!("return ({BUTTON}).className")), "failed");
}

/// Clicks the button in the page again and finishes in the only popup, where Smooch remembers the login.
fn finish_in_new_popup(browser: &Browser, page: &WindowHandle) {
    let before = browser.tabs();
    browser.click_expression(BUTTON);
    browser
        .wait("the page shows that a popup is open", &format!("{STATUS}.startsWith('Go on in the window')"));
    browser
        .wait_for_tabs(|tabs| tabs.len() == 2 && before.iter().all(|tab| tab == page || !tabs.contains(tab)));
    browser.switch_to_newest_tab();
    browser.wait("Smooch remembers the login", "document.querySelector('#continue')");
    pick_app(browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.click("#allow");
    browser.switch_to_tab(page.clone());
    wait_for_connected(browser, "Corner Bakery EU");
    browser.wait_for_tabs(|tabs| tabs.len() == 1);
    assert_eq!(events(browser), "[\"failed smooch_unavailable\",\"connected\"]");
}

/// Lets Smooch issue a token, and lets all requests for its app fail.
fn fail_token_info(fixture: &Fixture) {
    for _try in 0..3 {
        fixture
            .environment
            .smooch()
            .on_next(Endpoint::TokenInfo, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    }
}

#[apply(in_each_engine)]
fn a_failure_in_the_popup_reaches_the_page_and_the_popup_closes(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, 1);
    // Smooch may have processed the code, so the edge does not send it again.
    fixture.environment.smooch().on_next(Endpoint::Token, Fault::status(StatusCode::INTERNAL_SERVER_ERROR));
    let page = start_in_popup(&fixture, &browser);
    browser.switch_to_tab(page.clone());
    assert_failure_shown(&browser);
    browser.wait_for_tabs(|tabs| tabs.len() == 1);
    finish_in_new_popup(&browser, &page);
    assert_eq!(fixture.connections(), 1);
}

#[apply(in_each_engine)]
fn a_flow_that_can_be_retried_shows_in_both_and_continues_in_the_popup(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, 1);
    fail_token_info(&fixture);
    let page = start_in_popup(&fixture, &browser);
    browser.wait("the popup shows the message", &format!("{STATUS}?.startsWith('{NOT_ANSWERING}')"));
    assert_eq!(browser.js(&format!("return ({BUTTON}).textContent")), "Try again");
    let window = browser.tab();
    browser.switch_to_tab(page.clone());
    assert_failure_shown(&browser);
    assert_eq!(browser.tab_count(), 2, "the popup is closed, and only it has the escrow receipt");
    browser.switch_to_tab(window);
    browser.click_expression(BUTTON);
    browser.switch_to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait_for_tabs(|tabs| tabs.len() == 1);
    assert_eq!(events(&browser), "[\"failed smooch_unavailable\",\"connected\"]");
    assert_eq!((fixture.connections(), fixture.environment.smooch().issued_tokens().len()), (1, 1));
}

fn check_new_flow_closes_popup(fixture: &Fixture, engine: Engine) {
    let browser = open(fixture, engine, 1);
    fail_token_info(fixture);
    let page = start_in_popup(fixture, &browser);
    browser.wait("the popup shows the message", &format!("{STATUS}?.startsWith('{NOT_ANSWERING}')"));
    browser.switch_to_tab(page.clone());
    assert_failure_shown(&browser);
    finish_in_new_popup(&browser, &page);
    assert_eq!(fixture.connections(), 1);
}

#[apply(in_each_engine)]
fn a_new_flow_in_the_page_closes_the_popup_that_waits(engine: Engine) {
    check_new_flow_closes_popup(&Fixture::new(), engine);
}

#[apply(in_each_engine)]
fn a_severed_popup_that_waits_closes_too(engine: Engine) {
    check_new_flow_closes_popup(
        &Fixture::with_options(&json!({}), Options { coop: true, ..Options::default() }),
        engine,
    );
}
