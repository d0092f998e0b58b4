//! The little that the page needs of the browser. What is not there is passed over, as a page that lacks a part is
//! still of use with the rest.

use js_sys::encode_uri_component;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, Element, Event, HtmlDocument, HtmlElement, HtmlInputElement, HtmlSelectElement, Response, Url,
    Window,
};

pub(crate) fn window() -> Option<Window> {
    web_sys::window()
}

pub(crate) fn document() -> Option<Document> {
    window()?.document()
}

/// The part of this id.
pub(crate) fn part(id: &str) -> Option<HtmlElement> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

pub(crate) fn field(id: &str) -> Option<HtmlInputElement> {
    part(id)?.dyn_into().ok()
}

/// What was entered or selected, without the space around it.
pub(crate) fn entered(id: &str) -> String {
    let value = part(id).and_then(|part| match part.dyn_into::<HtmlInputElement>() {
        Ok(input) => Some(input.value()),
        Err(part) => Some(part.dyn_into::<HtmlSelectElement>().ok()?.value()),
    });
    value.unwrap_or_default().trim().into()
}

pub(crate) fn is_ticked(id: &str) -> bool {
    field(id).is_some_and(|field| field.checked())
}

/// The value of the chosen one among choices of this name.
pub(crate) fn chosen(name: &str) -> String {
    let choice = || document()?.query_selector(&["input[name=", name, "]:checked"].concat()).ok()?;
    choice().and_then(|choice| choice.get_attribute("value")).unwrap_or_default()
}

pub(crate) fn choose(name: &str, value: &str) {
    let choice =
        || document()?.query_selector(&["input[name=", name, "][value=", value, "]"].concat()).ok()?;
    if let Some(choice) = choice().and_then(|choice| choice.dyn_into::<HtmlInputElement>().ok()) {
        choice.set_checked(true);
    }
}

pub(crate) fn write(id: &str, text: &str) {
    if let Some(part) = part(id).filter(|part| part.text_content().as_deref() != Some(text)) {
        part.set_text_content(Some(text));
    }
}

/// Writes a text where it is said aloud: the same once more is said once more.
pub(crate) fn announce(id: &str, text: &str) {
    if let Some(part) = part(id) {
        part.set_text_content(Some(text));
    }
}

pub(crate) fn set(element: &Element, name: &str, value: Option<&str>) {
    // They fail only for a name that is none.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// A new element at the end of `parent`.
pub(crate) fn add(parent: &Element, tag: &str, class: &str, text: &str) -> Option<Element> {
    let element = document()?.create_element(tag).ok()?;
    if !class.is_empty() {
        element.set_class_name(class);
    }
    if !text.is_empty() {
        element.set_text_content(Some(text));
    }
    parent.append_child(&element).ok()?;
    Some(element)
}

/// Calls `act` on each event of a kind at a part or within it, as long as the page lives; with `first`, before whatever
/// the event is meant for.
pub(crate) fn on(id: &str, kind: &str, first: bool, act: impl Fn(&Event) + 'static) {
    let Some(target) = part(id) else { return };
    let closure = Closure::<dyn Fn(Event)>::new(move |event: Event| act(&event));
    let _ = target.add_event_listener_with_callback_and_bool(kind, closure.as_ref().unchecked_ref(), first);
    closure.forget();
}

/// What the edge answers to a GET of `path`; `None` if nothing came.
pub(crate) async fn get(path: &str) -> Option<(u16, String)> {
    let response: Response = JsFuture::from(window()?.fetch_with_str(path)).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some((response.status(), text.as_string()?))
}

/// The origin of what was entered as an address, with or without its scheme.
pub(crate) fn origin_of(address: &str) -> Option<String> {
    let address = if address.contains("://") { address.into() } else { ["https://", address].concat() };
    Url::new(&address).ok().map(|url| url.origin())
}

pub(crate) fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}

/// Puts the text of a part on the clipboard, by the way that is there.
pub(crate) async fn copy(id: &str) -> bool {
    let Some((part, window)) = part(id).zip(window()) else { return false };
    let clipboard = window.navigator().clipboard();
    // Where the page is not served by https there is none.
    if !JsValue::from(&clipboard).is_undefined() {
        let writing = clipboard.write_text(&part.text_content().unwrap_or_default());
        if JsFuture::from(writing).await.is_ok() {
            return true;
        }
    }
    let selected = || {
        let selection = window.get_selection().ok()??;
        selection.select_all_children(&part).ok()?;
        document()?.dyn_into::<HtmlDocument>().ok()?.exec_command("copy").ok()
    };
    selected().unwrap_or(false)
}
