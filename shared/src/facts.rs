//! The report of the page check as codes: the edge writes it at `/setup.json`, and the setup page reads it.
//!
//! It never contains a secret or a text for people: everybody can read the settings and pages that it describes, and the setup
//! page explains the codes.

use alloc::vec::Vec;
#[cfg(feature = "facts")]
use serde::{Deserialize, Serialize};

/// The placeholder for the session in a snippet. The partner's backend replaces it with a real session.
pub const SESSION_PLACEHOLDER: &str = "SESSION_FROM_YOUR_BACKEND";

/// The report about a site, which the setup page requests by name and origin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
pub struct Facts {
    /// The result of the search in the settings.
    pub site: SiteFact,
    /// `true` if the site's users need a session. `None` if the settings do not have the site.
    #[cfg_attr(feature = "facts", serde(default, skip_serializing_if = "Option::is_none"))]
    pub require_session: Option<bool>,
    /// The result of the check of its `return_to`. `None` if the settings do not have the site.
    #[cfg_attr(feature = "facts", serde(default, skip_serializing_if = "Option::is_none"))]
    pub page: Option<PageFact>,
}

/// The result of the search for a site in the settings, by name and origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "snake_case"))]
pub enum SiteFact {
    /// A site has this name and this origin.
    Known,
    /// A site has this name and another origin.
    OtherOrigin,
    /// No site has this name, but one with another name has this origin.
    OtherName,
    /// No site has this name or this origin.
    Unknown,
}

/// The result of a request for a return page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(tag = "answer", rename_all = "snake_case"))]
pub enum PageFact {
    /// The page is HTML, and it was read.
    Html(HtmlFacts),
    /// The response is not HTML.
    OtherType,
    /// The response is a redirect, which the edge does not follow.
    Redirect {
        /// The HTTP status.
        status: u16,
    },
    /// The response is an HTTP error.
    Error {
        /// The HTTP status.
        status: u16,
    },
    /// The server did not respond.
    Unreachable,
    /// The page is on the edge itself, which sends no request to itself.
    OnTheEdge,
}

/// The content of a return page, as the server sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
pub struct HtmlFacts {
    /// `true` if only the beginning was read, because the page is too long.
    pub cut: bool,
    /// The script that the page loads.
    pub script: ScriptFact,
    /// `true` if the page has the element.
    pub button: bool,
    /// The element's attributes that do not match the settings.
    pub wrong: Vec<Attribute>,
    /// The actions of the button that the page's Content-Security-Policy blocks.
    pub blocked: Vec<Blocked>,
}

/// The script that a page loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "snake_case"))]
pub enum ScriptFact {
    /// This edge's script under its stable name, `add-to-smooch.js`.
    Floating,
    /// A pinned build, from this edge.
    Pinned,
    /// The script under its stable name with an `integrity` digest, which the next deployment invalidates.
    FloatingWithDigest,
    /// This edge's script, without `type="module"`.
    NotModule,
    /// A script of the same name, from another origin.
    Elsewhere,
    /// The page loads no such script.
    Missing,
}

/// An attribute of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "kebab-case"))]
pub enum Attribute {
    /// `site` has the name of another site.
    Site,
    /// `client-id` is missing, or is not the deployment's.
    ClientId,
    /// `authorize-url` differs from the deployment's authorization endpoint.
    AuthorizeUrl,
    /// Only one of `pkce` and the deployment's setting `SMOOCH_PKCE` is on.
    Pkce,
    /// The site requires `session`, and it is missing or still the placeholder.
    Session,
}

/// An action of the button that a Content-Security-Policy can block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "snake_case"))]
pub enum Blocked {
    /// Load the script.
    Script,
    /// Run WebAssembly.
    Wasm,
    /// Send requests to the edge.
    Connect,
}

impl SiteFact {
    /// The code as it appears in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::OtherOrigin => "other_origin",
            Self::OtherName => "other_name",
            Self::Unknown => "unknown",
        }
    }
}

impl ScriptFact {
    /// The code as it appears in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Floating => "floating",
            Self::Pinned => "pinned",
            Self::FloatingWithDigest => "floating_with_digest",
            Self::NotModule => "not_module",
            Self::Elsewhere => "elsewhere",
            Self::Missing => "missing",
        }
    }
}

impl Attribute {
    /// The code as it appears in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::ClientId => "client-id",
            Self::AuthorizeUrl => "authorize-url",
            Self::Pkce => "pkce",
            Self::Session => "session",
        }
    }
}

impl Blocked {
    /// The code as it appears in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Wasm => "wasm",
            Self::Connect => "connect",
        }
    }
}

#[cfg(all(test, feature = "server", feature = "facts"))]
mod tests {
    use super::*;

    #[track_caller]
    fn check(facts: &Facts, expected: &str) {
        assert_eq!(serde_json::to_string(facts).as_deref().ok(), Some(expected));
        assert_eq!(serde_json::from_str::<Facts>(expected).ok().as_ref(), Some(facts));
    }

    #[test]
    fn facts_round_trip() {
        let site_only = |site| Facts { site, require_session: None, page: None };
        check(&site_only(SiteFact::OtherOrigin), r#"{"site":"other_origin"}"#);
        let known =
            |page| Facts { require_session: Some(true), page: Some(page), ..site_only(SiteFact::Known) };
        let head = r#"{"site":"known","require_session":true,"page":"#;
        check(&known(PageFact::Unreachable), &[head, r#"{"answer":"unreachable"}}"#].concat());
        let error = PageFact::Error { status: 404 };
        check(&known(error), &[head, r#"{"answer":"error","status":404}}"#].concat());
        let html = HtmlFacts {
            cut: false,
            script: ScriptFact::FloatingWithDigest,
            button: true,
            wrong: [Attribute::ClientId].into(),
            blocked: [Blocked::Wasm].into(),
        };
        let body = r#"{"answer":"html","cut":false,"script":"floating_with_digest","button":true,"wrong":["client-id"],"blocked":["wasm"]}}"#;
        check(&known(PageFact::Html(html)), &[head, body].concat());
    }
}
