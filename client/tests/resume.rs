//! A reload while the edge is working. The flow of a page load is claimed once, so this test has a file of its own.
#![cfg(target_arch = "wasm32")]

mod page;

use page::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_reload_while_finishing_sends_the_receipt_again_in_one_element() {
    let name = page("");
    let now = (js_sys::Date::now() / 1000.0).floor();
    let pending = |site: &str| {
        let started = r#""verifier":"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk","place":"/?page=1","started_session":"s1.then""#;
        format!(r#"{{"since":{now},"site":"{site}","receipt":"r1",{started}}}"#)
    };
    write_store(false, "smooch.pending", &pending("other"));
    let stranger = element(&name, "client-id=a");
    until(&stranger, "ready | Add to Smooch").await;
    write_store(false, "smooch.pending", &pending("main"));
    let [first, second] = [(); 2].map(|()| element(&name, "client-id=a session=s1.now"));
    until(&first, "connected | Connected | Connected to Surf Shop").await;
    assert_eq!(appearance(&second), "ready | Add to Smooch");
    let body = "receipt=r1&verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&session=s1.now&started_session=s1.then&again=1";
    assert_eq!(requests(), format!("POST https://edge.test/complete omit no-referrer simple {body}"));
    assert_eq!((events().as_str(), read_store(false, "smooch.pending").as_str()), ("connected", ""));
}
