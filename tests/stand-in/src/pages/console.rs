//! The pages of the console: the owner's apps, and the conversations of an app.

use super::{Page, icon};
use crate::accounts::{Account, App, Author, Conversation, Message};
use crate::datetime;
use crate::integration::{INTEGRATION_NAME, Integration};
use maud::{Markup, html};

/// The owner's apps, each with its installed integration.
pub(crate) fn apps(apps: &[(Option<&Integration>, App)], account: &Account, csrf: &str) -> Page {
    let body = html! {
        h1 { "Apps" }
        p.lead { "Each app is an inbox with the integrations that you have allowed." }
        ul.app-list {
            @for (integration, app) in apps {
                li.app-card data-testid={ "app-" (app.id) } {
                    div.app-head {
                        (icon::avatar(&app.name, &app.id))
                        div { h2 { (app.name) } p.muted { (app.id) } }
                    }
                    (installed_integration(app, *integration, csrf))
                    a.button.plain.wide href={ "/console/apps/" (app.id) } { "Open conversations" }
                }
            }
        }
    };
    Page::console("Apps", &header(account, csrf), &body)
}

/// The conversations of an app, with all messages.
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
                (installed_integration(app, integration, csrf))
            }
        }
    };
    Page::console(&app.name, &header(account, csrf), &body)
}

/// The header with the navigation and the sign-out button.
fn header(account: &Account, csrf: &str) -> Markup {
    html! {
        header.top {
            a.brand href="/console" { (icon::logo()) span { "Smooch" } }
            nav aria-label="Main" { a href="/console" { "Apps" } }
            form.account method="post" action="/logout" {
                span { (account.name) }
                input type="hidden" name="csrf" value=(csrf);
                button.link type="submit" { "Sign out" }
            }
        }
    }
}

/// The installed integration with its Remove button, or a note that there is none.
fn installed_integration(app: &App, integration: Option<&Integration>, csrf: &str) -> Markup {
    html! {
        @if let Some(integration) = integration {
            div.integration data-testid="integration" {
                div {
                    p.name { span.dot {} (INTEGRATION_NAME) }
                    p.muted { "Connected " (datetime::date(integration.installed_ms)) }
                }
                form method="post" action={ "/console/apps/" (app.id) "/remove" } {
                    input type="hidden" name="csrf" value=(csrf);
                    button.link type="submit" data-testid={ "remove-" (app.id) } {
                        "Remove" span.hidden { " " (INTEGRATION_NAME) " from " (app.name) }
                    }
                }
            }
        } @else {
            p.empty { "No integrations yet." }
        }
    }
}

fn thread(app: &App, conversation: &Conversation) -> Markup {
    let user = app.user(&conversation.user_id);
    let user_name = user.map_or("Someone", |user| user.display_name());
    let name = conversation.display_name.as_deref().unwrap_or(user_name);
    html! {
        section.thread aria-label={ "Conversation with " (name) } {
            header.thread-head {
                (icon::avatar(name, &conversation.user_id))
                div { h2 { (name) } p.muted { "Customer" } }
            }
            ol.messages {
                @for message in &conversation.messages { (message_bubble(message)) }
            }
            @if conversation.messages.is_empty() { p.empty { "No messages yet." } }
        }
    }
}

fn message_bubble(message: &Message) -> Markup {
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
                " · " time datetime=(datetime::iso8601(message.received_ms)) { (date_and_time(message.received_ms)) }
            }
        }
    }
}

/// Formats a time: `1 Jun 2026, 12:00 UTC`.
fn date_and_time(ms: u64) -> String {
    format!("{}, {} UTC", datetime::date(ms), datetime::time_of_day(ms).get(..5).unwrap_or_default())
}
