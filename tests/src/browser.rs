//! A real browser with a profile of its own, driven by `WebDriver`: it clicks where a person clicks, and waits for
//! what a person would see.

use crate::tools::{Process, tool};
use fantoccini::{
    Client,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use http::Method;
use serde_json::{Value, json};
use std::{
    fs,
    future::Future,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// Far longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser. It ends when this is dropped.
#[derive(Debug)]
pub struct Browser {
    runtime: Runtime,
    client: Client,
    _driver: Process,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium with an empty profile.
    ///
    /// # Panics
    ///
    /// If it or its driver cannot be started.
    #[must_use]
    pub fn new() -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder");
        // It takes a port that is free on one family of addresses, and gives up if it is not on the other.
        let (driver, port) =
            (0..5).find_map(|_try| start_driver()).expect("chromedriver starts and says its port");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let capabilities = capabilities(profile.path());
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let url = format!("http://127.0.0.1:{port}");
        let client = runtime
            .block_on(Client::with_capabilities_and_connector(&url, &capabilities, connector))
            .expect("Chromium starts");
        Self { runtime, client, _driver: driver, _profile: profile }
    }

    fn run<T, E: std::fmt::Debug>(&self, future: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(future).expect("the browser does as it is told")
    }

    /// Goes to `url`.
    pub fn open(&self, url: &str) {
        self.run(self.client.goto(url));
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        self.run(self.client.current_url()).into()
    }

    /// Presses Back.
    pub fn back(&self) {
        self.run(self.client.back());
    }

    /// Presses Reload.
    pub fn reload(&self) {
        self.run(self.client.refresh());
    }

    /// Runs the body of a function in the page.
    pub fn js(&self, body: &str) -> Value {
        self.run(self.client.execute(body, Vec::new()))
    }

    /// Waits until an expression in the page is true.
    ///
    /// # Panics
    ///
    /// If it does not come to be, with `what` and what the page shows instead.
    pub fn wait(&self, what: &str, expression: &str) {
        let step = Duration::from_millis(25);
        let mut waited = Duration::ZERO;
        // A page that is just being left has nothing to ask.
        while self.runtime.block_on(self.client.execute(&format!("return !!({expression})"), Vec::new())).ok()
            != Some(Value::Bool(true))
        {
            if waited > PATIENCE {
                let shown = self.js(
                    "return location.href + '\\n' + document.body.innerText + '\\n' + \
                     [...document.querySelectorAll('add-to-smooch')].map((it) => it.shadowRoot?.textContent).join('\\n')",
                );
                panic!(
                    "{what}: not so after {PATIENCE:?}. The page shows:\n{}",
                    shown.as_str().unwrap_or_default()
                );
            }
            thread::sleep(step);
            waited += step;
        }
    }

    /// Waits until the browser is at a URL that starts so.
    pub fn wait_for_url(&self, start: &str) {
        self.wait(
            start,
            &format!("location.href.startsWith({}) && document.readyState == 'complete'", json!(start)),
        );
    }

    /// Clicks the element that a CSS selector finds, as a person does.
    pub fn click(&self, css: &str) {
        self.click_found(&format!("document.querySelector({})", json!(css)));
    }

    /// Clicks the element that an expression yields.
    pub fn click_found(&self, expression: &str) {
        self.press(expression, &[]);
    }

    /// Clicks with Ctrl held, which opens a link in a new tab.
    pub fn click_into_new_tab(&self, expression: &str) {
        // WebDriver §17.4.2: the private use character that stands for Ctrl.
        self.press(expression, &["\u{e009}"]);
    }

    /// Moves the pointer to the middle of an element and presses, with keys held: what a hand does, and also what
    /// works inside a shadow tree.
    fn press(&self, expression: &str, held: &[&str]) {
        self.wait(expression, expression);
        let at = self.js(&format!(
            "const it = {expression}; it.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const box = it.getBoundingClientRect(); \
             return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]"
        ));
        let pause = || json!({"type": "pause", "duration": 0});
        let mut keys: Vec<Value> = held.iter().map(|key| json!({"type": "keyDown", "value": key})).collect();
        let mut pointer: Vec<Value> = held.iter().map(|_| pause()).collect();
        pointer.push(json!({"type": "pointerMove", "duration": 0, "x": at[0], "y": at[1]}));
        pointer.push(json!({"type": "pointerDown", "button": 0}));
        pointer.push(json!({"type": "pointerUp", "button": 0}));
        keys.extend([pause(), pause(), pause()]);
        keys.extend(held.iter().map(|key| json!({"type": "keyUp", "value": key})));
        let actions = json!({"actions": [
            {"type": "key", "id": "keyboard", "actions": keys},
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": pointer},
        ]});
        self.run(self.client.issue_cmd(Raw { path: "actions", body: actions }));
    }

    /// Goes to the tab that was opened last.
    ///
    /// # Panics
    ///
    /// If there is only one.
    pub fn to_newest_tab(&self) {
        let current = self.run(self.client.window());
        let step = Duration::from_millis(25);
        let mut waited = Duration::ZERO;
        loop {
            let other = self.run(self.client.windows()).into_iter().rev().find(|window| *window != current);
            if let Some(other) = other {
                return self.run(self.client.switch_to_window(other));
            }
            assert!(waited < PATIENCE, "no other tab has opened");
            thread::sleep(step);
            waited += step;
        }
    }

    /// Empties a field and types into it.
    pub fn fill(&self, css: &str, text: &str) {
        let field = self.run(self.client.find(fantoccini::Locator::Css(css)));
        self.run(field.clear());
        self.run(field.send_keys(text));
    }

    /// What the page shows as text, the shadow trees of buttons too.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.js(
            "return document.body.innerText + '\\n' + \
             [...document.querySelectorAll('add-to-smooch')].map((it) => it.shadowRoot?.textContent).join('\\n')",
        );
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Makes a picture of the page.
    pub fn picture(&self, path: &Path) {
        let picture = self.run(self.client.screenshot());
        keep(path, &picture);
    }

    /// Makes a picture of one element and some room around it.
    pub fn picture_of(&self, expression: &str, path: &Path) {
        let clip = self.js(&format!(
            "const box = ({expression}).getBoundingClientRect(); \
             return {{x: box.x - 12, y: box.y - 12, width: box.width + 24, height: box.height + 24, scale: 2}}"
        ));
        let picture = self.cdp("Page.captureScreenshot", &json!({"format": "png", "clip": clip}));
        let data = picture["data"].as_str().expect("a picture");
        let bytes = <base64ct::Base64 as base64ct::Encoding>::decode_vec(data).expect("base64");
        keep(path, &bytes);
    }

    /// Everything that came into one of the driver's logs since it was last asked: `browser` is the console,
    /// `performance` the network.
    #[must_use]
    pub fn log(&self, kind: &'static str) -> Vec<Value> {
        let log = self.run(self.client.issue_cmd(Raw { path: "se/log", body: json!({"type": kind}) }));
        log.as_array().cloned().unwrap_or_default()
    }

    /// Says a word of Chromium's own protocol.
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.run(self.client.issue_cmd(Raw { path: "goog/cdp/execute", body }))
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends with its session; a driver that was killed would leave it running.
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}

/// The driver and its port, or `None` if it ended instead.
fn start_driver() -> Option<(Process, String)> {
    let mut command = Command::new(tool("CHROMEDRIVER"));
    command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = Process::start(&mut command);
    let mut lines = BufReader::new(driver.0.stdout.take()?).lines().map_while(Result::ok);
    let port =
        lines.find_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()))?;
    // What it says later must not fill its pipe.
    thread::spawn(move || lines.for_each(drop));
    Some((driver, port.trim_end_matches('.').to_owned()))
}

fn capabilities(profile: &Path) -> Capabilities {
    let profile = format!("--user-data-dir={}", profile.display());
    let arguments = [
        "--headless",
        // As root, as in many containers, Chromium starts in no other way.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1000,760",
        &profile,
    ];
    let mut options = json!({"args": arguments});
    if let Some(binary) = std::env::var_os("CHROMIUM") {
        options["binary"] = binary.to_string_lossy().into();
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("goog:chromeOptions".into(), options);
    capabilities.insert("goog:loggingPrefs".into(), json!({"browser": "ALL", "performance": "ALL"}));
    capabilities
}

/// A command of the driver that `WebDriver` does not define.
#[derive(Debug)]
struct Raw {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _request: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

fn keep(path: &Path, picture: &[u8]) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder for pictures");
    }
    fs::write(path, picture).expect("room for a picture");
}
