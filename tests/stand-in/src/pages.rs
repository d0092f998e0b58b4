//! The pages a person sees: one frame for all, with the headers that keep it from being framed, kept or scripted.
//! Everything that is put into a page is escaped by the template.

pub(crate) mod authorize;
pub(crate) mod console;
mod icon;
pub(crate) mod login;

use crate::{Response, answer};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, StatusCode};
use maud::{DOCTYPE, Markup, html};

/// No script, no frame, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// The same for Allow and Deny, without `form-action`: Chromium holds it against the redirect that follows a form
/// too, and that one leads to the integration.
const DECISION_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                               frame-ancestors 'none'";

/// A page that is ready to be sent.
pub(crate) struct Page {
    markup: Markup,
    policy: &'static str,
}

impl Page {
    /// A page about one thing: sign-in, the choice of an app, Allow and Deny, a refusal.
    fn card(title: &str, body: &Markup) -> Self {
        let main = html! {
            main.stage { div.card { div.brand { (icon::mark()) span { "Smooch" } } (body) } }
        };
        Self { markup: frame(title, "card-page", &main), policy: POLICY }
    }

    /// A page of the console.
    fn console(title: &str, header: &Markup, body: &Markup) -> Self {
        let main = html! { (header) main.console { (body) } };
        Self { markup: frame(title, "console-page", &main), policy: POLICY }
    }

    fn leading_elsewhere(self) -> Self {
        Self { policy: DECISION_POLICY, ..self }
    }

    pub(crate) fn into_response(self, status: StatusCode, coop: bool) -> Response {
        const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
        let mut response = Response::new(self.markup.into_string().into_bytes());
        *response.status_mut() = status;
        answer::set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
        answer::set(&mut response, CACHE_CONTROL, "no-store");
        answer::set(&mut response, CONTENT_SECURITY_POLICY, self.policy);
        answer::set(&mut response, REFERRER_POLICY, "no-referrer");
        answer::set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
        answer::set(&mut response, X_FRAME_OPTIONS, "DENY");
        if coop {
            answer::set(&mut response, COOP, "same-origin");
        }
        response
    }
}

/// The style sheet of every page.
pub(crate) fn style() -> Response {
    let mut response = Response::new(include_bytes!("pages/stand-in.css").to_vec());
    answer::set(&mut response, CONTENT_TYPE, "text/css; charset=utf-8");
    answer::set(&mut response, CACHE_CONTROL, "no-cache");
    answer::set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// What is not done, and why.
pub(crate) fn refused(title: &str, text: &str) -> Page {
    let body = html! {
        h1 { (title) }
        p.lead data-testid="refused" { (text) }
        p.quiet { "Nothing was connected and nothing was changed." }
    };
    Page::card(title, &body)
}

pub(crate) fn not_found() -> Page {
    let body = html! {
        h1 { "There is nothing here" }
        p.lead { "The page may have moved, or it belongs to someone else’s app." }
        p { a.button href="/console" { "Go to your apps" } }
    };
    Page::card("There is nothing here", &body)
}

fn frame(title: &str, class: &str, main: &Markup) -> Markup {
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
                p.banner role="note" { strong { "Stand-in." } " This is not Smooch: it only plays its part for tests and demos." }
                (main)
            }
        }
    }
}
