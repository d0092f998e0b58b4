//! Tells the page, and the opener of a popup window, how a flow ended.

use super::{Cause, Controller};
use crate::{
    completion::EdgeAnswer,
    js_object::{object, set},
    machine::Event,
    modules::{self, PopupModule},
    page, storage,
    text::Text,
};
use shared::ErrorCode;
use std::{mem, rc::Rc};
use wasm_bindgen::prelude::*;

impl Controller {
    /// Fires `connected`. Then it reports to the opener of a popup, or, in another window, goes back to the page where
    /// the person started.
    pub(super) fn finish(self: &Rc<Self>, cause: &Cause<'_>) {
        let answer = answer_value(cause);
        if !self.fire("connected", &answer) {
            // A listener prevented the default, so the person stays here.
            self.take_return_path();
        }
        if !self.report_to_opener(&answer, false, cause) {
            self.go_back(cause);
        }
    }

    /// Fires `failed` and tells the opener.
    pub(super) fn fail(self: &Rc<Self>, code: ErrorCode, can_retry: bool, cause: &Cause<'_>) {
        let request_id = cause.answer.map(EdgeAnswer::request_id).unwrap_or_default();
        let message = self.state.borrow().texts.get(Text::Code(code));
        let detail = object(&[("code", code.as_str().into()), ("message", message.into())]);
        if !request_id.is_empty() {
            set(&detail, "request_id", &request_id.into());
        }
        self.fire("failed", &detail);
        self.report_to_opener(&failure_message(code, cause), can_retry, cause);
    }

    /// Fires `cancelled` and tells the opener.
    pub(super) fn cancel(self: &Rc<Self>, code: ErrorCode, cause: &Cause<'_>) {
        self.fire("cancelled", &JsValue::NULL);
        self.report_to_opener(&failure_message(code, cause), false, cause);
    }

    /// Goes back to the page the person started from, unless this is that page, and leaves the outcome for it.
    pub(super) fn go_back(&self, cause: &Cause<'_>) {
        let return_path = self.take_return_path();
        if return_path.is_empty() || return_path == page::return_path() {
            return;
        }
        storage::save_outcome(self.attributes().site_name(), &return_path, answer_value(cause));
        page::go_to(&return_path);
    }

    fn take_return_path(&self) -> String {
        mem::take(&mut self.state.borrow_mut().return_path)
    }

    /// Fires an event of the element. Returns false if a listener prevented its default.
    fn fire(&self, kind: &str, detail: &JsValue) -> bool {
        let Some(view) = self.view() else { return true };
        page::fire(view.host(), kind, detail)
    }

    /// Reports the result to the page that opened this window. Returns false if this page is no popup window.
    ///
    /// With `can_retry` the flow has not ended: this window may hold the only copy of the receipt, so it stays.
    fn report_to_opener(self: &Rc<Self>, message: &JsValue, can_retry: bool, cause: &Cause<'_>) -> bool {
        let challenge = self.state.borrow().flow.popup.clone();
        if challenge.is_empty() {
            return false;
        }
        let (this, message, answer) = (Rc::clone(self), message.clone(), cause.answer.cloned());
        page::when_settled(&modules::load_popup(), move |module| {
            let module: PopupModule = module.unchecked_into();
            let settled = move |error: JsValue| {
                let event = if error.is_undefined() { Event::OpenerInformed } else { Event::OpenerGone };
                this.dispatch(event, &Cause { answer: answer.as_ref(), browser_event: None });
            };
            match module.report(&challenge, &message, can_retry) {
                Ok(reported) => page::when_settled(&reported, settled),
                Err(error) => settled(error),
            }
        });
        true
    }
}

/// The answer as it came, or `undefined`.
fn answer_value(cause: &Cause<'_>) -> JsValue {
    cause.answer.map(|answer| answer.0.clone()).unwrap_or_default()
}

/// The report of a flow that did not succeed.
fn failure_message(code: ErrorCode, cause: &Cause<'_>) -> JsValue {
    let request_id = cause.answer.map(EdgeAnswer::request_id).filter(|id| !id.is_empty());
    object(&[("code", code.as_str().into()), ("request_id", request_id.into())]).into()
}
