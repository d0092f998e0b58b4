//! Builds and updates the element's shadow tree. [`ViewState`] decides the action and the appearance. This module
//! chooses the text and draws.
//!
//! It parses no markup and writes no inline style, so the strictest Content-Security-Policy and Trusted Types permit it.

use crate::{
    js_object::object,
    language::{Language, Texts},
    text::Text,
    view_state::{Action, Appearance, ViewState},
};
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{CssStyleSheet, Element, HtmlElement, Node, ShadowRoot, ShadowRootInit};

/// White text has a contrast above 4.9:1 on either end of the gradient and on the green (WCAG 2.2 §1.4.3).
const STYLE: &str = include_str!("view.css");

/// An element in a page, with the nodes of its shadow tree.
///
/// Drop it when the element leaves its page: it keeps the element in memory.
#[derive(Clone, Debug)]
pub struct View {
    host: HtmlElement,
    fallback: Element,
    button: HtmlElement,
    label: Element,
    status: Element,
}

/// Everything that a view shows.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The appearance.
    pub state: ViewState,
    /// The texts of the element's language.
    pub texts: &'a Texts,
    /// The link to Smooch.
    pub link: &'a str,
    /// The name of the connected app, or the id of the failed request; empty if there is neither.
    pub detail: &'a str,
}

impl View {
    /// Builds the shadow tree of `host`, or adopts the one that it has. `None` if the host takes no shadow tree.
    #[must_use]
    pub fn new(host: HtmlElement) -> Option<Self> {
        let root = host.shadow_root().or_else(|| build(&host).ok())?;
        adopt_style(&host, &root);
        let find = |selector| root.query_selector(selector).ok().flatten();
        Some(Self {
            fallback: find("slot")?,
            button: find("a")?.unchecked_into(),
            label: find("span")?,
            status: find("p")?,
            host,
        })
    }

    /// The element itself.
    #[must_use]
    pub fn host(&self) -> &HtmlElement {
        &self.host
    }

    /// The button in the shadow tree.
    #[must_use]
    pub fn button(&self) -> &HtmlElement {
        &self.button
    }

    /// The text of an attribute, or an empty string.
    #[must_use]
    pub fn attribute(&self, name: &str) -> String {
        self.host.get_attribute(name).unwrap_or_default()
    }

    /// The language of the nearest element with a `lang` attribute, as HTML inherits it. `None` stands for English.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        let nearest = self.host.closest("[lang]").ok().flatten()?;
        Language::parse(&nearest.get_attribute("lang")?)
    }

    /// Shows the content.
    pub fn render(&self, content: &Content<'_>) {
        let ViewState { action, appearance, .. } = content.state;
        let shows_button = appearance != Appearance::Fallback;
        let is_disabled = action == Action::Disabled;
        let role = match action {
            Action::FollowLink => None,
            Action::Act => Some("button"),
            Action::Disabled => Some("link"),
        };
        let set = |name, value| set_attribute(&self.button, name, value);
        set("class", Some(appearance.class()));
        set("href", (action == Action::FollowLink).then_some(content.link));
        set("role", role);
        set("aria-disabled", is_disabled.then_some("true"));
        set("aria-busy", (appearance == Appearance::Finishing).then_some("true"));
        set_text(&self.label, &self.label_text(content));
        set_text(&self.status, &status_text(content));
        set("hidden", (!shows_button).then_some(""));
        let replaces_fallback = shows_button && self.fallback.get_attribute("hidden").is_none();
        if replaces_fallback && self.host.matches(":focus-within").unwrap_or_default() {
            // The focus moves from the fallback to the button. It fails only for a button that cannot be focused.
            let _ = self.button.focus();
        }
        set_attribute(&self.fallback, "hidden", shows_button.then_some(""));
    }

    fn label_text(&self, content: &Content<'_>) -> String {
        if let Some(text) = content.state.appearance.label() {
            return content.texts.get(text);
        }
        let label = self.attribute("label");
        if !label.is_empty() {
            return label;
        }
        let is_sunshine = self.attribute("variant") == "sunshine";
        content.texts.get(if is_sunshine { Text::Sunshine } else { Text::Smooch })
    }
}

fn status_text(content: &Content<'_>) -> String {
    let Content { state, texts, detail, .. } = *content;
    let Some(text) = state.status else { return String::new() };
    if detail.is_empty() {
        return texts.get(text);
    }
    if text == Text::Connected {
        return texts.fill(Text::ConnectedTo, detail);
    }
    if matches!(state.appearance, Appearance::Failed | Appearance::Held) {
        return [&texts.get(text), " ", &texts.fill(Text::Reference, detail)].concat();
    }
    texts.get(text)
}

/// A style sheet belongs to one document and has to be made by that document's window. An element that moves to another
/// document loses its own.
fn adopt_style(host: &HtmlElement, root: &ShadowRoot) -> Option<()> {
    let window = host.owner_document()?.default_view()?;
    let constructor: Function = Reflect::get(&window, &"CSSStyleSheet".into()).ok()?.unchecked_into();
    let sheet: CssStyleSheet = Reflect::construct(&constructor, &Array::new()).ok()?.unchecked_into();
    sheet.replace_sync(STYLE).ok()?;
    root.set_adopted_style_sheets(&Array::of1(&sheet));
    Some(())
}

fn build(host: &HtmlElement) -> Result<ShadowRoot, JsValue> {
    let document = host.owner_document().ok_or(JsValue::NULL)?;
    let append = |parent: &Node, tag: &str, attributes: &[(&str, &str)]| {
        let element = document.create_element(tag)?;
        for (name, value) in attributes {
            element.set_attribute(name, value)?;
        }
        parent.append_child(&element)?;
        Ok::<_, JsValue>(element)
    };
    let open = object(&[("mode", "open".into())]);
    let root = host.attach_shadow(open.unchecked_ref::<ShadowRootInit>())?;
    append(&root, "slot", &[])?;
    // The button can be focused in every state, so it never loses the focus.
    let button = append(&root, "a", &[("part", "button"), ("tabindex", "0"), ("hidden", "")])?;
    append(&button, "i", &[])?;
    append(&button, "span", &[("part", "label")])?;
    append(&root, "p", &[("part", "status"), ("role", "status")])?;
    Ok(root)
}

fn set_attribute(element: &Element, name: &str, value: Option<&str>) {
    // Neither can fail: all attribute names here are valid.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// Replaces the text only if it differs. A screen reader would announce the same text again, and Safari sends no click if
/// the text node that was pressed is replaced before the release.
fn set_text(element: &Element, text: &str) {
    if element.text_content().unwrap_or_default() != text {
        element.set_text_content(Some(text));
    }
}
