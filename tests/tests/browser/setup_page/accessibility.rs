//! Accessibility and appearance of the setup page and of every state of the button.

use super::{Fixture, picture};
use serde_json::{Value, json};
use std::{fs, path::Path};
use tests::{browser::Browser, tools::tool};

/// axe-core checks the page with verdicts, with a wrong field, and with all details open. The screenshots are for people.
#[test]
fn the_page_is_accessible_at_every_width_and_colour_scheme() {
    let fixture = Fixture::new();
    let browser = &fixture.browser;
    fixture.check("shop", "https://shop.example");
    let axe = Path::new(&tool("PAGE_MODULES")).join("axe-core/axe.min.js");
    browser.js(&fs::read_to_string(axe).unwrap());
    for width in [360, 390, 768, 1200] {
        for scheme in ["light", "dark"] {
            let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
            browser.cdp("Emulation.setEmulatedMedia", &json!({"features": features}));
            let metrics = |height: u64| json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
            browser.cdp("Emulation.setDeviceMetricsOverride", &metrics(800));
            let wide = browser.js("return document.documentElement.scrollWidth");
            assert!(wide.as_u64().unwrap() <= width, "{wide} in {width}");
            let found = accessibility(browser);
            assert!(found.is_empty(), "{width} {scheme}: {found:#?}");
            let height = browser.js("return document.documentElement.scrollHeight").as_u64().unwrap();
            browser.cdp("Emulation.setDeviceMetricsOverride", &metrics(height));
            browser.screenshot(&picture(&format!("setup-{width}-{scheme}.png")));
        }
    }
    browser.js("for (const details of document.querySelectorAll('details')) details.open = true");
    browser.fill("#site", "Shop!");
    let found = accessibility(browser);
    assert!(found.is_empty(), "{found:#?}");
    let console = browser.log("browser");
    assert!(console.iter().all(|entry| entry["level"] != "SEVERE"), "{console:?}");
}

/// The contact sheet: every state in both themes, in the wide variant and from right to left, every language, and forced
/// colours. axe-core checks it, and the screenshot is for people.
#[test]
fn every_state_and_language_is_on_the_contact_sheet() {
    const SHEET: &str = "
        const sheet = document.createElement('main');
        Object.assign(sheet.style, {display: 'grid', gridTemplateColumns: 'repeat(4, 350px)',
            width: '1400px', maxWidth: 'none', margin: 0, padding: 0, gap: 0, border: 0, borderRadius: 0, background: '#fff', color: '#222'});
        sheet.lang = 'en';
        const title = sheet.appendChild(document.createElement('h1'));
        title.textContent = 'Every state: light, dark, wide, right to left. Then languages, then forced colours.';
        Object.assign(title.style, {gridColumn: '1 / -1', margin: '14px', font: '600 18px system-ui'});
        window.cell = (dark, host) => {
            const cell = sheet.appendChild(document.createElement('div'));
            Object.assign(cell.style, {padding: '14px', background: dark ? '#14111f' : '#fff', color: dark ? '#eee' : '#222'});
            cell.append(host);
        };
        // Chooses the options of the setup page, whose preview follows them.
        window.choose = ({state, theme = 'light', variant = 'smooch', lang = 'en'}) => {
            for (const [name, value] of Object.entries({theme, variant, state}))
                document.querySelector(`input[name=${name}][value=${value}]`).click();
            const select = document.querySelector('#lang');
            select.value = lang;
            select.dispatchEvent(new Event('change', {bubbles: true}));
        };
        // A copy of the preview as it is drawn now. It does nothing.
        window.copy = ({theme, dir}) => {
            const host = document.querySelector('#stage').firstElementChild;
            const shell = document.createElement('div');
            for (const {name, value} of host.attributes) shell.setAttribute(name, value);
            if (dir) shell.dir = dir;
            const shadow = shell.attachShadow({mode: 'open'});
            shadow.append(...[...host.shadowRoot.childNodes].map((node) => node.cloneNode(true)));
            shadow.adoptedStyleSheets = host.shadowRoot.adoptedStyleSheets;
            cell(theme == 'dark', shell);
        };
        document.body.replaceChildren(...document.querySelectorAll('#options, #looks, #stage'), sheet)";
    let fixture = Fixture::new();
    let browser = &fixture.browser;
    colours(browser, "none");
    browser.js(SHEET);
    let add = |options: &Value, text: &str| {
        browser.js(&format!("choose({options})"));
        let origin = format!(
            "(({{className, textContent}} = {{}}) => className == {} && textContent.includes({}))\
             (document.querySelector('#stage > *')?.shadowRoot?.children[1])",
            options["state"],
            json!(text)
        );
        browser.wait(&options.to_string(), &origin);
        browser.js(&format!("copy({options})"));
    };
    let states =
        ["ready", "leaving", "in-popup", "finishing", "connected", "denied", "failed", "held", "confirm"];
    for state in states {
        add(&json!({"state": state}), "");
        add(&json!({"state": state, "theme": "dark"}), "");
        add(&json!({"state": state, "variant": "sunshine"}), "");
        add(&json!({"state": state, "dir": "rtl"}), "");
    }
    for (lang, label) in
        [("de", "Zu Smooch"), ("es", "Añadir"), ("fr", "Ajouter"), ("ja", "追加"), ("pt", "Adicionar")]
    {
        add(&json!({"state": "denied", "lang": lang}), label);
        add(&json!({"state": "denied", "lang": lang, "variant": "sunshine"}), "Sunshine");
    }
    browser.js("document.querySelectorAll('#options, #looks, #stage').forEach((it) => it.remove())");
    browser.js("Object.assign(document.body.style, {padding: 0, display: 'block'}); document.documentElement.style.overflow = 'hidden'");
    fit_window_to_sheet(browser);
    for (number, state) in states.iter().enumerate() {
        in_forced_colours(browser, number * 4, state);
    }
    let axe = Path::new(&tool("PAGE_MODULES")).join("axe-core/axe.min.js");
    browser.js(&fs::read_to_string(axe).unwrap());
    let found = accessibility(browser);
    assert!(found.is_empty(), "{found:#?}");
    fit_window_to_sheet(browser);
    browser.screenshot(&picture("contact-sheet.png"));
}

/// Makes the window as large as the sheet.
fn fit_window_to_sheet(browser: &Browser) {
    let height = browser.js("return document.querySelector('main').offsetHeight").as_u64().unwrap();
    let metrics = json!({"width": 1400, "height": height, "deviceScaleFactor": 1, "mobile": false});
    browser.cdp("Emulation.setDeviceMetricsOverride", &metrics);
}

/// Emulates reduced motion, and forced colours or none.
fn colours(browser: &Browser, forced: &str) {
    let features = json!([{"name": "prefers-reduced-motion", "value": "reduce"}, {"name": "forced-colors", "value": forced}]);
    browser.cdp("Emulation.setEmulatedMedia", &json!({"features": features}));
}

/// Adds a picture of one cell in forced colours. A browser forces colours on a whole page, so the sheet itself cannot mix them.
fn in_forced_colours(browser: &Browser, cell: usize, state: &str) {
    colours(browser, "active");
    let clip = browser.js(&format!(
        "const box = document.querySelectorAll('main > div')[{cell}].getBoundingClientRect(); \
         return {{x: box.x, y: box.y, width: box.width, height: box.height, scale: 1}}"
    ));
    let picture = browser.cdp("Page.captureScreenshot", &json!({"format": "png", "clip": clip}));
    colours(browser, "none");
    browser.js(&format!(
        "const image = new Image({}, {}); image.alt = '{state}, in forced colours'; \
         image.src = 'data:image/png;base64,' + {}; image.id = 'forced-{cell}'; cell(false, image); image.parentNode.style.padding = 0",
        clip["width"], clip["height"], picture["data"]
    ));
    browser.wait("the picture is there", &format!("document.querySelector('#forced-{cell}').complete"));
}

/// The violations that axe-core finds, each with its rule and place.
fn accessibility(browser: &Browser) -> Vec<String> {
    browser.js("window.found = null; axe.run(document).then(({ violations, passes }) => { \
         window.found = violations; window.held = passes.length })");
    browser.wait("axe-core is done", "window.found");
    assert!(browser.js("return window.held").as_u64().unwrap() > 20, "axe-core has checked almost nothing");
    let found = browser.js(
        "return window.found.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html + node.failureSummary).join('\\n'))",
    );
    found.as_array().unwrap().iter().map(|found| found.as_str().unwrap().to_owned()).collect()
}
