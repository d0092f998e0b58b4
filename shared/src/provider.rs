//! The two families of endpoints that Smooch has had, as defaults that settings can override one by one.

use crate::Subdomain;
use alloc::string::String;

/// A family of endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Smooch, 2016 to 2025.
    Smooch,
    /// Zendesk Sunshine Conversations, since 2025.
    Sunshine,
}

impl Provider {
    /// Reads the name that settings use.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "smooch" => Some(Self::Smooch),
            "sunshine" => Some(Self::Sunshine),
            _ => None,
        }
    }

    /// Where owners are sent to allow access.
    #[must_use]
    pub const fn authorize(self) -> &'static str {
        match self {
            Self::Smooch => "https://app.smooch.io/oauth/authorize",
            Self::Sunshine => "https://oauth-bridge.zendesk.com/sc/oauth/authorize",
        }
    }

    /// Where a code becomes a token.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Smooch => "https://app.smooch.io/oauth/token",
            Self::Sunshine => "https://oauth-bridge.zendesk.com/sc/oauth/token",
        }
    }

    /// Where a token's app is asked for. The first family has none; its token is a JWT that names the app.
    #[must_use]
    pub const fn token_info(self) -> Option<&'static str> {
        match self {
            Self::Smooch => None,
            Self::Sunshine => Some("https://oauth-bridge.zendesk.com/sc/v2/tokenInfo"),
        }
    }

    /// Where a DELETE with the token ends the authorization. `{subdomain}` stands for the app's.
    #[must_use]
    pub const fn revoke(self) -> &'static str {
        match self {
            Self::Smooch => "https://app.smooch.io/oauth/authorization",
            Self::Sunshine => "https://{subdomain}.zendesk.com/sc/oauth/authorization",
        }
    }

    /// The base of the API, without a slash at its end. `{subdomain}` stands for the app's.
    #[must_use]
    pub const fn api(self) -> &'static str {
        match self {
            Self::Smooch => "https://api.smooch.io",
            Self::Sunshine => "https://{subdomain}.zendesk.com/sc",
        }
    }
}

/// Puts an app's subdomain into an endpoint's text, or `None` if it asks for one and there is none.
#[must_use]
pub fn with_subdomain(template: &str, subdomain: Option<&Subdomain>) -> Option<String> {
    let Some((before, behind)) = template.split_once('{') else { return Some(template.into()) };
    let behind = behind.strip_prefix("subdomain}")?;
    Some([before, subdomain?.as_str(), behind].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;

    #[test]
    fn every_default_is_an_endpoint() {
        let subdomain = Subdomain::parse("corner-bakery");
        for provider in [Provider::Smooch, Provider::Sunshine] {
            let fixed = [Some(provider.authorize()), Some(provider.token()), provider.token_info()];
            for text in fixed.into_iter().flatten().chain([provider.revoke(), provider.api()]) {
                let text = with_subdomain(text, subdomain.as_ref()).unwrap();
                assert!(Endpoint::parse(&text).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn a_place_for_a_subdomain_is_never_left_open() {
        assert_eq!(with_subdomain(Provider::Sunshine.api(), None), None);
        let subdomain = Subdomain::parse("corner-bakery");
        let api = with_subdomain(Provider::Sunshine.api(), subdomain.as_ref());
        assert_eq!(api.as_deref(), Some("https://corner-bakery.zendesk.com/sc"));
        assert_eq!(with_subdomain(Provider::Smooch.api(), None).as_deref(), Some("https://api.smooch.io"));
    }
}
