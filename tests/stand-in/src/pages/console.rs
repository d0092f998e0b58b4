//! The console: an owner's apps, and an app's conversations.

use super::{Page, icon};
use crate::accounts::{Account, App, Author, Conversation, Message};
use crate::authorization::Integration;
use crate::{INTEGRATION_NAME, iso8601};
use maud::{Markup, html};

/// All apps of an owner, each with the integration if it is in.
pub(crate) fn apps(apps: &[(Option<&Integration>, App)], account: &Account, csrf: &str) -> Page {
    let body = html! {
        h1 { "Apps" }
        p.lead { "Each app is one inbox, with the integrations you have allowed." }
        ul.app-list {
            @for (integration, app) in apps {
                li.app-card data-testid={ "app-" (app.id) } {
                    div.app-head {
                        (icon::avatar(&app.name, &app.id))
                        div { h2 { (app.name) } p.quiet { (app.id) } }
                    }
                    (installed(app, *integration, csrf))
                    a.button.plain.wide href={ "/console/apps/" (app.id) } { "Open conversations" }
                }
            }
        }
    };
    Page::console("Apps", &header(account, csrf), &body)
}

/// An app's conversations, with all their messages.
pub(crate) fn conversations(
    app: &App,
    integration: Option<&Integration>,
    account: &Account,
    csrf: &str,
) -> Page {
    let body = html! {
        p.crumb { a href="/console" { "Apps" } " / " (app.name) }
        div.title {
            h1 { (app.name) }
            a.button.plain href={ "/console/apps/" (app.id) } { "Refresh" }
        }
        div.columns {
            div.threads {
                @for conversation in &app.conversations { (thread(app, conversation)) }
            }
            aside.app-card aria-label="Integrations" {
                h2 { "Integrations" }
                (installed(app, integration, csrf))
            }
        }
    };
    Page::console(&app.name, &header(account, csrf), &body)
}

fn header(account: &Account, csrf: &str) -> Markup {
    html! {
        header.top {
            a.brand href="/console" { (icon::mark()) span { "Smooch" } }
            nav aria-label="Main" { a href="/console" { "Apps" } }
            form.account method="post" action="/logout" {
                span { (account.name) }
                input type="hidden" name="csrf" value=(csrf);
                button.link type="submit" { "Sign out" }
            }
        }
    }
}

fn installed(app: &App, integration: Option<&Integration>, csrf: &str) -> Markup {
    html! {
        @if let Some(integration) = integration {
            div.integration data-testid="integration" {
                div {
                    p.name { span.dot {} (INTEGRATION_NAME) }
                    p.quiet { "Connected " (iso8601::date(integration.since_ms)) }
                }
                form method="post" action={ "/console/apps/" (app.id) "/remove" } {
                    input type="hidden" name="csrf" value=(csrf);
                    button.link type="submit" data-testid={ "remove-" (app.id) } {
                        "Remove" span.hidden { " " (INTEGRATION_NAME) " from " (app.name) }
                    }
                }
            }
        } @else {
            p.none { "No integrations yet." }
        }
    }
}

fn thread(app: &App, conversation: &Conversation) -> Markup {
    let user = app.user(&conversation.user_id);
    let label = user.map_or("Someone", |user| user.label());
    let name = conversation.display_name.as_deref().unwrap_or(label);
    html! {
        section.thread aria-label={ "Conversation with " (name) } {
            header.thread-head {
                (icon::avatar(name, &conversation.user_id))
                div { h2 { (name) } p.quiet { "Customer" } }
            }
            ol.messages {
                @for message in &conversation.messages { (bubble(message)) }
            }
            @if conversation.messages.is_empty() { p.none { "No messages yet." } }
        }
    }
}

fn bubble(message: &Message) -> Markup {
    let (class, name, via) = match &message.author {
        Author::Customer(name) => ("message in", name.as_str(), None),
        Author::Business(integration) => ("message out", "You", Some(integration)),
    };
    html! {
        li class=(class) data-testid="message" {
            p.text { (message.text) }
            p.meta {
                (name)
                @if let Some(integration) = via { " · via " span data-testid="via" { (integration) } }
                " · " time datetime=(iso8601::date_time(message.received_ms)) { (moment(message.received_ms)) }
            }
        }
    }
}

/// `1 Jun 2026, 12:00 UTC`.
fn moment(ms: u64) -> String {
    format!("{}, {} UTC", iso8601::date(ms), iso8601::clock(ms).get(..5).unwrap_or_default())
}
