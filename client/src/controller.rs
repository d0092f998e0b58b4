//! Connects the state machine of one element with the browser: it carries out commands and reports what happened.
//!
//! No `RefCell` stays borrowed across a call into the browser, because a listener may call this element again.

mod claim;
mod outcome;
mod start;

use crate::{
    attributes::{Attributes, ConfigError},
    completion::{self, EdgeAnswer},
    flow::Flow,
    language::{Language, Texts, load_texts},
    machine::{Answer, Command, Event, Lifecycle, Machine, Turn},
    modules::{self, PopupModule},
    page,
    proof::Proof,
    storage,
    view::{Content, View},
    view_state::ViewState,
};
use std::{cell::RefCell, mem, rc::Rc};
use wasm_bindgen::prelude::*;
use web_sys::{EventListener, EventTarget, HtmlElement, Response};

/// Every browser event that can lead to the link being followed, in this tab or another.
const PRESS_EVENTS: [&str; 6] = ["click", "auxclick", "contextmenu", "dragstart", "pointerdown", "keydown"];

/// The event by which one element tells the others of its page that they may claim a flow.
pub(crate) const RELEASED: &str = "smooch-released";

/// The events of the window that an element listens to.
const WINDOW_EVENTS: [&str; 2] = ["pageshow", RELEASED];

/// One element: its state between two events, and its view while it is in a page.
#[derive(Debug, Default)]
pub(crate) struct Controller {
    /// The edge's origin.
    edge: String,
    view: RefCell<Option<Rc<View>>>,
    state: RefCell<ElementState>,
}

/// The state of one element between two events.
#[derive(Debug, Default)]
struct ElementState {
    machine: Machine,
    /// The language that `texts` is in, or that is being loaded.
    language: Option<Language>,
    texts: Texts,
    /// The proof for the next click.
    proof: Option<Proof>,
    /// The flow that this page load returned with.
    flow: Flow,
    /// The page to go back to once the app is connected, or an empty string.
    return_path: String,
    /// The variable part of the status text: see [`Content::detail`].
    detail: String,
    popup_module: Option<PopupModule>,
}

/// The reason for an event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cause<'a> {
    /// The browser event that is being handled.
    pub(crate) browser_event: Option<&'a web_sys::Event>,
    /// The edge's answer.
    pub(crate) answer: Option<&'a EdgeAnswer>,
}

impl Cause<'_> {
    fn prevent_default(self) {
        if let Some(event) = self.browser_event {
            event.prevent_default();
        }
    }
}

impl Controller {
    pub(crate) fn new(edge: String) -> Self {
        Self { edge, ..Self::default() }
    }

    /// Takes up work in a page. It reads the attributes a moment later: frameworks set them only after the insertion, and
    /// screen readers must know the status line before it has a text.
    pub(crate) fn attach(self: &Rc<Self>, element: HtmlElement) {
        for kind in WINDOW_EVENTS {
            listen(&page::window(), kind, &element, true);
        }
        let view = View::new(element).map(Rc::new);
        if let Some(view) = &view {
            for kind in PRESS_EVENTS {
                listen(view.button(), kind, view.host(), true);
            }
        }
        self.view.replace(view);
        self.dispatch(Event::Attached, &Cause::default());
        let this = Rc::clone(self);
        page::after_seconds(0, move || {
            if this.state.borrow().machine.lifecycle == Lifecycle::Attached {
                this.configure();
            }
        });
    }

    /// Leaves the page. From here on nothing holds the element's nodes, so the browser can free them.
    pub(crate) fn detach(self: &Rc<Self>) {
        if let Some(view) = self.view.take() {
            for kind in WINDOW_EVENTS {
                listen(&page::window(), kind, view.host(), false);
            }
        }
        self.dispatch(Event::Detached, &Cause::default());
    }

    /// Reads the attributes again, unless the element has yet to start.
    pub(crate) fn reconfigure(self: &Rc<Self>) {
        if self.state.borrow().machine.lifecycle == Lifecycle::Started {
            self.configure();
        }
    }

    /// The attributes as they are now.
    pub(crate) fn attributes(&self) -> Attributes {
        let Some(view) = self.view() else { return Attributes::default() };
        Attributes {
            client_id: view.attribute("client-id"),
            site: view.attribute("site"),
            authorize_url: view.attribute("authorize-url"),
            session: view.attribute("session"),
            mode: view.attribute("mode"),
            has_pkce: view.host().get_attribute("pkce").is_some(),
        }
    }

    /// Reads an answer of the edge and dispatches the event that `event` makes from it.
    pub(crate) fn receive(self: &Rc<Self>, answer: &EdgeAnswer, event: impl FnOnce(Answer) -> Event) {
        self.state.borrow_mut().detail = answer.detail();
        self.dispatch(event(answer.meaning()), &Cause { answer: Some(answer), browser_event: None });
    }

    /// Feeds an event to the state machine and carries out its commands.
    pub(crate) fn dispatch(self: &Rc<Self>, event: Event, cause: &Cause<'_>) {
        let commands = self.state.borrow_mut().machine.step(event);
        self.render();
        for command in commands {
            // The follow-up event replaces the commands that are left.
            if let Some(event) = self.perform(command, cause) {
                return self.dispatch(event, cause);
            }
        }
    }

    /// Carries out one command. Returns an event if it had an immediate result.
    fn perform(self: &Rc<Self>, command: Command, cause: &Cause<'_>) -> Option<Event> {
        match command {
            Command::PreventDefault => cause.prevent_default(),
            Command::SaveIntent => {
                if !self.save_intent() {
                    cause.prevent_default();
                    page::report_error(ConfigError::NoStorage.message());
                    return Some(Event::Unsupported);
                }
            }
            Command::OpenPopup => {
                if self.open_popup() {
                    cause.prevent_default();
                    return Some(Event::PopupOpened);
                }
            }
            Command::ForgetPending => storage::forget_pending(),
            Command::ReleaseReturn => claim::release(),
            Command::PrepareProof(turn) => self.prepare_proof(turn),
            Command::ClaimReturn => self.claim(),
            Command::PostCompletion { turn, unanswered } => self.post(turn, unanswered),
            Command::StartTimer { turn, seconds } => self.start_timer(turn, seconds),
            Command::FireConnected => self.finish(cause),
            Command::FireFailed { code, can_retry } => self.fail(code, can_retry, cause),
            Command::FireCancelled(code) => self.cancel(code, cause),
            Command::GoBack => self.go_back(cause),
        }
        None
    }

    fn start_timer(self: &Rc<Self>, turn: Turn, seconds: u32) {
        let this = Rc::clone(self);
        page::after_seconds(seconds, move || this.dispatch(Event::TimerFired(turn), &Cause::default()));
    }

    fn view(&self) -> Option<Rc<View>> {
        self.view.borrow().clone()
    }

    fn render(self: &Rc<Self>) {
        let Some(view) = self.view() else { return };
        self.choose_language(view.language());
        let (state, texts, detail) = {
            let ElementState { machine, texts, detail, .. } = &*self.state.borrow();
            (ViewState::of(machine), texts.clone(), detail.clone())
        };
        // Invalid attributes were reported when they were read.
        let link = self.link().unwrap_or_default();
        view.render(&Content { state, texts: &texts, link: &link, detail: &detail });
    }

    /// Loads the texts of a language unless they are the present ones. English shows until they arrive.
    fn choose_language(self: &Rc<Self>, language: Option<Language>) {
        let mut state = self.state.borrow_mut();
        if mem::replace(&mut state.language, language) == language {
            return;
        }
        state.texts = Texts::default();
        drop(state);
        let Some(wanted) = language else { return };
        let this = Rc::clone(self);
        load_texts(wanted, move |texts| {
            if this.state.borrow().language == Some(wanted) {
                this.state.borrow_mut().texts = texts;
                this.render();
            }
        });
    }

    fn configure(self: &Rc<Self>) {
        let problem = self.link().err().or_else(missing_feature);
        if let Some(problem) = problem {
            page::report_error(problem.message());
            return self.dispatch(Event::Unsupported, &Cause::default());
        }
        if self.attributes().is_popup() {
            let this = Rc::clone(self);
            page::when_settled(&modules::load_popup(), move |module| {
                this.state.borrow_mut().popup_module = Some(module.unchecked_into());
            });
        }
        self.dispatch(Event::Configured, &Cause::default());
    }

    fn post(self: &Rc<Self>, turn: Turn, unanswered: bool) {
        let flow = self.state.borrow().flow.clone();
        storage::save_pending(&flow);
        let sent = completion::send(&self.edge, &flow, &self.attributes().session, unanswered);
        let this = Rc::clone(self);
        page::when_settled(&sent, move |response| {
            let settled = move |answer| this.answered(turn, &EdgeAnswer(answer));
            match response.unchecked_ref::<Response>().json() {
                Ok(json) => page::when_settled(&json, settled),
                // The request failed, and the value is its error.
                Err(error) => settled(error),
            }
        });
    }

    fn answered(self: &Rc<Self>, turn: Turn, answer: &EdgeAnswer) {
        if self.state.borrow().machine.turn != turn {
            return;
        }
        let receipt = answer.receipt();
        if !receipt.is_empty() {
            self.state.borrow_mut().flow.receipt = receipt;
            let flow = self.state.borrow().flow.clone();
            storage::save_pending(&flow);
        }
        self.receive(answer, |answer| Event::Answered(turn, answer));
    }
}

/// Adds or removes the element as a listener. It handles events by its method `handleEvent`.
fn listen(target: &EventTarget, kind: &str, element: &HtmlElement, add: bool) {
    let listener = element.unchecked_ref::<EventListener>();
    // Neither can fail: the listener is an object.
    let _ = if add {
        target.add_event_listener_with_event_listener(kind, listener)
    } else {
        target.remove_event_listener_with_event_listener(kind, listener)
    };
}

/// A browser feature that the page lacks.
fn missing_feature() -> Option<ConfigError> {
    if page::subtle_crypto().is_none() {
        return Some(ConfigError::NoWebCrypto);
    }
    (!storage::is_available()).then_some(ConfigError::NoStorage)
}
