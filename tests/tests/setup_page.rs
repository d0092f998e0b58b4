//! The setup page in a real browser: the snippet follows the options, the preview shows each state, and the check explains
//! what is wrong with a page.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic fails the test")]

use http::Response;
use serde_json::{Value, json};
use stand_in::{Server, serve};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex, mpsc},
};
use tempfile::TempDir;
use tests::{
    browser::Browser,
    stage::{Ports, Secrets, Stage},
    tools::{require, root, tool},
};

const SAID: &str = "document.querySelector('#check-status').textContent";
const SNIPPET: &str = "document.querySelector('#snippet').textContent";
const LIVE: &str =
    "document.querySelector('#stage add-to-smooch')?.shadowRoot?.querySelector('[part=button]')?.href";

struct Play {
    stage: Stage,
    /// The page of the site `broken`, for every path.
    page: Arc<Mutex<Response<Vec<u8>>>>,
    broken: String,
    browser: Browser,
    _server: Server,
    _state: TempDir,
}

impl Play {
    /// Opens the setup page of a deployment with two sites: the partner's, and a faulty one.
    fn new() -> Self {
        require("www/setup.js", "make embed");
        let state = tempfile::tempdir().unwrap();
        let page = Arc::new(Mutex::new(Response::new(Vec::new())));
        let served = Arc::clone(&page);
        let any_port: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        let server = serve(any_port, move |_| served.lock().unwrap().clone()).unwrap();
        let broken = format!("http://{}", server.address());
        let partner = free_port();
        let shop = format!("http://127.0.0.1:{partner}");
        let sites = json!({
            "main": {"origin": shop, "return_to": format!("{shop}/")},
            "broken": {"origin": broken, "return_to": format!("{broken}/done"), "require_session": true},
        });
        let ports = Ports { partner, ..Ports::default() };
        let (sender, _) = mpsc::channel();
        let options = stand_in::Options::default();
        let stage =
            Stage::start(ports, state.path(), &Secrets::fresh(), &json!({"SITES": sites}), options, sender);
        let (stage, browser) = (stage.unwrap(), Browser::new());
        browser.open(&stage.edge);
        browser.wait("the page knows the deployment", &format!("{SNIPPET}.includes('shoplifter')"));
        browser.wait("the page knows the build", "!document.querySelector('#pinned').disabled");
        browser.wait("the button is ready", LIVE);
        Self { stage, page, broken, browser, _server: server, _state: state }
    }

    fn check(&self, site: &str, address: &str) {
        self.browser.fill("#site", site);
        self.browser.fill("#origin", address);
        self.browser.click("#check button");
        let done = format!("{SAID} && !{SAID}.startsWith('Checking')");
        self.browser.wait("the check is done", &done);
    }

    /// The summary, and level and text of each verdict.
    fn verdicts(&self) -> (String, Vec<(String, String)>) {
        let list = self.browser.js(
            "return [...document.querySelectorAll('#verdicts li')].map((item) => [item.className, item.textContent])",
        );
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pairs = list.as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1])));
        (text(&self.browser.js(&format!("return {SAID}"))), pairs.collect())
    }

    fn serve(&self, status: u16, html: &str, policy: &str) {
        let answer = Response::builder().status(status).header("content-type", "text/html");
        let answer = answer.header("content-security-policy", policy).body(html.as_bytes().to_vec());
        *self.page.lock().unwrap() = answer.unwrap();
    }

    fn snippet(&self) -> String {
        self.browser.js(&format!("return {SNIPPET}")).as_str().unwrap().to_owned()
    }
}

fn free_port() -> u16 {
    let any_port: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    std::net::TcpListener::bind(any_port).unwrap().local_addr().unwrap().port()
}

#[test]
fn a_check_explains_what_is_wrong_with_a_page() {
    let play = Play::new();
    let edge = &play.stage.edge;
    play.check("main", &format!("{}/some/page?x", play.stage.partner));
    let (said, verdicts) = play.verdicts();
    assert_eq!(said, "Everything is right.", "{verdicts:#?}");
    assert!(verdicts.iter().all(|(level, _)| level == "right") && verdicts.len() > 4, "{verdicts:#?}");
    let shown = play.browser.js("return document.querySelector('#origin').value");
    assert_eq!(shown, play.stage.partner, "an address is taken for its origin");

    let has = |words: &str| {
        let (_, verdicts) = play.verdicts();
        let found = verdicts.iter().any(|(level, text)| level == "wrong" && text.contains(words));
        assert!(found, "{words}: {verdicts:#?}");
    };
    play.check("shop", "https://shop.example");
    has("knows no site called shop");
    has("[vars.SITES.shop]");
    play.check("shop", &play.stage.partner);
    has("not by the name shop");
    play.check("main", &play.broken);
    has("another origin");

    play.serve(404, "", "default-src 'self'");
    play.check("broken", &play.broken);
    has("does not exist");
    has("requires a session");
    let element =
        "<add-to-smooch client-id=thief site=broken session=SESSION_FROM_YOUR_BACKEND></add-to-smooch>";
    let page = format!("<script src={edge}/add-to-smooch.js></script>{element}");
    play.serve(200, &page, "default-src 'self'");
    play.check("broken", &play.broken);
    for words in
        ["type=\"module\"", "client-id", "another authorization endpoint", "no session", "blocks WebAssembly"]
    {
        has(words);
    }
    assert!(play.verdicts().0.ends_with("things are wrong."));

    // A wrong option is reported at its field, without a check.
    play.check("Shop!", "");
    let told = play
        .browser
        .js("return document.activeElement.id + document.querySelector('#site-wrong').textContent");
    assert!(told.as_str().unwrap().starts_with("siteA name has up to 32"), "{told}");
    assert_eq!(play.verdicts().1.len(), 0);
}

#[test]
fn the_options_are_in_the_snippet_and_in_the_preview() {
    let play = Play::new();
    let (browser, edge) = (&play.browser, &play.stage.edge);
    let smooch = format!("{}/oauth/authorize", play.stage.smooch_origin);
    let expected = format!(
        "<script type=\"module\" src=\"{edge}/add-to-smooch.js\"></script>\n\n\
         <add-to-smooch\n  client-id=\"shoplifter\"\n  site=\"main\"\n  authorize-url=\"{smooch}\"\n>\n  \
         <a href=\"{edge}/install\">Add to Smooch</a>\n</add-to-smooch>"
    );
    assert_eq!(play.snippet(), expected, "what the server knows is filled in");

    browser.fill("#label", "Connect \"chat\" <b>");
    for choice in
        ["[name=theme][value=dark]", "[name=mode][value=popup]", "[name=variant][value=sunshine]", "#session"]
    {
        browser.click(&format!("input{choice}"));
    }
    browser.js("const lang = document.querySelector('#lang'); lang.value = 'fr'; lang.dispatchEvent(new Event('change', {bubbles: true}))");
    let chosen = [
        "session=\"SESSION_FROM_YOUR_BACKEND\"",
        "mode=\"popup\"",
        "label=\"Connect &quot;chat&quot; &lt;b&gt;\"",
        "theme=\"dark\"",
        "variant=\"sunshine\"",
        "lang=\"fr\"",
    ];
    let snippet = play.snippet();
    assert!(snippet.contains(&chosen.join("\n  ")), "{snippet}");
    assert!(!play.snippet().contains("/install"), "what is connected there belongs to no user");
    let live = browser.js("return document.querySelector('#stage add-to-smooch').outerHTML");
    assert!(live.as_str().unwrap().contains("theme=\"dark\""), "{live}");

    let room = browser.js("return document.querySelector('#room').textContent");
    assert_eq!(room, "add-to-smooch { display: inline-block; min-width: 278px; min-height: 40px }");

    browser.click("#pinned");
    let pinned: Value = serde_json::from_slice(&fs::read(root().join("www/pinned.json")).unwrap()).unwrap();
    let (script, integrity) = (pinned["script"].as_str().unwrap(), pinned["integrity"].as_str().unwrap());
    let line =
        format!("src=\"{edge}{script}\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>");
    assert!(play.snippet().contains(&line), "{}", play.snippet());

    // An option that is reset disappears.
    browser.click("input[name=theme][value=usual]");
    let live = browser.js("return document.querySelector('#stage add-to-smooch').hasAttribute('theme')");
    assert_eq!(live, false);
}

#[test]
fn the_preview_shows_each_state_and_leads_nowhere() {
    let play = Play::new();
    let browser = &play.browser;
    let metrics = json!({"width": 1200, "height": 1600, "deviceScaleFactor": 1, "mobile": false});
    browser.cdp("Emulation.setDeviceMetricsOverride", &metrics);
    browser.fill("#label", "Connect");
    let label = "document.querySelector('#stage > *').shadowRoot.querySelector('[part=label]').textContent";
    let status = "document.querySelector('#stage > *').shadowRoot.querySelector('[role=status]').textContent";
    for (state, says, below) in [
        ("leaving", "Connect", "Taking you"),
        ("in-popup", "Connect", "window"),
        ("finishing", "Connecting…", "Finishing"),
        ("connected", "Connected", "Corner Bakery"),
        ("denied", "Connect", "chose not to"),
        ("failed", "Connect", "too long"),
        ("held", "Try again", "Smooch is not answering"),
        ("confirm", "Finish connecting", "One more step"),
        ("ready", "Connect", ""),
    ] {
        browser.click(&format!("input[name=state][value={state}]"));
        browser.wait(state, &format!("{label} == '{says}'"));
        let told = browser.js(&format!("return {status}"));
        assert!(told.as_str().unwrap().contains(below), "{state}: {told}");
        browser.picture_of("document.querySelector('#stage')", &picture(&format!("state-{state}.png")));
    }
    browser.wait("the button itself is back", LIVE);
    browser.click_found("document.querySelector('#stage > *').shadowRoot.querySelector('[part=button]')");
    browser.wait(
        "it is said why nothing happens",
        "document.querySelector('#stage-status').textContent.includes('preview')",
    );
    assert!(browser.url().starts_with(&play.stage.edge));
    assert_eq!(browser.js("return localStorage.length"), 0, "nobody has set out");
}

#[test]
fn the_snippet_is_copied_with_and_without_a_clipboard() {
    let play = Play::new();
    let browser = &play.browser;
    let permission =
        json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": play.stage.edge});
    browser.cdp("Browser.grantPermissions", &permission);
    let copied = "document.querySelector('#snippet-copied').textContent == 'Copied'";
    let clipboard = || {
        browser.js(
            "window.pasted = null; navigator.clipboard.readText().then((text) => { window.pasted = text })",
        );
        browser.wait("the clipboard is read", "window.pasted !== null");
        browser.js("return window.pasted")
    };
    browser.click("#copy-snippet");
    browser.wait("it says so", copied);
    assert_eq!(clipboard(), play.snippet());

    browser.fill("#label", "Other");
    assert_eq!(
        browser.js("return document.querySelector('#snippet-copied').textContent"),
        "",
        "that is another one"
    );
    browser.js("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))");
    browser.click("#copy-snippet");
    browser.wait("it says so", copied);
    assert_eq!(clipboard(), play.snippet());
}

/// axe-core checks the page with verdicts, with a wrong field, and with all details open. People look at the pictures.
#[test]
fn the_page_fits_every_width_and_scheme_and_everybody() {
    let play = Play::new();
    let browser = &play.browser;
    play.check("shop", "https://shop.example");
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
            browser.picture(&picture(&format!("setup-{width}-{scheme}.png")));
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
/// colours. People look at it, and axe-core does.
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
    let play = Play::new();
    let browser = &play.browser;
    colours(browser, "none");
    browser.js(SHEET);
    let add = |options: &Value, text: &str| {
        browser.js(&format!("choose({options})"));
        let shown = format!(
            "(({{className, textContent}} = {{}}) => className == {} && textContent.includes({}))\
             (document.querySelector('#stage > *')?.shadowRoot?.children[1])",
            options["state"],
            json!(text)
        );
        browser.wait(&options.to_string(), &shown);
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
    browser.picture(&picture("contact-sheet.png"));
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
    browser.wait("axe-core has looked", "window.found");
    assert!(browser.js("return window.held").as_u64().unwrap() > 20, "it has looked at something");
    let found = browser.js(
        "return window.found.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html + node.failureSummary).join('\\n'))",
    );
    found.as_array().unwrap().iter().map(|found| found.as_str().unwrap().to_owned()).collect()
}

fn picture(name: &str) -> std::path::PathBuf {
    root().join("target/pictures").join(name)
}
