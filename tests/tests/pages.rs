//! Pages that load the script late or twice, and frameworks that add, move and remove the element.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic fails the test")]

use http::Response;
use serde_json::json;
use stand_in::{Broken, Endpoint, Fault};
use std::{process::Command, thread, time::Duration};
use tests::{
    browser::{Browser, Engine},
    in_each_engine,
    play::{BUTTON, FRAMES, Play, SCRIPT, WATCH, click_button, go_through_smooch, wait_for_connected},
    tools::{root, tool},
};

in_each_engine!(
    a_script_that_comes_late_moves_nothing,
    a_script_that_is_loaded_twice_makes_one_button_that_sends_once,
    an_element_may_be_added_moved_and_taken_away_on_both_ways,
    in_strict_mode_react_may_mount_an_element_that_it_wrote,
    in_strict_mode_react_may_mount_an_element_by_an_effect,
    in_strict_mode_react_may_mount_another_while_the_first_finishes,
);

/// Far longer than a page takes to its first paint.
const LATE: u64 = 2_500;

/// Long enough for the page to change while the edge waits for Smooch.
const SLOW: u64 = 2_000;

/// Room for the button, alone on its line and beside something else.
const ROOM: &str = "<style>
    add-to-smooch { display: block; min-height: 40px }
    span > add-to-smooch { display: inline-block; vertical-align: top; width: 200px }
</style>";

fn a_script_that_comes_late_moves_nothing(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    let mut late = Response::builder().header("content-type", "text/javascript");
    late.extensions_mut().unwrap().insert(Broken::Slow(LATE));
    let text = format!("import '{}/add-to-smooch.js';", stage.edge);
    stage.serve("/late.js", late.body(text.into_bytes()).unwrap());
    let head = [FRAMES, ROOM, "<script type=module src=\"/late.js\"></script>"].concat();
    let body = "<h1>Connect</h1>ELEMENT<p>Between</p><p><span>Or ELEMENT <b>beside</b></span></p><p id=last>Below</p>";
    play.page("/", &[], &head, body);
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    browser.wait("both are live", "seen.at(-10)?.live.every(Boolean)");

    let seen = browser.js("return seen");
    let seen = seen.as_array().unwrap();
    let first = &seen[0];
    assert_eq!((&first["fallback"], &first["live"]), (&json!([true, true]), &json!([false, false])));
    for frame in seen {
        for button in 0..2 {
            assert_ne!(frame["fallback"][button], frame["live"][button], "one of the two shows: {frame}");
        }
        assert_eq!(frame["places"], first["places"], "nothing has moved");
    }
    let painted = browser.js(
        "const late = performance.getEntriesByType('resource').find((it) => it.name.endsWith('/late.js')); \
         return [paints.find(([name]) => name == 'first-contentful-paint')[1], late.responseEnd]",
    );
    let at = |index: usize| painted[index].as_f64().unwrap();
    assert!(at(0) < at(1), "the first paint waits for no script: {painted}");
    if engine == Engine::Chromium {
        assert_eq!(browser.js("return shifts"), json!([]));
        // A shift is noticed, so this test can fail.
        browser.js("document.body.prepend(Object.assign(document.createElement('p'), {textContent: 'New'}))");
        browser.wait("a shift", "shifts.length");
    }
}

fn a_script_that_is_loaded_twice_makes_one_button_that_sends_once(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    let again = "<script type=module src=\"EDGE/add-to-smooch.js?again\"></script>";
    play.page("/", &[], &[WATCH, SCRIPT, SCRIPT, again].concat(), "ELEMENT");
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    // WebKit lists the wasm once, since it has it in memory by the second time.
    browser.wait(
        "both scripts are loaded",
        "performance.getEntriesByType('resource').filter(({name}) => name.includes('add-to-smooch.js')).length > 1",
    );
    thread::sleep(Duration::from_millis(500));
    click_button(&browser);
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(
        browser.js("return document.querySelector('add-to-smooch').shadowRoot.querySelectorAll('a').length"),
        1
    );
    assert_told_once(&play, &browser, 1);
}

fn an_element_may_be_added_moved_and_taken_away_on_both_ways(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
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
    play.page("/", &[], &[WATCH, SCRIPT].concat(), &[body, script].concat());
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    browser.wait("it has moved", "document.querySelector('#second > add-to-smooch')");
    click_button(&browser);
    stage.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    browser.wait("another is in its place", "document.title == 'Replaced'");
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(browser.js("return document.querySelectorAll('add-to-smooch').length"), 1);
    // The one that went has sent the receipt, and so has the one that came, which gets the answer of the first.
    assert_told_once(&play, &browser, 2);
}

fn in_strict_mode_react_may_mount_an_element_that_it_wrote(engine: Engine) {
    play_in_react(engine, "Written", 1);
}

fn in_strict_mode_react_may_mount_an_element_by_an_effect(engine: Engine) {
    play_in_react(engine, "ByEffect", 1);
}

fn in_strict_mode_react_may_mount_another_while_the_first_finishes(engine: Engine) {
    play_in_react(engine, "Remounted", 2);
}

/// Sets out from a page that React renders in strict mode, and comes back to one. The receipt is sent so often.
fn play_in_react(engine: Engine, component: &str, sent: usize) {
    let play = Play::new();
    let stage = &play.stage;
    let body = format!(
        "<div id=root data-component={component} data-edge=EDGE data-smooch=SMOOCH></div>\
        <script src=\"/strict-mode.js\"></script>"
    );
    play.script("/strict-mode.js", bundled());
    play.page("/", &[], &[WATCH, SCRIPT].concat(), &body);
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    browser.wait("React has mounted twice", "window.mounted >= 2");
    click_button(&browser);
    stage.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait("React was told", "window.told");
    assert_eq!(browser.js("return told"), json!(["Corner Bakery EU"]));
    assert!(browser.js("return mounted").as_u64() >= Some(2));
    assert_eq!(browser.js("return document.querySelectorAll('add-to-smooch').length"), 1);
    assert_told_once(&play, &browser, sent);
}

/// The page as React's developers get it: with the checks of strict mode, which mount everything twice.
fn bundled() -> Vec<u8> {
    let made = Command::new(tool("ESBUILD_BIN"))
        .args(["tests/src/partner/strict-mode.jsx", "--bundle", "--jsx=automatic", "--log-level=warning"])
        .arg("--define:process.env.NODE_ENV=\"development\"")
        .env("NODE_PATH", tool("PAGE_MODULES"))
        .current_dir(root())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

/// One event and not a word in the console; one connection and one token, by a receipt that was sent so often.
#[track_caller]
fn assert_told_once(play: &Play, browser: &Browser, sent: usize) {
    assert_eq!(browser.js("return heard"), json!(["connected"]));
    assert_eq!(browser.js("return said"), json!([]));
    assert_eq!(play.connections(), 1);
    assert_eq!(play.stage.smooch().count(Endpoint::Token), 1);
    assert_eq!(play.stage.smooch().issued_tokens().len(), 1);
    assert_eq!(play.answered("/complete"), sent, "how often the receipt is sent");
    assert_eq!(browser.js(&format!("return ({BUTTON}).hidden")), false);
}
