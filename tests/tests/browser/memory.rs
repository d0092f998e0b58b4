//! Memory: an element that leaves the page is freed, with its share of the WebAssembly's memory.

use serde_json::json;
use std::{thread, time::Duration};
use tests::{
    browser::Browser,
    fixtures::{Fixture, READY, SCRIPT},
};

const ELEMENTS: u64 = 50;

/// Adds many elements and waits until each is ready.
const ADD: &str = "
    window.elements = Array.from({ length: 50 }, () => {
        const element = document.createElement('add-to-smooch');
        element.setAttribute('client-id', 'shoplifter');
        return document.body.appendChild(element);
    })";
const ALL_READY: &str = "elements.every((it) => it.shadowRoot?.querySelector('[part=button]')?.href)";

/// Removes them all and keeps only weak references.
const REMOVE: &str = "
    window.references = elements.map((it) => new WeakRef(it));
    elements.forEach((it) => it.remove());
    delete window.elements";

/// Keeps the class from telling its `Button` that the element has left, so that the view is not dropped.
const WITHOUT_DISCONNECT: &str = "<script>
    const define = customElements.define;
    customElements.define = function (name, element) {
        delete element.prototype.disconnectedCallback;
        define.call(this, name, element);
    };
</script>";

/// Counts the removed elements that are still in memory after a forced garbage collection.
fn alive_after_removal(head: &str) -> u64 {
    let fixture = Fixture::new();
    fixture.serve_page("/", &[], &[head, SCRIPT].concat(), "ELEMENT");
    let browser = Browser::new();
    browser.open(&fixture.environment.partner);
    browser.wait("the button is ready", READY);
    browser.js(ADD);
    browser.wait("each element is ready", ALL_READY);
    browser.js(REMOVE);
    let mut alive = ELEMENTS;
    // Finalizers of one collection free what the next one finds.
    for _try in 0..10 {
        browser.cdp("HeapProfiler.collectGarbage", &json!({}));
        thread::sleep(Duration::from_millis(100));
        let counted = browser.js("return references.filter((it) => it.deref()).length");
        alive = counted.as_u64().unwrap_or(ELEMENTS);
        if alive == 0 {
            break;
        }
    }
    alive
}

#[test]
fn removed_elements_are_freed() {
    assert_eq!(alive_after_removal(""), 0);
}

/// Proves that the test above can fail.
#[test]
fn an_element_whose_view_is_not_dropped_stays_in_memory() {
    assert_eq!(alive_after_removal(WITHOUT_DISCONNECT), ELEMENTS);
}
