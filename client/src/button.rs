//! Does what the machine says, with the browser. It decides nothing.
//!
//! The machine is never held while the browser is called: a listener may remove the element, click it or change its
//! attributes in the middle of anything, and finds everything at rest.

use crate::{
    arrival::Arrival,
    config::Config,
    dom::{self, ELEMENT, ORIGIN, TAB},
    flow::{INTENT, Intent, OUTCOME, PENDING, Pending, place},
    machine::{Answer, Command, Event, Machine, Phase, Press},
    messages,
    shown::Shown,
    text::{concat, cut, number},
};
use alloc::string::String;
use core::cell::Cell;
use shared::{AuthorizationRequest, Challenge, ErrorCode, State, Verifier};
use wasm_bindgen::prelude::*;

// What lies with the element: the proof for the next click, and the link made of it;
const VERIFIER: &str = "verifier";
const CHALLENGE: &str = "challenge";
const HREF: &str = "href";
// the flow that came back, and the page to go back to;
const FLOW: &str = "flow";
const HOME: &str = "home";
// the name of the app, or the number of the request that failed.
const DETAIL: &str = "detail";

/// The Rust half of one element.
#[wasm_bindgen]
#[derive(Default)]
pub struct Button {
    machine: Cell<Machine>,
    stay: Cell<Stay>,
}

/// How far the element's stay in its page is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stay {
    #[default]
    Out,
    New,
    Started,
}

#[wasm_bindgen]
impl Button {
    /// The half of an element that has not been in a page yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event of the DOM, a change of the element's life, or the end of something that took time. `aside` is
    /// whether a key was held that makes a click open the link elsewhere.
    pub fn handle(&self, kind: &str, turn: u32, aside: bool) {
        let event = match kind {
            // What the element does starts in a moment: some set its attributes only now, and a screen reader must
            // know the status line before there is something to say in it.
            "connected" => {
                self.stay.set(Stay::New);
                dom::wait("start", 0, 0);
                Event::Attached
            }
            "start" if self.stay.get() == Stay::New => {
                self.stay.set(Stay::Started);
                configure()
            }
            "changed" if self.stay.get() == Stay::Started => configure(),
            "disconnected" => {
                self.stay.set(Stay::Out);
                Event::Detached
            }
            "restored" => Event::Restored,
            "click" if !aside => Event::Pressed(Press::Plain),
            "click" | "auxclick" | "contextmenu" | "dragstart" => Event::Pressed(Press::Aside),
            "pointerdown" => Event::Pressed(Press::Down),
            "key" => Event::Pressed(Press::Key),
            "wake" => Event::Woke(turn),
            "digest" if turn == self.machine.get().drawing => prepare(turn),
            "answer" if turn == self.machine.get().turn => Event::Answered(turn, answer()),
            _ => return,
        };
        self.happened(event);
    }
}

impl Button {
    fn happened(&self, event: Event) {
        let mut machine = self.machine.get();
        let commands = machine.step(event);
        self.machine.set(machine);
        self.show();
        for command in commands {
            self.perform(command);
        }
    }

    fn show(&self) {
        let machine = self.machine.get();
        let Shown { look, role, label, status } = machine.shown();
        // What the status ends in lies with the element: the app's name, or the number of the request that failed.
        let before = match machine.phase {
            Phase::Connected => messages::TO,
            Phase::Ready | Phase::Held if machine.note.is_some() => messages::REFERENCE,
            _ => "",
        };
        dom::show(look, role as u32, label.is_none(), label.unwrap_or(messages::LABEL), status, before);
    }

    fn perform(&self, command: Command) {
        match command {
            Command::Claim => {
                if let Some(event) = claim() {
                    self.happened(event);
                }
            }
            Command::Draw(turn) => dom::digest(turn, draw().expose()),
            Command::Keep => {
                if !set_out() {
                    dom::prevent();
                    dom::report(messages::NO_STORAGE);
                    self.happened(Event::Unsupported);
                }
            }
            Command::Post(turn) => {
                let flow = dom::kept(ELEMENT, FLOW).unwrap_or_default();
                dom::keep(TAB, PENDING, Some(&flow));
                let session = dom::attribute("session").unwrap_or_default();
                dom::post(turn, &Pending::of(&flow).form(&session, self.machine.get().unheard));
            }
            Command::Settle => {
                dom::keep(TAB, PENDING, None);
            }
            Command::PassOn => {
                dom::take(false);
            }
            Command::Wait(turn, seconds) => dom::wait("wake", turn, seconds),
            Command::Prevent => dom::prevent(),
            Command::Connected => {
                let home = dom::kept(ELEMENT, HOME).unwrap_or_default();
                if dom::emit("connected") && !home.is_empty() && home != here() {
                    let outcome = concat(&[&site(), "\n", &home, "\n", &dom::json()]);
                    dom::keep(TAB, OUTCOME, Some(&outcome));
                    dom::go(&home);
                }
            }
            Command::Failed(code) => {
                let request_id = dom::kept(ELEMENT, DETAIL).unwrap_or_default();
                dom::fail(code.as_str(), messages::failure(code), &request_id);
            }
            Command::Cancelled => {
                dom::emit("cancelled");
            }
        }
    }
}

/// Reads the attributes, and makes the link if there is a proof for it.
fn configure() -> Event {
    let why = match Config::read(dom::attribute) {
        Ok(config) => {
            if let Some(challenge) = dom::kept(ELEMENT, CHALLENGE).and_then(|text| Challenge::parse(&text)) {
                dom::keep(ELEMENT, HREF, Some(&link(config, challenge)));
            }
            missing()
        }
        Err(why) => Some(why),
    };
    if let Some(why) = why {
        dom::report(why);
        return Event::Unsupported;
    }
    Event::Configured
}

fn link(config: Config, challenge: Challenge) -> String {
    let redirect_uri = concat(&[&dom::kept(ELEMENT, "edge").unwrap_or_default(), "/callback"]);
    let state = State { site: config.site, challenge };
    let request = AuthorizationRequest {
        client_id: &config.client_id,
        redirect_uri: &redirect_uri,
        state: &state,
        pkce: config.pkce,
    };
    request.url(&config.authorize_url)
}

/// What the page lacks, if anything.
fn missing() -> Option<&'static str> {
    if dom::global("crypto.subtle").is_none() {
        return Some(messages::INSECURE);
    }
    let works = dom::keep(ORIGIN, INTENT, Some("")) && dom::keep(ORIGIN, INTENT, None);
    (!works).then_some(messages::NO_STORAGE)
}

/// Draws a verifier, and forgets those that nobody can come back for any more.
fn draw() -> Verifier {
    let keys = dom::keys();
    let mut rest = keys.as_str();
    while !rest.is_empty() {
        let (key, others) = cut(rest, b'\n');
        rest = others;
        if key.starts_with(INTENT)
            && Intent::parse(&dom::kept(ORIGIN, key).unwrap_or_default(), dom::now()).is_none()
        {
            dom::keep(ORIGIN, key, None);
        }
    }
    let mut bytes = [0; 32];
    dom::random(&mut bytes);
    Verifier::from_bytes(&bytes)
}

/// The digest of the verifier is there: the proof for the next click.
fn prepare(turn: u32) -> Event {
    let mut digest = [0; 32];
    dom::copy(&mut digest);
    dom::keep(ELEMENT, VERIFIER, dom::read("text").as_deref());
    dom::keep(ELEMENT, CHALLENGE, Some(Challenge::from_digest(&digest).as_str()));
    configure();
    Event::Digested(turn)
}

/// Keeps what the return needs. Whether that worked.
fn set_out() -> bool {
    let text = |key| dom::kept(ELEMENT, key).unwrap_or_default();
    let home = dom::kept(ELEMENT, HOME).unwrap_or_else(here);
    let session = dom::attribute("session").unwrap_or_default();
    let intent = Intent::text(dom::now(), &text(VERIFIER), &home, &session);
    dom::keep(ORIGIN, &concat(&[INTENT, &text(CHALLENGE)]), Some(&intent))
}

/// The name of the element's site.
fn site() -> String {
    dom::attribute("site").filter(|site| !site.is_empty()).unwrap_or_else(|| String::from("main"))
}

/// Takes up what this load arrived with: the edge's answer, or what an earlier load of a page in this tab left.
fn claim() -> Option<Event> {
    let site = &site();
    let hash = dom::global("location.hash").unwrap_or_default();
    if let Some(Arrival { state, receipt }) = Arrival::parse(&hash).filter(|arrival| arrival.is_for(site)) {
        dom::clean();
        dom::take(true);
        // Out of storage before anything is sent, so a receipt is used in one tab, once.
        let key = state.as_ref().map(|state| concat(&[INTENT, state.challenge.as_str()]));
        let kept = key.and_then(|key| {
            let kept = dom::kept(ORIGIN, &key);
            dom::keep(ORIGIN, &key, None);
            kept
        });
        let intent = kept.as_deref().and_then(|text| Intent::parse(text, dom::now()));
        dom::keep(ELEMENT, HOME, intent.and_then(Intent::place));
        return Some(match receipt {
            // A state that nobody set out with here is not believed, whatever comes with it.
            _ if state.is_some() && intent.is_none() => Event::Refused(ErrorCode::WrongBrowser),
            Err(code) => Event::Refused(code),
            Ok(receipt) => {
                let flow = Pending::text(dom::now(), site, receipt, kept.as_deref().unwrap_or(""));
                dom::keep(ELEMENT, FLOW, Some(&flow));
                // Before its one click a direct install must outlive a reload; any other is kept when it is posted.
                if state.is_some() {
                    Event::Returned
                } else {
                    dom::keep(TAB, PENDING, Some(&flow));
                    Event::Direct
                }
            }
        });
    }
    if let Some(outcome) = dom::kept(TAB, OUTCOME) {
        let (of, rest) = cut(&outcome, b'\n');
        let (place, body) = cut(rest, b'\n');
        if of == site && place == here() {
            dom::keep(TAB, OUTCOME, None);
            dom::parse(body);
            if is_connected() {
                dom::keep(ELEMENT, DETAIL, dom::read(APP_NAME).as_deref());
                return Some(Event::Concluded);
            }
        }
    }
    let pending = dom::kept(TAB, PENDING)?;
    let Some(flow) = Pending::parse(&pending, dom::now()) else {
        dom::keep(TAB, PENDING, None);
        return None;
    };
    if flow.site() != site || dom::take(true) {
        return None;
    }
    dom::keep(ELEMENT, HOME, flow.place());
    dom::keep(ELEMENT, FLOW, Some(&pending));
    Some(if flow.is_direct() { Event::Direct } else { Event::Resumed })
}

/// Whether the value at hand says that a connection was made.
fn is_connected() -> bool {
    dom::read("value.status").as_deref() == Some("connected") && dom::read("value.connection.id").is_some()
}

const APP_NAME: &str = "value.connection.app.name";

/// Reads the edge's answer.
fn answer() -> Answer {
    let connected = is_connected();
    let detail = dom::read(if connected { APP_NAME } else { "value.request_id" });
    dom::keep(ELEMENT, DETAIL, detail.as_deref());
    if connected {
        return Answer::Connected;
    }
    // What is not the edge's own answer, from whoever stands before it, is no answer.
    let Some(code) = dom::read("value.code").and_then(|code| ErrorCode::parse(&code)) else {
        return Answer::Again(ErrorCode::EdgeUnreachable, None);
    };
    if let Some(receipt) = dom::read("value.receipt") {
        let flow = dom::kept(ELEMENT, FLOW).unwrap_or_default();
        let flow = Pending::of(&flow).again(dom::now(), &receipt);
        dom::keep(TAB, PENDING, Some(&flow));
        dom::keep(ELEMENT, FLOW, Some(&flow));
    } else if !is_of_the_edge(code) {
        return Answer::Refused(code);
    }
    Answer::Again(code, dom::read("value.retry_after").and_then(|seconds| number(&seconds)))
}

/// Whether it is the edge that cannot now, and the flow is as good as before.
const fn is_of_the_edge(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Misconfigured | ErrorCode::RateLimited | ErrorCode::StorageUnavailable)
}

/// The page, as a path and query; nothing if no one could be sent back to it.
fn here() -> String {
    let here = dom::here();
    if place(&here).is_some() { here } else { String::new() }
}
