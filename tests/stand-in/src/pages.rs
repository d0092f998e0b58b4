//! The pages that a person sees. All share one layout and the headers that forbid scripts, framing and caching.
//! The templates escape every value.

pub(crate) mod authorize;
pub(crate) mod console;
mod icon;
pub(crate) mod login;

use crate::options::Options;
use crate::response::{self, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, StatusCode};
use maud::{DOCTYPE, Markup, html};

/// The Content Security Policy of most pages: no scripts, no framing, and nothing from other origins.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// The Content Security Policy of Allow and Deny. It has no `form-action`, because Chromium also applies it to the
/// redirect after a form, and that redirect leads to the integration.
const DECISION_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                               frame-ancestors 'none'";

/// A rendered page with its Content Security Policy.
pub(crate) struct Page {
    markup: Markup,
    policy: &'static str,
}

impl Page {
    /// A page with one card: sign-in, the app picker, Allow and Deny, and errors.
    fn card(title: &str, body: &Markup) -> Self {
        let main = html! {
            main.centered { div.card { div.brand { (icon::logo()) span { "Smooch" } } (body) } }
        };
        Self { markup: layout(title, "card-page", &main), policy: POLICY }
    }

    /// A page of the console.
    fn console(title: &str, header: &Markup, body: &Markup) -> Self {
        let main = html! { (header) main.console { (body) } };
        Self { markup: layout(title, "console-page", &main), policy: POLICY }
    }

    /// Lets the page's form redirect to another origin.
    fn with_external_redirect(self) -> Self {
        Self { policy: DECISION_POLICY, ..self }
    }

    /// Makes the response. [`Options::coop`] adds `Cross-Origin-Opener-Policy: same-origin`.
    pub(crate) fn into_response(self, status: StatusCode, options: &Options) -> Response {
        const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
        let mut response = Response::new(self.markup.into_string().into_bytes());
        *response.status_mut() = status;
        response::set_header(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
        response::set_header(&mut response, CACHE_CONTROL, "no-store");
        response::set_header(&mut response, CONTENT_SECURITY_POLICY, self.policy);
        response::set_header(&mut response, REFERRER_POLICY, "no-referrer");
        response::set_header(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
        response::set_header(&mut response, X_FRAME_OPTIONS, "DENY");
        if options.coop {
            response::set_header(&mut response, COOP, "same-origin");
        }
        response
    }
}

/// The response with the style sheet of all pages.
pub(crate) fn stylesheet() -> Response {
    let mut response = Response::new(include_bytes!("pages/stand-in.css").to_vec());
    response::set_header(&mut response, CONTENT_TYPE, "text/css; charset=utf-8");
    response::set_header(&mut response, CACHE_CONTROL, "no-cache");
    response::set_header(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// An error page for a rejected request, with the reason.
pub(crate) fn error(title: &str, text: &str) -> Page {
    let body = html! {
        h1 { (title) }
        p.lead data-testid="refused" { (text) }
        p.muted { "Nothing was connected or changed." }
    };
    Page::card(title, &body)
}

/// The error page for an unknown path and for another account's app.
pub(crate) fn not_found() -> Page {
    let body = html! {
        h1 { "Page not found" }
        p.lead { "This page does not exist, or it belongs to an app of another account." }
        p { a.button href="/console" { "Go to your apps" } }
    };
    Page::card("Page not found", &body)
}

/// The HTML document that all pages share.
fn layout(title: &str, class: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Smooch stand-in" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/stand-in.css";
            }
            body class=(class) {
                p.banner role="note" {
                    strong { "Stand-in." }
                    " This is not Smooch. It imitates Smooch for tests and demos."
                }
                (main)
            }
        }
    }
}
