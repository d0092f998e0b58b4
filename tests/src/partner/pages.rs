//! The partner's pages. Their Content-Security-Policy is the documented one.

use http::StatusCode;
use maud::{DOCTYPE, html};
use serde_json::Value;
use stand_in::Response;

/// A page with the embed: `/`, where flows finish, or `/pricing`, where one can start too.
pub(super) fn page(edge: &str, authorize_url: &str, path: &str, session: Option<&str>) -> Response {
    let title = if path == "/" { "Integrations" } else { "Pricing" };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Shoplifter" }
                link rel="stylesheet" href="/shop.css";
                link rel="icon" href="data:,";
                script type="module" src=(format!("{edge}/add-to-smooch.js")) {}
                script type="module" src="/shop.js" {}
            }
            body {
                header {
                    a.brand href="/" { "Shoplifter" }
                    nav {
                        a href="/" aria-current=[(path == "/").then_some("page")] { "Integrations" }
                        a href="/pricing" aria-current=[(path != "/").then_some("page")] { "Pricing" }
                    }
                }
                main {
                    h1 { (title) }
                    p.lead { "Shoplifter tells your customers when a product is available again. "
                        "Connect your Smooch app, and Shoplifter can write to them in your chat." }
                    section.card {
                        div {
                            h2 { "Smooch" }
                            p { "Shoplifter sends and receives messages on behalf of your app. You can revoke this at any time." }
                        }
                        add-to-smooch client-id="shoplifter" site="main" session=[session] authorize-url=(authorize_url) {
                            a href=(format!("{edge}/install")) { "Add to Smooch" }
                        }
                    }
                    p #note role="status" {}
                    section #connections {
                        h2 { "Connected apps" }
                        p.empty #empty { "None yet." }
                        ul #list {}
                    }
                    section #events {
                        h2 { "Events" }
                        p.empty { "The event feed, about a minute behind." }
                        ol #feed {}
                    }
                }
            }
        }
    };
    let csp = format!(
        "default-src 'none'; script-src 'self' {edge} 'wasm-unsafe-eval'; connect-src 'self' {edge}; style-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    answer(
        StatusCode::OK,
        "text/html; charset=utf-8",
        &page.into_string(),
        &[("content-security-policy", &csp)],
    )
}

pub(super) fn file(content_type: &str, text: &str) -> Response {
    answer(StatusCode::OK, content_type, text, &[])
}

pub(super) fn json(body: &Value) -> Response {
    answer(StatusCode::OK, "application/json", &body.to_string(), &[])
}

pub(super) fn text(status: StatusCode, text: &str) -> Response {
    answer(status, "text/plain; charset=utf-8", text, &[])
}

fn answer(status: StatusCode, content_type: &str, body: &str, headers: &[(&str, &str)]) -> Response {
    let mut answer = http::Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("cache-control", "no-cache")
        .header("x-content-type-options", "nosniff");
    for &(name, value) in headers {
        answer = answer.header(name, value);
    }
    answer.body(body.as_bytes().to_vec()).unwrap_or_default()
}
