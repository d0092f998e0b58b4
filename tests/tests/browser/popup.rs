//! Popup windows, in every engine: the page that opened one gets the result, even if Smooch's pages sever the window.

mod failures;

use fantoccini::wd::WindowHandle;
use macro_rules_attribute::apply;
use serde_json::{Value, json};
use stand_in::Options;
use std::{thread, time::Duration};
use tests::{
    browser::{Browser, Engine},
    fixtures::{
        BUTTON, Fixture, READY, SCRIPT, STATUS, WATCH, go_through_smooch, pick_app, sign_in,
        wait_for_connected,
    },
    in_each_engine,
};

const POPUP: &str = "<add-to-smooch client-id=\"shoplifter\" mode=\"popup\" authorize-url=\"SMOOCH/oauth/authorize\">\
     <a href=\"EDGE/install\">Add to Smooch</a></add-to-smooch>";

/// Opens a page whose button opens a popup window, and waits for the module that this needs.
fn open(fixture: &Fixture, engine: Engine, buttons: usize) -> Browser {
    fixture.serve_page("/popup", &[], &[WATCH, SCRIPT].concat(), &POPUP.repeat(buttons));
    // The popup ends on this page of the same site.
    fixture.serve_page("/", &[], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::with_engine(engine);
    browser.open(&format!("{}/popup", fixture.environment.partner));
    wait_until_ready(&browser);
    browser
}

fn wait_until_ready(browser: &Browser) {
    browser.wait("the button is ready", READY);
    let loaded = "performance.getEntriesByType('resource').some(({name}) => name.endsWith('.popup.js'))";
    browser.wait("the popup module is loaded", loaded);
    thread::sleep(Duration::from_millis(100));
}

fn events(browser: &Browser) -> String {
    browser.js("return JSON.stringify(eventNames)").as_str().unwrap_or_default().to_owned()
}

/// The detail of the last event.
fn last_detail(browser: &Browser) -> Value {
    browser.js("return eventDetails.at(-1)")
}

/// Starts in a popup window and goes through Smooch there. Returns the page's own tab.
fn start_in_popup(fixture: &Fixture, browser: &Browser) -> WindowHandle {
    let page = browser.tab();
    browser.click_expression(BUTTON);
    browser.switch_to_newest_tab();
    go_through_smooch(browser, &fixture.environment);
    page
}

fn check_popup_connects(fixture: &Fixture, engine: Engine) {
    let browser = open(fixture, engine, 1);
    let page = browser.tab();
    browser.click_expression(BUTTON);
    browser.switch_to_newest_tab();
    sign_in(&browser, &fixture.environment, stand_in::accounts::OWNER);
    assert_eq!(browser.js("return window.opener"), Value::Null, "the popup has a reference to the page");
    // Long enough for several polls of the popup.
    thread::sleep(Duration::from_millis(1_000));
    let window = browser.tab();
    browser.switch_to_tab(page.clone());
    assert_eq!(events(&browser), "[]", "the page fires an event while the popup is in use");
    browser.switch_to_tab(window);
    browser.click(&format!("input[name=app][value='{}']", stand_in::accounts::CORNER_BAKERY_EU));
    browser.click("#continue");
    browser.click("#allow");
    browser.switch_to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert!(browser.url().ends_with("/popup"), "{}", browser.url());
    assert!(events(&browser).contains("connected"), "{}", events(&browser));
    assert_eq!((fixture.connections(), fixture.environment.smooch().issued_tokens().len()), (1, 1));
}

#[apply(in_each_engine)]
fn a_popup_connects_and_the_page_that_opened_it_stays(engine: Engine) {
    check_popup_connects(&Fixture::new(), engine);
}

#[apply(in_each_engine)]
fn a_severed_popup_connects_too_and_does_not_count_as_closed(engine: Engine) {
    check_popup_connects(
        &Fixture::with_options(&json!({}), Options { coop: true, ..Options::default() }),
        engine,
    );
}

#[apply(in_each_engine)]
fn a_denial_in_the_popup_reaches_the_page(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, 1);
    let page = browser.tab();
    browser.click_expression(BUTTON);
    browser.switch_to_newest_tab();
    sign_in(&browser, &fixture.environment, stand_in::accounts::SINGLE);
    browser.click("#deny");
    browser.switch_to_tab(page);
    browser.wait("the page shows the message", &format!("{STATUS}.includes('chose not to')"));
    assert_eq!((events(&browser).as_str(), last_detail(&browser)), ("[\"cancelled\"]", Value::Null));
    assert_eq!(fixture.connections(), 0);
}

#[apply(in_each_engine)]
fn a_closed_popup_makes_the_button_ready(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, 1);
    let page = browser.tab();
    browser.click_expression(BUTTON);
    browser.switch_to_newest_tab();
    browser.wait("the sign-in form", "document.querySelector('#email')");
    // Long enough for a poll to find the popup open.
    thread::sleep(Duration::from_millis(700));
    browser.close_tab();
    browser.switch_to_tab(page);
    browser.js("focus()");
    browser.wait("the page shows that the popup was closed", &format!("{STATUS}.includes('start again')"));
    assert_eq!((events(&browser).as_str(), last_detail(&browser)), ("[\"cancelled\"]", Value::Null));
    // A second attempt connects.
    browser.wait("the button is ready", READY);
    browser.click_expression(BUTTON);
    let page = browser.tab();
    browser.switch_to_newest_tab();
    go_through_smooch(&browser, &fixture.environment);
    browser.switch_to_tab(page);
    wait_for_connected(&browser, "Corner Bakery EU");
}

#[apply(in_each_engine)]
fn two_buttons_do_not_disturb_each_other(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, 2);
    let first = browser.tab();
    let second = "document.querySelectorAll('add-to-smooch')[1].shadowRoot.querySelector('[part=button]')";
    browser.wait("the second is ready", &format!("{second}?.href"));
    browser.click_expression(second);
    browser.switch_to_newest_tab();
    go_through_smooch(&browser, &fixture.environment);
    browser.switch_to_tab(first);
    browser.wait("the second is connected", &format!("{second}.className == 'connected'"));
    assert_eq!(browser.js(&format!("return ({BUTTON}).className")), "ready");
    // The first still works.
    browser.wait("the first is ready", READY);
    browser.click_expression(BUTTON);
    let page = browser.tab();
    browser.switch_to_newest_tab();
    browser.wait("Smooch remembers the login", "document.querySelector('#continue')");
    browser.click(&format!("input[name=app][value='{}']", stand_in::accounts::NIGHT_MARKET));
    browser.click("#continue");
    browser.click("#allow");
    browser.switch_to_tab(page);
    browser.wait("the first is connected", &format!("({BUTTON}).className == 'connected'"));
    assert_eq!(fixture.connections(), 2);
}

#[apply(in_each_engine)]
fn two_tabs_with_open_popups_have_separate_flows(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, 1);
    let first = browser.tab();
    let second = browser.open_tab();
    browser.open(&format!("{}/popup", fixture.environment.partner));
    wait_until_ready(&browser);
    let window = |page: &WindowHandle| {
        browser.switch_to_tab(page.clone());
        let before = browser.tabs();
        browser.click_expression(BUTTON);
        browser.wait_for_tabs(|tabs| tabs.len() > before.len());
        let opened = browser.tabs().into_iter().find(|tab| !before.contains(tab));
        opened.unwrap_or_else(|| page.clone())
    };
    let windows = [window(&first), window(&second)];
    let apps = [stand_in::accounts::CORNER_BAKERY_EU, stand_in::accounts::NIGHT_MARKET];
    browser.switch_to_tab(windows[0].clone());
    sign_in(&browser, &fixture.environment, stand_in::accounts::OWNER);
    // A reload would cancel the sign-in.
    browser.wait("the sign-in is done", "document.querySelector('input[name=app]')");
    for (window, app) in windows.iter().zip(apps) {
        browser.switch_to_tab(window.clone());
        // A reload shows the login in the other window too.
        browser.reload();
        pick_app(&browser, app);
        browser.wait("the consent page", "document.querySelector('#allow')");
    }
    // The last flow to start is the first to come back.
    for (window, page, app) in
        [(&windows[1], &second, "Night Market"), (&windows[0], &first, "Corner Bakery EU")]
    {
        browser.switch_to_tab(window.clone());
        browser.click("#allow");
        browser.switch_to_tab(page.clone());
        wait_for_connected(&browser, app);
        assert_eq!(events(&browser), "[\"connected\"]");
        assert_eq!(last_detail(&browser)["connection"]["app"]["name"], app);
        browser.wait_for_tabs(|tabs| !tabs.contains(window));
        let other = if page == &second { &first } else { &second };
        browser.switch_to_tab(other.clone());
        let still = if page == &second { "[]" } else { "[\"connected\"]" };
        assert_eq!(events(&browser), still, "the other tab gets an event of this flow");
    }
    assert_eq!((fixture.connections(), fixture.environment.smooch().issued_tokens().len()), (2, 2));
}

#[apply(in_each_engine)]
fn without_a_popup_the_link_is_followed(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, 1);
    browser.js("window.open = () => null");
    browser.click_expression(BUTTON);
    browser.wait_for_url(&fixture.environment.smooch_origin);
    assert_eq!(browser.tab_count(), 1);
    go_through_smooch(&browser, &fixture.environment);
    browser.wait_for_url(&format!("{}/popup", fixture.environment.partner));
    wait_for_connected(&browser, "Corner Bakery EU");
}

#[apply(in_each_engine)]
fn languages_and_the_popup_module_load_on_demand(engine: Engine) {
    let fixture = Fixture::new();
    let browser = Browser::with_engine(engine);
    let loaded = |browser: &Browser| {
        let names = "return performance.getEntriesByType('resource').map(({name}) => name.split('/').pop())\
                     .filter((name) => name.startsWith('add-to-smooch')).sort().join(' ')";
        browser.js(names).as_str().unwrap_or_default().to_owned()
    };
    fixture.serve_page("/plain", &[], SCRIPT, "ELEMENT");
    browser.open(&format!("{}/plain", fixture.environment.partner));
    browser.wait("the button is ready", READY);
    assert_eq!(loaded(&browser), "add-to-smooch.js add-to-smooch.wasm");
    // A supported language on a part of the page, and an unsupported one.
    fixture.serve_page(
        "/spoken",
        &[],
        SCRIPT,
        "<div lang=\"pt-BR\">ELEMENT</div><div lang=\"tlh\">ELEMENT</div>",
    );
    browser.open(&format!("{}/spoken", fixture.environment.partner));
    browser.wait("the label is translated", &format!("({BUTTON})?.textContent == 'Adicionar ao Smooch'"));
    let other = "document.querySelectorAll('add-to-smooch')[1].shadowRoot.querySelector('[part=button]')";
    assert_eq!(browser.js(&format!("return {other}.textContent")), "Add to Smooch");
    assert_eq!(loaded(&browser), "add-to-smooch.js add-to-smooch.pt.js add-to-smooch.wasm");
    // A changed `lang` loads another language.
    browser.js("document.querySelector('add-to-smooch').lang = 'ja'");
    browser.wait("the label is translated", &format!("({BUTTON})?.textContent == 'Smooch に追加'"));
}
