//! The choice of an app, and Allow and Deny.

use super::{Page, icon};
use crate::INTEGRATION_NAME;
use crate::accounts::App;
use maud::{Markup, html};

/// Lets an owner of several apps pick one. `missed` if the form came back without a choice.
pub(crate) fn picker(apps: &[App], email: &str, csrf: &str, action: &str, missed: bool) -> Page {
    let body = html! {
        h1 { "Which app?" }
        p.lead { strong { (INTEGRATION_NAME) } " will be connected to the app you pick, and to no other." }
        @if missed {
            p.alert role="alert" { "Please pick an app." }
        }
        form method="post" action=(action) {
            input type="hidden" name="csrf" value=(csrf);
            fieldset.apps {
                legend.hidden { "Your apps" }
                @for app in apps {
                    label.choice {
                        input type="radio" name="app" value=(app.id) required;
                        (icon::avatar(&app.name, &app.id))
                        span.what { strong { (app.name) } span.quiet { (app.id) } }
                    }
                }
            }
            button #continue .button.wide type="submit" { "Continue" }
        }
        (signed_in_as(email))
    };
    Page::card("Pick an app", &body)
}

/// Asks whether the integration may be connected to `app`. `pick` leads back to the choice, where there was one.
pub(crate) fn decision(app: &App, email: &str, csrf: &str, action: &str, pick: Option<&str>) -> Page {
    let body = html! {
        h1 { "Allow " (INTEGRATION_NAME) "?" }
        div.asked data-testid="app" {
            (icon::avatar(&app.name, &app.id))
            p { strong { (INTEGRATION_NAME) } " asks for access to your app " strong { (app.name) } "." }
        }
        h2 { "It will be able to" }
        ul.access {
            li { (icon::tick()) "read and send messages" }
            li { (icon::tick()) "see customers, and add new ones" }
            li { (icon::tick()) "be told of new messages as they come" }
        }
        h2 { "It will not be able to" }
        ul.access.not {
            li { (icon::cross()) "see your other apps" }
            li { (icon::cross()) "change this app’s settings" }
        }
        form.decide method="post" action=(action) {
            input type="hidden" name="csrf" value=(csrf);
            button #deny .button.plain type="submit" name="decision" value="deny" { "Deny" }
            button #allow .button type="submit" name="decision" value="allow" { "Allow" }
        }
        p.quiet {
            "You can remove it at any time under “Apps”."
            @if let Some(pick) = pick { " Not this app? " a #pick href=(pick) { "Pick another" } "." }
        }
        (signed_in_as(email))
    };
    Page::card("Allow access", &body).leading_elsewhere()
}

fn signed_in_as(email: &str) -> Markup {
    html! { p.quiet.who { "Signed in as " (email) } }
}
