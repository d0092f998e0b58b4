//! What the edge says of a site's return page, in codes: as `/setup.json` writes them and as the setup page reads them.
//!
//! They are facts about settings and pages that anybody can look at. What they mean to a person, and what to do about
//! it, is the setup page's to say.

use alloc::vec::Vec;
#[cfg(feature = "facts")]
use serde::{Deserialize, Serialize};

/// What stands in a snippet for the session, until the partner's backend puts a real one there.
pub const SESSION_PLACEHOLDER: &str = "SESSION_FROM_YOUR_BACKEND";

/// What is known of a site that was asked for by its name and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
pub struct Facts {
    /// Whether the settings have it.
    pub site: SiteFact,
    /// Whether its users must be vouched for by a session, for a site that is there.
    #[cfg_attr(feature = "facts", serde(default, skip_serializing_if = "Option::is_none"))]
    pub require_session: Option<bool>,
    /// What came of looking at its `return_to`, for a site that is there.
    #[cfg_attr(feature = "facts", serde(default, skip_serializing_if = "Option::is_none"))]
    pub page: Option<PageFact>,
}

/// Whether the settings have a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "snake_case"))]
pub enum SiteFact {
    /// A site of this name and this origin.
    Known,
    /// The name is of a site with another origin.
    OtherOrigin,
    /// No site of this name, but one of another name with this origin.
    OtherName,
    /// Neither.
    Unknown,
}

/// What came of looking at a return page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(tag = "answer", rename_all = "snake_case"))]
pub enum PageFact {
    /// It was read.
    Html(HtmlFacts),
    /// It answered with something else than HTML.
    OtherType,
    /// It answered with a redirect, which is not followed.
    Redirect {
        /// The HTTP status.
        status: u16,
    },
    /// It answered with an error.
    Error {
        /// The HTTP status.
        status: u16,
    },
    /// It did not answer.
    Unreachable,
    /// It is on the edge itself, which does not call itself.
    OnTheEdge,
}

/// What stands in a return page, as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
pub struct HtmlFacts {
    /// Whether only the beginning was read, as the page is too long.
    pub cut: bool,
    /// The script.
    pub script: ScriptFact,
    /// Whether the element is there.
    pub button: bool,
    /// The element's attributes that are not as the settings ask for.
    pub wrong: Vec<Attribute>,
    /// What the page's Content-Security-Policy keeps the button from.
    pub blocked: Vec<Blocked>,
}

/// Which script a page loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "snake_case"))]
pub enum ScriptFact {
    /// The one whose name stays, from this edge.
    Floating,
    /// A build that never changes, from this edge.
    Pinned,
    /// The one whose name stays, with a digest that the next deployment makes wrong.
    FloatingWithDigest,
    /// One from this edge, without `type="module"`.
    NotModule,
    /// One of the same name, from elsewhere.
    Elsewhere,
    /// None.
    Missing,
}

/// An attribute of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "kebab-case"))]
pub enum Attribute {
    /// `site` names another site.
    Site,
    /// `client-id` is missing, or is not the deployment's.
    ClientId,
    /// `authorize-url` leads to another server than the deployment exchanges codes at.
    AuthorizeUrl,
    /// `pkce` is there and the deployment's setting is not, or the other way round.
    Pkce,
    /// `session` is needed, and is missing or still the placeholder.
    Session,
}

/// What a Content-Security-Policy can keep the button from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "facts", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "facts", serde(rename_all = "snake_case"))]
pub enum Blocked {
    /// Loading the script.
    Script,
    /// Running WebAssembly.
    Wasm,
    /// Asking the edge.
    Connect,
}

impl SiteFact {
    /// How it is written.
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
    /// How it is written.
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
    /// How it is written.
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
    /// How it is written.
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
    fn facts_are_read_as_they_are_written() {
        let bare = |site| Facts { site, require_session: None, page: None };
        check(&bare(SiteFact::OtherOrigin), r#"{"site":"other_origin"}"#);
        let known = |page| Facts { require_session: Some(true), page: Some(page), ..bare(SiteFact::Known) };
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
