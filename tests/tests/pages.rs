//! What pages do to the button: load it late or twice, and have a framework add it, move it and take it away.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use http::Response;
use serde_json::{Value, json};
use stand_in::{Broken, Endpoint, Fault};
use std::process::Command;
use tests::{
    browser::{Browser, Engine},
    in_each_engine,
    play::{BUTTON, Play, READY, SCRIPT, WATCH, click_button, go_through_smooch, wait_for_connected},
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

/// Keeps, for each frame, where things are and what shows; and what the engine itself measures.
const FRAMES: &str = "<script>
    window.frames_seen = [];
    window.shifts = [];
    window.paints = [];
    const box = (it) => [it.left, it.top, it.right, it.bottom].map((at) => at.toFixed(2)).join(' ');
    const look = () => {
        const element = document.querySelector('add-to-smooch');
        const below = document.querySelector('#below');
        if (element && below) {
            const live = !!element.shadowRoot?.querySelector('[part=button]')?.checkVisibility();
            const fallback = element.querySelector('a').checkVisibility();
            const places = [...document.querySelectorAll('[data-place]')].map((it) => box(it.getBoundingClientRect()));
            frames_seen.push({ live, fallback, places: [box(element.getBoundingClientRect()), ...places].join('; ') });
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    const types = PerformanceObserver.supportedEntryTypes;
    const keep = (type, list, value) => types.includes(type) &&
        new PerformanceObserver((seen) => list.push(...seen.getEntries().map(value))).observe({ type, buffered: true });
    keep('layout-shift', shifts, (it) => it.value);
    keep('paint', paints, (it) => [it.name, it.startTime]);
</script>";

fn a_script_that_comes_late_moves_nothing(engine: Engine) {
    let play = Play::new();
    let stage = &play.stage;
    let mut late = Response::builder().header("content-type", "text/javascript");
    late.extensions_mut().unwrap().insert(Broken::Slow(LATE));
    let text = format!("import '{}/add-to-smooch.js';", stage.edge);
    stage.serve("/late.js", late.body(text.into_bytes()).unwrap());
    let head = [
        FRAMES,
        "<style>body { font: 24px/2 serif } add-to-smooch { display: inline-block; vertical-align: top; \
        min-width: 165px; min-height: 40px }</style><script type=module src=\"/late.js\"></script>",
    ];
    let body = "<p data-place>Before ELEMENT <span data-place>beside</span><p id=below data-place>Below";
    play.page("/", &[], &head.concat(), body);
    let browser = Browser::of(engine);
    browser.open(&stage.partner);
    browser.wait("the button is ready", READY);
    browser.wait("it is seen", "frames_seen.at(-1).live && frames_seen.at(-10)?.live");

    let seen = browser.js("return frames_seen");
    let seen = seen.as_array().unwrap();
    assert!(seen[0]["fallback"] == true && seen[0]["live"] == false, "the first frame: {}", seen[0]);
    assert!(
        seen.iter().all(|frame| frame["fallback"] != frame["live"]),
        "in each frame one of the two shows"
    );
    let places: Vec<&Value> = seen.iter().map(|frame| &frame["places"]).collect();
    assert!(
        places.iter().all(|place| place == &places[0]),
        "{} became {}",
        places[0],
        places.last().unwrap()
    );
    let painted = browser.js(
        "const late = performance.getEntriesByType('resource').find((it) => it.name.endsWith('/late.js')); \
         const paint = paints.find(([name]) => name == 'first-contentful-paint'); \
         return [paint?.[1] < late.responseEnd, late.responseEnd - paint?.[1]]",
    );
    assert_eq!(painted[0], true, "the first paint waits for no script: {painted}");
    if engine == Engine::Chromium {
        assert_eq!(browser.js("return shifts"), json!([]));
        // What moves is noticed, or this test could not fail.
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
    browser.wait(
        "both are loaded",
        "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('.wasm')).length > 1",
    );
    click_button(&browser);
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(
        browser.js("return document.querySelector('add-to-smooch').shadowRoot.querySelectorAll('a').length"),
        1
    );
    assert_told_once(&play, &browser);
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
            for (const [name, value] of Object.entries(place('attributes').dataset)) element.setAttribute(name, value);
        };
        const element = make();
        place('first').append(element);
        queueMicrotask(() => fill(element));
        place('second').append(element);
        element.remove();
        place('first').append(element);
        setTimeout(() => place('second').append(element), 300);
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
    let body = "<template id=attributes data-client-id=shoplifter data-site=main data-authorize-url=\"SMOOCH/oauth/authorize\">\
        </template><div id=first></div><div id=second></div>";
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
    assert_told_once(&play, &browser);
}

fn in_strict_mode_react_may_mount_an_element_that_it_wrote(engine: Engine) {
    play_in_react(engine, "Written");
}

fn in_strict_mode_react_may_mount_an_element_by_an_effect(engine: Engine) {
    play_in_react(engine, "ByEffect");
}

fn in_strict_mode_react_may_mount_another_while_the_first_finishes(engine: Engine) {
    play_in_react(engine, "Remounted");
}

/// Sets out from a page that React renders in strict mode, and comes back to one.
fn play_in_react(engine: Engine, component: &str) {
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
    assert_told_once(&play, &browser);
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

/// One connection, one request for it, one event, and not a word in the console.
#[track_caller]
fn assert_told_once(play: &Play, browser: &Browser) {
    assert_eq!(browser.js("return heard"), json!(["connected"]));
    assert_eq!(browser.js("return said"), json!([]));
    assert_eq!(play.connections(), 1);
    assert_eq!(play.stage.smooch().count(Endpoint::Token), 1);
    assert_eq!(play.stage.smooch().issued_tokens().len(), 1);
    assert_eq!(play.answered("/complete"), 1, "the receipt is sent once");
    assert_eq!(browser.js(&format!("return ({BUTTON}).hidden")), false);
}
