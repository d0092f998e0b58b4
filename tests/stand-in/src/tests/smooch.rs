//! The request log and the seed.

use super::{AUTHORIZE, CALLBACK, NOW, TOKEN_REQUEST, allow, connect, issue_code, new_smooch, post_token};
use crate::{Endpoint, Options, Smooch};
use http::StatusCode;

#[test]
fn requests_are_kept_unchanged_and_page_requests_are_only_counted() {
    let mut smooch = new_smooch();
    let body = format!("{TOKEN_REQUEST}&code={}", issue_code(&mut smooch, "Corner Bakery"));
    let pages = smooch.count(Endpoint::Page);
    assert!(pages > 4 && smooch.requests().is_empty());
    post_token(&mut smooch, &body);
    let [received] = smooch.requests() else { panic!("expected one request") };
    assert_eq!(received.endpoint, Endpoint::Token);
    assert_eq!((received.method.as_str(), received.path()), ("POST", "/oauth/token"));
    assert_eq!(received.text(), body);
    assert_eq!(received.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!((received.at_ms, received.status), (NOW, StatusCode::OK));
    assert_eq!((smooch.count(Endpoint::Token), smooch.count(Endpoint::Page)), (1, pages));
    smooch.clear_requests();
    assert!(smooch.requests().is_empty());
    assert_eq!(smooch.count(Endpoint::Token), 1);
}

#[test]
fn the_same_seed_gives_the_same_codes_and_tokens_and_another_seed_gives_others() {
    let run = |seed| {
        let mut smooch = Smooch::new(seed, Options::default());
        smooch.register_redirect_uri(CALLBACK);
        (allow(&mut smooch, AUTHORIZE, "Night Market"), connect(&mut smooch, "Night Market"))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
