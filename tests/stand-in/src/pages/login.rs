//! The sign-in page.

use super::Page;
use crate::accounts::{OWNER, PASSWORD, SINGLE, VICTIM};
use maud::html;

/// Signs in and then goes to `next`. `tried` is the e-mail address of an attempt that failed.
pub(crate) fn page(csrf: &str, next: &str, tried: Option<&str>) -> Page {
    let authorizing = next.contains("/oauth/authorize");
    let body = html! {
        h1 { "Sign in" }
        p.lead {
            @if authorizing { "Sign in to connect " strong { (crate::INTEGRATION_NAME) } " to your app." }
            @else { "Your customers’ conversations, in one place." }
        }
        @if tried.is_some() {
            p.alert role="alert" data-testid="login-failed" { "That e-mail address and password do not match. Please try again." }
        }
        form method="post" action="/login" {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="next" value=(next);
            div.field {
                label for="email" { "E-mail address" }
                input #email type="email" name="email" value=(tried.unwrap_or_default()) autocomplete="username" required;
            }
            div.field {
                label for="password" { "Password" }
                input #password type="password" name="password" autocomplete="current-password" required;
            }
            button #login .button.wide type="submit" { "Sign in" }
        }
        section.hint aria-labelledby="demo-accounts" {
            h2 #demo-accounts { "Demo accounts" }
            dl {
                div { dt { (OWNER) } dd { "three apps" } }
                div { dt { (SINGLE) } dd { "one app" } }
                div { dt { (VICTIM) } dd { "one app" } }
            }
            p { "The password of each is " code { (PASSWORD) } "." }
        }
    };
    Page::card("Sign in", &body)
}
