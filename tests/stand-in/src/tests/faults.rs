//! Injected faults.

use super::{body_json, exchange, get, issue_code, new_smooch, post_token};
use crate::{Broken, Endpoint, Fault, Response};
use http::StatusCode;

#[test]
fn a_fault_before_processing_changes_no_state() {
    let mut smooch = new_smooch();
    let code = issue_code(&mut smooch, "Corner Bakery");
    smooch.on_next(Endpoint::Token, Fault::status(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(exchange(&mut smooch, &code).status(), 429);
    assert!(smooch.live_tokens().is_empty());
    assert_eq!(exchange(&mut smooch, &code).status(), 200);
}

#[test]
fn a_fault_after_processing_loses_only_the_response() {
    let mut smooch = new_smooch();
    let code = issue_code(&mut smooch, "Corner Bakery");
    smooch.on_next(Endpoint::Token, Fault::after(Response::new(b"<html>".to_vec())));
    assert_eq!(exchange(&mut smooch, &code).body(), b"<html>");
    assert_eq!(smooch.live_tokens().len(), 1);
    assert_eq!(body_json(&exchange(&mut smooch, &code))["error"], "invalid_grant");
}

#[test]
fn faults_are_used_per_endpoint_in_queue_order() {
    let mut smooch = new_smooch();
    smooch.on_next(Endpoint::Token, Fault::status(StatusCode::BAD_GATEWAY));
    smooch.on_next(Endpoint::TokenInfo, Fault::status(StatusCode::GATEWAY_TIMEOUT));
    smooch.on_next(Endpoint::Token, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(get(&mut smooch, "/sc/v2/tokenInfo").status(), 504);
    assert_eq!(post_token(&mut smooch, "").status(), 502);
    assert_eq!(post_token(&mut smooch, "").status(), 503);
    assert_eq!(post_token(&mut smooch, "").status(), 401);
    smooch.on_next(Endpoint::Api, Fault::status(StatusCode::BAD_GATEWAY));
    smooch.clear_faults();
    assert_eq!(get(&mut smooch, "/v2/apps").status(), 401);
}

#[test]
fn a_broken_connection_is_an_extension_of_the_response() {
    let mut reset = Response::default();
    reset.extensions_mut().insert(Broken::Reset);
    let mut smooch = new_smooch();
    smooch.on_next(Endpoint::Token, Fault::before(reset));
    assert_eq!(post_token(&mut smooch, "").extensions().get(), Some(&Broken::Reset));
}
