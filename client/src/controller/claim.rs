//! Claims the flow that this page load returned with, for one element of the page.

use super::{Cause, Controller, RELEASED};
use crate::{
    completion::EdgeAnswer,
    flow::{Flow, PENDING_LIFE, safe_return_path},
    fragment::Returned,
    machine::Event,
    page, storage,
};
use shared::ErrorCode;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsValue;

thread_local! {
    /// An element of this page has claimed the flow that the page load returned with.
    static CLAIMED: Cell<bool> = const { Cell::new(false) };
}

/// Lets another element of the page claim the flow.
pub(super) fn release() {
    CLAIMED.set(false);
    page::fire(&page::window(), RELEASED, &JsValue::NULL);
}

impl Controller {
    /// Looks for a flow in this order: the edge's answer in the fragment, the outcome of another page of this tab, and a flow
    /// that an earlier load of a page in this tab was finishing.
    pub(super) fn claim(self: &Rc<Self>) {
        let site = self.attributes().site_name().to_owned();
        let fragment = page::fragment();
        if let Some(returned) = Returned::parse(&fragment).filter(|returned| returned.is_for(&site)) {
            let event = self.claim_returned(&site, &returned);
            return self.dispatch(event, &Cause::default());
        }
        let outcome = storage::take_outcome(&site, &page::return_path()).map(EdgeAnswer);
        if let Some(answer) = outcome.filter(EdgeAnswer::is_connected) {
            return self.receive(&answer, |_| Event::OutcomeFound);
        }
        if let Some(flow) = storage::pending(PENDING_LIFE)
            && flow.site == site
            && !CLAIMED.replace(true)
        {
            let event = if flow.verifier.is_some() { Event::Resumed } else { Event::DirectInstall };
            self.take_up(flow);
            self.dispatch(event, &Cause::default());
        }
    }

    /// Takes the edge's answer out of the address and decides if this browser may finish the flow.
    fn claim_returned(&self, site: &str, returned: &Returned<'_>) -> Event {
        page::clean_fragment();
        // Delete the request id of an earlier failure.
        self.state.borrow_mut().detail = String::new();
        CLAIMED.set(true);
        let challenge = returned.state.as_ref().map(|state| &state.challenge);
        let intent = challenge.and_then(storage::take_intent);
        let mut flow = intent.unwrap_or_default();
        let event = match returned.result {
            // This browser has no valid verifier for the state. Accepting the flow would allow "Cross-user OAuth
            // Session Fixation" (update to RFC 9700). Ignore the rest of the fragment.
            _ if returned.state.is_some() && flow.verifier.is_none() => {
                Event::Refused(ErrorCode::WrongBrowser)
            }
            Err(error) => Event::Refused(ErrorCode::parse(error).unwrap_or(ErrorCode::EdgeUnreachable)),
            Ok(receipt) => {
                flow.site = site.into();
                flow.receipt = receipt.into();
                if returned.state.is_some() {
                    Event::Returned
                } else {
                    // A direct install has to survive a reload before its click. Other flows are saved when they are sent.
                    storage::save_pending(&flow);
                    Event::DirectInstall
                }
            }
        };
        self.take_up(flow);
        event
    }

    /// Makes this the element's flow.
    fn take_up(&self, flow: Flow) {
        let mut state = self.state.borrow_mut();
        state.return_path = safe_return_path(&flow.return_path).into();
        state.flow = flow;
    }
}
