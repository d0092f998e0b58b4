//! Drawings, inline, so that no page loads one.

use maud::{Markup, html};

/// The mark beside the name: two speech bubbles, from purple to pink.
pub(super) fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 36 36" width="36" height="36" aria-hidden="true" focusable="false" {
            defs {
                linearGradient id="mark" x1="0" y1="0" x2="1" y2="1" {
                    stop offset="0" stop-color="#883293" {}
                    stop offset="1" stop-color="#EE2A7B" {}
                }
            }
            path fill="url(#mark)" d="M18 3C9.2 3 2 9 2 16.500c0 4.300 2.400 8.100 6.100 10.600L7 33l6.900-3.500c1.300.3 2.700.5 4.100.5 8.800 0 16-6 16-13.500S26.800 3 18 3z" {}
            path fill="none" stroke="#fff" stroke-width="2.600" stroke-linecap="round" d="M11 17.500c1.800 3 4.200 4.500 7 4.500s5.200-1.500 7-4.500" {}
        }
    }
}

/// An app as its first letter. The colour is by the last digit of its id, so an owner's apps differ.
pub(super) fn avatar(name: &str, id: &str) -> Markup {
    let letter = name.chars().next().unwrap_or('?').to_uppercase().to_string();
    let hue = id.bytes().last().unwrap_or_default() % 3;
    html! { span class={ "avatar hue-" (hue) } aria-hidden="true" { (letter) } }
}

/// A tick before something that an integration may do.
pub(super) fn tick() -> Markup {
    stroke("tick", "M4 10.500l4 4 8-9")
}

/// A cross before something that it may not.
pub(super) fn cross() -> Markup {
    stroke("cross", "M5 5l10 10M15 5L5 15")
}

fn stroke(class: &str, path: &str) -> Markup {
    html! {
        svg class=(class) viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" focusable="false" {
            path fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round" d=(path) {}
        }
    }
}
