//! The button as it will be: itself where it is ready, and its view alone in all other states. Pressing it leads
//! nowhere, as nobody could come back from there.

use crate::{
    dom::{announce, document, on, set, write},
    options::{Options, site_problem},
    snippet,
    state::State,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event};

#[wasm_bindgen(module = "/js/preview.js")]
extern "C" {
    /// Shows a state in `host` by the element's own view, without a flow. The one place that knows that view.
    #[wasm_bindgen(js_name = preview)]
    fn preview_state(host: &Element, role: i32, look: i32, status: i32, detail: &str);
}

/// All attributes that the snippet can have, so that one that is not chosen any more goes from the preview.
const ATTRIBUTES: [&str; 10] =
    ["client-id", "site", "session", "mode", "label", "theme", "variant", "lang", "authorize-url", "pkce"];

/// What leads away from a page.
const PRESSES: [&str; 6] = ["click", "auxclick", "contextmenu", "dragstart", "pointerdown", "keydown"];

/// Keeps a press of the button from doing what it does on a page.
pub(crate) fn hold() {
    for kind in PRESSES {
        on("stage", kind, true, stop);
    }
}

fn stop(event: &Event) {
    let key = js_sys::Reflect::get(event, &"key".into()).ok().and_then(|key| key.as_string());
    // Who passes through by Tab passes through.
    if key.is_some_and(|key| key != "Enter" && key != " ") {
        return;
    }
    event.stop_propagation();
    if event.type_() != "pointerdown" {
        event.prevent_default();
    }
    if event.type_() == "click" {
        announce("stage-status", "This is a preview. On your page, the click leads to Smooch.");
    }
}

/// What the snippet is made of, where something is not entered yet.
pub(crate) fn told(options: &Options) -> Options {
    let or = |value: &str, other: &str| if value.is_empty() { other.into() } else { value.into() };
    Options {
        client_id: or(&options.client_id, "your-client-id"),
        site: or(&options.site, "main"),
        ..options.clone()
    }
}

/// Shows the button in a state: itself where it is ready, and its view alone in all others.
pub(crate) fn draw(stage: &Element, options: &Options, state: State) {
    let live = state == State::Ready;
    let mut host = stage.first_element_child();
    let tag = if live { "add-to-smooch" } else { "div" };
    // A view that has shown one state is not sure to show another as if it were the first.
    if !live || host.as_ref().is_none_or(|host| host.local_name() != tag) {
        let fresh = document().and_then(|document| document.create_element(tag).ok());
        if let Some(stale) = host {
            stale.remove();
        }
        host = fresh;
    }
    let Some(host) = host else { return };
    // What is not entered yet, or is wrong, would have the element say so in the console.
    let mut shown = told(options);
    if site_problem(&shown.site).is_some() {
        shown.site = "main".into();
    }
    let attributes = snippet::attributes(&shown);
    for name in ATTRIBUTES {
        let value = attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        if host.get_attribute(name).as_deref() != value {
            set(&host, name, value);
        }
    }
    if !host.is_connected() {
        // It fails only where the stage is within it.
        let _ = stage.append_child(&host);
    }
    let sample = state.sample();
    if !live {
        preview_state(&host, sample.role, sample.look, sample.status, sample.detail);
    }
    write("state-when", sample.when);
}
