//! The return from Smooch: finished, failed, retried, and claimed by one element.
#![cfg(target_arch = "wasm32")]

mod page;

use page::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

const DONE: &str = "connected | Connected | Connected to Surf Shop";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A page that the person started from and comes back to.
fn back(end: &str) -> String {
    let name = page(&format!("#{end}&smooch.state={STATE}"));
    save_intent("/?page=1", 30);
    name
}

fn problem(code: &str, more: &str) -> String {
    format!(r#"{{"status":503,"title":"No","code":"{code}","request_id":"r7"{more}}}"#)
}

fn completion(receipt: &str) -> String {
    let body = format!("receipt={receipt}&verifier={VERIFIER}&session=s1.now&started_session=s1.then");
    format!("POST https://edge.test/complete omit no-referrer simple {body}")
}

#[wasm_bindgen_test]
async fn a_return_is_proved_and_connects() {
    let name = back("smooch.receipt=r1");
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, DONE).await;
    assert_eq!((requests(), events()), (completion("r1"), "connected".into()));
    assert_eq!(button_attribute(&element, "aria-disabled"), "true");
    assert_eq!((count_intents(), read_store(false, "smooch.pending")), (0, String::new()));
}

#[wasm_bindgen_test]
async fn the_fragment_is_gone_and_the_rest_of_the_address_stays() {
    let name = back("top&smooch.receipt=r1");
    until(&element(&name, "client-id=a"), DONE).await;
    assert_eq!(fragment(None), "?page=1#top");
}

#[wasm_bindgen_test]
async fn a_finishing_button_is_busy_and_cannot_be_pressed() {
    let name = back("smooch.receipt=r1");
    answer(&["hang".into()]);
    let element = element(&name, "client-id=a");
    until(&element, "finishing | Connecting… | Finishing the connection…").await;
    assert_eq!(
        (
            button_attribute(&element, "aria-busy").as_str(),
            button_attribute(&element, "aria-disabled").as_str()
        ),
        ("true", "true")
    );
    dispatch(&element, "click", "{}");
    press_key(&element, "Enter");
    sleep(150).await;
    assert_eq!((requests().lines().count(), count_intents()), (1, 0));
    assert!(read_store(false, "smooch.pending").contains(VERIFIER));
}

#[wasm_bindgen_test]
async fn a_denial_changes_nothing_and_the_button_is_ready_again() {
    let name = back("smooch.error=access_denied");
    let element = element(&name, "client-id=a");
    until(&element, "denied | Add to Smooch | You chose not to connect. Nothing was changed.").await;
    sleep(150).await;
    assert_eq!((events().as_str(), requests().as_str(), count_intents()), ("cancelled", "", 0));
    assert!(href(&element).starts_with("https://app.smooch.io/"));
}

#[wasm_bindgen_test]
async fn a_flow_from_another_browser_sends_nothing() {
    for age in [None, Some(901)] {
        let name = page(&format!("#smooch.receipt=r1&smooch.state={STATE}"));
        if let Some(age) = age {
            save_intent("/", age);
        }
        let element = element(&name, "client-id=a");
        sleep(300).await;
        assert_eq!((events().as_str(), requests().as_str()), ("failed:wrong_browser", ""));
        assert!(
            appearance(&element).ends_with("Nothing was changed. Start again here."),
            "{}",
            appearance(&element)
        );
        assert_eq!(fragment(None), "?page=1");
    }
}

#[wasm_bindgen_test]
async fn exactly_one_element_of_the_site_claims_the_return() {
    let name = back("smooch.receipt=r1");
    let other = element(&name, "client-id=a site=shop");
    let [first, second] = [(); 2].map(|()| element(&name, "client-id=a session=s1.now"));
    until(&first, DONE).await;
    assert_eq!(
        (appearance(&other).as_str(), appearance(&second).as_str()),
        ("ready | Add to Smooch", "ready | Add to Smooch")
    );
    assert_eq!(requests(), completion("r1"));
}

#[wasm_bindgen_test]
async fn an_element_that_is_added_later_claims_the_return() {
    let name = back("smooch.receipt=r1");
    let first = element(&name, "client-id=a site=shop");
    until(&first, "ready | Add to Smooch").await;
    until(&element(&name, "client-id=a"), DONE).await;
}

#[wasm_bindgen_test]
async fn a_failure_tells_what_to_do_and_starts_over() {
    let name = back("smooch.receipt=r1");
    answer(&[problem("client_rejected", "")]);
    let element = element(&name, "client-id=a");
    let text = "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.";
    until(&element, &format!("failed | Add to Smooch | {text} Reference: r7")).await;
    sleep(150).await;
    assert_eq!((events().as_str(), requests().lines().count()), ("failed:client_rejected", 1));
    assert_eq!(read_store(false, "smooch.pending"), "");
    assert!(!href(&element).is_empty());
}

#[wasm_bindgen_test]
async fn an_unknown_error_code_counts_as_no_answer() {
    let name = back("smooch.receipt=r1");
    answer(&[r#"{"error":"bad gateway"}"#.into(), CONNECTED.into()]);
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, DONE).await;
    assert_eq!(requests(), [completion("r1"), completion("r1") + "&again=1"].join("\n"));
    assert_eq!(events(), "connected");
}

#[wasm_bindgen_test]
async fn a_receipt_in_the_answer_replaces_the_first() {
    let name = back("smooch.receipt=r1");
    let held = problem("storage_unavailable", r#","receipt":"escrow","retry_after":0"#);
    answer(&[held.clone(), held, CONNECTED.into()]);
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, DONE).await;
    assert_eq!(requests(), [completion("r1"), completion("escrow"), completion("escrow")].join("\n"));
    assert_eq!(events(), "connected");
}

#[wasm_bindgen_test]
async fn after_three_attempts_the_person_can_try_again_with_the_same_receipt() {
    let name = back("smooch.receipt=r1");
    answer(&[problem("smooch_unavailable", r#","receipt":"r2","retry_after":0"#)]);
    let element = element(&name, "client-id=a session=s1.now");
    until(
        &element,
        "held | Try again | Smooch is not answering as it should. Try again in a minute. Reference: r7",
    )
    .await;
    assert_eq!((requests().lines().count(), events().as_str()), (3, "failed:smooch_unavailable"));
    assert_eq!(button_attribute(&element, "role"), "button");
    assert!(read_store(false, "smooch.pending").contains("r2"));
    answer(&[CONNECTED.into()]);
    assert!(dispatch(&element, "click", "{}"), "the click is the button's own");
    until(&element, DONE).await;
    assert_eq!(requests().lines().last(), Some(completion("r2").as_str()));
}

#[wasm_bindgen_test]
async fn a_lost_answer_is_asked_for_again_with_the_same_receipt() {
    let name = back("smooch.receipt=r1");
    answer(&["lost".into(), "html".into(), CONNECTED.into()]);
    let element = element(&name, "client-id=a session=s1.now");
    sleep(3000).await;
    assert_eq!(appearance(&element), "finishing | Connecting… | Still working…");
    until(&element, DONE).await;
    let again = completion("r1") + "&again=1";
    assert_eq!(requests(), [completion("r1"), again.clone(), again].join("\n"));
}

#[wasm_bindgen_test]
async fn a_pending_answer_is_asked_for_again_with_the_same_form() {
    let name = back("smooch.receipt=r1");
    let pending = || r#"{"status":"pending","retry_after":1}"#.to_owned();
    answer(&[pending(), pending(), pending(), pending(), CONNECTED.into()]);
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, DONE).await;
    assert_eq!(requests(), vec![completion("r1"); 5].join("\n"));
    assert_eq!(events(), "connected");
}

#[wasm_bindgen_test]
async fn an_element_that_moves_while_it_finishes_goes_on() {
    let name = back("smooch.receipt=r1");
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, "finishing | Connecting… | Finishing the connection…").await;
    of(&element).remove();
    append(&element);
    until(&element, DONE).await;
    assert_eq!((requests(), events()), (completion("r1"), "connected".into()));
}

#[wasm_bindgen_test]
async fn a_listener_may_remove_the_element() {
    let name = back("smooch.receipt=r1");
    let element = element(&name, "client-id=a");
    react_to(&element, "connected", "remove");
    until(&element, DONE).await;
    append(&element);
    sleep(150).await;
    assert_eq!(appearance(&element), DONE);
}

#[wasm_bindgen_test]
async fn a_listener_can_keep_the_person_on_the_page() {
    let name = page(&format!("#smooch.receipt=r1&smooch.state={STATE}"));
    save_intent("/elsewhere?x=1", 30);
    let element = element(&name, "client-id=a");
    react_to(&element, "connected", "prevent");
    until(&element, DONE).await;
    sleep(150).await;
    assert_eq!(read_store(false, "smooch.outcome"), "");
}

#[wasm_bindgen_test]
async fn a_flow_that_starts_again_keeps_its_return_path() {
    let name = page(&format!("#smooch.error=rate_limited&smooch.state={STATE}"));
    save_intent("/elsewhere?x=1", 30);
    let element = element(&name, "client-id=a");
    sleep(300).await;
    dispatch(&element, "click", "{}");
    let link = href(&element);
    let kept = read_store(true, &format!("smooch.intent.{}", &link[link.len() - 43..]));
    assert_eq!(value(&kept, "place"), "/elsewhere?x=1");
}

#[wasm_bindgen_test]
async fn an_outcome_of_another_page_is_shown_once() {
    let name = page("");
    let here = js_sys::eval("location.pathname + location.search")
        .ok()
        .and_then(|here| here.as_string())
        .unwrap_or_default();
    let outcome = |answer: &str| format!(r#"{{"site":"main","place":"{here}","answer":{answer}}}"#);
    write_store(false, "smooch.outcome", &outcome(CONNECTED));
    let stranger = element(&name, "client-id=a site=other");
    until(&stranger, "ready | Add to Smooch").await;
    let first = element(&name, "client-id=a");
    until(&first, DONE).await;
    let second = element(&name, "client-id=a");
    until(&second, "ready | Add to Smooch").await;
    assert_eq!((events().as_str(), read_store(false, "smooch.outcome").as_str()), ("connected", ""));
    // Anything else in that place is ignored.
    for junk in
        ["junk".into(), "5".into(), "null".into(), outcome(r#""junk""#), outcome("5"), outcome("null")]
    {
        write_store(false, "smooch.outcome", &junk);
        until(&element(&name, "client-id=a"), "ready | Add to Smooch").await;
    }
    assert_eq!(events(), "connected");
}

#[wasm_bindgen_test]
async fn a_flow_that_waits_for_the_person_outlives_its_element() {
    let name = back("smooch.receipt=r1");
    let held = problem("storage_unavailable", r#","receipt":"escrow","retry_after":60"#);
    answer(&[held, CONNECTED.into()]);
    let first = element(&name, "client-id=a session=s1.now");
    sleep(300).await;
    assert_eq!(events(), "failed:storage_unavailable");
    of(&first).remove();
    let second = element(&name, "client-id=a session=s1.now");
    until(&second, DONE).await;
    assert_eq!(requests(), [completion("r1"), completion("escrow") + "&again=1"].join("\n"));
}

#[wasm_bindgen_test]
async fn a_direct_install_takes_one_click_on_the_hosted_page() {
    let name = page("#smooch.receipt=r1");
    let other = element(&name, "client-id=a");
    until(&other, "ready | Add to Smooch").await;
    assert_eq!(fragment(None), "?page=1#smooch.receipt=r1");
    let element = element(&name, "client-id=a site=hosted session=s1.now");
    let asked = "One more step: press the button to finish connecting your app.";
    until(&element, &format!("confirm | Finish connecting | {asked}")).await;
    assert_eq!((requests().as_str(), fragment(None).as_str()), ("", "?page=1"));
    press_key(&element, " ");
    until(&element, DONE).await;
    assert_eq!(requests(), "POST https://edge.test/complete omit no-referrer simple receipt=r1");
}

#[wasm_bindgen_test]
async fn an_error_without_a_state_belongs_to_the_hosted_page() {
    let name = page("#smooch.error=invalid_request");
    let element = element(&name, "client-id=a site=hosted");
    sleep(300).await;
    assert!(
        appearance(&element).ends_with("Go back to the page where you started and try again."),
        "{}",
        appearance(&element)
    );
}

#[wasm_bindgen_test]
async fn an_answer_for_a_removed_element_goes_to_the_next() {
    let name = page(&format!("#smooch.receipt=r1&smooch.state={STATE}"));
    save_intent("/?page=1", 30);
    let gone = element(&name, "client-id=a");
    until(&gone, "finishing | Connecting… | Finishing the connection…").await;
    of(&gone).remove();
    sleep(100).await;
    assert_eq!((events().as_str(), requests().lines().count()), ("", 1));
    let next = element(&name, "client-id=a");
    until(&next, DONE).await;
    assert_eq!((events().as_str(), requests().lines().count()), ("connected", 2));
}

const WRONG_BROWSER: &str = "failed | Add to Smooch | This was started in another browser, or is finished already. \
     Nothing was changed. Start again here.";

/// An element whose popup has reported a failure with a request id.
async fn failed_in_popup() -> JsValue {
    let element = element(&page(""), "client-id=a mode=popup");
    until(&element, "ready | Add to Smooch").await;
    report(&element, r#"{"code":"client_rejected","request_id":"r7"}"#);
    assert!(appearance(&element).ends_with(" Reference: r7"), "{}", appearance(&element));
    assert_eq!(
        (value(&last_detail(), "code").as_str(), value(&last_detail(), "request_id").as_str()),
        ("client_rejected", "r7")
    );
    sleep(100).await;
    element
}

#[wasm_bindgen_test]
async fn a_denial_in_a_popup_has_no_detail() {
    let element = failed_in_popup().await;
    report(&element, r#"{"code":"access_denied","request_id":"r8"}"#);
    assert_eq!((events().as_str(), last_detail().as_str()), ("failed:client_rejected cancelled", "null"));
}

#[wasm_bindgen_test]
async fn a_request_id_belongs_to_one_failure_only() {
    let element = failed_in_popup().await;
    fragment(Some(&format!("#smooch.receipt=r1&smooch.state={STATE}")));
    of(&element).set("label", "");
    assert_eq!((appearance(&element).as_str(), last_detail_keys().as_str()), (WRONG_BROWSER, "code message"));
    let element = failed_in_popup().await;
    of(&element).set("client-id", "");
    assert_eq!(
        (value(&last_detail(), "code").as_str(), last_detail_keys().as_str()),
        ("unsupported", "code message")
    );
}

#[wasm_bindgen_test]
async fn a_closed_popup_shows_no_earlier_request_id() {
    let element = failed_in_popup().await;
    dispatch(&element, "click", "{}");
    until(&element, "in-popup | Add to Smooch | Go on in the window that has opened.").await;
    close_popup(&element);
    let asked = "Not finished yet. If the other window is gone, press to start again.";
    assert_eq!(appearance(&element), format!("denied | Add to Smooch | {asked}"));
    assert_eq!(last_detail(), "null");
}
