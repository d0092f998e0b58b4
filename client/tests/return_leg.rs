//! The return from Smooch: proved, refused, tried again, taken once.
#![cfg(target_arch = "wasm32")]

mod page;

use page::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

const DONE: &str = "connected | Connected | Connected to Surf Shop";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A page that someone comes back to, who set out from it.
fn back(end: &str) -> String {
    let name = page(&format!("#{end}&smooch.state={STATE}"));
    intent("/?page=1", 30);
    name
}

fn problem(code: &str, more: &str) -> String {
    format!(r#"{{"status":503,"title":"No","code":"{code}","request_id":"r7"{more}}}"#)
}

fn sent(receipt: &str) -> String {
    let body = format!("receipt={receipt}&verifier={VERIFIER}&session=s1.now&started_session=s1.then");
    format!("POST https://edge.test/complete omit no-referrer simple {body}")
}

#[wasm_bindgen_test]
async fn a_return_is_proved_and_connects() {
    let name = back("smooch.receipt=r1");
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, DONE).await;
    assert_eq!((called(), heard()), (sent("r1"), "connected".into()));
    assert_eq!(button(&element, "aria-disabled"), "true");
    assert_eq!((intents(), stored(false, "smooch.pending")), (0, String::new()));
}

#[wasm_bindgen_test]
async fn the_fragment_is_gone_and_the_rest_of_the_address_stays() {
    let name = back("top&smooch.receipt=r1");
    until(&element(&name, "client-id=a"), DONE).await;
    assert_eq!(hash(None), "?page=1#top");
}

#[wasm_bindgen_test]
async fn while_it_finishes_it_is_busy_and_cannot_be_pressed() {
    let name = back("smooch.receipt=r1");
    answer(&["hang".into()]);
    let element = element(&name, "client-id=a");
    until(&element, "finishing | Connecting… | Finishing the connection…").await;
    assert_eq!(
        (button(&element, "aria-busy").as_str(), button(&element, "aria-disabled").as_str()),
        ("true", "true")
    );
    fire(&element, "click", "{}");
    key(&element, "Enter");
    sleep(150).await;
    assert_eq!((called().lines().count(), intents()), (1, 0));
    assert!(stored(false, "smooch.pending").contains(VERIFIER));
}

#[wasm_bindgen_test]
async fn a_denial_changes_nothing_and_the_button_is_ready_again() {
    let name = back("smooch.error=access_denied");
    let element = element(&name, "client-id=a");
    until(&element, "denied | Add to Smooch | You chose not to connect. Nothing was changed.").await;
    sleep(150).await;
    assert_eq!((heard().as_str(), called().as_str(), intents()), ("cancelled", "", 0));
    assert!(href(&element).starts_with("https://app.smooch.io/"));
}

#[wasm_bindgen_test]
async fn in_another_browser_nothing_is_sent() {
    for age in [None, Some(901)] {
        let name = page(&format!("#smooch.receipt=r1&smooch.state={STATE}"));
        if let Some(age) = age {
            intent("/", age);
        }
        let element = element(&name, "client-id=a");
        sleep(300).await;
        assert_eq!((heard().as_str(), called().as_str()), ("failed:wrong_browser", ""));
        assert!(look(&element).ends_with("Nothing was changed. Start again here."), "{}", look(&element));
        assert_eq!(hash(None), "?page=1");
    }
}

#[wasm_bindgen_test]
async fn only_the_element_of_the_site_takes_the_return_and_only_one() {
    let name = back("smooch.receipt=r1");
    let other = element(&name, "client-id=a site=shop");
    let [first, second] = [(); 2].map(|()| element(&name, "client-id=a session=s1.now"));
    until(&first, DONE).await;
    assert_eq!(
        (look(&other).as_str(), look(&second).as_str()),
        ("ready | Add to Smooch", "ready | Add to Smooch")
    );
    assert_eq!(called(), sent("r1"));
}

#[wasm_bindgen_test]
async fn an_element_that_comes_later_takes_the_return() {
    let name = back("smooch.receipt=r1");
    let first = element(&name, "client-id=a site=shop");
    until(&first, "ready | Add to Smooch").await;
    until(&element(&name, "client-id=a"), DONE).await;
}

#[wasm_bindgen_test]
async fn a_refusal_says_what_to_do_and_starts_over() {
    let name = back("smooch.receipt=r1");
    answer(&[problem("client_rejected", "")]);
    let element = element(&name, "client-id=a");
    let text = "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.";
    until(&element, &format!("failed | Add to Smooch | {text} Reference: r7")).await;
    sleep(150).await;
    assert_eq!((heard().as_str(), called().lines().count()), ("failed:client_rejected", 1));
    assert_eq!(stored(false, "smooch.pending"), "");
    assert!(!href(&element).is_empty());
}

#[wasm_bindgen_test]
async fn a_code_that_is_none_of_ours_is_not_believed() {
    let name = back("smooch.receipt=r1");
    answer(&[r#"{"error":"bad gateway"}"#.into(), CONNECTED.into()]);
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, DONE).await;
    assert_eq!(called(), [sent("r1"), sent("r1") + "&again=1"].join("\n"));
    assert_eq!(heard(), "connected");
}

#[wasm_bindgen_test]
async fn a_receipt_in_the_answer_is_sent_next() {
    let name = back("smooch.receipt=r1");
    let held = problem("storage_unavailable", r#","receipt":"escrow","retry_after":0"#);
    answer(&[held.clone(), held, CONNECTED.into()]);
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, DONE).await;
    assert_eq!(called(), [sent("r1"), sent("escrow"), sent("escrow")].join("\n"));
    assert_eq!(heard(), "connected");
}

#[wasm_bindgen_test]
async fn after_three_tries_the_person_is_asked_and_the_receipt_is_still_held() {
    let name = back("smooch.receipt=r1");
    answer(&[problem("smooch_unavailable", r#","receipt":"r2","retry_after":0"#)]);
    let element = element(&name, "client-id=a session=s1.now");
    until(
        &element,
        "held | Try again | Smooch is not answering as it should. Try again in a minute. Reference: r7",
    )
    .await;
    assert_eq!((called().lines().count(), heard().as_str()), (3, "failed:smooch_unavailable"));
    assert_eq!(button(&element, "role"), "button");
    assert!(stored(false, "smooch.pending").contains("r2"));
    answer(&[CONNECTED.into()]);
    assert!(fire(&element, "click", "{}"), "the click is the button's own");
    until(&element, DONE).await;
    assert_eq!(called().lines().last(), Some(sent("r2").as_str()));
}

#[wasm_bindgen_test]
async fn an_answer_that_was_lost_is_asked_for_again_with_the_same_receipt() {
    let name = back("smooch.receipt=r1");
    answer(&["lost".into(), "html".into(), CONNECTED.into()]);
    let element = element(&name, "client-id=a session=s1.now");
    sleep(3000).await;
    assert_eq!(look(&element), "finishing | Connecting… | Still working…");
    until(&element, DONE).await;
    let again = sent("r1") + "&again=1";
    assert_eq!(called(), [sent("r1"), again.clone(), again].join("\n"));
}

#[wasm_bindgen_test]
async fn an_element_moved_while_it_finishes_goes_on() {
    let name = back("smooch.receipt=r1");
    let element = element(&name, "client-id=a session=s1.now");
    until(&element, "finishing | Connecting… | Finishing the connection…").await;
    of(&element).remove();
    place(&element);
    until(&element, DONE).await;
    assert_eq!((called(), heard()), (sent("r1"), "connected".into()));
}

#[wasm_bindgen_test]
async fn an_element_that_a_listener_removes_does_no_harm() {
    let name = back("smooch.receipt=r1");
    let element = element(&name, "client-id=a");
    hear(&element, "connected", "remove");
    until(&element, DONE).await;
    place(&element);
    sleep(150).await;
    assert_eq!(look(&element), DONE);
}

#[wasm_bindgen_test]
async fn a_page_can_keep_the_person_where_they_are() {
    let name = page(&format!("#smooch.receipt=r1&smooch.state={STATE}"));
    intent("/elsewhere?x=1", 30);
    let element = element(&name, "client-id=a");
    hear(&element, "connected", "prevent");
    until(&element, DONE).await;
    sleep(150).await;
    assert_eq!(stored(false, "smooch.outcome"), "");
}

#[wasm_bindgen_test]
async fn a_flow_started_again_after_a_failure_keeps_its_page() {
    let name = page(&format!("#smooch.error=rate_limited&smooch.state={STATE}"));
    intent("/elsewhere?x=1", 30);
    let element = element(&name, "client-id=a");
    sleep(300).await;
    fire(&element, "click", "{}");
    let link = href(&element);
    let kept = stored(true, &format!("smooch.intent.{}", &link[link.len() - 43..]));
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
    store(false, "smooch.outcome", &outcome(CONNECTED));
    let stranger = element(&name, "client-id=a site=other");
    until(&stranger, "ready | Add to Smooch").await;
    let first = element(&name, "client-id=a");
    until(&first, DONE).await;
    let second = element(&name, "client-id=a");
    until(&second, "ready | Add to Smooch").await;
    assert_eq!((heard().as_str(), stored(false, "smooch.outcome").as_str()), ("connected", ""));
    // Anything else in that place is ignored.
    for junk in
        ["junk".into(), "5".into(), "null".into(), outcome(r#""junk""#), outcome("5"), outcome("null")]
    {
        store(false, "smooch.outcome", &junk);
        until(&element(&name, "client-id=a"), "ready | Add to Smooch").await;
    }
    assert_eq!(heard(), "connected");
}

#[wasm_bindgen_test]
async fn what_waits_for_the_person_outlives_the_element() {
    let name = back("smooch.receipt=r1");
    let held = problem("storage_unavailable", r#","receipt":"escrow","retry_after":60"#);
    answer(&[held, CONNECTED.into()]);
    let first = element(&name, "client-id=a session=s1.now");
    sleep(300).await;
    assert_eq!(heard(), "failed:storage_unavailable");
    of(&first).remove();
    let second = element(&name, "client-id=a session=s1.now");
    until(&second, DONE).await;
    assert_eq!(called(), [sent("r1"), sent("escrow") + "&again=1"].join("\n"));
}

#[wasm_bindgen_test]
async fn a_direct_install_takes_one_click_on_the_hosted_page() {
    let name = page("#smooch.receipt=r1");
    let other = element(&name, "client-id=a");
    until(&other, "ready | Add to Smooch").await;
    assert_eq!(hash(None), "?page=1#smooch.receipt=r1");
    let element = element(&name, "client-id=a site=hosted session=s1.now");
    let asked = "One more step: press the button to finish connecting your app.";
    until(&element, &format!("confirm | Finish connecting | {asked}")).await;
    assert_eq!((called().as_str(), hash(None).as_str()), ("", "?page=1"));
    key(&element, " ");
    until(&element, DONE).await;
    assert_eq!(called(), "POST https://edge.test/complete omit no-referrer simple receipt=r1");
}

#[wasm_bindgen_test]
async fn an_error_without_a_state_is_for_the_hosted_page() {
    let name = page("#smooch.error=invalid_request");
    let element = element(&name, "client-id=a site=hosted");
    sleep(300).await;
    assert!(look(&element).ends_with("Start again where you began."), "{}", look(&element));
}

#[wasm_bindgen_test]
async fn an_answer_that_comes_when_the_element_is_gone_is_there_for_the_next() {
    let name = page(&format!("#smooch.receipt=r1&smooch.state={STATE}"));
    intent("/?page=1", 30);
    let gone = element(&name, "client-id=a");
    until(&gone, "finishing | Connecting… | Finishing the connection…").await;
    of(&gone).remove();
    sleep(100).await;
    assert_eq!((heard().as_str(), called().lines().count()), ("", 1));
    let next = element(&name, "client-id=a");
    until(&next, DONE).await;
    assert_eq!((heard().as_str(), called().lines().count()), ("connected", 2));
}

const STRANGER: &str = "failed | Add to Smooch | This was started in another browser, or is finished already. \
     Nothing was changed. Start again here.";

/// An element whose window has told it of a failure, with the number of a request.
async fn failed_elsewhere() -> JsValue {
    let element = element(&page(""), "client-id=a mode=popup");
    until(&element, "ready | Add to Smooch").await;
    report(&element, r#"{"code":"client_rejected","request_id":"r7"}"#);
    assert!(look(&element).ends_with(" Reference: r7"), "{}", look(&element));
    assert_eq!(
        (value(&detail(), "code").as_str(), value(&detail(), "request_id").as_str()),
        ("client_rejected", "r7")
    );
    sleep(100).await;
    element
}

#[wasm_bindgen_test]
async fn a_no_carries_nothing_wherever_it_was_said() {
    let element = failed_elsewhere().await;
    report(&element, r#"{"code":"access_denied","request_id":"r8"}"#);
    assert_eq!((heard().as_str(), detail().as_str()), ("failed:client_rejected cancelled", "null"));
}

#[wasm_bindgen_test]
async fn the_number_of_a_request_stands_behind_no_later_failure() {
    let element = failed_elsewhere().await;
    hash(Some(&format!("#smooch.receipt=r1&smooch.state={STATE}")));
    of(&element).set("label", "");
    assert_eq!((look(&element).as_str(), detail_keys().as_str()), (STRANGER, "code message"));
    let element = failed_elsewhere().await;
    of(&element).set("client-id", "");
    assert_eq!((value(&detail(), "code").as_str(), detail_keys().as_str()), ("unsupported", "code message"));
}

#[wasm_bindgen_test]
async fn a_window_that_was_closed_has_no_number_of_an_earlier_request() {
    let element = failed_elsewhere().await;
    fire(&element, "click", "{}");
    until(&element, "in-popup | Add to Smooch | Go on in the window that has opened.").await;
    close_popup(&element);
    let asked = "Not finished yet. If the other window is gone, press to start again.";
    assert_eq!(look(&element), format!("denied | Add to Smooch | {asked}"));
    assert_eq!(detail(), "null");
}
