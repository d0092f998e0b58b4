//! The whole flow in every engine: people deny, go back, reload, change browsers, use private windows, and block storage.

use macro_rules_attribute::apply;
use serde_json::Value;
use stand_in::{Endpoint, Fault};
use std::{fs, path::Path, thread, time::Duration};
use tests::{
    browser::{Browser, Engine, Mode},
    fixtures::{
        BUTTON, FALLBACK, Fixture, READY, SCRIPT, STATUS, WATCH, click_button, go_through_smooch, pick_app,
        sign_in, wait_for_connected,
    },
    in_each_engine,
    tools::root,
};

/// In milliseconds: longer than a reload takes.
const SLOW: u64 = 3_000;

#[apply(in_each_engine)]
fn a_reload_while_it_finishes_still_connects_once(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    browser.wait("the button is ready", READY);
    picture(&browser, engine, "ready");
    click_button(&browser);
    environment.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    browser.wait("the flow is finishing", &format!("({BUTTON})?.matches('[aria-busy]')"));
    picture(&browser, engine, "finishing");
    assert!(!browser.url().contains('#'), "the receipt is still in the URL");
    browser.reload();
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait("the page has the event", "document.querySelector('#note a')");
    picture(&browser, engine, "connected");
    assert_eq!(fixture.connections(), 1);
    assert_eq!(environment.smooch().issued_tokens().len(), 1);
    assert_eq!(environment.smooch().count(Endpoint::Token), 1);
}

#[apply(in_each_engine)]
fn after_a_denial_and_after_going_back_the_button_has_a_new_state(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    fixture.serve_page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    let first_link = href(&browser);
    browser.click_expression(BUTTON);
    sign_in(&browser, environment, stand_in::accounts::SINGLE);
    browser.click("#deny");
    browser.wait_for_url(&environment.partner);
    browser.wait("the person sees the message", &format!("{STATUS}?.includes('Nothing')"));
    assert_eq!(browser.js("return eventNames"), serde_json::json!(["cancelled"]));
    assert!(!browser.url().contains('#'));
    picture(&browser, engine, "denied");

    let before_back = href(&browser);
    assert_ne!(before_back, first_link, "two flows have the same state");
    browser.click_expression(BUTTON);
    browser.wait_for_url(&environment.smooch_origin);
    browser.back();
    browser.wait_for_url(&environment.partner);
    // Only a page from the back-forward cache has `frozen` set to true.
    browser.wait("the page comes from the back-forward cache", "window.frozen === true");
    browser.wait("the state is fresh", &format!("({READY}) && ({READY}) != {before_back}"));
    assert_eq!(browser.js(&format!("return {STATUS}")), "");
    click_button(&browser);
    browser.wait_for_url(&environment.smooch_origin);
    browser.click("#allow");
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Blue Bicycle");
    assert_eq!(fixture.connections(), 1);
    assert_eq!(environment.smooch().issued_tokens().len(), 1);
}

#[apply(in_each_engine)]
fn two_tabs_that_start_at_once_have_separate_flows(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    fixture.serve_page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    let first = browser.tab();
    let second = browser.open_tab();
    browser.open(&environment.partner);
    for tab in [&first, &second] {
        browser.switch_to_tab(tab.clone());
        click_button(&browser);
        browser.wait_for_url(&environment.smooch_origin);
    }
    let apps = [stand_in::accounts::CORNER_BAKERY_EU, stand_in::accounts::NIGHT_MARKET];
    browser.switch_to_tab(first.clone());
    sign_in(&browser, environment, stand_in::accounts::OWNER);
    // A reload would cancel the sign-in.
    browser.wait("the sign-in is done", "document.querySelector('input[name=app]')");
    for (tab, app) in [&first, &second].into_iter().zip(apps) {
        browser.switch_to_tab(tab.clone());
        // A reload shows the login in the other tab too.
        browser.reload();
        pick_app(&browser, app);
        browser.wait("the consent page", "document.querySelector('#allow')");
    }
    // The last flow to start is the first to come back.
    for (tab, app) in [(&second, "Night Market"), (&first, "Corner Bakery EU")] {
        browser.switch_to_tab(tab.clone());
        browser.click("#allow");
        browser.wait_for_url(&environment.partner);
        wait_for_connected(&browser, app);
        assert_eq!(browser.js("return eventNames"), serde_json::json!(["connected"]));
    }
    assert_eq!(
        browser.js("return Object.keys(localStorage)"),
        serde_json::json!([]),
        "the page leaves data in localStorage"
    );
    assert_eq!((fixture.connections(), environment.smooch().issued_tokens().len()), (2, 2));
}

#[apply(in_each_engine)]
fn a_link_opened_in_another_browser_connects_nobody(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let (first, second) = (Browser::with_engine(engine), Browser::with_engine(engine));
    first.open(&environment.partner);
    let link = href(&first);
    second.open(link.as_str().unwrap());
    sign_in(&second, environment, stand_in::accounts::VICTIM);
    second.click("#allow");
    second.wait_for_url(&environment.partner);
    second.wait("the person sees the message", &format!("{STATUS}?.includes('Start again here')"));
    picture(&second, engine, "wrong-browser");
    assert!(!second.url().contains("receipt"));
    assert_eq!(fixture.connections(), 0);
    assert_eq!(environment.smooch().issued_tokens().len(), 0);
    // They start again in this browser, as the message says.
    click_button(&second);
    second.wait_for_url(&environment.smooch_origin);
    second.click("#allow");
    second.wait_for_url(&environment.partner);
    second.wait("connected", &format!("{STATUS}?.includes('onnected')"));
    assert_eq!(fixture.connections(), 1);
}

#[apply(in_each_engine)]
fn a_private_window_connects_and_leaves_nothing_on_disk(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::with_mode(engine, Mode::Private);
    browser.open(&environment.partner);
    click_button(&browser);
    browser.wait_for_url(&environment.smooch_origin);
    let key = "smooch.intent.";
    // WebKit's driver opens only private windows, so there is no other window to compare with.
    if engine != Engine::WebKit {
        let other = Browser::with_engine(engine);
        other.open(&environment.partner);
        click_button(&other);
        other.wait_for_url(&environment.smooch_origin);
        // A browser writes the storage of pages to disk every few seconds.
        let found = (0..120).any(|_try| {
            thread::sleep(Duration::from_millis(250));
            contains_text(other.profile(), key)
        });
        assert!(found, "a normal window writes nothing to disk, so the test proves nothing");
    }
    assert!(!contains_text(browser.profile(), key), "a private window writes to disk");
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
}

/// Searches all files below a folder for a text.
fn contains_text(folder: &Path, text: &str) -> bool {
    // A file may disappear while the folder is searched.
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return contains_text(&path, text);
        }
        fs::read(&path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text))
    })
}

#[apply(in_each_engine)]
fn without_storage_the_fallback_stays_and_the_console_says_why(engine: Engine) {
    let fixture = Fixture::new();
    fixture.serve_page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::with_mode(engine, Mode::WithoutStorage);
    browser.open(&fixture.environment.partner);
    browser.wait("the page has the event", "window.eventNames.length");
    assert_eq!(browser.js("return eventNames"), serde_json::json!(["failed unsupported"]));
    let errors = browser.js("return consoleErrors");
    assert_eq!(errors, serde_json::json!(["add-to-smooch: this browser blocks localStorage for this page"]));
    assert_eq!(browser.js(FALLBACK), true, "the fallback shows, and the button does not");
    picture(&browser, engine, "without-storage");
    browser.click("add-to-smooch a");
    browser.wait_for_url(&format!("{}/install", fixture.environment.edge));
    browser.wait(
        "the hosted page shows the problem too",
        "document.querySelector('#problem').checkVisibility()",
    );
    picture(&browser, engine, "install-without-storage");
}

/// The link to Smooch, when the button is ready.
fn href(browser: &Browser) -> Value {
    browser.wait("the button is ready", READY);
    browser.js(&format!("return {READY}"))
}

fn picture(browser: &Browser, engine: Engine, name: &str) {
    browser.screenshot(&root().join(format!("target/pictures/{engine}-{name}.png")));
}
