//! Values that cross into JavaScript.

use js_sys::JSON;
use serde::{Serialize, Serializer};
use shared::to_json;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// `console.log`. web-sys has it without `catch`: an exception would then pass through Rust's frames without running
    /// their destructors.
    #[wasm_bindgen(js_namespace = console, js_name = log, catch)]
    fn console_log(line: &str) -> Result<(), JsValue>;
}

/// Writes a line to the log. A log that fails is no reason to fail the request.
pub(crate) fn log(line: &str) {
    let _ = console_log(line);
}

/// A plain JavaScript object with the fields of `value`.
///
/// One `JSON.parse` for the whole object: to set its fields one by one, as web-sys and serde-wasm-bindgen do, costs a call
/// into JavaScript for each name and each value, more than all the rest of an outgoing request.
pub(crate) fn object(value: &impl Serialize) -> JsValue {
    JSON::parse(&to_json(value)).unwrap_or_default()
}

/// The JSON text of a JavaScript value. `None` if JSON cannot express it.
pub(crate) fn json_text(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok()?.as_string()
}

/// Names and values that are written as an object.
pub(crate) struct Fields<'a>(pub(crate) Vec<(&'a str, &'a str)>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
