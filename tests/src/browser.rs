//! A real browser with a profile of its own, driven by `WebDriver`: it clicks where a person clicks, and waits for
//! what a person would see.

mod chromium;
mod engine;

pub use engine::{Engine, Mode};

use engine::{Driver, SIZE};
use fantoccini::{
    Client,
    wd::{WebDriverCompatibleCommand, WindowHandle},
};
use http::Method;
use serde_json::{Value, json};
use std::{fs, future::Future, path::Path, thread, time::Duration};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// Far longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser. It ends when this is dropped.
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
    /// As [`Browser::with`].
    #[must_use]
    pub fn new() -> Self {
        Self::of(Engine::Chromium)
    }

    /// Starts an engine with an empty profile.
    ///
    /// # Panics
    ///
    /// As [`Browser::with`].
    #[must_use]
    pub fn of(engine: Engine) -> Self {
        Self::with(engine, Mode::Usual)
    }

    /// Starts an engine with an empty profile and a person's choice.
    ///
    /// # Panics
    ///
    /// If it or its driver cannot be started.
    #[must_use]
    pub fn with(engine: Engine, mode: Mode) -> Self {
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
        self.runtime.block_on(future).expect("the browser does as it is told")
    }

    /// The folder in which it keeps all that it keeps.
    #[must_use]
    pub fn profile(&self) -> &Path {
        self.profile.path()
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
        // Before all is loaded, an element may be elsewhere a moment later.
        self.wait(expression, &format!("document.readyState == 'complete' && {expression}"));
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

    /// The tab that it is in.
    #[must_use]
    pub fn tab(&self) -> WindowHandle {
        self.run(self.client.window())
    }

    /// Goes to a tab.
    pub fn to_tab(&self, tab: WindowHandle) {
        self.run(self.client.switch_to_window(tab));
    }

    /// How many tabs there are.
    #[must_use]
    pub fn tabs(&self) -> usize {
        self.all_tabs().len()
    }

    /// Opens another, and goes there.
    pub fn open_tab(&self) -> WindowHandle {
        // WebKit's browser draws no tab that is behind another, and waits for it to be drawn.
        let as_tab = self.engine != Engine::WebKit;
        let tab = self.run(self.client.new_window(as_tab)).handle;
        self.to_tab(tab.clone());
        tab
    }

    /// All of them.
    #[must_use]
    pub fn all_tabs(&self) -> Vec<WindowHandle> {
        self.run(self.client.windows())
    }

    /// Waits until the tabs that are there are right.
    ///
    /// # Panics
    ///
    /// If they do not come to be.
    #[track_caller]
    pub fn wait_for_tabs(&self, right: impl Fn(&[WindowHandle]) -> bool) {
        let step = Duration::from_millis(25);
        let mut waited = Duration::ZERO;
        while !right(&self.all_tabs()) {
            assert!(waited < PATIENCE, "there are other tabs, after {PATIENCE:?} too");
            thread::sleep(step);
            waited += step;
        }
    }

    /// Closes the tab that it is in. Another has to be gone to next.
    pub fn close_tab(&self) {
        self.run(self.client.close_window());
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
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends with its session; a driver that was killed would leave it running.
        let _ = self.runtime.block_on(self.client.clone().close());
    }
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
