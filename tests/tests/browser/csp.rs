//! Pages with strict policies: the documented Content-Security-Policy and nothing more, one without WebAssembly, and
//! cross-origin isolation.

use macro_rules_attribute::apply;
use serde_json::{Value, json};
use std::{thread, time::Duration};
use tests::{
    browser::{Browser, Engine},
    fixtures::{
        BUTTON, FALLBACK, Fixture, READY, SCRIPT, WATCH, click_button, go_through_smooch, wait_for_connected,
    },
    in_each_engine,
    tools::root,
};

/// The documented policy, on a page that allows nothing else.
const DOCUMENTED: &str = "default-src 'none'; script-src EDGE 'wasm-unsafe-eval'; connect-src EDGE; \
     require-trusted-types-for 'script'; report-uri /reports";

/// A stricter policy, which only reports.
const STRICTER: &str = "default-src 'none'; script-src EDGE 'wasm-unsafe-eval'; connect-src EDGE; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; \
     report-uri /reports";

#[apply(in_each_engine)]
fn the_documented_policy_is_enough_and_nothing_is_reported(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let policies =
        [("content-security-policy", DOCUMENTED), ("content-security-policy-report-only", STRICTER)];
    fixture.serve_page("/", &policies, SCRIPT, "ELEMENT");
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    browser.wait("the button is ready", READY);
    assert_eq!(
        browser.js(&format!("return getComputedStyle({BUTTON}).minWidth")),
        "165px",
        "the button has no styles"
    );
    click_button(&browser);
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.screenshot(&root().join(format!("target/pictures/{engine}-strict.png")));
    assert_eq!(fixture.connections(), 1);

    // This violation is reported after all earlier ones.
    browser.js("document.body.append(Object.assign(new Image(), {src: '/forbidden.png'}))");
    let mut blocked = wait_for_blocked(&fixture, "/forbidden.png");
    // Some browsers request the icon by themselves.
    blocked.retain(|url| !url.ends_with("/favicon.ico"));
    assert!(blocked.iter().all(|url| url.ends_with("/forbidden.png")), "{blocked:?}");
    let forbidden = "try { document.body.innerHTML = 'x'; return '' } catch (error) { return error.name }";
    assert_eq!(browser.js(forbidden), "TypeError", "Trusted Types are not enforced");
}

#[apply(in_each_engine)]
fn without_webassembly_the_fallback_leads_to_the_hosted_page(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let policy = "default-src 'none'; script-src 'self' EDGE; connect-src EDGE; report-uri /reports";
    fixture.serve_page("/", &[("content-security-policy", policy)], &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    browser.wait("the page has the event", "window.eventNames.length");
    assert_eq!(browser.js("return eventNames"), json!(["failed unsupported"]));
    let errors = browser.js("return consoleErrors.join()");
    assert!(errors.as_str().unwrap().contains("The page's CSP needs 'wasm-unsafe-eval'"), "{errors}");
    assert_eq!(browser.js(FALLBACK), true, "the fallback shows, and the button does not");
    browser.screenshot(&root().join(format!("target/pictures/{engine}-without-wasm.png")));

    browser.click("add-to-smooch a");
    browser.wait_for_url(&format!("{}/install", environment.edge));
    click_button(&browser);
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&format!("{}/install", environment.edge));
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(fixture.connections(), 1);
}

#[apply(in_each_engine)]
fn a_page_that_is_isolated_from_other_origins_connects(engine: Engine) {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let headers =
        [("cross-origin-embedder-policy", "require-corp"), ("cross-origin-opener-policy", "same-origin")];
    fixture.serve_page("/", &headers, &[WATCH, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::with_engine(engine);
    browser.open(&environment.partner);
    browser.wait("the button is ready", READY);
    assert_eq!(browser.js("return crossOriginIsolated"), true);
    // Other origins can read the embed's files, and no others.
    let script = "window.answers = []; \
         const wasm = performance.getEntriesByType('resource').find(({name}) => name.endsWith('.wasm')).name; \
         for (const url of ['EDGE/add-to-smooch.js', wasm, 'EDGE/style.css']) \
         for (const mode of ['cors', 'no-cors']) fetch(url, {mode, cache: 'no-store'}) \
         .then((it) => it.type, () => 'refused').then((it) => answers.push([url.split('/').pop(), mode, it].join(' ')))";
    browser.js(&script.replace("EDGE", &environment.edge));
    browser.wait("all requests are done", "answers.length == 6");
    assert_eq!(
        browser.js("return answers.sort()"),
        json!([
            "add-to-smooch.js cors cors",
            "add-to-smooch.js no-cors opaque",
            "add-to-smooch.wasm cors cors",
            "add-to-smooch.wasm no-cors opaque",
            "style.css cors refused",
            "style.css no-cors refused",
        ])
    );
    click_button(&browser);
    go_through_smooch(&browser, environment);
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(
        browser.js("return [crossOriginIsolated, ...eventNames, ...consoleErrors]"),
        json!([true, "connected"])
    );
    assert_eq!(fixture.connections(), 1);
}

/// Waits until both policies have blocked a URL with this end. Returns everything that they blocked.
fn wait_for_blocked(fixture: &Fixture, last: &str) -> Vec<String> {
    let step = Duration::from_millis(25);
    let mut blocked = Vec::new();
    for _try in 0..1_200 {
        let reports = fixture.environment.reports();
        blocked = reports.iter().map(|report| blocked_by(report)).collect();
        if blocked.iter().filter(|url| url.ends_with(last)).count() >= 2 {
            break;
        }
        thread::sleep(step);
    }
    assert!(blocked.iter().any(|url| url.ends_with(last)), "the violation is not reported: {blocked:?}");
    blocked
}

fn blocked_by(report: &str) -> String {
    let report: Value = serde_json::from_str(report).unwrap();
    report["csp-report"]["blocked-uri"].as_str().unwrap().to_owned()
}
