//! The button in Chromium, ours beside the same one in plain JavaScript: how soon it is ready, and what the page pays.
//!
//! One server plays all parts: it serves the scripts and a partner's page, is Smooch's authorization endpoint, which
//! allows everything at once, and answers `/complete`. Before anything is measured both buttons lead through a flow.

use crate::{bundle, figures::median, weight::current_build};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stand_in::{Request, Response, Server, serve};
use std::{fs, net::Ipv4Addr, thread, time::Duration};
use tests::{browser::Browser, tools::built};

/// Milliseconds there and back in the condition with a network.
const LATENCY: u32 = 40;

/// Longer than any load takes until its button is ready, on a machine that is not too busy.
const UNWATCHED: Duration = Duration::from_millis(600);

/// What the browser is made to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// This machine as it is.
    Plain,
    /// 40 ms from its server, at 10 Mbit/s.
    Network,
    /// Its processor four times slower.
    Slow,
    /// Both.
    Far,
}

impl Condition {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Network, Self::Slow, Self::Far];

    /// By which it is told.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "this machine",
            Self::Network => "40 ms and 10 Mbit/s away",
            Self::Slow => "processor 4 × slower",
            Self::Far => "processor 4 × slower, 40 ms and 10 Mbit/s away",
        }
    }

    /// The same, in a word or two.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Plain => "this machine",
            Self::Network => "far away",
            Self::Slow => "4 × slower",
            Self::Far => "4 × slower and far away",
        }
    }

    fn arrange(self, browser: &Browser) {
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

/// Whose button.
pub const BUTTONS: [(&str, &str); 2] =
    [("ours", "add-to-smooch.js"), ("the same button in plain JavaScript", "button.js")];

/// What a page paid for its button; medians.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paid {
    /// From the script's last byte to a button that can be pressed, in milliseconds.
    pub ready: f64,
    /// From the start of the load, in milliseconds.
    pub from_start: f64,
    /// The main thread's time, beyond that of the same page without the script, in milliseconds.
    pub main_thread: f64,
    /// Requests, beyond that for the page.
    pub requests: f64,
    /// Cumulative layout shift.
    pub shift: f64,
}

/// What was found of both.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Whether they are drawn alike, to the pixel.
    pub alike: bool,
    /// What each page paid, in each condition.
    pub loads: Vec<(Condition, [Paid; 2])>,
}

/// Measures both buttons in each condition, in turns.
pub fn measure(loads: usize, tell: &dyn Fn(&str)) -> Loaded {
    let _ = bundle::page("button", "embed/button.js");
    let server = serve((Ipv4Addr::LOCALHOST, 0).into(), |request| answer(&request)).expect("a free port");
    let browser = Browser::new();
    let pictures = BUTTONS.map(|(name, script)| {
        let picture = walk_through(&browser, &server, script);
        tell(&format!("embed: {name} leads through a flow"));
        picture
    });
    browser.cdp("Network.enable", &json!({}));
    browser.cdp("Network.setCacheDisabled", &json!({"cacheDisabled": true}));
    // Time that others had the processor is not the page's.
    browser.cdp("Performance.enable", &json!({"timeDomain": "threadTicks"}));
    let conditions = Condition::ALL.into_iter().map(|condition| {
        condition.arrange(&browser);
        let mut loaded: [Vec<Paid>; 3] = Default::default();
        for round in 0..=loads {
            for turn in 0..3 {
                let which = (round + turn) % 3;
                let script = BUTTONS.get(which).map_or("", |(_, script)| script);
                let paid = load(&browser, &server, script);
                // The first is for the browser to warm up.
                if round > 0 {
                    loaded[which].push(paid);
                }
            }
        }
        tell(&format!("embed: {loads} loads each, {}", condition.name()));
        let of =
            |which: usize, of: fn(&Paid) -> f64| median(&loaded[which].iter().map(of).collect::<Vec<_>>());
        let paid = [0, 1].map(|which| Paid {
            ready: of(which, |paid| paid.ready),
            from_start: of(which, |paid| paid.from_start),
            main_thread: beyond(&loaded[which], &loaded[2]),
            requests: of(which, |paid| paid.requests),
            shift: of(which, |paid| paid.shift),
        });
        (condition, paid)
    });
    Loaded { loads: conditions.collect(), alike: pictures[0] == pictures[1] }
}

/// What the main thread did beyond what it did in the same round without a button.
fn beyond(with: &[Paid], without: &[Paid]) -> f64 {
    let pairs = with.iter().zip(without);
    median(&pairs.map(|(with, without)| with.main_thread - without.main_thread).collect::<Vec<_>>())
}

/// One load; without a script, of the page alone.
fn load(browser: &Browser, server: &Server, script: &str) -> Paid {
    browser.open(&format!("http://{}/blank", server.address()));
    let before = main_thread(browser);
    browser.open(&format!("http://{}/page?{script}", server.address()));
    // Whoever asks the page again and again gives it work.
    thread::sleep(UNWATCHED);
    let after = main_thread(browser);
    browser.wait("the page has told", "globalThis.told");
    let told = browser.js("return globalThis.told");
    let figure = |name: &str| told[name].as_f64().unwrap_or_default();
    Paid {
        ready: figure("ready"),
        from_start: figure("from_start"),
        main_thread: after - before,
        requests: figure("requests"),
        shift: figure("shift"),
    }
}

/// The processor time of all that the page's main thread has done so far, in milliseconds.
fn main_thread(browser: &Browser) -> f64 {
    let all = browser.cdp("Performance.getMetrics", &json!({}));
    let mut metrics = all["metrics"].as_array().into_iter().flatten();
    let tasks = metrics.find(|metric| metric["name"] == "TaskDuration");
    tasks.and_then(|metric| metric["value"].as_f64()).unwrap_or_default() * 1e3
}

/// Clicks, is allowed, comes back and is connected: the whole way, by either button. Returns pictures of its two ends.
fn walk_through(browser: &Browser, server: &Server, script: &str) -> [Value; 2] {
    let picture = || browser.cdp("Page.captureScreenshot", &json!({"format": "png"}));
    browser.open(&format!("http://{}/page?{script}", server.address()));
    let button = "document.querySelector('add-to-smooch').shadowRoot?.querySelector('a')";
    browser.wait("a button that can be pressed", &format!("{button}?.href && !{button}.hidden"));
    let before = picture();
    browser.click_found(button);
    browser.wait_for_url(&format!("http://{}/page?{script}", server.address()));
    let line = "document.querySelector('add-to-smooch').shadowRoot?.querySelector('p')";
    browser.wait("connected", &format!("{line}?.textContent == 'Connected to Night Market'"));
    // The pointer still lies on it.
    browser.js("document.activeElement?.blur()");
    [before, picture()]
}

fn answer(request: &Request) -> Response {
    let file = |path: &str, step| fs::read(built(path, step)).expect("it was built");
    let query = request.uri().query().unwrap_or_default();
    let parameter = |encoded: &[u8], name: &str| {
        let mut pairs = form_urlencoded::parse(encoded);
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    match request.uri().path() {
        "/add-to-smooch.js" => respond("text/javascript", file("www/add-to-smooch.js", "make embed")),
        path if path.ends_with("/add-to-smooch.wasm") => respond(
            "application/wasm",
            fs::read(current_build().join("add-to-smooch.wasm")).expect("it was built"),
        ),
        "/button.js" => respond("text/javascript", file("build/bench/button.js", "make bench")),
        "/page" => respond("text/html; charset=utf-8", page(request, query).into_bytes()),
        "/oauth/authorize" => {
            // Back to the page that the person set out from, as the edge's callback sends them.
            let referer = request.headers().get("referer").and_then(|referer| referer.to_str().ok());
            let state = parameter(query.as_bytes(), "state");
            let mut bounce = respond("text/plain", Vec::new());
            *bounce.status_mut() = http::StatusCode::SEE_OTHER;
            // The receipt is the challenge, so that the verifier can be held against it without a memory.
            let challenge = state.rsplit('.').next().unwrap_or_default();
            let page = referer.unwrap_or_default();
            let location = format!("{page}#smooch.receipt={challenge}&smooch.state={state}");
            bounce.headers_mut().insert("location", location.parse().expect("a header"));
            bounce
        }
        "/complete" => {
            let challenge = Sha256::digest(parameter(request.body(), "verifier"));
            let proven = parameter(request.body(), "receipt") == Base64UrlUnpadded::encode_string(&challenge);
            let said: Value = if proven {
                json!({"status": "connected", "connection": {"id": "1-a", "app": {"id": "1", "name": "Night Market"}}})
            } else {
                json!({"code": "verifier_mismatch"})
            };
            respond("application/json", said.to_string().into_bytes())
        }
        _ => respond(
            "text/html; charset=utf-8",
            b"<!doctype html><title>blank</title><link rel=icon href=data:,>".to_vec(),
        ),
    }
}

/// A partner's page with some text below the button, so that a button that comes late would push it.
fn page(request: &Request, script: &str) -> String {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let load = if script.is_empty() {
        String::new()
    } else {
        format!("<script type=module src=/{script}></script>")
    };
    format!(
        r#"<!doctype html><html lang=en><title>A partner's page</title><link rel=icon href="data:,">
<style>
  body {{ font: 16px system-ui }}
  /* As the documented snippet has it. */
  add-to-smooch {{ display: inline-block; min-width: 165px; min-height: 40px }}
</style>
<script>
let shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.value)))
  .observe({{ type: "layout-shift", buffered: true }});
const tell = (ready) => {{
  const at = performance.now();
  // What is late to shift is waited for.
  setTimeout(() => {{
    const loads = performance.getEntriesByType("resource");
    const script = loads.find(({{ name }}) => name.endsWith(".js"));
    globalThis.told = {{ ready: script ? at - script.responseEnd : 0, from_start: at, requests: loads.length, shift }};
  }}, 100);
}};
customElements.whenDefined("add-to-smooch").then(() => {{
  const root = document.querySelector("add-to-smooch").shadowRoot;
  const look = () => root.querySelector("a[href]:not([hidden])") && (watch.disconnect(), tell());
  const watch = new MutationObserver(look);
  watch.observe(root, {{ subtree: true, attributes: true }});
  look();
}});
{bare}
</script>{load}
<p>Connect your app:</p>
<add-to-smooch client-id=shoplifter authorize-url="http://{host}/oauth/authorize"><a href="/install">Add to Smooch</a></add-to-smooch>
<p>What you can do once it is connected.</p>"#,
        bare = if script.is_empty() { "addEventListener('load', () => tell());" } else { "" },
    )
}

fn respond(content_type: &'static str, body: Vec<u8>) -> Response {
    let answer =
        http::Response::builder().header("content-type", content_type).header("cache-control", "no-store");
    answer.body(body).expect("a response")
}
