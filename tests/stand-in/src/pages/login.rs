//! The sign-in page.

use super::Page;
use crate::accounts::{OWNER, PASSWORD, SINGLE, VICTIM};
use crate::integration::INTEGRATION_NAME;
use maud::html;

/// The sign-in page, which leads to `next`. `failed_email` is the e-mail address of a failed attempt.
pub(crate) fn page(csrf: &str, next: &str, failed_email: Option<&str>) -> Page {
    let authorizing = next.contains("/oauth/authorize");
    let body = html! {
        h1 { "Sign in" }
        p.lead {
            @if authorizing { "Sign in to connect " strong { (INTEGRATION_NAME) } " to your app." }
            @else { "Your customers’ conversations, in one place." }
        }
        @if failed_email.is_some() {
            p.alert role="alert" data-testid="login-failed" {
                "The e-mail address and the password do not match. Please try again."
            }
        }
        form method="post" action="/login" {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="next" value=(next);
            div.field {
                label for="email" { "E-mail address" }
                input #email type="email" name="email" value=(failed_email.unwrap_or_default())
                    autocomplete="username" required;
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
            p { "The password of every account is " code { (PASSWORD) } "." }
        }
    };
    Page::card("Sign in", &body)
}
