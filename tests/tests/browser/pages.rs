//! Pages that load the script late or twice, and frameworks that add, move and remove the element.

use http::Response;
use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{Broken, Endpoint, Fault};
use std::{process::Command, thread, time::Duration};
use tests::{
    browser::{Browser, Engine},
    fixtures::{BUTTON, FRAMES, Fixture, SCRIPT, WATCH, click_button, go_through_smooch, wait_for_connected},
    in_each_engine,
    tools::{root, tool},
};

/// In milliseconds: much longer than a page takes to its first paint.
const LATE: u64 = 2_500;

/// In milliseconds: long enough for the page to change while the edge waits for Smooch.
const SLOW: u64 = 2_000;

/// Space for the button, on its own line and inside a line.
const ROOM: &str = "<style>
    add-to-smooch { display: block; min-height: 40px }
    span > add-to-smooch { display: inline-block; vertical-align: top; width: 200px }
</style>";

#[apply(in_each_engine)]
fn a_script_that_comes_late_moves_nothing(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let mut late = Response::builder().header("content-type", "text/javascript");
    late.extensions_mut().unwrap().insert(Broken::Slow(LATE));
    let text = format!("import '{}/add-to-smooch.js';", environment.edge);
    environment.serve("/late.js", late.body(text.into_bytes()).unwrap());
    let head = [FRAMES, ROOM, "<script type=module src=\"/late.js\"></script>"].concat();
    let body = "<h1>Connect</h1>ELEMENT<p>Between</p><p><span>Or ELEMENT <b>beside</b></span></p><p id=last>Below</p>";
    fixture.serve_page("/", &[], &head, body);
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    browser.wait("both are live", "seen.at(-10)?.live.every(Boolean)");

    let seen = browser.js("return seen");
    let seen = seen.as_array().unwrap();
    let first = &seen[0];
    assert_eq!((&first["fallback"], &first["live"]), (&json!([true, true]), &json!([false, false])));
    for frame in seen {
        for button in 0..2 {
            assert_ne!(
                frame["fallback"][button], frame["live"][button],
                "both or none of button and fallback are visible: {frame}"
            );
        }
        assert_eq!(frame["places"], first["places"], "an element has moved");
    }
    let painted = browser.js(
        "const late = performance.getEntriesByType('resource').find((it) => it.name.endsWith('/late.js')); \
         return [paints.find(([name]) => name == 'first-contentful-paint')[1], late.responseEnd]",
    );
    let at = |index: usize| painted[index].as_f64().unwrap();
    assert!(at(0) < at(1), "the first paint waits for the script: {painted}");
    if engine == Engine::Chromium {
        assert_eq!(browser.js("return shifts"), json!([]));
        // A layout shift is detected, so the assertion above can fail.
        browser.js("document.body.prepend(Object.assign(document.createElement('p'), {textContent: 'New'}))");
        browser.wait("a shift", "shifts.length");
    }
}

#[apply(in_each_engine)]
fn a_script_that_is_loaded_twice_makes_one_button_that_sends_once(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let again = "<script type=module src=\"EDGE/add-to-smooch.js?again\"></script>";
    fixture.serve_page("/", &[], &[WATCH, SCRIPT, SCRIPT, again].concat(), "ELEMENT");
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    // WebKit lists the wasm only once, because it has it in its memory cache the second time.
    browser.wait(
        "both scripts are loaded",
        "performance.getEntriesByType('resource').filter(({name}) => name.includes('add-to-smooch.js')).length > 1",
    );
    thread::sleep(Duration::from_millis(500));
    click_button(&browser);
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(
        browser.js("return document.querySelector('add-to-smooch').shadowRoot.querySelectorAll('a').length"),
        1
    );
    assert_connected_once(&fixture, &browser, 1);
}

#[apply(in_each_engine)]
fn an_element_may_be_added_moved_and_taken_away_on_both_ways(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let script = "<script>
        const place = (id) => document.getElementById(id);
        // An element as a framework makes one: without attributes first, and elsewhere.
        const make = () => {
            const element = document.createElement('add-to-smooch');
            const link = Object.assign(document.createElement('a'), { href: 'EDGE/install', textContent: 'Add to Smooch' });
            element.append(link);
            return element;
        };
        const fill = (element) => {
            element.setAttribute('client-id', 'shoplifter');
            element.setAttribute('site', 'main');
            element.setAttribute('authorize-url', 'SMOOCH/oauth/authorize');
        };
        const element = make();
        place('first').append(element);
        queueMicrotask(() => fill(element));
        place('second').append(element);
        element.remove();
        place('first').append(element);
        setTimeout(() => element.isConnected && place('second').append(element), 300);
        // Back from Smooch, it goes while it finishes, and another comes in its place.
        const busy = setInterval(() => {
            if (!element.shadowRoot?.querySelector('[aria-busy]')) return;
            clearInterval(busy);
            element.remove();
            const other = make();
            place('first').append(other);
            fill(other);
            document.title = 'Replaced';
        }, 10);
    </script>";
    let body = "<div id=first></div><div id=second></div>";
    fixture.serve_page("/", &[], &[WATCH, SCRIPT].concat(), &[body, script].concat());
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    browser.wait("the element has moved", "document.querySelector('#second > add-to-smooch')");
    click_button(&browser);
    environment.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    browser.wait("another element is in its place", "document.title == 'Replaced'");
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(browser.js("return document.querySelectorAll('add-to-smooch').length"), 1);
    // Both elements have sent the receipt, and the second one gets the answer of the first.
    assert_connected_once(&fixture, &browser, 2);
}

#[apply(in_each_engine)]
fn in_strict_mode_react_may_mount_an_element_that_it_wrote(engine: Engine) {
    check_in_react(engine, "Written", 1);
}

#[apply(in_each_engine)]
fn in_strict_mode_react_may_mount_an_element_by_an_effect(engine: Engine) {
    check_in_react(engine, "ByEffect", 1);
}

#[apply(in_each_engine)]
fn in_strict_mode_react_may_mount_another_while_the_first_finishes(engine: Engine) {
    check_in_react(engine, "Remounted", 2);
}

/// Runs a flow on a page that React renders in strict mode. The page sends the receipt `sent` times.
fn check_in_react(engine: Engine, component: &str, sent: usize) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let body = format!(
        "<div id=root data-component={component} data-edge=EDGE data-smooch=SMOOCH></div>\
        <script src=\"/strict-mode.js\"></script>"
    );
    fixture.serve_script("/strict-mode.js", bundled());
    fixture.serve_page("/", &[], &[WATCH, SCRIPT].concat(), &body);
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    browser.wait("React has mounted twice", "window.mounted >= 2");
    click_button(&browser);
    environment.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait("React has the event", "window.connectedApps");
    assert_eq!(browser.js("return connectedApps"), json!(["Corner Bakery EU"]));
    assert!(browser.js("return mounted").as_u64() >= Some(2));
    assert_eq!(browser.js("return document.querySelectorAll('add-to-smooch').length"), 1);
    assert_connected_once(&fixture, &browser, sent);
}

/// The page in React's development build, whose strict mode mounts everything twice.
fn bundled() -> Vec<u8> {
    let output = Command::new(tool("ESBUILD_BIN"))
        .args(["tests/src/partner/strict-mode.jsx", "--bundle", "--jsx=automatic", "--log-level=warning"])
        .arg("--define:process.env.NODE_ENV=\"development\"")
        .env("NODE_PATH", tool("PAGE_MODULES"))
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Checks that there is one event, no console output, one connection and one token, and that the receipt was sent `sent` times.
#[track_caller]
fn assert_connected_once(fixture: &Fixture, browser: &Browser, sent: usize) {
    assert_eq!(browser.js("return eventNames"), json!(["connected"]));
    assert_eq!(browser.js("return consoleErrors"), json!([]));
    assert_eq!(fixture.connections(), 1);
    assert_eq!(fixture.environment.smooch().count(Endpoint::Token), 1);
    assert_eq!(fixture.environment.smooch().issued_tokens().len(), 1);
    assert_eq!(fixture.request_count("/complete"), sent, "the number of requests to /complete");
    assert_eq!(browser.js(&format!("return ({BUTTON}).hidden")), false);
}
