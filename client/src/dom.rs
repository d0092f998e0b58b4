//! The browser, as far as this crate uses it: the functions of `client/js`, which work for the element, and on the
//! event, that is being handled. No reference to either is ever held here.
//!
//! Written by hand and narrow, because each import is paid for by everyone who loads a page with the button.

use alloc::string::String;
use wasm_bindgen::prelude::*;

/// With the element, as long as it is there.
pub(crate) const ELEMENT: u32 = 0;
/// `sessionStorage`: what this tab sees, also after a reload.
pub(crate) const TAB: u32 = 1;
/// `localStorage`: what every tab of this origin sees.
pub(crate) const ORIGIN: u32 = 2;

#[wasm_bindgen(module = "/js/verbs.js")]
extern "C" {
    /// A property of the event at a dotted path, as text.
    pub(crate) fn read(path: &str) -> Option<String>;
    /// A property of the global object at a dotted path, as text.
    pub(crate) fn global(path: &str) -> Option<String>;
    /// An attribute of the element.
    pub(crate) fn attribute(name: &str) -> Option<String>;

    /// What is kept there under a key.
    pub(crate) fn kept(place: u32, key: &str) -> Option<String>;
    /// Keeps a text there, or forgets it. Whether that worked.
    pub(crate) fn keep(place: u32, key: &str, text: Option<&str>) -> bool;
    /// The keys of `localStorage`, one a line.
    pub(crate) fn keys() -> String;
    /// Sets whether what an earlier load left has been taken up, and says whether it had been.
    pub(crate) fn take(taken: bool) -> bool;

    /// Comes back after `seconds`, as an event of type `kind`.
    pub(crate) fn wait(kind: &str, turn: u32, seconds: u32);
    /// Comes back with `text` and its SHA-256 digest, as an event `digest`.
    pub(crate) fn digest(turn: u32, text: &str);
    /// Comes back with the edge's answer to this form, parsed, as an event `answer`.
    pub(crate) fn post(turn: u32, form: &str);
    /// Copies the event's digest.
    pub(crate) fn copy(bytes: &mut [u8]);
    /// The event's value as JSON.
    pub(crate) fn json() -> String;
    /// Gives the event the value that the JSON says.
    pub(crate) fn parse(text: &str);

    /// Keeps the event from doing what it does by default.
    pub(crate) fn prevent();
    /// Fires an event with the present one's value. Whether nobody prevented its default.
    pub(crate) fn emit(kind: &str) -> bool;
    /// Fires `failed`.
    pub(crate) fn fail(code: &str, message: &str, request_id: &str);
    /// The path and query of the page.
    pub(crate) fn here() -> String;
    /// Takes what is ours out of the address, without a new entry in the history.
    pub(crate) fn clean();
    /// Goes to another page, without a new entry in the history.
    pub(crate) fn go(url: &str);
    /// Tells the developer.
    pub(crate) fn report(text: &str);
    /// The time, in seconds since 1970.
    pub(crate) fn now() -> u32;
    /// Fills the bytes from a cryptographic source.
    pub(crate) fn random(bytes: &mut [u8]);
}

#[wasm_bindgen(module = "/js/view.js")]
extern "C" {
    /// Shows the button so, or the fallback if it is to look like nothing. The partner's label may stand in the place
    /// of this one; and behind the status, `before` the detail that lies with the element, that detail.
    pub(crate) fn show(look: &str, role: u32, renamed: bool, label: &str, status: &str, before: &str);
}

#[wasm_bindgen(module = "/js/element.js")]
extern "C" {
    /// Defines the element `name`, whose edge is the origin `edge`, and whose Rust half the function `make` makes.
    /// The loader does this in a page; tests do it here.
    pub fn define(name: &str, edge: &str, make: &JsValue);
}
