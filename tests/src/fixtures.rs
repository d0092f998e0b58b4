//! Fixtures of the browser tests: the three servers on free ports, and the steps of an owner who connects an app.

use crate::{
    browser::Browser,
    environment::{Environment, Ports, Secrets},
};
use http::Response;
use serde_json::{Value, json};
use std::{iter, sync::mpsc, time::Duration};
use tempfile::TempDir;

/// A JavaScript expression for the button.
pub const BUTTON: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[part=button]')";

/// A JavaScript expression for the button's link, which is there when the button is ready.
pub const READY: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[part=button]')?.href";

/// A JavaScript expression for the status text below the button.
pub const STATUS: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[role=status]')?.textContent";

/// A function body: returns true if the fallback is visible in place of the button.
pub const FALLBACK: &str = "const {shadowRoot} = document.querySelector('add-to-smooch'); \
     const button = shadowRoot?.querySelector('[part=button]'); \
     return document.querySelector('add-to-smooch > a').checkVisibility() && !button?.checkVisibility()";

/// The script element of the documentation.
pub const SCRIPT: &str = "<script type=\"module\" src=\"EDGE/add-to-smooch.js\"></script>";

/// A script that records the element's events in `eventNames`, their details in `eventDetails`, console errors in
/// `consoleErrors`, and in `frozen` whether the page came from the back-forward cache.
pub const WATCH: &str = "<script src=\"/watch.js\"></script>";

/// A script that records the layout of each frame in `seen`, from the time on at which the element `#last` exists, and the
/// browser's own measurements in `shifts` and `paints`.
pub const FRAMES: &str = "<script>
    window.seen = [];
    window.shifts = [];
    window.paints = [];
    const shows = (it) => !!it?.checkVisibility();
    const box = (it) => {
        const { left, top, right, bottom } = it.getBoundingClientRect();
        return [left, top, right, bottom].map((at) => at.toFixed(2)).join(' ');
    };
    const look = () => {
        requestAnimationFrame(look);
        if (!document.querySelector('#last')) return;
        const places = [...document.querySelectorAll('body *')].filter((it) => !it.closest('add-to-smooch > a'));
        const elements = [...document.querySelectorAll('add-to-smooch')];
        seen.push({
            live: elements.map((it) => shows(it.shadowRoot?.querySelector('[part=button]'))),
            fallback: elements.map((it) => shows(it.querySelector('a'))),
            places: places.map(box).join('; '),
        });
    };
    look();
    const keep = (type, list, value) => PerformanceObserver.supportedEntryTypes.includes(type) &&
        new PerformanceObserver((entries) => list.push(...entries.getEntries().map(value))).observe({ type, buffered: true });
    keep('layout-shift', shifts, (it) => it.value);
    keep('paint', paints, (it) => [it.name, it.startTime]);
</script>";

/// The three servers on free ports, with KV in a temporary folder.
#[derive(Debug)]
pub struct Fixture {
    /// The three servers.
    pub environment: Environment,
    /// The secrets of the edge.
    pub secrets: Secrets,
    /// The folder of KV.
    pub state: TempDir,
}

impl Fixture {
    /// Starts the servers with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::with_settings(&json!({}))
    }

    /// Starts the servers with `settings` in addition to the default ones.
    #[must_use]
    pub fn with_settings(settings: &Value) -> Self {
        Self::with_options(settings, stand_in::Options::default())
    }

    /// Starts the servers with `settings` in addition to the default ones, and a Smooch with `options`.
    #[must_use]
    pub fn with_options(settings: &Value, options: stand_in::Options) -> Self {
        let state = tempfile::tempdir().expect("a temporary folder can be made");
        let (sender, _) = mpsc::channel();
        let secrets = Secrets::generate();
        let environment =
            Environment::start(Ports::default(), state.path(), &secrets, settings, options, sender);
        Self { environment: environment.expect("the servers start"), secrets, state }
    }

    /// The number of connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.environment.connections().len()
    }

    /// The number of requests to `route` that the edge has answered since the last call.
    #[must_use]
    pub fn request_count(&self, route: &str) -> usize {
        let route = format!("\"route\":\"{route}\"");
        // The edge logs a request after its answer, so the line arrives a moment after the page has changed.
        let patience = Duration::from_millis(500);
        let lines = iter::from_fn(|| self.environment.wrangler.line(patience));
        lines.filter(|line| line.contains(&route)).count()
    }

    /// Makes the partner's site serve a page at `path`. In its headers, head and body, `ELEMENT` is replaced by the button as
    /// documented, and `EDGE`, `SMOOCH` and `PARTNER` by the origins.
    pub fn serve_page(&self, path: &str, headers: &[(&str, &str)], head: &str, body: &str) {
        let environment = &self.environment;
        let element = "<add-to-smooch client-id=\"shoplifter\" site=\"main\" \
             authorize-url=\"SMOOCH/oauth/authorize\"><a href=\"EDGE/install\">Add to Smooch</a></add-to-smooch>";
        let fill = |text: &str| {
            let fill = text.replace("ELEMENT", element).replace("SMOOCH", &environment.smooch_origin);
            fill.replace("EDGE", &environment.edge).replace("PARTNER", &environment.partner)
        };
        let mut page = Response::builder()
            .header("content-type", "text/html; charset=utf-8")
            .header("cache-control", "no-cache");
        for (name, value) in headers {
            page = page.header(*name, fill(value));
        }
        let html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>A page</title>\
             {head}<body>{body}"
        );
        environment.serve(path, page.body(fill(&html).into_bytes()).expect("the page is valid"));
    }

    /// Makes the partner's site serve a script at `path`.
    pub fn serve_script(&self, path: &str, text: impl Into<Vec<u8>>) {
        let script = Response::builder().header("content-type", "text/javascript").body(text.into());
        self.environment.serve(path, script.expect("the script is valid"));
    }
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

/// Clicks the button once it is ready.
pub fn click_button(browser: &Browser) {
    browser.wait("the button is ready", READY);
    browser.click_expression(BUTTON);
}

/// Signs in at Smooch.
pub fn sign_in(browser: &Browser, environment: &Environment, email: &str) {
    browser.wait_for_url(&environment.smooch_origin);
    browser.wait("the sign-in form", "document.querySelector('#email')");
    browser.fill("#email", email);
    browser.fill("#password", "demo");
    browser.click("#login");
}

/// Picks an app by its id.
pub fn pick_app(browser: &Browser, app: &str) {
    browser.click(&format!("input[name=app][value='{app}']"));
    browser.click("#continue");
}

/// Signs in, picks Corner Bakery EU and allows access.
pub fn go_through_smooch(browser: &Browser, environment: &Environment) {
    sign_in(browser, environment, stand_in::accounts::OWNER);
    pick_app(browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.click("#allow");
}

/// Waits until the page shows that the app is connected.
pub fn wait_for_connected(browser: &Browser, app: &str) {
    browser.wait(
        "connected",
        &format!("{STATUS}?.includes('onnected') || ({BUTTON})?.textContent.includes('onnected')"),
    );
    assert!(browser.text().contains(app), "{}", browser.text());
}
