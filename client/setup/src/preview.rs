//! The preview of the button: the real element where it is ready, and the element's own view for every other state.
//! Pressing it leads nowhere, because the setup page is not the partner's page.

use crate::{
    dom::{announce, document, on, set, write},
    options::{Options, site_problem},
    preview_state::PreviewState,
    snippet,
};
use client::{
    language::{Texts, load_texts},
    view::{Content, View},
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event};

/// Every attribute of the snippet, so that the preview loses one that is no longer chosen.
const ATTRIBUTES: [&str; 10] =
    ["client-id", "site", "session", "mode", "label", "theme", "variant", "lang", "authorize-url", "pkce"];

/// The events that would start a flow.
const PRESS_EVENTS: [&str; 6] = ["click", "auxclick", "contextmenu", "dragstart", "pointerdown", "keydown"];

/// Keeps every press in the preview from starting a flow.
pub(crate) fn block_presses() {
    for kind in PRESS_EVENTS {
        on("stage", kind, true, block_press);
    }
}

fn block_press(event: &Event) {
    let key = js_sys::Reflect::get(event, &"key".into()).ok().and_then(|key| key.as_string());
    // Tab and all other keys keep working.
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

/// The options with placeholders for required values that are still empty.
pub(crate) fn with_placeholders(options: &Options) -> Options {
    let or =
        |value: &str, placeholder: &str| if value.is_empty() { placeholder.into() } else { value.into() };
    Options {
        client_id: or(&options.client_id, "your-client-id"),
        site: or(&options.site, "main"),
        ..options.clone()
    }
}

/// Shows the button with these options in a state.
pub(crate) fn show(stage: &Element, options: &Options, state: PreviewState) {
    let is_live = state == PreviewState::Ready;
    let tag = if is_live { "add-to-smooch" } else { "div" };
    let Some(host) = host(stage, tag) else { return };
    set_attributes(&host, options);
    if !host.is_connected() {
        // This cannot fail: the new element contains nothing.
        let _ = stage.append_child(&host);
    }
    write("state-when", state.explanation());
    if !is_live && let Some(view) = View::new(host.unchecked_into()) {
        render(&view, state, &Texts::default());
        if let Some(language) = view.language() {
            load_texts(language, move |texts| render(&view, state, &texts));
        }
    }
}

fn render(view: &View, state: PreviewState, texts: &Texts) {
    view.render(&Content { state: state.view_state(), texts, link: "#", detail: state.app_name() });
}

/// The element in the stage, if it can be used again, or a new one. Each state gets a view of its own, as in a page load.
fn host(stage: &Element, tag: &str) -> Option<Element> {
    let present = stage.first_element_child();
    if let Some(host) = present.as_ref().filter(|host| tag == "add-to-smooch" && host.local_name() == tag) {
        return Some(host.clone());
    }
    let new = document()?.create_element(tag).ok()?;
    if let Some(stale) = present {
        stale.remove();
    }
    Some(new)
}

fn set_attributes(host: &Element, options: &Options) {
    let mut shown = with_placeholders(options);
    // The element would report an invalid site to the console.
    if site_problem(&shown.site).is_some() {
        shown.site = "main".into();
    }
    let attributes = snippet::attributes(&shown);
    for name in ATTRIBUTES {
        let value = attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        if host.get_attribute(name).as_deref() != value {
            set(host, name, value);
        }
    }
}
