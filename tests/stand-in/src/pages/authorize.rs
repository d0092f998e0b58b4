//! The pages of the authorization endpoint: the app picker, and Allow and Deny.

use super::{Page, icon};
use crate::accounts::App;
use crate::integration::INTEGRATION_NAME;
use maud::{Markup, html};

/// The app picker, for an owner of several apps. `no_choice` asks again after a form without a choice.
pub(crate) fn picker(apps: &[App], email: &str, csrf: &str, action: &str, no_choice: bool) -> Page {
    let body = html! {
        h1 { "Choose an app" }
        p.lead { strong { (INTEGRATION_NAME) } " will be connected to the app that you choose, and to no other app." }
        @if no_choice {
            p.alert role="alert" { "Please choose an app." }
        }
        form method="post" action=(action) {
            input type="hidden" name="csrf" value=(csrf);
            fieldset.apps {
                legend.hidden { "Your apps" }
                @for app in apps {
                    label.choice {
                        input type="radio" name="app" value=(app.id) required;
                        (icon::avatar(&app.name, &app.id))
                        span.choice-label { strong { (app.name) } span.muted { (app.id) } }
                    }
                }
            }
            button #continue .button.wide type="submit" { "Continue" }
        }
        (signed_in_as(email))
    };
    Page::card("Choose an app", &body)
}

/// Allow and Deny for one app. `picker_url` leads back to the app picker. `None` if the owner has one app only.
pub(crate) fn decision(app: &App, email: &str, csrf: &str, action: &str, picker_url: Option<&str>) -> Page {
    let body = html! {
        h1 { "Allow " (INTEGRATION_NAME) "?" }
        div.request data-testid="app" {
            (icon::avatar(&app.name, &app.id))
            p { strong { (INTEGRATION_NAME) } " asks for access to your app " strong { (app.name) } "." }
        }
        h2 { "It will be able to" }
        ul.access {
            li { (icon::tick()) "read and send messages" }
            li { (icon::tick()) "see your customers and add new ones" }
            li { (icon::tick()) "be notified of new messages" }
        }
        h2 { "It will not be able to" }
        ul.access.denied {
            li { (icon::cross()) "see your other apps" }
            li { (icon::cross()) "change this app’s settings" }
        }
        form.decide method="post" action=(action) {
            input type="hidden" name="csrf" value=(csrf);
            button #deny .button.plain type="submit" name="decision" value="deny" { "Deny" }
            button #allow .button type="submit" name="decision" value="allow" { "Allow" }
        }
        p.muted {
            "You can remove it at any time under “Apps”."
            @if let Some(url) = picker_url { " Not this app? " a #pick href=(url) { "Choose another" } "." }
        }
        (signed_in_as(email))
    };
    Page::card("Allow access", &body).with_external_redirect()
}

/// The line that names the signed-in account.
fn signed_in_as(email: &str) -> Markup {
    html! { p.muted.signed-in { "Signed in as " (email) } }
}
