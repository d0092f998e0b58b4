//! Popup windows, in every engine: the page that opened one gets the result, even if Smooch's pages sever the window.
#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use fantoccini::wd::WindowHandle;
use http::StatusCode;
use serde_json::{Value, json};
use stand_in::{Endpoint, Fault, Options};
use std::{thread, time::Duration};
use tests::{
    browser::{Browser, Engine},
    in_each_engine,
    play::{
        BUTTON, Play, READY, SCRIPT, STATUS, WATCH, go_through_smooch, pick, sign_in, wait_for_connected,
    },
};

in_each_engine!(
    a_popup_connects_and_the_page_that_opened_it_stays,
    a_severed_popup_connects_too_and_does_not_count_as_closed,
    a_denial_in_the_popup_reaches_the_page,
    a_closed_popup_makes_the_button_ready,
    a_failure_in_the_popup_reaches_the_page_and_the_popup_closes,
    a_flow_that_can_be_retried_shows_in_both_and_continues_in_the_popup,
    a_new_flow_in_the_page_closes_the_popup_that_waits,
    a_severed_popup_that_waits_closes_too,
    two_buttons_do_not_disturb_each_other,
    two_tabs_with_open_popups_have_separate_flows,
    without_a_popup_the_link_is_followed,
    languages_and_the_popup_module_load_on_demand,
);

const POPUP: &str = "<add-to-smooch client-id=\"shoplifter\" mode=\"popup\" authorize-url=\"SMOOCH/oauth/authorize\">\
     <a href=\"EDGE/install\">Add to Smooch</a></add-to-smooch>";

/// Opens a page whose button opens a popup window, and waits for the module that this needs.
fn open(play: &Play, engine: Engine, buttons: usize) -> Browser {
    play.page("/popup", &[], &[WATCH, SCRIPT].concat(), &POPUP.repeat(buttons));
    // The window ends on this page of the same site.
    play.page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::of(engine);
    browser.open(&format!("{}/popup", play.stage.partner));
    ready(&browser);
    browser
}

fn ready(browser: &Browser) {
    browser.wait("the button is ready", READY);
    let loaded = "performance.getEntriesByType('resource').some(({name}) => name.endsWith('.popup.js'))";
    browser.wait("the script for windows is there", loaded);
    thread::sleep(Duration::from_millis(100));
}

fn heard(browser: &Browser) -> String {
    browser.js("return JSON.stringify(heard)").as_str().unwrap_or_default().to_owned()
}

/// The detail of the last event.
fn carried(browser: &Browser) -> Value {
    browser.js("return carried.at(-1)")
}

/// Starts in a popup window and goes through Smooch there. Returns the page's own tab.
fn set_out(play: &Play, browser: &Browser) -> WindowHandle {
    let page = browser.tab();
    browser.click_found(BUTTON);
    browser.to_newest_tab();
    go_through_smooch(browser, &play.stage);
    page
}

fn connects(play: &Play, engine: Engine) {
    let browser = open(play, engine, 1);
    let page = browser.tab();
    browser.click_found(BUTTON);
    browser.to_newest_tab();
    sign_in(&browser, &play.stage, stand_in::accounts::OWNER);
    assert_eq!(browser.js("return window.opener"), Value::Null, "it has no hold on the page");
    // Long enough for several polls of the window.
    thread::sleep(Duration::from_millis(1_000));
    let window = browser.tab();
    browser.to_tab(page.clone());
    assert_eq!(heard(&browser), "[]", "nothing is said of a window that is at work");
    browser.to_tab(window);
    browser.click(&format!("input[name=app][value='{}']", stand_in::accounts::CORNER_BAKERY_EU));
    browser.click("#continue");
    browser.click("#allow");
    browser.to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert!(browser.url().ends_with("/popup"), "{}", browser.url());
    assert!(heard(&browser).contains("connected"), "{}", heard(&browser));
    assert_eq!((play.connections(), play.stage.smooch().issued_tokens().len()), (1, 1));
}

fn a_popup_connects_and_the_page_that_opened_it_stays(engine: Engine) {
    connects(&Play::new(), engine);
}

fn a_severed_popup_connects_too_and_does_not_count_as_closed(engine: Engine) {
    connects(&Play::at(&json!({}), Options { coop: true, ..Options::default() }), engine);
}

fn a_denial_in_the_popup_reaches_the_page(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    let page = browser.tab();
    browser.click_found(BUTTON);
    browser.to_newest_tab();
    sign_in(&browser, &play.stage, stand_in::accounts::SINGLE);
    browser.click("#deny");
    browser.to_tab(page);
    browser.wait("the page has heard", &format!("{STATUS}.includes('chose not to')"));
    assert_eq!((heard(&browser).as_str(), carried(&browser)), ("[\"cancelled\"]", Value::Null));
    assert_eq!(play.connections(), 0);
}

fn a_closed_popup_makes_the_button_ready(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    let page = browser.tab();
    browser.click_found(BUTTON);
    browser.to_newest_tab();
    browser.wait("the sign-in form", "document.querySelector('#email')");
    // Long enough for a poll to see it there.
    thread::sleep(Duration::from_millis(700));
    browser.close_tab();
    browser.to_tab(page);
    browser.js("focus()");
    browser.wait("the page says so", &format!("{STATUS}.includes('start again')"));
    assert_eq!((heard(&browser).as_str(), carried(&browser)), ("[\"cancelled\"]", Value::Null));
    // And again, to the end.
    browser.wait("the button is ready", READY);
    browser.click_found(BUTTON);
    let page = browser.tab();
    browser.to_newest_tab();
    go_through_smooch(&browser, &play.stage);
    browser.to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
}

/// The status text in the page and in the window.
const NOT_ANSWERING: &str = "Smooch is not answering as it should. Try again in a minute. Reference: ";

/// Checks the page: it has fired `failed` once, shows the same text, and its button works.
#[track_caller]
fn assert_told(browser: &Browser) {
    browser.wait("the page has heard", &format!("{STATUS}.startsWith('{NOT_ANSWERING}')"));
    assert_eq!(heard(browser), "[\"failed smooch_unavailable\"]");
    let number = browser.js("return carried[0].request_id");
    assert_eq!(
        browser.js(&format!("return {STATUS}")),
        format!("{NOT_ANSWERING}{}", number.as_str().unwrap_or_default())
    );
    browser.wait("the button is ready", READY);
    assert_eq!(browser.js(&format!("return ({BUTTON}).className")), "failed");
}

/// Presses again in the page and finishes in the one window that is left, with Smooch's login kept.
fn again(browser: &Browser, page: &WindowHandle) {
    let before = browser.all_tabs();
    browser.click_found(BUTTON);
    browser.wait("it is set out", &format!("{STATUS}.startsWith('Go on in the window')"));
    browser
        .wait_for_tabs(|tabs| tabs.len() == 2 && before.iter().all(|tab| tab == page || !tabs.contains(tab)));
    browser.to_newest_tab();
    browser.wait("they are known at Smooch", "document.querySelector('#continue')");
    pick(browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.click("#allow");
    browser.to_tab(page.clone());
    wait_for_connected(browser, "Corner Bakery EU");
    browser.wait_for_tabs(|tabs| tabs.len() == 1);
    assert_eq!(heard(browser), "[\"failed smooch_unavailable\",\"connected\"]");
}

/// Lets Smooch issue a token and then not answer whose it is, until all attempts are used up.
fn hold(play: &Play) {
    for _try in 0..3 {
        play.stage.smooch().on_next(Endpoint::TokenInfo, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    }
}

fn a_failure_in_the_popup_reaches_the_page_and_the_popup_closes(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    // Smooch may have spent the code, so the edge does not ask again.
    play.stage.smooch().on_next(Endpoint::Token, Fault::status(StatusCode::INTERNAL_SERVER_ERROR));
    let page = set_out(&play, &browser);
    browser.to_tab(page.clone());
    assert_told(&browser);
    browser.wait_for_tabs(|tabs| tabs.len() == 1);
    again(&browser, &page);
    assert_eq!(play.connections(), 1);
}

fn a_flow_that_can_be_retried_shows_in_both_and_continues_in_the_popup(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    hold(&play);
    let page = set_out(&play, &browser);
    browser.wait("the window says so", &format!("{STATUS}?.startsWith('{NOT_ANSWERING}')"));
    assert_eq!(browser.js(&format!("return ({BUTTON}).textContent")), "Try again");
    let window = browser.tab();
    browser.to_tab(page.clone());
    assert_told(&browser);
    assert_eq!(browser.tabs(), 2, "the token is in that window alone");
    browser.to_tab(window);
    browser.click_found(BUTTON);
    browser.to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait_for_tabs(|tabs| tabs.len() == 1);
    assert_eq!(heard(&browser), "[\"failed smooch_unavailable\",\"connected\"]");
    assert_eq!((play.connections(), play.stage.smooch().issued_tokens().len()), (1, 1));
}

fn starts_again(play: &Play, engine: Engine) {
    let browser = open(play, engine, 1);
    hold(play);
    let page = set_out(play, &browser);
    browser.wait("the window says so", &format!("{STATUS}?.startsWith('{NOT_ANSWERING}')"));
    browser.to_tab(page.clone());
    assert_told(&browser);
    again(&browser, &page);
    assert_eq!(play.connections(), 1);
}

fn a_new_flow_in_the_page_closes_the_popup_that_waits(engine: Engine) {
    starts_again(&Play::new(), engine);
}

fn a_severed_popup_that_waits_closes_too(engine: Engine) {
    starts_again(&Play::at(&json!({}), Options { coop: true, ..Options::default() }), engine);
}

fn two_buttons_do_not_disturb_each_other(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 2);
    let first = browser.tab();
    let second = "document.querySelectorAll('add-to-smooch')[1].shadowRoot.querySelector('[part=button]')";
    browser.wait("the second is ready", &format!("{second}?.href"));
    browser.click_found(second);
    browser.to_newest_tab();
    go_through_smooch(&browser, &play.stage);
    browser.to_tab(first);
    browser.wait("the second is connected", &format!("{second}.className == 'connected'"));
    assert_eq!(browser.js(&format!("return ({BUTTON}).className")), "ready");
    // The first still works.
    browser.wait("the first is ready", READY);
    browser.click_found(BUTTON);
    let page = browser.tab();
    browser.to_newest_tab();
    browser.wait("they are known at Smooch", "document.querySelector('#continue')");
    browser.click(&format!("input[name=app][value='{}']", stand_in::accounts::NIGHT_MARKET));
    browser.click("#continue");
    browser.click("#allow");
    browser.to_tab(page);
    browser.wait("the first is connected", &format!("({BUTTON}).className == 'connected'"));
    assert_eq!(play.connections(), 2);
}

fn two_tabs_with_open_popups_have_separate_flows(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    let first = browser.tab();
    let second = browser.open_tab();
    browser.open(&format!("{}/popup", play.stage.partner));
    ready(&browser);
    let window = |page: &WindowHandle| {
        browser.to_tab(page.clone());
        let before = browser.all_tabs();
        browser.click_found(BUTTON);
        browser.wait_for_tabs(|tabs| tabs.len() > before.len());
        let opened = browser.all_tabs().into_iter().find(|tab| !before.contains(tab));
        opened.unwrap_or_else(|| page.clone())
    };
    let windows = [window(&first), window(&second)];
    let apps = [stand_in::accounts::CORNER_BAKERY_EU, stand_in::accounts::NIGHT_MARKET];
    browser.to_tab(windows[0].clone());
    sign_in(&browser, &play.stage, stand_in::accounts::OWNER);
    // A reload would break it off.
    browser.wait("the sign-in is taken", "document.querySelector('input[name=app]')");
    for (window, app) in windows.iter().zip(apps) {
        browser.to_tab(window.clone());
        // A reload shows the login in the other window too.
        browser.reload();
        pick(&browser, app);
        browser.wait("it is theirs to say", "document.querySelector('#allow')");
    }
    // The last flow to start is the first to come back.
    for (window, page, app) in
        [(&windows[1], &second, "Night Market"), (&windows[0], &first, "Corner Bakery EU")]
    {
        browser.to_tab(window.clone());
        browser.click("#allow");
        browser.to_tab(page.clone());
        wait_for_connected(&browser, app);
        assert_eq!(heard(&browser), "[\"connected\"]");
        assert_eq!(carried(&browser)["connection"]["app"]["name"], app);
        browser.wait_for_tabs(|tabs| !tabs.contains(window));
        let other = if page == &second { &first } else { &second };
        browser.to_tab(other.clone());
        let still = if page == &second { "[]" } else { "[\"connected\"]" };
        assert_eq!(heard(&browser), still, "the other tab hears of its own flow alone");
    }
    assert_eq!((play.connections(), play.stage.smooch().issued_tokens().len()), (2, 2));
}

fn without_a_popup_the_link_is_followed(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    browser.js("window.open = () => null");
    browser.click_found(BUTTON);
    browser.wait_for_url(&play.stage.smooch_origin);
    assert_eq!(browser.tabs(), 1);
    go_through_smooch(&browser, &play.stage);
    browser.wait_for_url(&format!("{}/popup", play.stage.partner));
    wait_for_connected(&browser, "Corner Bakery EU");
}

fn languages_and_the_popup_module_load_on_demand(engine: Engine) {
    let play = Play::new();
    let browser = Browser::of(engine);
    let loaded = |browser: &Browser| {
        let names = "return performance.getEntriesByType('resource').map(({name}) => name.split('/').pop())\
                     .filter((name) => name.startsWith('add-to-smooch')).sort().join(' ')";
        browser.js(names).as_str().unwrap_or_default().to_owned()
    };
    play.page("/plain", &[], SCRIPT, "ELEMENT");
    browser.open(&format!("{}/plain", play.stage.partner));
    browser.wait("the button is ready", READY);
    assert_eq!(loaded(&browser), "add-to-smooch.js add-to-smooch.wasm");
    // A supported language on a part of the page, and an unsupported one.
    play.page("/spoken", &[], SCRIPT, "<div lang=\"pt-BR\">ELEMENT</div><div lang=\"tlh\">ELEMENT</div>");
    browser.open(&format!("{}/spoken", play.stage.partner));
    browser.wait("it speaks", &format!("({BUTTON})?.textContent == 'Adicionar ao Smooch'"));
    let other = "document.querySelectorAll('add-to-smooch')[1].shadowRoot.querySelector('[part=button]')";
    assert_eq!(browser.js(&format!("return {other}.textContent")), "Add to Smooch");
    assert_eq!(loaded(&browser), "add-to-smooch.js add-to-smooch.pt.js add-to-smooch.wasm");
    // A changed `lang` loads another language.
    browser.js("document.querySelector('add-to-smooch').lang = 'ja'");
    browser.wait("it speaks", &format!("({BUTTON})?.textContent == 'Smooch に追加'"));
}
