//! Reads and makes plain JavaScript objects.
//!
//! The option objects of all browser calls are made here, because each setter of `web-sys` is an import of its own:
//! `RequestInit` alone would add seven, about 400 bytes.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// An object with these properties.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

/// Sets a property.
pub(crate) fn set(object: &Object, name: &str, value: &JsValue) {
    // This cannot fail: the objects are our own and not frozen.
    let _ = Reflect::set(object, &name.into(), value);
}

/// The value under nested property names, or `undefined` if any of them is missing.
pub(crate) fn value_at(value: &JsValue, path: &[&str]) -> JsValue {
    path.iter().fold(value.clone(), |value, name| Reflect::get(&value, &(*name).into()).unwrap_or_default())
}

/// The string under nested property names, or an empty one.
pub(crate) fn text_at(value: &JsValue, path: &[&str]) -> String {
    value_at(value, path).as_string().unwrap_or_default()
}

/// The value of a property, rounded down, if it is a number and not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and negatives are out"
)]
pub(crate) fn number_at(value: &JsValue, name: &str) -> Option<u32> {
    value_at(value, &[name]).as_f64().filter(|number| *number >= 0.0).map(|number| number as u32)
}
