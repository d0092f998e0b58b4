//! The one request to the edge, `POST /complete`, in two halves: its form and the reading of its answer.

use crate::{
    flow::Flow,
    js_object::{number_at, object, text_at},
    machine::{Answer, RETRY_SECONDS},
    page,
};
use js_sys::Promise;
use shared::{ErrorCode, push_parameter};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, RequestInit, UrlSearchParams};

/// Milliseconds before the page stops waiting. The edge answers sooner.
const TIMEOUT_MS: u32 = 30_000;

/// Sends a flow to the edge.
///
/// `session` is the page's present session, which the edge compares with the one that the flow started with. `unanswered`
/// says that an earlier attempt got no answer, so that the edge does not spend the code twice.
pub(crate) fn send(edge: &str, flow: &Flow, session: &str, unanswered: bool) -> Promise {
    // A body of this type needs no CORS preflight (Fetch Standard, "CORS-safelisted request-header").
    let body = UrlSearchParams::new_with_str(&form(flow, session, unanswered));
    let options = object(&[
        ("method", "POST".into()),
        ("body", body.map(JsValue::from).unwrap_or_default()),
        ("credentials", "omit".into()),
        ("referrerPolicy", "no-referrer".into()),
        ("redirect", "error".into()),
        // Leaving the page must not interrupt an exchange. `web-sys` has no setter for this option.
        ("keepalive", true.into()),
        ("signal", AbortSignal::timeout_with_u32(TIMEOUT_MS).into()),
    ]);
    let url = [edge, "/complete"].concat();
    page::window().fetch_with_str_and_init(&url, options.unchecked_ref::<RequestInit>())
}

/// The form of a flow, encoded.
fn form(flow: &Flow, session: &str, unanswered: bool) -> String {
    let mut form = String::new();
    let mut add = |name, value: &str| {
        if !value.is_empty() {
            push_parameter(&mut form, name, value);
        }
    };
    add("receipt", &flow.receipt);
    if let Some(verifier) = &flow.verifier {
        add("verifier", verifier.expose());
        // A direct install has no verifier and belongs to no user, so it takes no session.
        add("session", session);
    }
    add("started_session", &flow.started_session);
    add("again", if unanswered { "1" } else { "" });
    form
}

/// An answer of the edge, or the copy of one that a popup window reported. Its methods check the type of every field.
#[derive(Clone, Debug)]
pub(crate) struct EdgeAnswer(pub(crate) JsValue);

impl EdgeAnswer {
    /// True if it says that the app is connected.
    pub(crate) fn is_connected(&self) -> bool {
        self.text("status") == "connected" && !text_at(&self.0, &["connection", "id"]).is_empty()
    }

    /// The id of the failed request, or an empty string.
    pub(crate) fn request_id(&self) -> String {
        self.text("request_id")
    }

    /// A new receipt to send from now on, or an empty string.
    pub(crate) fn receipt(&self) -> String {
        self.text("receipt")
    }

    /// The name of the connected app, or the id of the failed request: the variable part of the status text.
    pub(crate) fn detail(&self) -> String {
        if self.is_connected() { text_at(&self.0, &["connection", "app", "name"]) } else { self.request_id() }
    }

    /// The meaning of the answer for the flow.
    pub(crate) fn meaning(&self) -> Answer {
        let after = number_at(&self.0, "retry_after").unwrap_or(RETRY_SECONDS);
        if self.is_connected() {
            return Answer::Connected;
        }
        // The edge of this version does not send it yet.
        if self.text("status") == "pending" {
            return Answer::Pending { after };
        }
        // A value without one of our codes is a proxy's response or a network error.
        let Some(code) = ErrorCode::parse(&self.text("code")) else {
            return Answer::Retry { code: ErrorCode::EdgeUnreachable, after: RETRY_SECONDS };
        };
        if self.receipt().is_empty() && !leaves_flow_intact(code) {
            Answer::Failed(code)
        } else {
            Answer::Retry { code, after }
        }
    }

    fn text(&self, name: &str) -> String {
        text_at(&self.0, &[name])
    }
}

/// True for a failure of the edge itself, before it used the receipt.
const fn leaves_flow_intact(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Misconfigured | ErrorCode::RateLimited | ErrorCode::StorageUnavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Verifier;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_form_has_what_the_edge_compares() {
        let flow = Flow {
            verifier: Verifier::parse(VERIFIER),
            receipt: "r1.k+/=".into(),
            started_session: "s1.then".into(),
            ..Flow::default()
        };
        let expected =
            format!("receipt=r1.k%2B%2F%3D&verifier={VERIFIER}&session=s1.now&started_session=s1.then");
        assert_eq!(form(&flow, "s1.now", false), expected);
        assert_eq!(form(&flow, "s1.now", true), expected + "&again=1");
    }

    #[test]
    fn a_direct_install_takes_no_session() {
        let flow = Flow { receipt: "r1".into(), ..Flow::default() };
        assert_eq!(form(&flow, "s1.now", false), "receipt=r1");
    }
}
