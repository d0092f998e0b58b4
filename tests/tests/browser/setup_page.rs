//! The setup page in a real browser: the snippet follows the options, the preview shows each state, and the check explains
//! what is wrong with a page.

mod accessibility;

use http::Response;
use serde_json::{Value, json};
use stand_in::{Server, serve};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, mpsc},
};
use tempfile::TempDir;
use tests::{
    browser::Browser,
    environment::{Environment, Ports, Secrets},
    tools::{built, root},
};

const CHECK_STATUS: &str = "document.querySelector('#check-status').textContent";
const SNIPPET: &str = "document.querySelector('#snippet').textContent";
const LIVE: &str =
    "document.querySelector('#stage add-to-smooch')?.shadowRoot?.querySelector('[part=button]')?.href";

struct Fixture {
    environment: Environment,
    /// The page of the site `broken`, for every path.
    page: Arc<Mutex<Response<Vec<u8>>>>,
    broken: String,
    browser: Browser,
    _server: Server,
    _state: TempDir,
}

impl Fixture {
    /// Opens the setup page of a deployment with two sites: the partner's, and a faulty one.
    fn new() -> Self {
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
        let environment = Environment::start(
            ports,
            state.path(),
            &Secrets::generate(),
            &json!({"SITES": sites}),
            options,
            sender,
        );
        let (environment, browser) = (environment.unwrap(), Browser::new());
        browser.open(&environment.edge);
        browser.wait("the page knows the deployment", &format!("{SNIPPET}.includes('shoplifter')"));
        browser.wait("the page knows the build", "!document.querySelector('#pinned').disabled");
        browser.wait("the button is ready", LIVE);
        Self { environment, page, broken, browser, _server: server, _state: state }
    }

    fn check(&self, site: &str, address: &str) {
        self.browser.fill("#site", site);
        self.browser.fill("#origin", address);
        self.browser.click("#check button");
        let done = format!("{CHECK_STATUS} && !{CHECK_STATUS}.startsWith('Checking')");
        self.browser.wait("the check is done", &done);
    }

    /// The summary, and level and text of each verdict.
    fn verdicts(&self) -> (String, Vec<(String, String)>) {
        let list = self.browser.js(
            "return [...document.querySelectorAll('#verdicts li')].map((item) => [item.className, item.textContent])",
        );
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pairs = list.as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1])));
        (text(&self.browser.js(&format!("return {CHECK_STATUS}"))), pairs.collect())
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
fn a_check_explains_the_mistakes_of_a_page() {
    let fixture = Fixture::new();
    let edge = &fixture.environment.edge;
    fixture.check("main", &format!("{}/some/page?x", fixture.environment.partner));
    let (summary, verdicts) = fixture.verdicts();
    assert_eq!(summary, "Everything is right.", "{verdicts:#?}");
    assert!(verdicts.iter().all(|(level, _)| level == "right") && verdicts.len() > 4, "{verdicts:#?}");
    let origin = fixture.browser.js("return document.querySelector('#origin').value");
    assert_eq!(origin, fixture.environment.partner, "the address is not reduced to its origin");

    let has = |words: &str| {
        let (_, verdicts) = fixture.verdicts();
        let found = verdicts.iter().any(|(level, text)| level == "wrong" && text.contains(words));
        assert!(found, "{words}: {verdicts:#?}");
    };
    fixture.check("shop", "https://shop.example");
    has("knows no site called shop");
    has("[vars.SITES.shop]");
    fixture.check("shop", &fixture.environment.partner);
    has("not by the name shop");
    fixture.check("main", &fixture.broken);
    has("another origin");

    fixture.serve(404, "", "default-src 'self'");
    fixture.check("broken", &fixture.broken);
    has("does not exist");
    has("requires a session");
    let element =
        "<add-to-smooch client-id=thief site=broken session=SESSION_FROM_YOUR_BACKEND></add-to-smooch>";
    let page = format!("<script src={edge}/add-to-smooch.js></script>{element}");
    fixture.serve(200, &page, "default-src 'self'");
    fixture.check("broken", &fixture.broken);
    for words in
        ["type=\"module\"", "client-id", "another authorization endpoint", "no session", "blocks WebAssembly"]
    {
        has(words);
    }
    assert!(fixture.verdicts().0.ends_with("things are wrong."));

    // A wrong option is reported at its field, without a check.
    fixture.check("Shop!", "");
    let message = fixture
        .browser
        .js("return document.activeElement.id + document.querySelector('#site-wrong').textContent");
    assert!(message.as_str().unwrap().starts_with("siteA name has up to 32"), "{message}");
    assert_eq!(fixture.verdicts().1.len(), 0);
}

#[test]
fn the_options_are_in_the_snippet_and_in_the_preview() {
    let fixture = Fixture::new();
    let (browser, edge) = (&fixture.browser, &fixture.environment.edge);
    let smooch = format!("{}/oauth/authorize", fixture.environment.smooch_origin);
    let expected = format!(
        "<script type=\"module\" src=\"{edge}/add-to-smooch.js\"></script>\n\n\
         <add-to-smooch\n  client-id=\"shoplifter\"\n  site=\"main\"\n  authorize-url=\"{smooch}\"\n>\n  \
         <a href=\"{edge}/install\">Add to Smooch</a>\n</add-to-smooch>"
    );
    assert_eq!(fixture.snippet(), expected, "the snippet has other settings than the deployment");

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
    let snippet = fixture.snippet();
    assert!(snippet.contains(&chosen.join("\n  ")), "{snippet}");
    assert!(
        !fixture.snippet().contains("/install"),
        "the fallback links to the hosted page, which has no session"
    );
    let live = browser.js("return document.querySelector('#stage add-to-smooch').outerHTML");
    assert!(live.as_str().unwrap().contains("theme=\"dark\""), "{live}");

    let room = browser.js("return document.querySelector('#room').textContent");
    assert_eq!(room, "add-to-smooch { display: inline-block; min-width: 278px; min-height: 40px }");

    browser.click("#pinned");
    let pinned: Value = serde_json::from_slice(&fs::read(built("build/www/pinned.json")).unwrap()).unwrap();
    let (script, integrity) = (pinned["script"].as_str().unwrap(), pinned["integrity"].as_str().unwrap());
    let line =
        format!("src=\"{edge}{script}\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>");
    assert!(fixture.snippet().contains(&line), "{}", fixture.snippet());

    // An option that is reset disappears.
    browser.click("input[name=theme][value=usual]");
    let live = browser.js("return document.querySelector('#stage add-to-smooch').hasAttribute('theme')");
    assert_eq!(live, false);
}

#[test]
fn the_preview_shows_each_state_and_leads_nowhere() {
    let fixture = Fixture::new();
    let browser = &fixture.browser;
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
        let message = browser.js(&format!("return {status}"));
        assert!(message.as_str().unwrap().contains(below), "{state}: {message}");
        browser.screenshot_of("document.querySelector('#stage')", &picture(&format!("state-{state}.png")));
    }
    browser.wait("the real button is back", LIVE);
    browser
        .click_expression("document.querySelector('#stage > *').shadowRoot.querySelector('[part=button]')");
    browser.wait(
        "the page says that this is a preview",
        "document.querySelector('#stage-status').textContent.includes('preview')",
    );
    assert!(browser.url().starts_with(&fixture.environment.edge));
    assert_eq!(browser.js("return localStorage.length"), 0, "the preview has stored a verifier");
}

#[test]
fn the_snippet_is_copied_with_and_without_a_clipboard() {
    let fixture = Fixture::new();
    let browser = &fixture.browser;
    let permission = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": fixture.environment.edge});
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
    browser.wait("the page shows Copied", copied);
    assert_eq!(clipboard(), fixture.snippet());

    browser.fill("#label", "Other");
    assert_eq!(
        browser.js("return document.querySelector('#snippet-copied').textContent"),
        "",
        "Copied is still shown for a changed snippet"
    );
    browser.js("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))");
    browser.click("#copy-snippet");
    browser.wait("the page shows Copied", copied);
    assert_eq!(clipboard(), fixture.snippet());
}

fn picture(name: &str) -> std::path::PathBuf {
    root().join("target/pictures").join(name)
}
