//! The browser, as far as this crate uses it: the functions of `client/js`, which work for the element, and on the
//! event, that is being handled. No reference to either is ever held here.
//!
//! Written by hand and narrow, because each import is paid for by everyone who loads a page with the button. What takes
//! and gives numbers alone is imported as it is; a text costs a crossing of its own, so what is only passed on from one
//! place to another does not come here.

use crate::{
    runtime::Scope,
    shown::{Look, Role, said},
    why::Why,
};
use shared::ErrorCode;
use wasm_bindgen::prelude::*;

/// What is read and kept, place by place. `client/js/verbs.js` has them in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Key {
    /// Of the page: what there is of Web Crypto,
    Subtle,
    /// its path and query,
    Here,
    /// the time, in seconds since 1970,
    Now,
    /// the keys of its `localStorage`, one a line,
    Keys,
    /// what was added to the form, encoded; and the next form begins,
    Form,
    /// the value at hand as JSON, which can be kept too,
    Json,
    /// and whether what this load arrived with was taken up.
    Taken,

    /// Of the fragment of its address, our parameters, as far as they are there once.
    Returned,
    Refused,
    State,

    /// The element's attributes.
    ClientId,
    Site,
    Session,
    AuthorizeUrl,
    Mode,
    Pkce,

    /// With the element: the edge's origin,
    Edge,
    /// the proof for the next click,
    Proof,
    /// its challenge,
    Challenge,
    /// and the link made of it;
    Href,
    /// the page to go back to;
    Home,
    /// the name of the app, or the number of the request that failed;
    Detail,
    /// which intent is meant,
    Which,
    /// and the error that came back in its place.
    Error,

    /// Of the flow at hand: since when it is saved,
    Since,
    /// what finishes,
    Receipt,
    /// the proof that this browser set out,
    Verifier,
    /// the session that they set out with,
    StartedSession,
    /// the page they set out from,
    Place,
    /// the challenge, if they set out in a window that was opened for it,
    Window,
    /// the site whose element finishes,
    FlowSite,
    /// and the edge's answer.
    Answer,

    /// Of a flow that is looked at and left: since when it is saved.
    OtherSince,

    /// In `sessionStorage`: the one flow that is being finished, so that a reload resumes,
    Pending,
    /// and an outcome that waits for the page that the person set out from.
    Outcome,

    /// In `localStorage`: the intent that is meant. A return in another tab must find it.
    Intent,

    /// Of the event: a drawn verifier and its challenge;
    Drawn,
    DrawnChallenge,
    /// the edge's answer.
    Status,
    ConnectionId,
    AppName,
    RequestId,
    AnswerReceipt,
    RetryAfter,
    Code,
}

/// An event of the element that carries the value at hand.
#[derive(Clone, Copy)]
#[repr(i32)]
pub(crate) enum Fired {
    /// The app is connected.
    Connected,
    /// The owner does not want to.
    Cancelled,
}

mod js {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen(module = "/js/verbs.js")]
    extern "C" {
        /// Finds what is there, as text, and how many bytes that is.
        pub(super) fn find(key: i32) -> i32;
        /// Copies what was found last to an address.
        pub(super) fn copy(to: i32);
        pub(super) fn number(key: i32) -> i32;
        /// Texts go as an address and a length.
        pub(super) fn keep(key: i32, text: i32, length: i32) -> i32;
        pub(super) fn pass(from: i32, to: i32);
        pub(super) fn load(other: i32, from: i32);
        pub(super) fn save(key: i32) -> i32;
        pub(super) fn add(name: i32, length: i32, value: i32, its_length: i32);
        pub(super) fn field(key: i32);
        pub(super) fn report(why: i32);
        pub(super) fn fire(event: i32) -> i32;
        pub(super) fn fail(code: i32);
        pub(super) fn tell(code: i32, stays: i32);
        pub(super) fn code(key: i32) -> i32;
        pub(super) fn open() -> i32;
        pub(super) fn recall() -> i32;
        pub(super) fn remember(machine: i32);
    }

    #[wasm_bindgen(module = "/js/view.js")]
    extern "C" {
        pub(super) fn show(role: i32, look: i32, status: i32);
    }
}

#[wasm_bindgen(module = "/js/verbs.js")]
extern "C" {
    /// Comes back after `seconds`, as an event `wake`.
    pub(crate) fn wait(turn: i32, seconds: i32);
    /// Draws a verifier and comes back with it and its challenge, as an event `drawn`.
    pub(crate) fn draw(turn: i32);
    /// Posts the form to the edge, and comes back with its answer, parsed, as an event `answer`.
    pub(crate) fn post(turn: i32);

    /// Keeps the event from doing what it does by default.
    pub(crate) fn prevent();
    /// Takes what is ours out of the address, without a new entry in the history.
    pub(crate) fn clean();
    /// Goes to [`Key::Home`], without a new entry in the history.
    pub(crate) fn go();
    /// Lets another element take up what this load arrived with.
    pub(crate) fn release();
    /// Loads what a window of its own takes, for the next click.
    pub(crate) fn prepare();
}

#[cfg(not(feature = "embed"))]
#[wasm_bindgen(module = "/js/element.js")]
extern "C" {
    /// Defines the element `name`, whose edge is the origin `edge`, and whose Rust half is the function `handle`, in this
    /// memory. In a page the loader does this.
    pub fn define(name: &str, edge: &str, handle: &JsValue, memory: &JsValue);
}

impl Scope {
    /// What is there, as text; empty if there is nothing, or it may not be looked at.
    #[inline(never)]
    pub(crate) fn get(&self, key: Key) -> &str {
        self.encoded(js::find(key as i32).unsigned_abs() as usize, |bytes| js::copy(address(bytes.as_ptr())))
    }
}

/// Where something lies in memory, as JavaScript takes it: this memory never has more than 2 GiB.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "it has four bytes where there is a browser"
)]
fn address(pointer: *const u8) -> i32 {
    pointer as usize as i32
}

/// How long a text is, in bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "as its address")]
fn length(text: &str) -> i32 {
    text.len() as i32
}

/// Whether there is something.
pub(crate) fn has(key: Key) -> bool {
    js::find(key as i32) > 0
}

/// What stands for what is no number. No time is so late, and no wait so long.
pub(crate) const NO_NUMBER: u32 = u32::MAX;

/// What is there as a whole number, or [`NO_NUMBER`].
pub(crate) fn number(key: Key) -> u32 {
    js::number(key as i32).cast_unsigned()
}

/// Keeps a text there. Whether that worked.
pub(crate) fn keep(key: Key, text: &str) -> bool {
    js::keep(key as i32, address(text.as_ptr()), length(text)) != 0
}

/// Forgets what is there.
pub(crate) fn forget(key: Key) {
    keep(key, "");
}

/// Passes on what is there to another place.
pub(crate) fn pass(from: Key, to: Key) {
    js::pass(from as i32, to as i32);
}

/// Takes the flow that is saved there for the one at hand; an empty one if there is none.
pub(crate) fn load(from: Key) {
    js::load(0, from as i32);
}

/// Takes the flow that is saved there for the one that is looked at and left.
pub(crate) fn look_at(from: Key) {
    js::load(1, from as i32);
}

/// Saves the flow at hand there, and since when. Whether that worked.
pub(crate) fn save(key: Key) -> bool {
    js::save(key as i32) != 0
}

/// Adds a parameter to the form, if it has a value.
pub(crate) fn add(name: &str, value: &str) {
    js::add(address(name.as_ptr()), length(name), address(value.as_ptr()), length(value));
}

/// Adds what is there to the form, by its own name, if there is something.
pub(crate) fn field(key: Key) {
    js::field(key as i32);
}

/// The element's machine, as it was remembered last.
pub(crate) fn recall() -> u32 {
    js::recall().cast_unsigned()
}

/// Remembers the element's machine.
pub(crate) fn remember(machine: u32) {
    js::remember(machine.cast_signed());
}

/// Shows the button so, or the fallback.
pub(crate) fn show(role: Role, look: Look, status: i32) {
    js::show(role as i32, look as i32, status);
}

/// Tells the developer.
pub(crate) fn report(why: Why) {
    js::report(why as i32);
}

/// Fires an event with the value at hand. Whether nobody prevented its default.
pub(crate) fn fire(event: Fired) -> bool {
    js::fire(event as i32) != 0
}

/// Fires `failed`.
pub(crate) fn fail(code: ErrorCode) {
    js::fail(said(code));
}

/// Tells who opened this window what it came to: the value at hand, or an error code; and whether it `stays`, since more
/// may come. Comes back as an event `heard` or, unless it stays, `alone`, with that value at hand again.
pub(crate) fn tell(code: Option<ErrorCode>, stays: bool) {
    js::tell(code.map_or(0, said), stays.into());
}

/// The error code whose name is there, if it is one of ours.
pub(crate) fn code(key: Key) -> Option<ErrorCode> {
    let number = usize::try_from(js::code(key as i32)).unwrap_or_default();
    ErrorCode::ALL.get(number.wrapping_sub(1)).copied()
}

/// Opens [`Key::Href`] in a window of its own. Whether there is one.
pub(crate) fn open() -> bool {
    js::open() != 0
}
