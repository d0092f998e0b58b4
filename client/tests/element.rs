//! The element's life in a page: inserted, moved, changed, clicked, removed, and restored from the back-forward cache.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod page;

use page::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

const READY: &str = "ready | Add to Smooch";
const LEAVING: &str = "leaving | Add to Smooch | Taking you to Smooch…";

async fn ready(attributes: &str) -> JsValue {
    let element = element(&page(""), attributes);
    until(&element, READY).await;
    element
}

#[wasm_bindgen_test]
async fn an_element_in_a_page_gets_a_link_to_smooch() {
    let element = ready("client-id=shoplifter pkce").await;
    let href = href(&element);
    let rest =
        href.strip_prefix("https://app.smooch.io/oauth/authorize?response_type=code&client_id=shoplifter");
    let rest = rest
        .and_then(|rest| rest.strip_prefix("&redirect_uri=https%3A%2F%2Fedge.test%2Fcallback&state=1.main."));
    let (challenge, pkce) = rest.expect(&href).split_at(43);
    assert_eq!(pkce, format!("&code_challenge={challenge}&code_challenge_method=S256"));
    assert_eq!((count_intents(), events(), console_errors()), (0, String::new(), String::new()));
}

#[wasm_bindgen_test]
async fn the_status_line_exists_before_it_has_a_text() {
    let name = page(&format!("#smooch.error=access_denied&smooch.state={STATE}"));
    save_intent("/", 0);
    let element = element(&name, "client-id=a");
    let line = status_line(&element);
    assert_eq!(appearance(&element), "fallback");
    until(&element, "denied | Add to Smooch | You chose not to connect. Nothing was changed.").await;
    assert!(status_line(&element) == line);
}

#[wasm_bindgen_test]
async fn attributes_may_be_set_after_the_insertion() {
    let element = element(&page(""), "");
    of(&element).set("client-id", "later");
    until(&element, READY).await;
    assert!(href(&element).contains("client_id=later"));
    assert_eq!(events(), "");
}

#[wasm_bindgen_test]
async fn a_changed_attribute_changes_the_link_and_keeps_the_proof() {
    let element = ready("client-id=one").await;
    let before = href(&element);
    of(&element).set("client-id", "two");
    assert_eq!(href(&element), before.replace("client_id=one", "client_id=two"));
    of(&element).set("site", "shop");
    assert_eq!(
        href(&element),
        before.replace("client_id=one", "client_id=two").replace("1.main.", "1.shop.")
    );
    of(&element).set("label", "Connect");
    assert_eq!(appearance(&element), "ready | Connect");
}

#[wasm_bindgen_test]
async fn an_empty_attribute_counts_as_absent() {
    let element = ready("client-id=a site= session= authorize-url= mode=").await;
    let link = href(&element);
    assert!(link.starts_with("https://app.smooch.io/") && link.contains("&state=1.main."), "{link}");
    dispatch(&element, "click", "{}");
    let kept = read_store(true, &format!("smooch.intent.{}", &link[link.len() - 43..]));
    assert_eq!((value(&kept, "started_session"), value(&kept, "verifier").len()), (String::new(), 43));
}

#[wasm_bindgen_test]
async fn an_invalid_attribute_is_reported_and_the_fallback_shows() {
    let element = element(&page(""), "site=main");
    sleep(50).await;
    assert_eq!((appearance(&element).as_str(), events().as_str()), ("fallback", "failed:unsupported"));
    assert_eq!(console_errors(), "add-to-smooch: the attribute client-id is missing");
    of(&element).set("client-id", "a");
    until(&element, READY).await;
    of(&element).set("site", "No Such Name");
    assert_eq!(appearance(&element), "fallback");
}

#[wasm_bindgen_test]
async fn without_storage_the_fallback_stays() {
    let name = page("");
    block_store("localStorage", true);
    let element = element(&name, "client-id=a");
    sleep(50).await;
    block_store("localStorage", false);
    assert_eq!((appearance(&element).as_str(), events().as_str()), ("fallback", "failed:unsupported"));
    assert_eq!(console_errors(), "add-to-smooch: this browser blocks localStorage for this page");
}

#[wasm_bindgen_test]
async fn without_web_crypto_the_fallback_stays() {
    let name = page("");
    remove_web_crypto(true);
    let element = element(&name, "client-id=a");
    sleep(50).await;
    remove_web_crypto(false);
    assert_eq!((appearance(&element).as_str(), events().as_str()), ("fallback", "failed:unsupported"));
}

#[wasm_bindgen_test]
async fn without_webassembly_the_fallback_stays() {
    page("");
    define_unsupported("smooch-without");
    let element = element("smooch-without", "client-id=a");
    of(&element).set("client-id", "b");
    of(&element).remove();
    append(&element);
    assert_eq!(events(), "failed:unsupported failed:unsupported");
}

#[wasm_bindgen_test]
async fn a_script_that_is_loaded_twice_does_no_harm() {
    let name = page("");
    define(&name);
    until(&element(&name, "client-id=a"), READY).await;
}

#[wasm_bindgen_test]
async fn each_element_has_its_own_proof() {
    let name = page("");
    let [one, two] = ["a", "a"].map(|id| element(&name, &format!("client-id={id}")));
    until(&one, READY).await;
    until(&two, READY).await;
    assert_ne!(href(&one), href(&two));
    dispatch(&one, "click", "{}");
    assert_eq!((appearance(&one).as_str(), appearance(&two).as_str(), count_intents()), (LEAVING, READY, 1));
}

#[wasm_bindgen_test]
async fn a_reinserted_element_keeps_its_state() {
    let element = ready("client-id=a").await;
    let before = href(&element);
    of(&element).remove();
    of(&element).set("client-id", "b");
    append(&element);
    sleep(50).await;
    assert_eq!(href(&element), before.replace("client_id=a", "client_id=b"));
    assert_eq!((appearance(&element).as_str(), shadow_children(&element)), (READY, 3));
}

#[wasm_bindgen_test]
async fn an_element_that_is_removed_at_once_does_nothing() {
    let element = element(&page(""), "");
    of(&element).remove();
    sleep(50).await;
    assert_eq!((events(), console_errors()), (String::new(), String::new()));
}

#[wasm_bindgen_test]
async fn an_element_that_moves_to_another_document_keeps_its_style() {
    let element = ready("client-id=a").await;
    move_to(&element, &frame().await);
    sleep(50).await;
    assert_eq!((appearance(&element).as_str(), style_sheets(&element)), (READY, 1));
    dispatch(&element, "click", "{}");
    assert_eq!(appearance(&element), LEAVING);
}

#[wasm_bindgen_test]
async fn a_click_opens_a_popup_or_follows_the_link_if_the_module_is_missing() {
    for (is_missing, expected) in
        [(false, "in-popup | Add to Smooch | Go on in the window that has opened."), (true, LEAVING)]
    {
        let name = page("");
        break_modules(is_missing);
        let element = element(&name, "client-id=a mode=popup");
        until(&element, READY).await;
        sleep(100).await;
        break_modules(false);
        dispatch(&element, "click", "{}");
        assert_eq!((appearance(&element).as_str(), count_intents()), (expected, 1), "missing: {is_missing}");
    }
}

#[wasm_bindgen_test]
async fn a_missing_language_leaves_the_english_texts() {
    let name = page("");
    break_modules(true);
    let element = element(&name, "client-id=a lang=fr");
    until(&element, READY).await;
    sleep(100).await;
    break_modules(false);
    assert_eq!(appearance(&element), READY);
}

#[wasm_bindgen_test]
async fn a_plain_click_keeps_the_intent_and_follows_the_link() {
    let element = ready("client-id=a session=s1.x").await;
    let link = href(&element);
    let challenge = &link[link.len() - 43..];
    dispatch(&element, "click", "{}");
    assert_eq!(appearance(&element), LEAVING);
    assert_eq!(href(&element), link);
    let kept = read_store(true, &format!("smooch.intent.{challenge}"));
    assert_eq!((value(&kept, "verifier").len(), value(&kept, "started_session").as_str()), (43, "s1.x"));
    let place = value(&kept, "place");
    assert!(place.starts_with('/') && place.ends_with("?page=1"), "{kept}");
}

#[wasm_bindgen_test]
async fn the_challenge_in_the_link_is_the_digest_of_the_saved_verifier() {
    for _round in 0..8 {
        let element = ready("client-id=a").await;
        let link = href(&element);
        let challenge = &link[link.len() - 43..];
        dispatch(&element, "click", "{}");
        let saved = read_store(true, &format!("smooch.intent.{challenge}"));
        assert_eq!(digest(&value(&saved, "verifier")).await, challenge);
    }
}

#[wasm_bindgen_test]
async fn each_way_to_open_the_link_in_another_tab_starts_its_own_flow() {
    let element = ready("client-id=a").await;
    let ways = [
        ("click", r#"{"ctrlKey":true}"#),
        ("click", r#"{"metaKey":true}"#),
        ("click", r#"{"shiftKey":true}"#),
        ("auxclick", r#"{"button":1}"#),
        ("contextmenu", "{}"),
        ("dragstart", "{}"),
    ];
    for (number, (kind, init)) in (1..).zip(ways) {
        let before = href(&element);
        dispatch(&element, kind, init);
        assert_eq!((href(&element).as_str(), count_intents()), (before.as_str(), number), "{kind} {init}");
        for _ in 0..50 {
            sleep(10).await;
            if href(&element) != before {
                break;
            }
        }
        assert_ne!(href(&element), before, "{kind} {init}");
        assert_eq!(appearance(&element), READY);
    }
    dispatch(&element, "pointerdown", "{}");
    assert_eq!(count_intents(), 7);
}

#[wasm_bindgen_test]
async fn a_click_that_the_page_prevented_is_ignored() {
    let element = ready("client-id=a").await;
    let prevented = Closure::<dyn Fn(JsValue)>::new(|event: JsValue| {
        js_sys::Reflect::get(&event, &"preventDefault".into())
            .and_then(|prevent| js_sys::Function::from(prevent).call0(&event))
            .unwrap();
    });
    let listen =
        js_sys::Reflect::get(&element, &"addEventListener".into()).map(js_sys::Function::from).unwrap();
    listen.call3(&element, &"click".into(), prevented.as_ref(), &true.into()).unwrap();
    dispatch(&element, "click", "{}");
    assert_eq!((appearance(&element).as_str(), count_intents()), (READY, 0));
}

#[wasm_bindgen_test]
async fn a_page_from_the_back_forward_cache_gets_another_proof() {
    let element = ready("client-id=a").await;
    let before = href(&element);
    dispatch(&element, "click", "{}");
    page_show(false);
    assert_eq!(appearance(&element), LEAVING);
    page_show(true);
    until(&element, READY).await;
    sleep(50).await;
    assert!(!href(&element).is_empty() && href(&element) != before);
}

#[wasm_bindgen_test]
async fn a_removed_element_ignores_the_events_of_its_page() {
    let element = ready("client-id=a").await;
    let before = href(&element);
    of(&element).remove();
    page_show(true);
    sleep(50).await;
    assert_eq!(href(&element), before);
}

#[wasm_bindgen_test]
async fn expired_intents_are_deleted_and_other_records_are_not() {
    let name = page("");
    save_intent("/", 1000);
    write_store(true, "smooch.intent.junk", "junk");
    write_store(true, "else", "x");
    until(&element(&name, "client-id=a"), READY).await;
    assert_eq!((count_intents(), read_store(true, "else").as_str()), (0, "x"));
}

#[wasm_bindgen_test]
async fn the_focus_moves_from_the_fallback_to_the_button() {
    let element = element(&page(""), "client-id=a");
    focus(&element);
    until(&element, READY).await;
    assert!(has_focus(&element));
    dispatch(&element, "click", "{}");
    assert!(has_focus(&element));
}
