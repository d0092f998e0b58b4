//! The appearance of the button with forced colours, with less motion, and in each language: it can be seen, holds still, and
//! keeps its size.

use macro_rules_attribute::apply;
use serde_json::{Value, json};
use tests::{
    browser::{Browser, Engine},
    fixtures::{BUTTON, Fixture, READY, SCRIPT},
    in_each_engine,
};

/// WCAG 2.2 §1.4.3 for text, and §1.4.11 for what else has to be seen.
const TEXT: f64 = 4.5;
const SHAPE: f64 = 3.0;

const LEAVING: (&str, &str) = ("leaving", "it.shadowRoot.querySelector('a').click()");

/// Statements that bring the element into a state.
const STATES: [(&str, &str); 4] = [
    ("ready", ""),
    ("failed", "it.popupReported({code: 'client_rejected'})"),
    LEAVING,
    ("connected", "it.popupReported({status: 'connected', connection: {id: 'c', app: {name: 'Shop'}}})"),
];

/// Opens a page with a button that leads nowhere.
fn open(fixture: &Fixture, engine: Engine, style: &str) -> Browser {
    let stays = "<script>addEventListener('click', (event) => event.preventDefault())</script>";
    fixture.serve_page(
        "/",
        &[],
        &[SCRIPT, stays, "<style>body { padding: 40px }", style, "</style>"].concat(),
        "ELEMENT",
    );
    let browser = Browser::with_engine(engine);
    browser.open(&fixture.environment.partner);
    browser.wait("the button is ready", READY);
    browser
}

fn emulate_media(browser: &Browser, features: &[(&str, &str)]) {
    let features: Vec<Value> =
        features.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    browser.cdp("Emulation.setEmulatedMedia", &json!({"features": features}));
}

fn enter_state(browser: &Browser, (state, how): (&str, &str)) {
    browser.wait("the button is ready", READY);
    browser.js(&format!("const it = document.querySelector('add-to-smooch'); {how}"));
    browser.wait(state, &format!("({BUTTON}).className == '{state}'"));
}

/// The lights of all pixels within a box, which an expression yields as `[left, top, width, height]`: WCAG's relative
/// luminance, 0 to 1, row by row.
fn luminances(browser: &Browser, area: &str) -> Vec<f64> {
    let area = browser.js(&format!("const button = ({BUTTON}).getBoundingClientRect(); return {area}"));
    let clip = json!({"x": area[0], "y": area[1], "width": area[2], "height": area[3], "scale": 1});
    let picture = browser.cdp("Page.captureScreenshot", &json!({"format": "png", "clip": clip}));
    browser.js(&format!(
        "window.lights = null;
         const image = new Image();
         image.onload = () => {{
             const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
             canvas.drawImage(image, 0, 0);
             const {{data}} = canvas.getImageData(0, 0, image.width, image.height);
             const linear = (part) => part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4;
             const lights = [];
             for (let at = 0; at < data.length; at += 4)
                 lights.push(0.2126 * linear(data[at]) + 0.7152 * linear(data[at + 1]) + 0.0722 * linear(data[at + 2]));
             window.lights = lights;
         }};
         image.src = 'data:image/png;base64,' + {}",
        picture["data"]
    ));
    browser.wait("the picture is read", "window.lights");
    serde_json::from_value(browser.js("return window.lights")).unwrap()
}

/// The contrast between the lightest and the darkest of what is drawn there.
fn contrast(browser: &Browser, area: &str) -> f64 {
    let luminances = luminances(browser, area);
    let [lightest, darkest] =
        [f64::max, f64::min].map(|pick| luminances.iter().copied().reduce(pick).unwrap());
    (lightest + 0.05) / (darkest + 0.05)
}

/// Areas of the button, as expressions: its label, icon, border and focus ring.
const LABEL: &str = "(({left, top, width, height}) => [left, top, width, height])(document.querySelector('add-to-smooch')\
     .shadowRoot.querySelector('[part=label]').getBoundingClientRect())";
const SIGN: &str = "(({left, top, width, height}) => [left, top, width, height])(document.querySelector('add-to-smooch')\
     .shadowRoot.querySelector('i').getBoundingClientRect())";
const EDGE: &str = "[button.left - 1, button.top + 15, 4, 10]";
const RING: &str = "[button.left - 6, button.top + 15, 4, 10]";

#[test]
fn with_forced_colours_every_part_of_the_button_can_be_seen() {
    let fixture = Fixture::new();
    for scheme in ["light", "dark"] {
        let browser = open(&fixture, Engine::Chromium, "");
        emulate_media(&browser, &[("forced-colors", "active"), ("prefers-color-scheme", scheme)]);
        assert_eq!(browser.js("return matchMedia('(forced-colors: active)').matches"), true);
        assert_eq!(browser.js(&format!("return getComputedStyle({BUTTON}).backgroundImage")), "none");
        for state in STATES {
            enter_state(&browser, state);
            for (what, area, least) in [("label", LABEL, TEXT), ("sign", SIGN, SHAPE), ("edge", EDGE, SHAPE)]
            {
                let found = contrast(&browser, area);
                assert!(found >= least, "{scheme}, {}: the {what} has {found}", state.0);
            }
        }
        assert!(contrast(&browser, RING) < 1.1, "the button has a ring without focus");
        browser.js(&format!(
            "document.querySelector('add-to-smooch').focus(); ({BUTTON}).focus({{focusVisible: true}})"
        ));
        let found = contrast(&browser, RING);
        assert!(found >= SHAPE, "{scheme}: the ring of the focus has {found}");
    }
}

/// Proves that the test above can fail.
#[test]
fn an_invisible_button_is_noticed() {
    let fixture = Fixture::new();
    let hidden = "add-to-smooch::part(button) { border-color: Canvas; outline: 0 }
         add-to-smooch::part(button), add-to-smooch::part(label) { color: Canvas; forced-color-adjust: none; background: Canvas }";
    let browser = open(&fixture, Engine::Chromium, hidden);
    emulate_media(&browser, &[("forced-colors", "active")]);
    browser.js(&format!("({BUTTON}).focus({{focusVisible: true}})"));
    for area in [LABEL, EDGE, RING] {
        let found = contrast(&browser, area);
        assert!(found < 1.1, "{area}: {found}");
    }
}

/// One line of pixels of the icon, white on black: from the white into the plus, across a vertical edge.
const INTO_THE_PLUS: &str = "(({left, top}) => [Math.round(left) + 3, Math.round(top) + 9, 6, 1])(document.querySelector('add-to-smooch')\
     .shadowRoot.querySelector('i').getBoundingClientRect())";

/// Counts the pixels of that line that are neither white nor black, on a screen with this many pixels per CSS pixel.
fn grey(browser: &Browser, scale: usize) -> usize {
    let metrics = json!({"width": 600, "height": 400, "deviceScaleFactor": scale, "mobile": false});
    browser.cdp("Emulation.setDeviceMetricsOverride", &metrics);
    let luminances = luminances(browser, INTO_THE_PLUS);
    let line = &luminances[..6 * scale];
    assert_eq!(luminances.len(), 6 * scale * scale, "it is drawn in the screen's own pixels");
    assert!(line[0] > 0.9 && line[line.len() - 1] < 0.1, "{line:?} is no way into the plus");
    line.iter().filter(|light| (0.1..0.9).contains(*light)).count()
}

#[test]
fn the_icon_is_sharp_on_dense_screens() {
    let fixture = Fixture::new();
    let black = "add-to-smooch { --smooch-background: #000 }";
    let browser = open(&fixture, Engine::Chromium, black);
    for scale in 1..=3 {
        // The edge of the shape may lie inside one pixel.
        assert!(grey(&browser, scale) <= 1, "{scale} to a CSS pixel");
    }
    let blurred = open(&fixture, Engine::Chromium, &[black, "add-to-smooch { filter: blur(.5px) }"].concat());
    assert!(grey(&blurred, 3) > 1, "a blurred icon is not noticed");
}

/// Counts the running animations.
const MOVING: &str = "return document.querySelector('add-to-smooch').shadowRoot.getAnimations().length";

#[apply(in_each_engine)]
fn the_icon_turns_while_the_button_is_busy(engine: Engine) {
    let fixture = Fixture::new();
    let browser = open(&fixture, engine, "");
    assert_eq!(browser.js(MOVING), 0);
    enter_state(&browser, LEAVING);
    assert_eq!(browser.js(MOVING), 1);
}

#[test]
fn with_reduced_motion_nothing_moves() {
    let fixture = Fixture::new();
    let browser = open(&fixture, Engine::Chromium, "");
    for (motion, many) in [("no-preference", 1), ("reduce", 0)] {
        emulate_media(&browser, &[("prefers-reduced-motion", motion)]);
        enter_state(&browser, LEAVING);
        assert_eq!(browser.js(MOVING), many, "{motion}");
        // The icon is visible even if it does not turn.
        assert!(contrast(&browser, SIGN) >= SHAPE);
    }
}

#[apply(in_each_engine)]
fn the_wide_button_keeps_its_size_in_each_language(engine: Engine) {
    let fixture = Fixture::new();
    let elements = ["en", "de", "es", "fr", "ja", "pt"].map(|lang| {
        format!("<p><add-to-smooch client-id=shoplifter variant=sunshine lang={lang}></add-to-smooch></p>")
    });
    fixture.serve_page("/", &[], SCRIPT, &elements.concat());
    let browser = Browser::with_engine(engine);
    browser.open(&fixture.environment.partner);
    let all = "const all = [...document.querySelectorAll('add-to-smooch')].map((it) => it.shadowRoot?.querySelector('a'))";
    browser.wait(
        "each speaks its own language",
        &format!(
            "(() => {{ {all}; return new Set(all.map((it) => it?.href && it.textContent)).size == 6 }})()"
        ),
    );
    let found = browser.js(&format!(
        "{all}; return all.map((it) => {{
             const box = it.getBoundingClientRect();
             const range = document.createRange();
             range.selectNodeContents(it.lastChild);
             const text = range.getBoundingClientRect();
             const within = text.left >= box.left && text.right <= box.right && text.top >= box.top && text.bottom <= box.bottom;
             return [box.width, box.height, within, it.textContent];
         }})"
    ));
    for button in found.as_array().unwrap() {
        let measures = [&button[0], &button[1], &button[2]];
        assert_eq!(measures, [&json!(278), &json!(40), &json!(true)], "{}", button[3]);
    }
}
