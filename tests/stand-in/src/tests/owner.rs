//! The browser of [`Owner`].

use super::{AUTHORIZE, CALLBACK, NOW, new_smooch};
use crate::Owner;
use crate::accounts::OWNER;

#[test]
fn an_owner_returns_the_callback_url_and_requests_only_smooch() {
    let mut smooch = new_smooch();
    let mut requested_hosts = Vec::new();
    let callback = Owner::new(OWNER).allow(AUTHORIZE, "Night Market", |request| {
        requested_hosts.push(request.uri().host().map(str::to_owned));
        smooch.handle(&request, NOW)
    });
    assert!(callback.unwrap().starts_with(CALLBACK));
    assert!(requested_hosts.iter().all(|host| host.as_deref() == Some("app.smooch.io")));
}
