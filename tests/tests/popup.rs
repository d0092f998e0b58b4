//! A window of its own for the flow, in every engine: what the page that opened it learns, and that it is not fooled by a
//! Smooch whose pages cut it off.
#![expect(clippy::indexing_slicing, reason = "where it panics, a test has failed")]

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
    a_window_connects_and_the_page_that_opened_it_stays,
    a_window_that_was_cut_off_connects_as_well_and_is_not_taken_for_closed,
    a_no_in_the_window_is_heard_in_the_page,
    a_window_that_is_closed_makes_the_button_ready,
    a_failure_in_the_window_is_said_in_the_page_and_the_window_goes,
    what_can_be_sent_again_from_the_window_is_said_in_both_and_goes_on_there,
    whoever_starts_again_on_the_page_is_rid_of_the_window_that_waits,
    a_window_that_waits_and_was_cut_off_goes_as_well,
    two_buttons_do_not_disturb_each_other,
    two_tabs_whose_windows_are_open_at_once_have_a_flow_each,
    where_there_can_be_no_window_the_link_is_followed,
    languages_and_windows_are_loaded_where_they_are_asked_for,
);

const POPUP: &str = "<add-to-smooch client-id=\"shoplifter\" mode=\"popup\" authorize-url=\"SMOOCH/oauth/authorize\">\
     <a href=\"EDGE/install\">Add to Smooch</a></add-to-smooch>";

/// A page whose button opens a window, with the script that this takes there already.
fn open(play: &Play, engine: Engine, buttons: usize) -> Browser {
    play.page("/popup", &[], &[WATCH, SCRIPT].concat(), &POPUP.repeat(buttons));
    // Where the window comes back to; it is of the same site and knows nothing of windows.
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

/// What the last event carried.
fn carried(browser: &Browser) -> Value {
    browser.js("return carried.at(-1)")
}

/// Sets out in a window, and goes through Smooch there. The page that stays, in which it is then.
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
    // Long enough to look at the window several times.
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

fn a_window_connects_and_the_page_that_opened_it_stays(engine: Engine) {
    connects(&Play::new(), engine);
}

fn a_window_that_was_cut_off_connects_as_well_and_is_not_taken_for_closed(engine: Engine) {
    connects(&Play::at(&json!({}), Options { coop: true, ..Options::default() }), engine);
}

fn a_no_in_the_window_is_heard_in_the_page(engine: Engine) {
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

fn a_window_that_is_closed_makes_the_button_ready(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    let page = browser.tab();
    browser.click_found(BUTTON);
    browser.to_newest_tab();
    browser.wait("the sign-in form", "document.querySelector('#email')");
    // Long enough to be seen there.
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

/// What a person reads in the page and in the window.
const NOT_ANSWERING: &str = "Smooch is not answering as it should. Try again in a minute. Reference: ";

/// The page's half: it has fired `failed` once, says the same below the button, and can be pressed.
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

/// Presses again in the page, and goes to the end in the one window that there is then, known at Smooch by now.
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

/// Smooch has answered with a token, and then does not say for which app it is until all tries are used up.
fn hold(play: &Play) {
    for _try in 0..3 {
        play.stage.smooch().on_next(Endpoint::TokenInfo, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    }
}

fn a_failure_in_the_window_is_said_in_the_page_and_the_window_goes(engine: Engine) {
    let play = Play::new();
    let browser = open(&play, engine, 1);
    // Nobody knows whether it has spent the code, so it is not asked again.
    play.stage.smooch().on_next(Endpoint::Token, Fault::status(StatusCode::INTERNAL_SERVER_ERROR));
    let page = set_out(&play, &browser);
    browser.to_tab(page.clone());
    assert_told(&browser);
    browser.wait_for_tabs(|tabs| tabs.len() == 1);
    again(&browser, &page);
    assert_eq!(play.connections(), 1);
}

fn what_can_be_sent_again_from_the_window_is_said_in_both_and_goes_on_there(engine: Engine) {
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

fn whoever_starts_again_on_the_page_is_rid_of_the_window_that_waits(engine: Engine) {
    starts_again(&Play::new(), engine);
}

fn a_window_that_waits_and_was_cut_off_goes_as_well(engine: Engine) {
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
    // The first is as good as before.
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

fn two_tabs_whose_windows_are_open_at_once_have_a_flow_each(engine: Engine) {
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
        // Who has signed in is known in the other window too, once it is loaded again.
        browser.reload();
        pick(&browser, app);
        browser.wait("it is theirs to say", "document.querySelector('#allow')");
    }
    // Who set out last comes back first.
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

fn where_there_can_be_no_window_the_link_is_followed(engine: Engine) {
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

fn languages_and_windows_are_loaded_where_they_are_asked_for(engine: Engine) {
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
    // A language that there is, in a part of the page; and one that there is not.
    play.page("/spoken", &[], SCRIPT, "<div lang=\"pt-BR\">ELEMENT</div><div lang=\"tlh\">ELEMENT</div>");
    browser.open(&format!("{}/spoken", play.stage.partner));
    browser.wait("it speaks", &format!("({BUTTON})?.textContent == 'Adicionar ao Smooch'"));
    let other = "document.querySelectorAll('add-to-smooch')[1].shadowRoot.querySelector('[part=button]')";
    assert_eq!(browser.js(&format!("return {other}.textContent")), "Add to Smooch");
    assert_eq!(loaded(&browser), "add-to-smooch.js add-to-smooch.pt.js add-to-smooch.wasm");
    // Another is learnt when the element is told so.
    browser.js("document.querySelector('add-to-smooch').lang = 'ja'");
    browser.wait("it speaks", &format!("({BUTTON})?.textContent == 'Smooch に追加'"));
}
