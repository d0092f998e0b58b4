//! The JavaScript modules that only some pages load: languages, and popup windows.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

#[wasm_bindgen(module = "/js/modules.js")]
extern "C" {
    /// Loads the popup module. The promise resolves to a [`PopupModule`].
    #[wasm_bindgen(js_name = loadPopup)]
    pub(crate) fn load_popup() -> Promise;

    /// Loads the texts of a language, by its two letters.
    #[wasm_bindgen(js_name = loadLanguage)]
    pub(crate) fn load_language(tag: &str) -> Promise;

    /// The loaded popup module.
    #[derive(Clone, Debug)]
    pub(crate) type PopupModule;

    /// Opens the link in a popup window and watches it on behalf of the element. Returns false if the browser opened none, and
    /// fails if the module could not be loaded.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn open(
        this: &PopupModule,
        element: &HtmlElement,
        link: &str,
        challenge: &str,
    ) -> Result<bool, JsValue>;

    /// Reports the result to the page that opened this window. The promise resolves to `undefined` once that page has it, and
    /// then the window closes; it rejects if no page answers. With `can_retry` the window stays until that page releases it.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn report(
        this: &PopupModule,
        challenge: &str,
        message: &JsValue,
        can_retry: bool,
    ) -> Result<Promise, JsValue>;
}
