//! Saves the records of [`flow`](crate::flow) in the browser's storage, as JSON.
//!
//! Storage throws where the browser blocks it. Then every record is absent and none is saved.

use crate::{
    flow::{Flow, INTENT_LIFE, Seconds, is_fresh},
    js_object::{number_at, object, set, text_at, value_at},
    page,
};
use js_sys::{JSON, Object};
use shared::{Challenge, Verifier};
use wasm_bindgen::JsValue;
use web_sys::Storage;

/// The start of the `localStorage` key of each intent; the challenge follows.
const INTENT_PREFIX: &str = "smooch.intent.";
/// The `sessionStorage` key of the flow that is being finished, so that a reload resumes it.
const PENDING: &str = "smooch.pending";
/// The `sessionStorage` key of an outcome that waits for the page the person started from.
const OUTCOME: &str = "smooch.outcome";

/// One of the browser's two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Store {
    /// `localStorage`, which all tabs of the origin share.
    Origin,
    /// `sessionStorage`, which belongs to one tab.
    Tab,
}

impl Store {
    fn open(self) -> Option<Storage> {
        let window = page::window();
        match self {
            Self::Origin => window.local_storage(),
            Self::Tab => window.session_storage(),
        }
        .ok()?
    }

    /// Returns true if the text was saved.
    fn put(self, key: &str, text: &str) -> bool {
        self.open().is_some_and(|store| store.set_item(key, text).is_ok())
    }

    /// The JSON saved under a key, or `undefined`.
    fn get(self, key: &str) -> JsValue {
        let text = self.open().and_then(|store| store.get_item(key).ok().flatten()).unwrap_or_default();
        JSON::parse(&text).unwrap_or_default()
    }

    fn remove(self, key: &str) {
        if let Some(store) = self.open() {
            // It fails only where storage is blocked, and then there is nothing to remove.
            let _ = store.remove_item(key);
        }
    }
}

/// True if `localStorage` accepts a record.
pub(crate) fn is_available() -> bool {
    let is_available = Store::Origin.put(INTENT_PREFIX, "?");
    Store::Origin.remove(INTENT_PREFIX);
    is_available
}

/// Saves the intent of a flow that starts with this challenge. Returns true if it was saved.
pub(crate) fn save_intent(challenge: &Challenge, flow: &Flow) -> bool {
    Store::Origin.put(&intent_key(challenge), &flow_to_json(flow))
}

/// Takes the intent of a challenge out of storage, so that a receipt is used in one tab, once.
pub(crate) fn take_intent(challenge: &Challenge) -> Option<Flow> {
    let key = intent_key(challenge);
    let saved = Store::Origin.get(&key);
    Store::Origin.remove(&key);
    has_life_left(&saved, INTENT_LIFE).then(|| flow_from_json(&saved))
}

/// Deletes the expired intents.
pub(crate) fn delete_expired_intents() {
    let Some(store) = Store::Origin.open() else { return };
    // From the last to the first, since a deletion moves the keys behind it.
    for index in (0..store.length().unwrap_or_default()).rev() {
        if let Ok(Some(key)) = store.key(index)
            && key.starts_with(INTENT_PREFIX)
            && !has_life_left(&Store::Origin.get(&key), INTENT_LIFE)
        {
            Store::Origin.remove(&key);
        }
    }
}

/// Saves the flow that is being finished in this tab.
pub(crate) fn save_pending(flow: &Flow) {
    Store::Tab.put(PENDING, &flow_to_json(flow));
}

/// The flow that an earlier page of this tab was finishing, if it was saved less than `life` seconds ago. An expired one is
/// deleted.
pub(crate) fn pending(life: Seconds) -> Option<Flow> {
    let saved = Store::Tab.get(PENDING);
    if !has_life_left(&saved, life) {
        forget_pending();
        return None;
    }
    Some(flow_from_json(&saved))
}

/// Deletes the flow that was being finished.
pub(crate) fn forget_pending() {
    Store::Tab.remove(PENDING);
}

/// Saves the edge's answer for the page the person started from. The site is the one whose element finished the flow.
pub(crate) fn save_outcome(site: &str, return_path: &str, answer: JsValue) {
    let record = object(&[("site", site.into()), ("place", return_path.into()), ("answer", answer)]);
    Store::Tab.put(OUTCOME, &to_json(&record));
}

/// Removes the saved answer for this site and page from storage, and returns it.
pub(crate) fn take_outcome(site: &str, return_path: &str) -> Option<JsValue> {
    let saved = Store::Tab.get(OUTCOME);
    if text_at(&saved, &["site"]) != site || text_at(&saved, &["place"]) != return_path {
        return None;
    }
    Store::Tab.remove(OUTCOME);
    Some(value_at(&saved, &["answer"]))
}

fn intent_key(challenge: &Challenge) -> String {
    [INTENT_PREFIX, challenge.as_str()].concat()
}

fn has_life_left(saved: &JsValue, life: Seconds) -> bool {
    number_at(saved, "since").is_some_and(|since| is_fresh(since, page::now(), life))
}

/// Absent values are left out.
fn flow_to_json(flow: &Flow) -> String {
    let verifier = match &flow.verifier {
        Some(verifier) => verifier.expose(),
        None => "",
    };
    let record = object(&[("since", page::now().into())]);
    let fields = [
        ("verifier", verifier),
        ("started_session", &flow.started_session),
        ("place", &flow.return_path),
        ("window", &flow.popup),
        ("site", &flow.site),
        ("receipt", &flow.receipt),
    ];
    for (name, text) in fields {
        if !text.is_empty() {
            set(&record, name, &text.into());
        }
    }
    to_json(&record)
}

fn flow_from_json(saved: &JsValue) -> Flow {
    let text = |name| text_at(saved, &[name]);
    Flow {
        verifier: Verifier::parse(&text("verifier")),
        started_session: text("started_session"),
        return_path: text("place"),
        popup: text("window"),
        site: text("site"),
        receipt: text("receipt"),
    }
}

fn to_json(record: &Object) -> String {
    JSON::stringify(record).map(String::from).unwrap_or_default()
}
