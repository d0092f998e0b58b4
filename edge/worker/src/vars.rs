//! Variables and secrets, read from `env`.

use edge::vars::{Var, VarObject, Vars};
use js_sys::{Array, Reflect};
use serde::de::DeserializeOwned;
use shared::Object;
use wasm_bindgen::{JsCast as _, JsValue};
use worker::Env;

pub(crate) struct EnvVars<'a>(pub(crate) &'a Env);

impl Vars for EnvVars<'_> {
    type Object = ObjectVar;

    fn var(&self, name: &str) -> Option<Var<ObjectVar>> {
        let value = Reflect::get(self.0, &name.into()).ok().filter(|value| !value.is_undefined())?;
        Some(match (value.as_string(), value.as_bool()) {
            (Some(text), _) => Var::Text(text),
            (None, Some(flag)) => Var::Flag(flag),
            (None, None) if is_plain_object(&value) => Var::Object(ObjectVar(value)),
            (None, None) => Var::Other,
        })
    }
}

/// An object variable. wrangler binds a TOML table as a JavaScript object.
pub(crate) struct ObjectVar(JsValue);

impl VarObject for ObjectVar {
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        // serde-wasm-bindgen would read an array of pairs as an object, too.
        let value = Some(&self.0).filter(|value| is_plain_object(value))?.clone();
        serde_wasm_bindgen::from_value(value).ok().map(|Object(value)| value)
    }

    fn entries(&self) -> Option<Vec<(String, Self)>> {
        let object = self.0.dyn_ref::<js_sys::Object>().filter(|object| is_plain_object(object))?;
        let entry = |entry: JsValue| {
            let entry: Array = entry.unchecked_into();
            Some((entry.get(0).as_string()?, Self(entry.get(1))))
        };
        js_sys::Object::entries(object).into_iter().map(entry).collect()
    }
}

fn is_plain_object(value: &JsValue) -> bool {
    value.is_object() && !Array::is_array(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn env(json: &str) -> Env {
        js_sys::JSON::parse(json).expect("JSON").unchecked_into()
    }

    fn object(json: &str) -> Option<ObjectVar> {
        match EnvVars(&env(json)).var("X") {
            Some(Var::Object(object)) => Some(object),
            Some(Var::Text(_) | Var::Flag(_) | Var::Other) | None => None,
        }
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Site {
        origin: String,
        #[serde(default)]
        require_session: bool,
    }

    #[wasm_bindgen_test]
    fn a_variable_has_the_type_that_it_is_bound_with() {
        let vars = env(r#"{"text":"a","flag":true,"object":{},"array":[],"number":7,"nothing":null}"#);
        let var = |name| EnvVars(&vars).var(name);
        assert!(matches!(var("text"), Some(Var::Text(text)) if text == "a"));
        assert!(matches!(var("flag"), Some(Var::Flag(true))));
        assert!(matches!(var("object"), Some(Var::Object(_))));
        for other in ["array", "number", "nothing"] {
            assert!(matches!(var(other), Some(Var::Other)), "{other}");
        }
        assert!(var("absent").is_none());
    }

    #[wasm_bindgen_test]
    fn an_object_is_read_as_strictly_as_its_json_text() {
        let read = |json| object(json).and_then(|object| object.read::<Site>());
        let expected = Site { origin: "https://a.example".into(), require_session: true };
        assert_eq!(read(r#"{"X":{"origin":"https://a.example","require_session":true}}"#), Some(expected));
        for wrong in [
            r#"{"X":{"origin":"https://a.example","returnTo":"x"}}"#,
            r#"{"X":{"origin":7}}"#,
            r#"{"X":{"require_session":true}}"#,
            r#"{"X":{"origin":"https://a.example","require_session":1}}"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[wasm_bindgen_test]
    fn each_entry_is_read_independently() {
        let sites = object(r#"{"X":{"main":{"origin":"a"},"bad":[["origin","a"]],"worse":"a"}}"#);
        let entries = sites.and_then(|sites| sites.entries()).expect("an object");
        let read: Vec<_> = entries.iter().map(|(name, value)| (&**name, value.read::<Site>())).collect();
        let main = Site { origin: "a".into(), require_session: false };
        assert_eq!(read, [("main", Some(main)), ("bad", None), ("worse", None)]);
        assert!(entries.iter().skip(1).all(|(_, value)| value.entries().is_none()));
    }
}
