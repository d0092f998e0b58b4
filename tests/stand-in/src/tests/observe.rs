use super::{AUTHORIZE, CREDENTIALS, NOW, allowed, code, connect, get, json, smooch, token};
use crate::{Broken, Endpoint, Fault, Owner, Response, Smooch};
use http::StatusCode;

#[test]
fn the_exact_request_is_kept_and_pages_are_only_counted() {
    let mut smooch = smooch();
    let body = format!("{CREDENTIALS}&code={}", code(&mut smooch, "Corner Bakery"));
    let pages = smooch.count(Endpoint::Page);
    assert!(pages > 4 && smooch.requests().is_empty());
    token(&mut smooch, &body);
    let [received] = smooch.requests() else { panic!("one request") };
    assert_eq!(received.endpoint, Endpoint::Token);
    assert_eq!((received.method.as_str(), received.path()), ("POST", "/oauth/token"));
    assert_eq!(received.text(), body);
    assert_eq!(received.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!((received.at_ms, received.status), (NOW, StatusCode::OK));
    assert_eq!((smooch.count(Endpoint::Token), smooch.count(Endpoint::Page)), (1, pages));
    smooch.forget_requests();
    assert!(smooch.requests().is_empty());
    assert_eq!(smooch.count(Endpoint::Token), 1);
}

fn exchange(smooch: &mut Smooch, code: &str) -> Response {
    token(smooch, &format!("{CREDENTIALS}&code={code}"))
}

#[test]
fn a_fault_before_processing_leaves_everything_as_it_was() {
    let mut smooch = smooch();
    let code = code(&mut smooch, "Corner Bakery");
    smooch.on_next(Endpoint::Token, Fault::status(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(exchange(&mut smooch, &code).status(), 429);
    assert!(smooch.live_tokens().is_empty());
    assert_eq!(exchange(&mut smooch, &code).status(), 200);
}

#[test]
fn a_fault_after_processing_loses_only_the_answer() {
    let mut smooch = smooch();
    let code = code(&mut smooch, "Corner Bakery");
    smooch.on_next(Endpoint::Token, Fault::after(Response::new(b"<html>".to_vec())));
    let lost = exchange(&mut smooch, &code);
    assert_eq!(lost.body(), b"<html>");
    assert_eq!(smooch.live_tokens().len(), 1);
    assert_eq!(json(&exchange(&mut smooch, &code))["error"], "invalid_grant");
}

#[test]
fn faults_wait_for_their_endpoint_in_turn() {
    let mut smooch = smooch();
    smooch.on_next(Endpoint::Token, Fault::status(StatusCode::BAD_GATEWAY));
    smooch.on_next(Endpoint::TokenInfo, Fault::status(StatusCode::GATEWAY_TIMEOUT));
    smooch.on_next(Endpoint::Token, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(get(&mut smooch, "/sc/v2/tokenInfo").status(), 504);
    assert_eq!(token(&mut smooch, "").status(), 502);
    assert_eq!(token(&mut smooch, "").status(), 503);
    assert_eq!(token(&mut smooch, "").status(), 401);
    smooch.on_next(Endpoint::Api, Fault::status(StatusCode::BAD_GATEWAY));
    smooch.clear_faults();
    assert_eq!(get(&mut smooch, "/v2/apps").status(), 401);
}

#[test]
fn a_broken_connection_travels_with_the_response() {
    let mut answer = Response::default();
    answer.extensions_mut().insert(Broken::Reset);
    let mut smooch = smooch();
    smooch.on_next(Endpoint::Token, Fault::before(answer));
    assert_eq!(token(&mut smooch, "").extensions().get(), Some(&Broken::Reset));
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let run = |seed| {
        let mut smooch = Smooch::new(seed, crate::Options::default());
        smooch.register_redirect_uri(super::CALLBACK);
        (allowed(&mut smooch, AUTHORIZE, "Night Market"), connect(&mut smooch, "Night Market"))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn an_owner_leaves_at_an_address_out_of_smooch_and_nowhere_else() {
    let mut smooch = smooch();
    let mut asked = Vec::new();
    let location = Owner::new(crate::accounts::OWNER).allow(AUTHORIZE, "Night Market", |request| {
        asked.push(request.uri().host().map(str::to_owned));
        smooch.handle(&request, NOW)
    });
    assert!(location.unwrap().starts_with(super::CALLBACK));
    assert!(asked.iter().all(|host| host.as_deref() == Some("app.smooch.io")));
}
