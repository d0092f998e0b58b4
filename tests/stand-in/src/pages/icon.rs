//! Icons as inline SVG, so that no page loads an image.

use maud::{Markup, html};

/// The logo beside the name: a speech bubble with a gradient from purple to pink.
pub(super) fn logo() -> Markup {
    html! {
        svg.logo viewBox="0 0 36 36" width="36" height="36" aria-hidden="true" focusable="false" {
            defs {
                linearGradient id="logo" x1="0" y1="0" x2="1" y2="1" {
                    stop offset="0" stop-color="#883293" {}
                    stop offset="1" stop-color="#EE2A7B" {}
                }
            }
            path fill="url(#logo)" d="M18 3C9.2 3 2 9 2 16.500c0 4.300 2.400 8.100 6.100 10.600L7 33l6.900-3.500c1.300.3 2.700.5 4.100.5 8.800 0 16-6 16-13.500S26.800 3 18 3z" {}
            path fill="none" stroke="#fff" stroke-width="2.600" stroke-linecap="round" d="M11 17.500c1.800 3 4.200 4.500 7 4.500s5.200-1.500 7-4.500" {}
        }
    }
}

/// The first letter of a name. The last digit of the id determines the colour, so the apps of an owner differ.
pub(super) fn avatar(name: &str, id: &str) -> Markup {
    let letter = name.chars().next().unwrap_or('?').to_uppercase().to_string();
    let hue = id.bytes().last().unwrap_or_default() % 3;
    html! { span class={ "avatar hue-" (hue) } aria-hidden="true" { (letter) } }
}

/// The tick before something that the integration can do.
pub(super) fn tick() -> Markup {
    stroke("tick", "M4 10.500l4 4 8-9")
}

/// The cross before something that the integration cannot do.
pub(super) fn cross() -> Markup {
    stroke("cross", "M5 5l10 10M15 5L5 15")
}

/// An icon of one stroke.
fn stroke(class: &str, path: &str) -> Markup {
    html! {
        svg class=(class) viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" focusable="false" {
            path fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round" d=(path) {}
        }
    }
}
