//! The whole flow in every engine: people deny, go back, reload, change browsers, use private windows, and block storage.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use serde_json::Value;
use stand_in::{Endpoint, Fault};
use std::{fs, path::Path, thread, time::Duration};
use tests::{
    browser::{Browser, Engine, Mode},
    in_each_engine,
    play::{
        BUTTON, FALLBACK, Play, READY, SCRIPT, STATUS, WATCH, click_button, go_through_smooch, pick, sign_in,
        wait_for_connected,
    },
    tools::root,
};

in_each_engine!(
    a_reload_while_it_finishes_still_connects_once,
    after_a_denial_and_after_going_back_the_button_has_a_new_state,
    two_tabs_that_start_at_once_have_separate_flows,
    a_link_opened_in_another_browser_connects_nobody,
    a_private_window_connects_and_leaves_nothing_on_disk,
    without_storage_the_fallback_stays_and_the_console_says_why,
);

/// Longer than it takes to reload the page meanwhile.
const SLOW: u64 = 3_000;

fn a_reload_while_it_finishes_still_connects_once(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    browser.wait("the button is ready", READY);
    picture(&browser, engine, "ready");
    click_button(&browser);
    stage.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    browser.wait("it finishes", &format!("({BUTTON})?.matches('[aria-busy]')"));
    picture(&browser, engine, "finishing");
    assert!(!browser.url().contains('#'), "the receipt is out of the address");
    browser.reload();
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait("the page was told", "document.querySelector('#note a')");
    picture(&browser, engine, "connected");
    assert_eq!(play.connections(), 1);
    assert_eq!(stage.smooch().issued_tokens().len(), 1);
    assert_eq!(stage.smooch().count(Endpoint::Token), 1);
}

fn after_a_denial_and_after_going_back_the_button_has_a_new_state(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    play.page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    let denied = href(&browser);
    browser.click_found(BUTTON);
    sign_in(&browser, stage, stand_in::accounts::SINGLE);
    browser.click("#deny");
    browser.wait_for_url(&stage.partner);
    browser.wait("the person is told", &format!("{STATUS}?.includes('Nothing')"));
    assert_eq!(browser.js("return heard"), serde_json::json!(["cancelled"]));
    assert!(!browser.url().contains('#'));
    picture(&browser, engine, "denied");

    let left = href(&browser);
    assert_ne!(left, denied, "each flow has a state of its own");
    browser.click_found(BUTTON);
    browser.wait_for_url(&stage.smooch_origin);
    browser.back();
    browser.wait_for_url(&stage.partner);
    // A page that was loaded again has no memory of being frozen.
    browser.wait("the page is the one that was left", "window.frozen === true");
    browser.wait("the state is fresh", &format!("({READY}) && ({READY}) != {left}"));
    assert_eq!(browser.js(&format!("return {STATUS}")), "");
    click_button(&browser);
    browser.wait_for_url(&stage.smooch_origin);
    browser.click("#allow");
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Blue Bicycle");
    assert_eq!(play.connections(), 1);
    assert_eq!(stage.smooch().issued_tokens().len(), 1);
}

fn two_tabs_that_start_at_once_have_separate_flows(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    play.page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    let first = browser.tab();
    let second = browser.open_tab();
    browser.open(&stage.partner);
    for tab in [&first, &second] {
        browser.to_tab(tab.clone());
        click_button(&browser);
        browser.wait_for_url(&stage.smooch_origin);
    }
    let apps = [stand_in::accounts::CORNER_BAKERY_EU, stand_in::accounts::NIGHT_MARKET];
    browser.to_tab(first.clone());
    sign_in(&browser, stage, stand_in::accounts::OWNER);
    // A reload would break it off.
    browser.wait("the sign-in is taken", "document.querySelector('input[name=app]')");
    for (tab, app) in [&first, &second].into_iter().zip(apps) {
        browser.to_tab(tab.clone());
        // A reload shows the login in the other tab too.
        browser.reload();
        pick(&browser, app);
        browser.wait("it is theirs to say", "document.querySelector('#allow')");
    }
    // The last flow to start is the first to come back.
    for (tab, app) in [(&second, "Night Market"), (&first, "Corner Bakery EU")] {
        browser.to_tab(tab.clone());
        browser.click("#allow");
        browser.wait_for_url(&stage.partner);
        wait_for_connected(&browser, app);
        assert_eq!(browser.js("return heard"), serde_json::json!(["connected"]));
    }
    assert_eq!(browser.js("return Object.keys(localStorage)"), serde_json::json!([]), "nothing is left over");
    assert_eq!((play.connections(), stage.smooch().issued_tokens().len()), (2, 2));
}

fn a_link_opened_in_another_browser_connects_nobody(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    let (first, second) = (Browser::of(engine), Browser::of(engine));
    first.open(&stage.partner);
    let link = href(&first);
    second.open(link.as_str().unwrap());
    sign_in(&second, stage, stand_in::accounts::VICTIM);
    second.click("#allow");
    second.wait_for_url(&stage.partner);
    second.wait("the person is told", &format!("{STATUS}?.includes('Start again here')"));
    picture(&second, engine, "wrong-browser");
    assert!(!second.url().contains("receipt"));
    assert_eq!(play.connections(), 0);
    assert_eq!(stage.smooch().issued_tokens().len(), 0);
    // And starts again here, as they are told.
    click_button(&second);
    second.wait_for_url(&stage.smooch_origin);
    second.click("#allow");
    second.wait_for_url(&stage.partner);
    second.wait("connected", &format!("{STATUS}?.includes('onnected')"));
    assert_eq!(play.connections(), 1);
}

fn a_private_window_connects_and_leaves_nothing_on_disk(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::with(engine, Mode::Private);
    browser.open(&stage.partner);
    click_button(&browser);
    browser.wait_for_url(&stage.smooch_origin);
    let key = "smooch.intent.";
    // Each window of WebKit's driver is private, and there is no other to compare it with.
    if engine != Engine::WebKit {
        let other = Browser::of(engine);
        other.open(&stage.partner);
        click_button(&other);
        other.wait_for_url(&stage.smooch_origin);
        // A browser writes what pages store every few seconds.
        let found = (0..120).any(|_try| {
            thread::sleep(Duration::from_millis(250));
            holds(other.profile(), key)
        });
        assert!(found, "what a usual window keeps comes to its disk");
    }
    assert!(!holds(browser.profile(), key), "a private window keeps nothing on its disk");
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(play.connections(), 1);
}

/// Searches all files below a folder for a text.
fn holds(folder: &Path, text: &str) -> bool {
    // What a browser has just removed is not there to be read.
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, text);
        }
        fs::read(&path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text))
    })
}

fn without_storage_the_fallback_stays_and_the_console_says_why(engine: Engine) {
    let play = Play::new();
    play.page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::with(engine, Mode::WithoutStorage);
    browser.open(&play.stage.partner);
    browser.wait("the page is told", "window.heard.length");
    assert_eq!(browser.js("return heard"), serde_json::json!(["failed unsupported"]));
    let said = browser.js("return said");
    assert_eq!(said, serde_json::json!(["add-to-smooch: this browser blocks localStorage for this page"]));
    assert_eq!(browser.js(FALLBACK), true, "the fallback shows, and the button does not");
    picture(&browser, engine, "without-storage");
    browser.click("add-to-smooch a");
    browser.wait_for_url(&format!("{}/install", play.stage.edge));
    browser.wait("the hosted page says it too", "document.querySelector('#problem').checkVisibility()");
    picture(&browser, engine, "install-without-storage");
}

/// The link to Smooch, once it is there.
fn href(browser: &Browser) -> Value {
    browser.wait("the button is ready", READY);
    browser.js(&format!("return {READY}"))
}

fn picture(browser: &Browser, engine: Engine, name: &str) {
    browser.picture(&root().join(format!("target/pictures/{engine}-{name}.png")));
}
