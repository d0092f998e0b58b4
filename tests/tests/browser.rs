//! The whole demo in a real browser, as an owner goes through it, and as an attacker tries to.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "where it panics, a test has failed")]

use serde_json::{Value, json};
use stand_in::Owner;
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tests::{
    browser::Browser,
    clock::wall_clock,
    page::{Fragment, Page},
    play::{BUTTON, Play, READY, STATUS, click_button, go_through_smooch, pick, sign_in, wait_for_connected},
    stage::Stage,
    tools::root,
};

#[test]
fn an_owner_connects_the_second_app_and_nothing_leaks() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&stage.partner);
    browser.wait("the button is ready", READY);
    browser.picture_of("document.querySelector('add-to-smooch')", &picture("button.png"));
    click_button(&browser);
    sign_in(&browser, stage, stand_in::accounts::OWNER);
    browser.wait("the picker", "document.querySelector('#continue')");
    browser.picture(&picture("pick.png"));
    pick(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.wait("the question", "document.querySelector('#allow')");
    browser.picture(&picture("allow.png"));
    browser.click("#allow");
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait("hello was sent", "document.querySelector('#note a')");
    browser.picture(&picture("connected.png"));
    assert_eq!(play.connections(), 1);
    let leaks = Leaks::look(&browser, &play);

    // The owner's view in Smooch.
    let shown_at = browser.js("return document.querySelector('#note a').href");
    browser.open(shown_at.as_str().unwrap());
    browser.wait("the message", "document.querySelector('[data-testid=message]')");
    let page = browser.text();
    assert!(page.contains("hello") && page.contains("Shoplifter"), "{page}");
    browser.picture(&picture("message.png"));
    leaks.assert_none();
}

#[test]
fn a_denial_changes_nothing_and_the_button_is_ready_again() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&stage.partner);
    click_button(&browser);
    sign_in(&browser, stage, stand_in::accounts::SINGLE);
    browser.click("#deny");
    browser.wait_for_url(&stage.partner);
    browser.wait("the person is told", &format!("{STATUS}?.includes('Nothing')"));
    assert!(!browser.url().contains('#'));
    assert_eq!(play.connections(), 0);
    assert_eq!(stage.smooch().issued_tokens().len(), 0);
    // And again, with another mind.
    click_button(&browser);
    browser.wait_for_url(&stage.smooch_origin);
    browser.click("#allow");
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Blue Bicycle");
    assert_eq!(play.connections(), 1);
}

#[test]
fn an_attackers_link_connects_nobody() {
    let play = Play::new();
    let stage = &play.stage;
    let (attacker, victim) = (Browser::new(), Browser::new());
    attacker.open(&stage.partner);
    attacker.wait("the button is ready", READY);
    let link = attacker.js(&format!("return {BUTTON}.href"));
    // The attacker keeps the verifier: whatever may lead to the link being opened has the page remember it.
    attacker.js(&format!(
        "{BUTTON}.dispatchEvent(new MouseEvent('contextmenu', {{bubbles: true, composed: true}}))"
    ));
    assert!(!stored(&attacker).is_empty(), "the page remembers what it set out with");

    victim.open(link.as_str().unwrap());
    sign_in(&victim, stage, stand_in::accounts::VICTIM);
    victim.click("#allow");
    victim.wait_for_url(&stage.partner);
    victim.wait("the victim is told", &format!("{STATUS}?.includes('Start again here')"));
    assert!(!victim.text().contains("Connected to"), "{}", victim.text());
    assert!(!victim.url().contains("receipt"));
    assert_eq!(play.connections(), 0);
    assert_eq!(stage.smooch().issued_tokens().len(), 0, "the victim's code was spent");

    // With the whole URL that the victim's browser was sent to, the attacker gets no further: it has no code of
    // theirs. What it could have is a receipt of its own making, and no receipt opens for two flows.
    let state = link.as_str().and_then(|link| link.split_once("state=")).unwrap().1;
    let forged = format!("{}/#smooch.receipt=k1.AAAA&smooch.state={state}", stage.partner);
    attacker.open("about:blank");
    attacker.open(&forged);
    attacker.wait("the attacker is told", &format!("{STATUS}?.includes('could not be checked')"));
    assert_eq!(play.connections(), 0);
    assert_eq!(stage.smooch().issued_tokens().len(), 0);
}

/// The attacker has a receipt for an app of their own, and wants it in the victim's account. The victim's page has set out
/// by itself, so there is a verifier; and the attacker knows its state.
#[test]
fn a_receipt_of_another_flow_in_the_fragment_connects_nobody() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    let (attackers, receipt) = receipt_of_another(stage);
    browser.open(&stage.partner);
    browser.wait("the button is ready", READY);
    browser.js(&format!(
        "{BUTTON}.dispatchEvent(new MouseEvent('contextmenu', {{bubbles: true, composed: true}}))"
    ));
    let intent = browser.js("return Object.keys(localStorage).find(key => key.startsWith('smooch.intent.'))");
    let challenge = intent.as_str().unwrap().replace("smooch.intent.", "");
    for (state, told) in
        [(attackers, "Start again here"), (format!("1.main.{challenge}"), "could not be checked")]
    {
        browser.open("about:blank");
        browser.open(&format!("{}/#smooch.receipt={receipt}&smooch.state={state}", stage.partner));
        browser.wait("the victim is told", &format!("{STATUS}?.includes('{told}')"));
        assert!(!browser.url().contains("receipt"));
        assert_eq!(play.connections(), 0);
        assert_eq!(stage.smooch().issued_tokens().len(), 0, "the attacker's code was spent");
    }
    // The victim's own flow still works.
    click_button(&browser);
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(play.connections(), 1);
}

/// The state and the receipt of a flow that was not finished, as somebody has them who reads their own address bar.
fn receipt_of_another(stage: &Stage) -> (String, String) {
    let page = Page::new("main", 7);
    let link = page.link_between(&stage.edge, &stage.smooch_origin, false);
    let visit = |request| stage.smooch().handle(&request, wall_clock());
    let callback = Owner::new(stand_in::accounts::OWNER).allow(&link, "Night Market", visit).unwrap();
    let agent =
        ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let (head, _) = agent.get(&callback).call().unwrap().into_parts();
    let bounce = http::Response::from_parts(head, Vec::new());
    (page.state.to_text(), Fragment::of(&bounce).receipt.unwrap())
}

#[test]
fn who_logs_in_as_another_on_the_way_is_not_connected() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&stage.partner);
    click_button(&browser);
    sign_in(&browser, stage, stand_in::accounts::OWNER);
    pick(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.wait("the question", "document.querySelector('#allow')");
    stage.log_in("merchant-2");
    browser.click("#allow");
    browser.wait_for_url(&stage.partner);
    browser.wait("the person is told", &format!("{STATUS}?.includes('someone else')"));
    assert_eq!(play.connections(), 0);
    assert_eq!(stage.smooch().issued_tokens().len(), 0, "the code was spent for nobody");
    // Starting again it is the other one's.
    click_button(&browser);
    browser.wait_for_url(&stage.smooch_origin);
    pick(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.click("#allow");
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(stage.connections()[0]["subject"], "merchant-2");
}

#[test]
fn the_hosted_page_cannot_be_framed() {
    let play = Play::new();
    let browser = Browser::new();
    // A page without a policy of its own, which would keep frames away by itself.
    browser.open("about:blank");
    let framed = |url: &str| {
        browser.js(&format!(
            "const frame = document.createElement('iframe'); frame.src = {url:?}; document.body.append(frame);
             frame.onload = () => {{ frame.dataset.loaded = '1'; }};"
        ));
        browser.wait(
            "the frame has been answered",
            "document.querySelector('iframe:last-of-type')?.dataset.loaded",
        );
        let tree = browser.cdp("Page.getFrameTree", &json!({}));
        let frames = tree["frameTree"]["childFrames"].as_array().unwrap().clone();
        let last = frames.last().unwrap()["frame"].clone();
        last["unreachableUrl"].as_str() != Some(url)
    };
    for path in ["/install", "/", "/healthz", "/openapi.json"] {
        assert!(!framed(&format!("{}{path}", play.stage.edge)), "{path} was shown in a frame");
    }
    // Another page can be framed, so this test can fail.
    assert!(framed(&format!("{}/shop.js", play.stage.partner)), "nothing is shown in a frame here");
}

#[test]
fn reload_and_back_at_every_step_still_connect() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&stage.partner);
    browser.wait("the button is ready", READY);
    browser.reload();
    click_button(&browser);
    browser.wait_for_url(&stage.smooch_origin);
    // Back from Smooch: the button is ready, not stuck.
    browser.back();
    browser.wait_for_url(&stage.partner);
    click_button(&browser);
    browser.wait_for_url(&stage.smooch_origin);
    browser.reload();
    sign_in(&browser, stage, stand_in::accounts::OWNER);
    browser.wait("the picker", "document.querySelector('#continue')");
    browser.reload();
    pick(&browser, stand_in::accounts::CORNER_BAKERY);
    browser.wait("the question", "document.querySelector('#allow')");
    browser.back();
    pick(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.wait("the question", "document.querySelector('#allow')");
    browser.reload();
    browser.click("#allow");
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(play.connections(), 1);
    browser.reload();
    browser.wait("the button is ready", READY);
    // Back to the question, and Allow again: nothing is sent for a flow that is finished.
    browser.back();
    browser.wait("the question", "document.querySelector('#allow')");
    browser.click("#allow");
    browser.wait_for_url(&stage.partner);
    browser.wait("the person is told", &format!("{STATUS}?.includes('Start again here')"));
    assert_eq!(play.connections(), 1);
    assert_eq!(stage.smooch().issued_tokens().len(), 1);
}

#[test]
fn the_return_in_a_new_tab_connects() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&stage.partner);
    browser.wait("the button is ready", READY);
    browser.click_into_new_tab(BUTTON);
    browser.to_newest_tab();
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&stage.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(play.connections(), 1);
}

#[test]
fn a_flow_that_set_out_from_another_page_ends_there() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    let pricing = format!("{}/pricing", stage.partner);
    browser.open(&pricing);
    click_button(&browser);
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&pricing);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert!(browser.js("return sessionStorage.length").as_u64() == Some(0));
}

#[test]
fn the_hosted_page_connects_without_a_site() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&format!("{}/install", stage.edge));
    browser.wait("the button is ready", READY);
    browser.picture(&picture("install.png"));
    click_button(&browser);
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&format!("{}/install", stage.edge));
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(play.connections(), 1);
    assert_eq!(severe(&browser), Vec::<String>::new());
}

#[test]
fn a_direct_install_asks_for_one_click() {
    let play = Play::with(&json!({"DIRECT_INSTALL": true}));
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&format!("{}/oauth/authorize?client_id=shoplifter&response_type=code", stage.smooch_origin));
    go_through_smooch(&browser, stage);
    browser.wait_for_url(&format!("{}/install", stage.edge));
    browser.wait("the deliberate click", &format!("({BUTTON})?.textContent.includes('Finish')"));
    assert_eq!(play.connections(), 0, "nothing happens before the click");
    browser.reload();
    browser.wait("it still waits for the click", &format!("({BUTTON})?.textContent.includes('Finish')"));
    browser.picture(&picture("confirm.png"));
    browser.click_found(BUTTON);
    wait_for_connected(&browser, "Corner Bakery EU");
    assert_eq!(play.connections(), 1);
}

#[test]
fn a_return_that_belongs_nowhere_is_explained_by_the_edges_own_page() {
    let play = Play::new();
    let stage = &play.stage;
    let browser = Browser::new();
    browser.open(&format!("{}/callback?code=abc", stage.edge));
    browser.wait_for_url(&format!("{}/install", stage.edge));
    browser.wait("the person is told", "document.body.innerText.length > 80");
    browser.picture(&picture("install-error.png"));
    assert!(!browser.url().contains("abc"));
    browser.open(&stage.edge);
    browser.picture(&picture("first-page.png"));
    assert_eq!(severe(&browser), Vec::<String>::new());
}

fn picture(name: &str) -> PathBuf {
    root().join("target/pictures").join(name)
}

fn stored(browser: &Browser) -> String {
    let stored = browser.js("return JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])");
    let stored = stored.as_str().unwrap().to_owned();
    if stored == "[{},{},null]" { String::new() } else { stored }
}

/// The console's errors.
fn severe(browser: &Browser) -> Vec<String> {
    let console = browser.log("browser");
    let errors = console.iter().filter(|entry| entry["level"] == "SEVERE");
    errors.map(|entry| entry["message"].to_string()).collect()
}

/// Everywhere that something could have been left, and what must be in none of it.
struct Leaks {
    places: Vec<(&'static str, String)>,
    secrets: Vec<(&'static str, String)>,
}

impl Leaks {
    fn look(browser: &Browser, play: &Play) -> Self {
        let network = Network::read(browser, &play.stage);
        let history = browser.cdp("Page.getNavigationHistory", &json!({}));
        let cookies = browser.cdp("Network.getAllCookies", &json!({}));
        let mut log = String::new();
        while let Some(line) = play.stage.wrangler.line(Duration::from_millis(500)) {
            writeln!(log, "{line}").unwrap();
        }
        assert!(log.contains(r#""outcome":"connected""#), "the worker's log was looked at: {log}");
        let files = read_all(play.state.path());
        assert!(files.contains("connection/"), "KV's files were looked at");
        let places = vec![
            ("the worker's log", log),
            ("the page's storage", stored(browser)),
            ("the page's history", history["entries"].to_string()),
            ("the console", serde_json::to_string(&browser.log("browser")).unwrap()),
            ("a cookie of the partner or the edge", not_of_smooch(&cookies, &play.stage)),
            ("KV's files", files),
            ("an answer to the browser", network.answers),
            ("the page", browser.js("return document.documentElement.outerHTML").to_string()),
            (
                "the button",
                browser.js("return document.querySelector('add-to-smooch').shadowRoot.innerHTML").to_string(),
            ),
        ];
        let smooch = play.stage.smooch();
        let mut secrets = vec![("verifier", network.verifier), ("receipt", network.receipt)];
        secrets.extend(smooch.issued_codes().iter().map(|code| ("code", code.code.clone())));
        secrets
            .extend(smooch.issued_tokens().iter().map(|token| ("access token", token.access_token.clone())));
        assert_eq!(secrets.len(), 4);
        secrets.push(("client secret", stand_in::CLIENT_SECRET.into()));
        secrets.push(("session", network.session));
        secrets.push(("API key", play.secrets.api_key.clone()));
        let (_, sealing_key) = play.secrets.sealing_keys.split_once(':').unwrap();
        secrets.push(("sealing key", sealing_key.into()));
        Self { places, secrets }
    }

    fn assert_none(&self) {
        for (place, text) in &self.places {
            for (what, secret) in &self.secrets {
                assert!(secret.len() > 5, "the {what} is known");
                // The receipt is in the bounce by design: sealed, and worth nothing without the verifier.
                let by_design = *what == "receipt" && *place == "an answer to the browser"
                    // The partner's own page gives the button its session.
                    || *what == "session" && *place == "the page";
                assert!(by_design || !text.contains(secret.as_str()), "the {what} is in {place}:\n{text}");
            }
        }
    }
}

/// The network traffic, as the browser saw it.
struct Network {
    /// Headers of all answers of the edge and of the partner, and the body of the one that connects.
    answers: String,
    verifier: String,
    receipt: String,
    session: String,
}

impl Network {
    fn read(browser: &Browser, stage: &Stage) -> Self {
        let mut network = Self {
            answers: String::new(),
            verifier: String::new(),
            receipt: String::new(),
            session: String::new(),
        };
        let mut connecting = Value::Null;
        for entry in browser.log("performance") {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or_default()).unwrap_or_default();
            let parameters = &message["message"]["params"];
            for answer in [&parameters["response"], &parameters["redirectResponse"]] {
                let from = answer["url"].as_str().unwrap_or_default();
                if from.starts_with(&stage.edge) || from.starts_with(&stage.partner) {
                    writeln!(network.answers, "{}", answer["headers"]).unwrap();
                }
            }
            let request = &parameters["request"];
            if request["url"] == format!("{}/complete", stage.edge) {
                connecting = parameters["requestId"].clone();
                let form = request["postData"].as_str().unwrap_or_default();
                for (name, value) in form_urlencoded::parse(form.as_bytes()) {
                    match name.as_ref() {
                        "verifier" => network.verifier = value.into_owned(),
                        "receipt" => network.receipt = value.into_owned(),
                        "session" => network.session = value.into_owned(),
                        _ => {}
                    }
                }
            }
        }
        let body = browser.cdp("Network.getResponseBody", &json!({"requestId": connecting}));
        let body = body["body"].as_str().unwrap();
        assert!(body.contains("connected"), "the answer that connects was looked at: {body}");
        network.answers.push_str(body);
        network
    }
}

fn not_of_smooch(cookies: &Value, stage: &Stage) -> String {
    // Cookies know no ports, and Smooch is on the edge's host here; only its sign-in sets any.
    assert!(stage.smooch_origin.starts_with("http://localhost:"));
    let all = cookies["cookies"].as_array().unwrap();
    all.iter().filter(|cookie| cookie["domain"] != "localhost").map(Value::to_string).collect()
}

fn read_all(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The settings that the harness itself wrote for wrangler.
        if path.is_dir() {
            all.push_str(&read_all(&path));
        } else if path.extension().is_none_or(|extension| extension != "env") {
            all.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
    all
}
