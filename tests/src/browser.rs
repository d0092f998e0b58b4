//! A real browser with its own profile, driven by `WebDriver`. It clicks like a person and waits for what the page shows.

mod chromium;
mod engine;
mod tabs;

pub use engine::{Engine, Mode};

use engine::{Driver, SIZE};
use fantoccini::{Client, wd::WebDriverCompatibleCommand};
use http::Method;
use serde_json::{Value, json};
use std::{fs, future::Future, path::Path, thread, time::Duration};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// The longest wait, on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A browser. It closes when this is dropped.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    runtime: Runtime,
    client: Client,
    _driver: Driver,
    profile: TempDir,
}

impl Browser {
    /// Starts Chromium with an empty profile.
    ///
    /// # Panics
    ///
    /// As [`Browser::with_mode`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_engine(Engine::Chromium)
    }

    /// Starts an engine with an empty profile.
    ///
    /// # Panics
    ///
    /// As [`Browser::with_mode`].
    #[must_use]
    pub fn with_engine(engine: Engine) -> Self {
        Self::with_mode(engine, Mode::Usual)
    }

    /// Starts an engine with an empty profile in a mode.
    ///
    /// # Panics
    ///
    /// If the browser or its driver cannot be started.
    #[must_use]
    pub fn with_mode(engine: Engine, mode: Mode) -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let driver = engine.start(profile.path());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let capabilities = engine.capabilities(mode, profile.path());
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let url = format!("http://127.0.0.1:{}", driver.port);
        let client = runtime
            .block_on(Client::with_capabilities_and_connector(&url, &capabilities, connector))
            .unwrap_or_else(|error| panic!("{engine:?} does not start: {error}"));
        let browser = Self { engine, runtime, client, _driver: driver, profile };
        if engine == Engine::WebKit {
            browser.run(browser.client.set_window_size(SIZE.0, SIZE.1));
        }
        browser
    }

    fn run<T, E: std::fmt::Debug>(&self, future: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(future).expect("the WebDriver command succeeds")
    }

    /// The folder of the browser's profile.
    #[must_use]
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// Opens `url`.
    pub fn open(&self, url: &str) {
        self.run(self.client.goto(url));
    }

    /// The URL of the page.
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

    /// Runs a function body in the page and returns its result.
    pub fn js(&self, body: &str) -> Value {
        self.run(self.client.execute(body, Vec::new()))
    }

    /// Waits until a JavaScript expression is true.
    ///
    /// # Panics
    ///
    /// After the timeout, with the text of the page.
    pub fn wait(&self, what: &str, expression: &str) {
        let step = Duration::from_millis(25);
        let mut waited = Duration::ZERO;
        // During a navigation the script fails.
        while self.runtime.block_on(self.client.execute(&format!("return !!({expression})"), Vec::new())).ok()
            != Some(Value::Bool(true))
        {
            if waited > TIMEOUT {
                let page = self.js(
                    "return location.href + '\\n' + document.body.innerText + '\\n' + \
                     [...document.querySelectorAll('add-to-smooch')].map((it) => it.shadowRoot?.textContent).join('\\n')",
                );
                panic!(
                    "waited {TIMEOUT:?} for: {what}. The page shows:\n{}",
                    page.as_str().unwrap_or_default()
                );
            }
            thread::sleep(step);
            waited += step;
        }
    }

    /// Waits until the page's URL starts with `start` and the page is loaded.
    pub fn wait_for_url(&self, start: &str) {
        self.wait(
            start,
            &format!("location.href.startsWith({}) && document.readyState == 'complete'", json!(start)),
        );
    }

    /// Clicks the element that a CSS selector finds.
    pub fn click(&self, css: &str) {
        self.click_expression(&format!("document.querySelector({})", json!(css)));
    }

    /// Clicks the element that a JavaScript expression yields.
    pub fn click_expression(&self, expression: &str) {
        self.press(expression, &[]);
    }

    /// Clicks with Ctrl, which opens a link in a new tab.
    pub fn click_into_new_tab(&self, expression: &str) {
        // WebDriver §17.4.2: the code point for Ctrl.
        self.press(expression, &["\u{e009}"]);
    }

    /// Moves the pointer to the middle of an element and clicks while keys are held. This also works inside a shadow tree.
    fn press(&self, expression: &str, held: &[&str]) {
        // While the page loads, the element may move.
        self.wait(expression, &format!("document.readyState == 'complete' && {expression}"));
        let center = self.js(&format!(
            "const it = {expression}; it.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const box = it.getBoundingClientRect(); \
             return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]"
        ));
        let pause = || json!({"type": "pause", "duration": 0});
        let mut keys: Vec<Value> = held.iter().map(|key| json!({"type": "keyDown", "value": key})).collect();
        let mut pointer: Vec<Value> = held.iter().map(|_| pause()).collect();
        pointer.push(json!({"type": "pointerMove", "duration": 0, "x": center[0], "y": center[1]}));
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

    /// Clears a field and types into it.
    pub fn fill(&self, css: &str, text: &str) {
        let field = self.run(self.client.find(fantoccini::Locator::Css(css)));
        self.run(field.clear());
        self.run(field.send_keys(text));
    }

    /// The text of the page, with the shadow trees of its buttons.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.js(
            "return document.body.innerText + '\\n' + \
             [...document.querySelectorAll('add-to-smooch')].map((it) => it.shadowRoot?.textContent).join('\\n')",
        );
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Writes a screenshot of the page to a PNG file.
    pub fn screenshot(&self, path: &Path) {
        let png = self.run(self.client.screenshot());
        write_file(path, &png);
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ending the session closes the browser. Killing the driver would leave the browser running.
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}

/// A command that fantoccini has no method for.
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

fn write_file(path: &Path, png: &[u8]) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder for pictures");
    }
    fs::write(path, png).expect("room for a picture");
}
