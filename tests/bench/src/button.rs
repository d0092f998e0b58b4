//! Measures the button in Chromium, beside the same button in plain JavaScript: time until ready, main thread, layout shift.
//!
//! One server serves the scripts, the partner's page, an authorization endpoint that redirects at once, and `/complete`. Both
//! buttons complete a flow before the measurement. It never measures the edge.

use crate::{bundle, figures::median, size::current_build};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stand_in::{Request, Response, Server, serve};
use std::{fs, net::Ipv4Addr, thread, time::Duration};
use tests::{
    browser::Browser,
    tools::{built, root},
};

/// Round-trip time of the emulated network, in milliseconds.
const LATENCY: u32 = 40;

/// Time for a page to load without requests from the test, which would use the page's main thread.
const LOAD_TIME: Duration = Duration::from_millis(600);

/// The emulated conditions of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No emulation.
    Plain,
    /// A network with a round trip of 40 ms and 10 Mbit/s.
    Network,
    /// A processor that is four times slower.
    Slow,
    /// The slow processor and the slow network.
    Far,
}

impl Condition {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Network, Self::Slow, Self::Far];

    /// The name in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "this machine",
            Self::Network => "40 ms and 10 Mbit/s away",
            Self::Slow => "processor 4 × slower",
            Self::Far => "processor 4 × slower, 40 ms and 10 Mbit/s away",
        }
    }

    /// The name in the plot.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Plain => "this machine",
            Self::Network => "far away",
            Self::Slow => "4 × slower",
            Self::Far => "4 × slower and far away",
        }
    }

    fn emulate(self, browser: &Browser) {
        let rate = if matches!(self, Self::Slow | Self::Far) { 4 } else { 1 };
        browser.cdp("Emulation.setCPUThrottlingRate", &json!({"rate": rate}));
        let is_far = matches!(self, Self::Network | Self::Far);
        let (latency, throughput) = if is_far { (LATENCY, 10 * 1_000_000 / 8) } else { (0, -1) };
        browser.cdp(
            "Network.emulateNetworkConditions",
            &json!({"offline": false, "latency": latency, "downloadThroughput": throughput, "uploadThroughput": throughput}),
        );
    }
}

/// The buttons: name and script.
pub const BUTTONS: [(&str, &str); 2] =
    [("ours", "add-to-smooch.js"), ("the same button in plain JavaScript", "button.js")];

/// The cost of a button for a page. The results have the medians of all loads.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageCost {
    /// Time from the script's last byte until the button can be pressed, in milliseconds.
    pub ready: f64,
    /// Time from the start of the navigation until the button can be pressed, in milliseconds.
    pub from_start: f64,
    /// Processor time of the main thread, minus that of the same page without the script, in milliseconds.
    pub main_thread: f64,
    /// Number of requests, without that for the page.
    pub requests: f64,
    /// Cumulative layout shift.
    pub shift: f64,
}

/// The results of both buttons.
#[derive(Clone, Debug)]
pub struct ButtonResults {
    /// True if screenshots of both buttons are identical.
    pub identical: bool,
    /// The cost of each button, per condition.
    pub loads: Vec<(Condition, [PageCost; 2])>,
}

/// Measures both buttons in each condition. The buttons take turns for `loads` rounds.
pub fn measure(loads: usize, progress: &dyn Fn(&str)) -> ButtonResults {
    let _ = bundle::page("button", "embed/button.js");
    let server = serve((Ipv4Addr::LOCALHOST, 0).into(), |request| handle(&request)).expect("a free port");
    let browser = Browser::new();
    let screenshots = BUTTONS.map(|(name, script)| {
        let screenshot = complete_flow(&browser, &server, script);
        progress(&format!("embed: {name} completes a flow"));
        screenshot
    });
    browser.cdp("Network.enable", &json!({}));
    browser.cdp("Network.setCacheDisabled", &json!({"cacheDisabled": true}));
    // Counts only the time in which the thread runs on the processor.
    browser.cdp("Performance.enable", &json!({"timeDomain": "threadTicks"}));
    let conditions = Condition::ALL.into_iter().map(|condition| {
        condition.emulate(&browser);
        let mut costs: [Vec<PageCost>; 3] = Default::default();
        for round in 0..=loads {
            for turn in 0..3 {
                let which = (round + turn) % 3;
                let script = BUTTONS.get(which).map_or("", |(_, script)| script);
                let cost = load(&browser, &server, script);
                // The first round warms up the browser.
                if round > 0 {
                    costs[which].push(cost);
                }
            }
        }
        progress(&format!("embed: {loads} loads each, {}", condition.name()));
        let of =
            |which: usize, of: fn(&PageCost) -> f64| median(&costs[which].iter().map(of).collect::<Vec<_>>());
        let medians = [0, 1].map(|which| PageCost {
            ready: of(which, |cost| cost.ready),
            from_start: of(which, |cost| cost.from_start),
            main_thread: main_thread_overhead(&costs[which], &costs[2]),
            requests: of(which, |cost| cost.requests),
            shift: of(which, |cost| cost.shift),
        });
        (condition, medians)
    });
    ButtonResults { loads: conditions.collect(), identical: screenshots[0] == screenshots[1] }
}

/// The median of the main thread's time minus that of the same round without a button.
fn main_thread_overhead(with: &[PageCost], without: &[PageCost]) -> f64 {
    let pairs = with.iter().zip(without);
    median(&pairs.map(|(with, without)| with.main_thread - without.main_thread).collect::<Vec<_>>())
}

/// Loads the page once. With an empty `script` the page has no button.
fn load(browser: &Browser, server: &Server, script: &str) -> PageCost {
    browser.open(&format!("http://{}/blank", server.address()));
    let before = main_thread(browser);
    browser.open(&format!("http://{}/page?{script}", server.address()));
    thread::sleep(LOAD_TIME);
    let after = main_thread(browser);
    browser.wait("the page reports its figures", "globalThis.figures");
    let figures = browser.js("return globalThis.figures");
    let figure = |name: &str| figures[name].as_f64().unwrap_or_default();
    PageCost {
        ready: figure("ready"),
        from_start: figure("from_start"),
        main_thread: after - before,
        requests: figure("requests"),
        shift: figure("shift"),
    }
}

/// The processor time of the page's main thread so far, in milliseconds.
fn main_thread(browser: &Browser) -> f64 {
    let all = browser.cdp("Performance.getMetrics", &json!({}));
    let mut metrics = all["metrics"].as_array().into_iter().flatten();
    let tasks = metrics.find(|metric| metric["name"] == "TaskDuration");
    tasks.and_then(|metric| metric["value"].as_f64()).unwrap_or_default() * 1e3
}

/// Completes a flow with a button. Returns screenshots from before the click and from the end.
fn complete_flow(browser: &Browser, server: &Server, script: &str) -> [Value; 2] {
    let screenshot = || browser.cdp("Page.captureScreenshot", &json!({"format": "png"}));
    browser.open(&format!("http://{}/page?{script}", server.address()));
    let button = "document.querySelector('add-to-smooch').shadowRoot?.querySelector('a')";
    browser.wait("a button that can be pressed", &format!("{button}?.href && !{button}.hidden"));
    let before = screenshot();
    browser.click_expression(button);
    browser.wait_for_url(&format!("http://{}/page?{script}", server.address()));
    let status = "document.querySelector('add-to-smooch').shadowRoot?.querySelector('p')";
    browser.wait("connected", &format!("{status}?.textContent == 'Connected to Night Market'"));
    // The click left the focus on the button.
    browser.js("document.activeElement?.blur()");
    [before, screenshot()]
}

fn handle(request: &Request) -> Response {
    let file = |path: &str| fs::read(built(path)).expect("the file was built");
    let query = request.uri().query().unwrap_or_default();
    let parameter = |encoded: &[u8], name: &str| {
        let mut pairs = form_urlencoded::parse(encoded);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    match request.uri().path() {
        "/add-to-smooch.js" => respond("text/javascript", file("build/www/add-to-smooch.js")),
        path if path.ends_with("/add-to-smooch.wasm") => respond(
            "application/wasm",
            fs::read(current_build().join("add-to-smooch.wasm")).expect("the file was built"),
        ),
        "/button.js" => respond(
            "text/javascript",
            fs::read(root().join("build/bench/button.js")).expect("`make bench` builds it"),
        ),
        "/page" => respond("text/html; charset=utf-8", page(request, query).into_bytes()),
        "/oauth/authorize" => {
            // Redirects back to the page that sent the person, as the edge's callback does.
            let referer = request.headers().get("referer").and_then(|referer| referer.to_str().ok());
            let state = parameter(query.as_bytes(), "state");
            let mut redirect = respond("text/plain", Vec::new());
            *redirect.status_mut() = http::StatusCode::SEE_OTHER;
            // The receipt is the challenge, so the server can check the verifier without stored state.
            let challenge = state.rsplit('.').next().unwrap_or_default();
            let page = referer.unwrap_or_default();
            let location = format!("{page}#smooch.receipt={challenge}&smooch.state={state}");
            redirect.headers_mut().insert("location", location.parse().expect("the header is valid"));
            redirect
        }
        "/complete" => {
            let challenge = Sha256::digest(parameter(request.body(), "verifier"));
            let is_proven =
                parameter(request.body(), "receipt") == Base64UrlUnpadded::encode_string(&challenge);
            let body: Value = if is_proven {
                json!({"status": "connected", "connection": {"id": "1-a", "app": {"id": "1", "name": "Night Market"}}})
            } else {
                json!({"code": "verifier_mismatch"})
            };
            respond("application/json", body.to_string().into_bytes())
        }
        _ => respond(
            "text/html; charset=utf-8",
            b"<!doctype html><title>blank</title><link rel=icon href=data:,>".to_vec(),
        ),
    }
}

/// A partner's page with text below the button, so that a late button would cause a layout shift.
fn page(request: &Request, script: &str) -> String {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let script_tag = if script.is_empty() {
        String::new()
    } else {
        format!("<script type=module src=/{script}></script>")
    };
    format!(
        r#"<!doctype html><html lang=en><title>A partner's page</title><link rel=icon href="data:,">
<style>
  body {{ font: 16px system-ui }}
  /* The CSS of the documented snippet. */
  add-to-smooch {{ display: inline-block; min-width: 165px; min-height: 40px }}
</style>
<script>
let shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.value)))
  .observe({{ type: "layout-shift", buffered: true }});
const report = () => {{
  const at = performance.now();
  // Waits for late layout shifts.
  setTimeout(() => {{
    const loads = performance.getEntriesByType("resource");
    const script = loads.find(({{ name }}) => name.endsWith(".js"));
    globalThis.figures = {{ ready: script ? at - script.responseEnd : 0, from_start: at, requests: loads.length, shift }};
  }}, 100);
}};
customElements.whenDefined("add-to-smooch").then(() => {{
  const root = document.querySelector("add-to-smooch").shadowRoot;
  const check = () => root.querySelector("a[href]:not([hidden])") && (observer.disconnect(), report());
  const observer = new MutationObserver(check);
  observer.observe(root, {{ subtree: true, attributes: true }});
  check();
}});
{without_script}
</script>{script_tag}
<p>Connect your app:</p>
<add-to-smooch client-id=shoplifter authorize-url="http://{host}/oauth/authorize"><a href="/install">Add to Smooch</a></add-to-smooch>
<p>What you can do once it is connected.</p>"#,
        without_script = if script.is_empty() { "addEventListener('load', () => report());" } else { "" },
    )
}

fn respond(content_type: &'static str, body: Vec<u8>) -> Response {
    let response =
        http::Response::builder().header("content-type", content_type).header("cache-control", "no-store");
    response.body(body).expect("the response is valid")
}
