//! The page around the element: its address, clock, timers and promises.

use crate::{
    flow::{Seconds, safe_return_path},
    fragment::without_parameters,
    js_object::object,
};
use js_sys::{Date, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, EventTarget, SubtleCrypto, Window};

#[wasm_bindgen]
extern "C" {
    /// `web_sys::window()` would look for a global object in four places and check its class.
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Window;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, milliseconds: u32);

    /// A promise whose two callbacks are the same function.
    type Thenable;
    #[wasm_bindgen(method)]
    fn then(this: &Thenable, fulfilled: &JsValue, rejected: &JsValue);
}

/// The page's window.
pub(crate) fn window() -> Window {
    WINDOW.with(Window::clone)
}

/// The time, in seconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "32 bits hold the time until 2106"
)]
pub(crate) fn now() -> Seconds {
    (Date::now() / 1000.0) as Seconds
}

/// Web Crypto, which only secure contexts have.
pub(crate) fn subtle_crypto() -> Option<SubtleCrypto> {
    let subtle = window().crypto().ok()?.subtle();
    (!subtle.is_undefined()).then_some(subtle)
}

/// The bytes as base64url without padding (RFC 4648 §5). The browser's own encoder is 0.7 KB smaller than a crate's.
pub(crate) fn base64url(bytes: impl Iterator<Item = u8>) -> String {
    let binary: String = bytes.map(char::from).collect();
    let base64 = window().btoa(&binary).unwrap_or_default();
    let url_safe = |character| match character {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    base64.chars().filter(|character| *character != '=').map(url_safe).collect()
}

/// The page's address without its fragment, and the fragment without its `#`.
fn address() -> (String, String) {
    let href = window().location().href().unwrap_or_default();
    match href.split_once('#') {
        Some((page, fragment)) => (page.into(), fragment.into()),
        None => (href, String::new()),
    }
}

fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Path and query of the page, or an empty string if it is not a safe return path.
pub(crate) fn return_path() -> String {
    let (page, _) = address();
    safe_return_path(page.strip_prefix(&origin()).unwrap_or_default()).into()
}

/// The page's fragment, without its `#`.
pub(crate) fn fragment() -> String {
    address().1
}

/// Removes our parameters from the fragment, without a new history entry.
pub(crate) fn clean_fragment() {
    let (page, fragment) = address();
    // The whole address, since a `<base>` changes the meaning of a relative one.
    let url = page + &without_parameters(&fragment);
    if let Ok(history) = window().history() {
        // This cannot fail: the address differs from the present one in its fragment alone.
        let _ = history.replace_state_with_url(&history.state().unwrap_or_default(), "", Some(&url));
    }
}

/// Goes to a path of this origin, without a new history entry.
pub(crate) fn go_to(path: &str) {
    // The path was checked by `safe_return_path`, so the address is valid.
    let _ = window().location().replace(&(origin() + path));
}

/// Fires an event that leaves shadow trees and bubbles to the window. Returns false if a listener prevented its default.
pub(crate) fn fire(target: &EventTarget, kind: &str, detail: &JsValue) -> bool {
    let options = object(&[
        ("detail", detail.clone()),
        ("bubbles", true.into()),
        ("composed", true.into()),
        ("cancelable", true.into()),
    ]);
    let event = CustomEvent::new_with_event_init_dict(kind, options.unchecked_ref::<CustomEventInit>());
    event.and_then(|event| target.dispatch_event(&event)).unwrap_or(true)
}

/// Calls back once the promise has settled, with its value. After a rejection the value is the error. It has none of
/// the properties that the callers read.
pub(crate) fn when_settled(promise: &Promise, callback: impl FnOnce(JsValue) + 'static) {
    let callback = callback_once(Box::new(callback));
    promise.unchecked_ref::<Thenable>().then(&callback, &callback);
}

/// Calls back after `seconds`.
pub(crate) fn after_seconds(seconds: u32, callback: impl FnOnce() + 'static) {
    set_timeout(&callback_once(Box::new(|_| callback())), seconds.saturating_mul(1000));
}

/// A function that frees itself when it is called. There is one type of closure for all, since `wasm-bindgen` generates
/// code for each.
fn callback_once(callback: Box<dyn FnOnce(JsValue)>) -> JsValue {
    Closure::once_into_js(callback)
}

/// Writes a line for the page's developer to the console.
pub(crate) fn report_error(message: &str) {
    web_sys::console::error_1(&["add-to-smooch: ", message].concat().into());
}
