//! Bindings of a KV namespace.
//!
//! `worker::kv` builds each argument field by field through a `serde_json::Value`. That adds 7 KB (gzip) to the Worker
//! and 30 µs to a put with metadata. These bindings pass one object each.

use crate::js::{json_text, object};
use edge::platform::{Entry, KvError, Page, Put};
use js_sys::{Array, Promise, Reflect};
use serde::Serialize;
use serde_json::value::RawValue;
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use worker::EnvBinding;

#[wasm_bindgen]
extern "C" {
    /// A KV namespace.
    pub(crate) type Kv;
    #[wasm_bindgen(method, catch, js_name = getWithMetadata)]
    fn get_with_metadata(this: &Kv, key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = put)]
    fn put_value(this: &Kv, key: &str, value: &str, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = delete)]
    fn delete_key(this: &Kv, key: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = list)]
    fn list_keys(this: &Kv, options: &JsValue) -> Result<Promise, JsValue>;

    /// The result of `getWithMetadata`.
    type Found;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Found) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn metadata(this: &Found) -> JsValue;
}

impl EnvBinding for Kv {
    const TYPE_NAME: &'static str = "KvNamespace";
}

impl Kv {
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        let found: Found = settled(self.get_with_metadata(key)).await?.unchecked_into();
        let metadata = Some(found.metadata()).filter(|metadata| !metadata.is_null_or_undefined());
        Ok(found.value().map(|value| Entry { value, metadata: metadata.as_ref().and_then(json_text) }))
    }

    pub(crate) async fn put(&self, put: Put<'_>) -> Result<(), KvError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct PutOptions<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            expiration_ttl: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            metadata: Option<&'a RawValue>,
        }
        let Put { key, value, metadata, ttl: expiration_ttl } = put;
        // Metadata are JSON text already, and cross with the rest in one `JSON.parse`.
        let metadata = metadata.and_then(|text| serde_json::from_slice(text.as_bytes()).ok());
        let options = object(&PutOptions { expiration_ttl, metadata });
        settled(self.put_value(key, value, &options)).await.map(drop)
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), KvError> {
        settled(self.delete_key(key)).await.map(drop)
    }

    pub(crate) async fn list(&self, prefix: &str, cursor: Option<&str>, limit: u16) -> Result<Page, KvError> {
        #[derive(Serialize)]
        struct ListOptions<'a> {
            prefix: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            cursor: Option<&'a str>,
            limit: u16,
        }
        let page = settled(self.list_keys(&object(&ListOptions { prefix, cursor, limit }))).await?;
        let field = |of: &JsValue, name: &str| {
            Reflect::get(of, &name.into()).ok().filter(|it| !it.is_null_or_undefined())
        };
        let keys = field(&page, "keys").ok_or(KvError::Unavailable)?;
        let key = |key: JsValue| {
            let metadata = field(&key, "metadata").as_ref().and_then(json_text);
            Some((field(&key, "name")?.as_string()?, metadata))
        };
        let is_last = field(&page, "list_complete").is_some_and(|complete| complete.is_truthy());
        let cursor = field(&page, "cursor").and_then(|cursor| cursor.as_string()).filter(|_| !is_last);
        Ok(Page { keys: Array::from(&keys).into_iter().filter_map(key).collect(), cursor })
    }
}

async fn settled(started: Result<Promise, JsValue>) -> Result<JsValue, KvError> {
    match started {
        Ok(promise) => promise.await.map_err(|error| kv_error(&error)),
        Err(error) => Err(kv_error(&error)),
    }
}

/// KV gives its status only in the text of the exception: "KV PUT failed: 413 Payload Too Large".
fn kv_error(error: &JsValue) -> KvError {
    let message =
        error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message())).unwrap_or_default();
    match message.split(' ').find_map(|word| word.parse().ok()) {
        Some(status @ (400 | 413 | 414)) => KvError::Refused(status),
        Some(_) | None => KvError::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// A namespace whose methods are the members of a JavaScript object.
    fn namespace(members: &str) -> Kv {
        js_sys::eval(&["({", members, "})"].concat()).expect("JavaScript").unchecked_into()
    }

    #[wasm_bindgen_test]
    async fn a_value_is_read_with_its_metadata() {
        let kv = namespace(
            "getWithMetadata: async (key) => key === 'a' ? { value: 'v', metadata: { n: 1 } }
               : key === 'b' ? { value: '', metadata: null } : { value: null, metadata: null }",
        );
        let entry = |value: &str, metadata: Option<&str>| {
            Some(Entry { value: value.into(), metadata: metadata.map(Into::into) })
        };
        assert_eq!(kv.get("a").await, Ok(entry("v", Some(r#"{"n":1}"#))));
        assert_eq!(kv.get("b").await, Ok(entry("", None)));
        assert_eq!(kv.get("c").await, Ok(None));
    }

    #[wasm_bindgen_test]
    async fn a_write_has_its_metadata_and_time_to_live() {
        let kv = namespace("put: async (...args) => { globalThis.written = JSON.stringify(args); }");
        let put = Put { key: "k", value: "v", metadata: Some(r#"{"n":"\"é"}"#), ttl: Some(60) };
        assert_eq!(kv.put(put).await, Ok(()));
        let written = || Reflect::get(&js_sys::global(), &"written".into()).ok()?.as_string();
        let expected = r#"["k","v",{"expirationTtl":60,"metadata":{"n":"\"é"}}]"#;
        assert_eq!(written().as_deref(), Some(expected));
        assert_eq!(kv.put(Put { metadata: None, ttl: None, ..put }).await, Ok(()));
        assert_eq!(written().as_deref(), Some(r#"["k","v",{}]"#));
    }

    #[wasm_bindgen_test]
    async fn a_page_of_keys_has_a_cursor_unless_it_is_the_last() {
        let kv = namespace(
            "list: async ({ prefix, cursor, limit }) => cursor
               ? { keys: [], list_complete: true, cursor: 'x' }
               : { keys: [{ name: prefix + limit, metadata: { n: 1 } }, { name: 'b' }], list_complete: false, cursor: 'next' }",
        );
        let first = kv.list("p/", None, 7).await.expect("a page");
        assert_eq!(first.keys, [("p/7".into(), Some(r#"{"n":1}"#.into())), ("b".into(), None)]);
        assert_eq!(first.cursor.as_deref(), Some("next"));
        assert_eq!(kv.list("p/", Some("next"), 7).await, Ok(Page { keys: Vec::new(), cursor: None }));
    }

    #[wasm_bindgen_test]
    async fn a_refusal_is_distinguished_from_a_failure() {
        for (message, expected) in [
            ("KV PUT failed: 413 Payload Too Large", KvError::Refused(413)),
            ("KV PUT failed: 400 Bad Request", KvError::Refused(400)),
            ("KV PUT failed: 429 Too Many Requests", KvError::Unavailable),
            ("KV PUT failed: 503 Service Unavailable", KvError::Unavailable),
            ("Network connection lost.", KvError::Unavailable),
        ] {
            for fails in [
                format!("async () => {{ throw new Error('{message}') }}"),
                format!("() => {{ throw new Error('{message}') }}"),
            ] {
                let kv = namespace(&["delete: ", &fails].concat());
                assert_eq!(kv.delete("k").await, Err(expected), "{message}");
            }
        }
    }
}
