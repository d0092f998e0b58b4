//! The default endpoints of Smooch and of its successor, Sunshine Conversations. Settings can override each one.
//!
//! It never sends a request; it only holds URLs.

use crate::{Endpoint, EndpointError, Subdomain};
use alloc::string::String;

/// A set of default endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Smooch, 2016 to 2025.
    Smooch,
    /// Zendesk Sunshine Conversations, since 2025.
    Sunshine,
}

impl Provider {
    /// Reads the name that the settings use, or `None` if it is unknown.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "smooch" => Some(Self::Smooch),
            "sunshine" => Some(Self::Sunshine),
            _ => None,
        }
    }

    /// The authorization endpoint (RFC 6749 §3.1), where owners allow access.
    #[must_use]
    pub const fn authorize(self) -> &'static str {
        match self {
            Self::Smooch => "https://app.smooch.io/oauth/authorize",
            Self::Sunshine => "https://oauth-bridge.zendesk.com/sc/oauth/authorize",
        }
    }

    /// The token endpoint (RFC 6749 §3.2), which exchanges a code for a token.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Smooch => "https://app.smooch.io/oauth/token",
            Self::Sunshine => "https://oauth-bridge.zendesk.com/sc/oauth/token",
        }
    }

    /// The tokenInfo endpoint, which identifies a token's app. Smooch has none: its token is a JWT that contains the app id.
    #[must_use]
    pub const fn token_info(self) -> Option<&'static str> {
        match self {
            Self::Smooch => None,
            Self::Sunshine => Some("https://oauth-bridge.zendesk.com/sc/v2/tokenInfo"),
        }
    }

    /// The revocation endpoint: a DELETE with the token ends the authorization. `{subdomain}` is a placeholder for the app's
    /// subdomain.
    #[must_use]
    pub const fn revoke(self) -> &'static str {
        match self {
            Self::Smooch => "https://app.smooch.io/oauth/authorization",
            Self::Sunshine => "https://{subdomain}.zendesk.com/sc/oauth/authorization",
        }
    }

    /// The base URL of the API, without a trailing slash. `{subdomain}` is a placeholder for the app's subdomain.
    #[must_use]
    pub const fn api(self) -> &'static str {
        match self {
            Self::Smooch => "https://api.smooch.io",
            Self::Sunshine => "https://{subdomain}.zendesk.com/sc",
        }
    }
}

/// An endpoint whose text may contain the placeholder `{subdomain}`, the subdomain of an app at Zendesk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointTemplate(String);

impl EndpointTemplate {
    const PLACEHOLDER: &str = "{subdomain}";

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// The first rule of [`Endpoint::parse`] that `text` breaks once the placeholder is filled.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        // A subdomain is a single label, so a template that is valid with one subdomain is valid with every one.
        Endpoint::parse(&text.replace(Self::PLACEHOLDER, "a")).map(|_| Self(text.into()))
    }

    /// The endpoint for an app, as text. `None` if the template needs a subdomain and the app has none.
    #[must_use]
    pub fn for_app(&self, subdomain: Option<&Subdomain>) -> Option<String> {
        if self.0.contains(Self::PLACEHOLDER) {
            Some(self.0.replace(Self::PLACEHOLDER, subdomain?.as_str()))
        } else {
            Some(self.0.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_valid_endpoint() {
        let subdomain = Subdomain::parse("corner-bakery");
        for provider in [Provider::Smooch, Provider::Sunshine] {
            let fixed = [Some(provider.authorize()), Some(provider.token()), provider.token_info()];
            for text in fixed.into_iter().flatten().chain([provider.revoke(), provider.api()]) {
                let endpoint = EndpointTemplate::parse(text).unwrap().for_app(subdomain.as_ref()).unwrap();
                assert!(Endpoint::parse(&endpoint).is_ok(), "{endpoint}");
            }
        }
    }

    #[test]
    fn a_placeholder_is_always_filled() {
        let api = |provider: Provider, subdomain: Option<&str>| {
            let subdomain = subdomain.and_then(Subdomain::parse);
            EndpointTemplate::parse(provider.api()).unwrap().for_app(subdomain.as_ref())
        };
        assert_eq!(api(Provider::Sunshine, None), None);
        let corner = api(Provider::Sunshine, Some("corner-bakery"));
        assert_eq!(corner.as_deref(), Some("https://corner-bakery.zendesk.com/sc"));
        assert_eq!(api(Provider::Smooch, None).as_deref(), Some("https://api.smooch.io"));
    }
}
