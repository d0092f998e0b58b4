//! The few browser calls that the page needs. A missing element is skipped, so the rest of the page still works.

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

/// The element with this id.
pub(crate) fn part(id: &str) -> Option<HtmlElement> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

pub(crate) fn field(id: &str) -> Option<HtmlInputElement> {
    part(id)?.dyn_into().ok()
}

/// The value of an input or select, trimmed.
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

/// The value of the checked radio button of this name.
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

/// Writes a text into a live region. Unlike [`write()`], it writes an unchanged text too, so that it is announced again.
pub(crate) fn announce(id: &str, text: &str) {
    if let Some(part) = part(id) {
        part.set_text_content(Some(text));
    }
}

pub(crate) fn set(element: &Element, name: &str, value: Option<&str>) {
    // Neither can fail: all attribute names are valid.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// Appends a new element to `parent`.
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

/// Calls `act` for each event of a kind at an element or its descendants. With `capture` it runs before their own
/// listeners.
pub(crate) fn on(id: &str, kind: &str, capture: bool, act: impl Fn(&Event) + 'static) {
    let Some(target) = part(id) else { return };
    let closure = Closure::<dyn Fn(Event)>::new(move |event: Event| act(&event));
    let _ = target.add_event_listener_with_callback_and_bool(kind, closure.as_ref().unchecked_ref(), capture);
    closure.forget();
}

/// Status and body of a GET of `path`, or `None` without an answer.
pub(crate) async fn get(path: &str) -> Option<(u16, String)> {
    let response: Response = JsFuture::from(window()?.fetch_with_str(path)).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some((response.status(), text.as_string()?))
}

/// The origin of an address that was entered with or without its scheme.
pub(crate) fn origin_of(address: &str) -> Option<String> {
    let address = if address.contains("://") { address.into() } else { ["https://", address].concat() };
    Url::new(&address).ok().map(|url| url.origin())
}

pub(crate) fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}

/// Copies the text of an element, and selects it where the browser refuses that.
pub(crate) async fn copy(id: &str) -> bool {
    let Some((part, window)) = part(id).zip(window()) else { return false };
    let clipboard = window.navigator().clipboard();
    // A page without https has no clipboard.
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
