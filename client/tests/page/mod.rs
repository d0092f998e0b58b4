//! The page for the tests: the element's class with its Rust half, and helpers that act on it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "each test file uses some of it"
)]

use core::cell::Cell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/tests/page/page.js")]
extern "C" {
    pub fn reset();
    #[wasm_bindgen(variadic)]
    pub fn answer(answers: &[String]);
    pub fn create(name: &str, attributes: &str) -> JsValue;
    pub fn append(element: &JsValue);
    #[wasm_bindgen(js_name = frame)]
    fn load_frame() -> js_sys::Promise;
    #[wasm_bindgen(js_name = move)]
    pub fn move_to(element: &JsValue, other: &JsValue);
    pub fn appearance(element: &JsValue) -> String;
    pub fn status_line(element: &JsValue) -> JsValue;
    pub fn href(element: &JsValue) -> String;
    pub fn button_attribute(element: &JsValue, name: &str) -> String;
    pub fn style_sheets(element: &JsValue) -> u32;
    pub fn dispatch(element: &JsValue, kind: &str, init: &str) -> bool;
    pub fn press_key(element: &JsValue, key: &str) -> bool;
    pub fn focus(element: &JsValue);
    pub fn has_focus(element: &JsValue) -> bool;
    pub fn break_modules(on: bool);
    pub fn report(element: &JsValue, message: &str);
    pub fn close_popup(element: &JsValue);
    fn constructor(make: &JsValue) -> JsValue;
    pub fn page_show(persisted: bool) -> bool;
    pub fn save_intent(place: &str, age: i32);
    pub fn count_intents() -> u32;
    pub fn read_store(lasting: bool, key: &str) -> String;
    pub fn write_store(lasting: bool, key: &str, text: &str);
    pub fn block_store(name: &str, on: bool);
    pub fn remove_web_crypto(on: bool);
    pub fn requests() -> String;
    pub fn events() -> String;
    pub fn last_detail() -> String;
    pub fn last_detail_keys() -> String;
    pub fn console_errors() -> String;
    pub fn fragment(text: Option<&str>) -> String;
    pub fn react_to(element: &JsValue, kind: &str, what: &str);
    pub fn shadow_children(element: &JsValue) -> u32;
    fn wait(ms: u32) -> js_sys::Promise;
    #[wasm_bindgen(js_name = digest)]
    fn start_digest(text: &str) -> js_sys::Promise;
}

#[wasm_bindgen]
extern "C" {
    pub type Element;
    #[wasm_bindgen(method)]
    pub fn remove(this: &Element);
    #[wasm_bindgen(method, js_name = setAttribute)]
    pub fn set(this: &Element, name: &str, value: &str);
    #[wasm_bindgen(method, js_name = removeAttribute)]
    pub fn unset(this: &Element, name: &str);
}

pub const STATE: &str = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const EDGE: &str = "https://edge.test";
pub const CONNECTED: &str =
    r#"{"status":"connected","connection":{"id":"c","app":{"id":"a","name":"Surf Shop"},"connected_at":1}}"#;

/// Empties the page, sets the end of its address, and defines an element with an unused name, which it returns.
pub fn page(end: &str) -> String {
    thread_local!(static PAGES: Cell<u32> = const { Cell::new(0) });
    let number = PAGES.replace(PAGES.get() + 1);
    reset();
    answer(&[CONNECTED.into()]);
    fragment(Some(end));
    let name = format!("smooch-{number}");
    define(&name);
    name
}

#[wasm_bindgen(module = "/js/element.js")]
extern "C" {
    #[wasm_bindgen(js_name = define)]
    fn define_with(name: &str, edge: &str, button: &JsValue);
    #[wasm_bindgen(thread_local_v2, js_name = UnsupportedButton)]
    static UNSUPPORTED_BUTTON: JsValue;
}

/// Defines the element as the loader does.
pub fn define(name: &str) {
    let make = Closure::<dyn Fn(String) -> client::Button>::new(client::Button::new).into_js_value();
    define_with(name, EDGE, &constructor(&make));
}

/// Defines the element as the loader does where WebAssembly cannot run.
pub fn define_unsupported(name: &str) {
    UNSUPPORTED_BUTTON.with(|button| define_with(name, EDGE, button));
}

/// An element of that name with these attributes, in the page.
pub fn element(name: &str, attributes: &str) -> JsValue {
    let element = create(name, attributes);
    append(&element);
    element
}

/// The string under a name in a JSON text.
pub fn value(json: &str, name: &str) -> String {
    let value = js_sys::JSON::parse(json).and_then(|json| js_sys::Reflect::get(&json, &name.into()));
    value.ok().and_then(|value| value.as_string()).unwrap_or_default()
}

pub fn of(element: &JsValue) -> &Element {
    element.unchecked_ref()
}

pub async fn sleep(ms: u32) {
    JsFuture::from(wait(ms)).await.unwrap();
}

/// base64url(SHA-256(text)), by the browser alone.
pub async fn digest(text: &str) -> String {
    JsFuture::from(start_digest(text)).await.unwrap().as_string().unwrap()
}

/// The document of a frame in the page.
pub async fn frame() -> JsValue {
    JsFuture::from(load_frame()).await.unwrap()
}

/// Waits until the element has this appearance, at most seven seconds.
pub async fn until(element: &JsValue, expected: &str) {
    for _ in 0..350 {
        if appearance(element) == expected {
            return;
        }
        sleep(20).await;
    }
    assert_eq!(appearance(element), expected, "events: {}, console: {}", events(), console_errors());
}
