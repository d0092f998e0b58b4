//! Values that cross into JavaScript.

use js_sys::JSON;
use serde::{Serialize, Serializer};
use shared::to_json;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// `console.log`. web-sys binds it without `catch`: an exception would unwind through Rust's frames without
    /// running destructors.
    #[wasm_bindgen(js_namespace = console, js_name = log, catch)]
    fn console_log(line: &str) -> Result<(), JsValue>;
}

/// Writes a line to the log. Errors are ignored: a failing log must not fail the request.
pub(crate) fn log(line: &str) {
    let _ = console_log(line);
}

/// A plain JavaScript object with the fields of `value`.
///
/// One `JSON.parse` makes the whole object. web-sys and serde-wasm-bindgen set each field by itself, with a call into
/// JavaScript for each name and value. These calls take longer than all other work for an outgoing request.
pub(crate) fn object(value: &impl Serialize) -> JsValue {
    JSON::parse(&to_json(value)).unwrap_or_default()
}

/// The JSON text of a JavaScript value. `None` if JSON cannot express it.
pub(crate) fn json_text(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok()?.as_string()
}

/// Names and values that are serialized as an object.
pub(crate) struct Fields<'a>(pub(crate) Vec<(&'a str, &'a str)>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
