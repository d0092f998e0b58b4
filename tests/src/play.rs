//! What the browser tests have in common: a stage on free ports, and the steps that an owner takes on it.

use crate::{
    browser::Browser,
    stage::{Ports, Secrets, Stage},
};
use http::Response;
use serde_json::{Value, json};
use std::{iter, sync::mpsc, time::Duration};
use tempfile::TempDir;

/// The button, as an expression in the page.
pub const BUTTON: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[part=button]')";

/// Whether it leads somewhere.
pub const READY: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[part=button]')?.href";

/// What is said below it.
pub const STATUS: &str =
    "document.querySelector('add-to-smooch')?.shadowRoot?.querySelector('[role=status]')?.textContent";

/// Whether the fallback shows in the button's place, as the body of a function.
pub const FALLBACK: &str = "const {shadowRoot} = document.querySelector('add-to-smooch'); \
     const button = shadowRoot?.querySelector('[part=button]'); \
     return document.querySelector('add-to-smooch > a').checkVisibility() && !button?.checkVisibility()";

/// The script as partners are told to write it, for a page's head.
pub const SCRIPT: &str = "<script type=\"module\" src=\"EDGE/add-to-smooch.js\"></script>";

/// A script that keeps the element's events in `heard`, its words in the console in `said`, and whether the page was
/// frozen and came back in `frozen`.
pub const WATCH: &str = "<script src=\"/watch.js\"></script>";

/// A script that keeps, for each frame once there is something with the id `last`, where things are and what shows, in
/// `seen`; and what the engine itself measures, in `shifts` and `paints`.
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

/// A stage on free ports, with KV in a folder that goes with it.
#[derive(Debug)]
pub struct Play {
    /// The stage.
    pub stage: Stage,
    /// What the edge was given.
    pub secrets: Secrets,
    /// Where KV lies.
    pub state: TempDir,
}

impl Play {
    /// A stage with the usual settings.
    #[must_use]
    pub fn new() -> Self {
        Self::with(&json!({}))
    }

    /// A stage with `settings` over the usual ones.
    #[must_use]
    pub fn with(settings: &Value) -> Self {
        Self::at(settings, stand_in::Options::default())
    }

    /// A stage with `settings` over the usual ones, and a Smooch that behaves so.
    #[must_use]
    pub fn at(settings: &Value, options: stand_in::Options) -> Self {
        let state = tempfile::tempdir().expect("a temporary folder");
        let (sender, _) = mpsc::channel();
        let secrets = Secrets::fresh();
        let stage = Stage::start(Ports::default(), state.path(), &secrets, settings, options, sender);
        Self { stage: stage.expect("the stage starts"), secrets, state }
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.stage.connections().len()
    }

    /// How many requests to `route` the edge has answered since it was last asked.
    #[must_use]
    pub fn answered(&self, route: &str) -> usize {
        let route = format!("\"route\":\"{route}\"");
        // It logs a request when it has been answered, so a moment after what came of it is seen.
        let patience = Duration::from_millis(500);
        let lines = iter::from_fn(|| self.stage.wrangler.line(patience));
        lines.filter(|line| line.contains(&route)).count()
    }

    /// Has the partner's site serve one more page, at `path`, with these headers and this within its head and body.
    /// `ELEMENT` in the text stands for the button as partners are told to write it; `EDGE`, `SMOOCH` and
    /// `PARTNER` stand for the origins.
    pub fn page(&self, path: &str, headers: &[(&str, &str)], head: &str, body: &str) {
        let stage = &self.stage;
        let element = "<add-to-smooch client-id=\"shoplifter\" site=\"main\" \
             authorize-url=\"SMOOCH/oauth/authorize\"><a href=\"EDGE/install\">Add to Smooch</a></add-to-smooch>";
        let filled = |text: &str| {
            let filled = text.replace("ELEMENT", element).replace("SMOOCH", &stage.smooch_origin);
            filled.replace("EDGE", &stage.edge).replace("PARTNER", &stage.partner)
        };
        let mut page = Response::builder()
            .header("content-type", "text/html; charset=utf-8")
            .header("cache-control", "no-cache");
        for (name, value) in headers {
            page = page.header(*name, filled(value));
        }
        let html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>A page</title>\
             {head}<body>{body}"
        );
        stage.serve(path, page.body(filled(&html).into_bytes()).expect("a page"));
    }

    /// Has the partner's site serve a script.
    pub fn script(&self, path: &str, text: impl Into<Vec<u8>>) {
        let script = Response::builder().header("content-type", "text/javascript").body(text.into());
        self.stage.serve(path, script.expect("a script"));
    }
}

impl Default for Play {
    fn default() -> Self {
        Self::new()
    }
}

/// Clicks the button once it is ready.
pub fn click_button(browser: &Browser) {
    browser.wait("the button is ready", READY);
    browser.click_found(BUTTON);
}

/// Signs in at Smooch.
pub fn sign_in(browser: &Browser, stage: &Stage, email: &str) {
    browser.wait_for_url(&stage.smooch_origin);
    browser.wait("the sign-in form", "document.querySelector('#email')");
    browser.fill("#email", email);
    browser.fill("#password", "demo");
    browser.click("#login");
}

/// Picks one of the owner's apps.
pub fn pick(browser: &Browser, app: &str) {
    browser.click(&format!("input[name=app][value='{app}']"));
    browser.click("#continue");
}

/// Signs in, picks the second app and allows.
pub fn go_through_smooch(browser: &Browser, stage: &Stage) {
    sign_in(browser, stage, stand_in::accounts::OWNER);
    pick(browser, stand_in::accounts::CORNER_BAKERY_EU);
    browser.click("#allow");
}

/// Waits until the button says so, with the app's name.
pub fn wait_for_connected(browser: &Browser, app: &str) {
    browser.wait(
        "connected",
        &format!("{STATUS}?.includes('onnected') || ({BUTTON})?.textContent.includes('onnected')"),
    );
    assert!(browser.text().contains(app), "{}", browser.text());
}
