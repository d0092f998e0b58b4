//! After an install, no secret is in the browser, in the log or in KV.

use super::{picture, stored};
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, path::Path, time::Duration};
use tests::{
    browser::Browser,
    environment::Environment,
    fixtures::{Fixture, READY, click_button, pick_app, sign_in, wait_for_connected},
};

#[test]
fn an_owner_connects_the_second_app_and_nothing_leaks() {
    let fixture = Fixture::new();
    let environment = &fixture.environment;
    let browser = Browser::new();
    browser.open(&environment.partner);
    browser.wait("the button is ready", READY);
    browser.screenshot_of("document.querySelector('add-to-smooch')", &picture("button.png"));
    click_button(&browser);
    sign_in(&browser, environment, stand_in::accounts::OWNER);
    browser.wait("the app picker", "document.querySelector('#continue')");
    browser.screenshot(&picture("pick.png"));
    pick_app(&browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.wait("the consent page", "document.querySelector('#allow')");
    browser.screenshot(&picture("allow.png"));
    browser.click("#allow");
    browser.wait_for_url(&environment.partner);
    wait_for_connected(&browser, "Corner Bakery EU");
    browser.wait("hello was sent", "document.querySelector('#note a')");
    browser.screenshot(&picture("connected.png"));
    assert_eq!(fixture.connections(), 1);
    let leaks = Leaks::collect(&browser, &fixture);

    // The owner's view in Smooch.
    let shown_at = browser.js("return document.querySelector('#note a').href");
    browser.open(shown_at.as_str().unwrap());
    browser.wait("the message", "document.querySelector('[data-testid=message]')");
    let page = browser.text();
    assert!(page.contains("hello") && page.contains("Shoplifter"), "{page}");
    browser.screenshot(&picture("message.png"));
    leaks.assert_none();
}

/// All places where a secret could leak, and all secrets.
struct Leaks {
    places: Vec<(&'static str, String)>,
    secrets: Vec<(&'static str, String)>,
}

impl Leaks {
    fn collect(browser: &Browser, fixture: &Fixture) -> Self {
        let network = Network::read(browser, &fixture.environment);
        let history = browser.cdp("Page.getNavigationHistory", &json!({}));
        let cookies = browser.cdp("Network.getAllCookies", &json!({}));
        let mut log = String::new();
        while let Some(line) = fixture.environment.wrangler.line(Duration::from_millis(500)) {
            writeln!(log, "{line}").unwrap();
        }
        assert!(
            log.contains(r#""outcome":"connected""#),
            "the log has no connection, so the search proves nothing: {log}"
        );
        let files = read_all(fixture.state.path());
        assert!(files.contains("connection/"), "KV's files have no connection, so the search proves nothing");
        let places = vec![
            ("the worker's log", log),
            ("the page's storage", stored(browser)),
            ("the page's history", history["entries"].to_string()),
            ("the console", serde_json::to_string(&browser.log("browser")).unwrap()),
            ("a cookie of the partner or the edge", cookies_outside_smooch(&cookies, &fixture.environment)),
            ("KV's files", files),
            ("an answer to the browser", network.answers),
            ("the page", browser.js("return document.documentElement.outerHTML").to_string()),
            (
                "the button",
                browser.js("return document.querySelector('add-to-smooch').shadowRoot.innerHTML").to_string(),
            ),
        ];
        let smooch = fixture.environment.smooch();
        let mut secrets = vec![("verifier", network.verifier), ("receipt", network.receipt)];
        secrets.extend(smooch.issued_codes().iter().map(|code| ("code", code.code.clone())));
        secrets
            .extend(smooch.issued_tokens().iter().map(|token| ("access token", token.access_token.clone())));
        assert_eq!(secrets.len(), 4);
        secrets.push(("client secret", stand_in::CLIENT_SECRET.into()));
        secrets.push(("session", network.session));
        secrets.push(("API key", fixture.secrets.api_key.clone()));
        let (_, sealing_key) = fixture.secrets.sealing_keys.split_once(':').unwrap();
        secrets.push(("sealing key", sealing_key.into()));
        Self { places, secrets }
    }

    fn assert_none(&self) {
        for (place, text) in &self.places {
            for (what, secret) in &self.secrets {
                assert!(secret.len() > 5, "the {what} is too short to search for");
                // The callback's redirect carries the receipt by design: it is sealed, and useless without the verifier.
                let by_design = *what == "receipt" && *place == "an answer to the browser"
                    // The partner's page has the session in an attribute of the button.
                    || *what == "session" && *place == "the page";
                assert!(by_design || !text.contains(secret.as_str()), "the {what} is in {place}:\n{text}");
            }
        }
    }
}

/// The network traffic of the browser.
struct Network {
    /// The headers of all answers of the edge and the partner, and the body of the answer of `/complete`.
    answers: String,
    verifier: String,
    receipt: String,
    session: String,
}

impl Network {
    fn read(browser: &Browser, environment: &Environment) -> Self {
        let mut network = Self {
            answers: String::new(),
            verifier: String::new(),
            receipt: String::new(),
            session: String::new(),
        };
        let mut complete_id = Value::Null;
        for entry in browser.log("performance") {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or_default()).unwrap_or_default();
            let parameters = &message["message"]["params"];
            for answer in [&parameters["response"], &parameters["redirectResponse"]] {
                let from = answer["url"].as_str().unwrap_or_default();
                if from.starts_with(&environment.edge) || from.starts_with(&environment.partner) {
                    writeln!(network.answers, "{}", answer["headers"]).unwrap();
                }
            }
            let request = &parameters["request"];
            if request["url"] == format!("{}/complete", environment.edge) {
                complete_id = parameters["requestId"].clone();
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
        let body = browser.cdp("Network.getResponseBody", &json!({"requestId": complete_id}));
        let body = body["body"].as_str().unwrap();
        assert!(body.contains("connected"), "the answer does not connect: {body}");
        network.answers.push_str(body);
        network
    }
}

fn cookies_outside_smooch(cookies: &Value, environment: &Environment) -> String {
    // Cookies are not bound to ports, and here Smooch and the edge share a host. Only Smooch's sign-in sets cookies.
    assert!(environment.smooch_origin.starts_with("http://localhost:"));
    let all = cookies["cookies"].as_array().unwrap();
    all.iter().filter(|cookie| cookie["domain"] != "localhost").map(Value::to_string).collect()
}

fn read_all(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Skips the file with secrets that the tests write for wrangler.
        if path.is_dir() {
            all.push_str(&read_all(&path));
        } else if path.extension().is_none_or(|extension| extension != "env") {
            all.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
    all
}
