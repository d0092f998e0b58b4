//! The exported half of the element: the JavaScript class in `client/js/element.js` holds one [`Button`] and calls it.

use crate::{
    completion::EdgeAnswer,
    controller::{Cause, Controller, RELEASED},
    machine::{Event, Press},
};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent, PageTransitionEvent};

/// One `<add-to-smooch>` element.
///
/// Its methods take `&self`: an event listener of the page may remove, click or change the element while one of them runs.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Button(Rc<Controller>);

#[wasm_bindgen]
impl Button {
    /// Makes the state of an element that is not in a page yet. `edge` is the edge's origin.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(edge: String) -> Self {
        Self(Rc::new(Controller::new(edge)))
    }

    /// The element was inserted into a page.
    pub fn connected(&self, element: HtmlElement) {
        self.0.attach(element);
    }

    /// The element was removed from its page.
    pub fn disconnected(&self) {
        self.0.detach();
    }

    /// One of the observed attributes changed.
    #[wasm_bindgen(js_name = attributeChanged)]
    pub fn attribute_changed(&self) {
        self.0.reconfigure();
    }

    /// The button or the page received a browser event.
    #[wasm_bindgen(js_name = handleEvent)]
    pub fn handle_event(&self, event: &web_sys::Event) {
        if event.default_prevented() {
            return;
        }
        if let Some(happened) = self.read_event(event) {
            self.0.dispatch(happened, &Cause { browser_event: Some(event), answer: None });
        }
    }

    /// The popup window reported the result of its flow: the edge's answer, or an object with `code` and `request_id`.
    #[wasm_bindgen(js_name = popupReported)]
    pub fn popup_reported(&self, message: JsValue) {
        self.0.receive(&EdgeAnswer(message), Event::PopupReported);
    }

    /// The popup window is gone. `certain` is false if it may only be hidden from this page.
    #[wasm_bindgen(js_name = popupClosed)]
    pub fn popup_closed(&self, certain: bool) {
        self.0.dispatch(Event::PopupClosed { certain }, &Cause::default());
    }

    fn read_event(&self, event: &web_sys::Event) -> Option<Event> {
        let press = match event.type_().as_str() {
            "click" if opens_elsewhere(event.unchecked_ref()) => Press::OpensElsewhere,
            "click" if self.0.attributes().is_popup() => Press::PopupClick,
            "click" => Press::Click,
            "auxclick" | "contextmenu" | "dragstart" => Press::OpensElsewhere,
            "pointerdown" => Press::PointerDown,
            "keydown" => match event.unchecked_ref::<KeyboardEvent>().key().as_str() {
                "Enter" | " " => Press::Key,
                _ => return None,
            },
            "pageshow" if event.unchecked_ref::<PageTransitionEvent>().persisted() => {
                return Some(Event::Restored);
            }
            RELEASED => {
                self.0.reconfigure();
                return None;
            }
            _ => return None,
        };
        Some(Event::Pressed(press))
    }
}

/// True for a click with a modifier key, which opens a link in another tab or window.
fn opens_elsewhere(click: &MouseEvent) -> bool {
    click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key()
}
