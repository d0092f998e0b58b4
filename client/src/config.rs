//! The element's attributes, read into a value that cannot be wrong. It reads nothing itself.

use crate::messages;
use alloc::string::String;
use shared::Site;

/// The authorization endpoint, unless the attribute `authorize-url` names another.
const AUTHORIZE_URL: &str = "https://app.smooch.io/oauth/authorize";

/// What the partner wrote on the element, as far as the link to Smooch is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `client-id`, as Smooch gave it.
    pub client_id: String,
    /// `site`: the name the edge's settings have for this site. Default `main`.
    pub site: Site,
    /// `authorize-url`: https, or http on loopback.
    pub authorize_url: String,
    /// `pkce`: whether the authorization server supports RFC 7636.
    pub pkce: bool,
}

impl Config {
    /// Reads the attributes.
    ///
    /// # Errors
    /// What is wrong with them, in words for the developer's console.
    pub fn read(attribute: impl Fn(&str) -> Option<String>) -> Result<Self, &'static str> {
        let filled = |name| attribute(name).filter(|value| !value.is_empty());
        let client_id = filled("client-id").ok_or(messages::NO_CLIENT_ID)?;
        let site = Site::parse(filled("site").as_deref().unwrap_or("main")).ok_or(messages::BAD_SITE)?;
        let authorize_url = filled("authorize-url").unwrap_or_else(|| AUTHORIZE_URL.into());
        if !is_endpoint(&authorize_url) {
            return Err(messages::BAD_AUTHORIZE_URL);
        }
        Ok(Self { client_id, site, authorize_url, pkce: attribute("pkce").is_some() })
    }
}

/// RFC 6749 §3.1.2.1: what carries credentials uses TLS. Loopback is for trying out. And no `javascript:` ever.
fn is_endpoint(url: &str) -> bool {
    let loopback = |host| {
        url.strip_prefix(host).is_some_and(|rest: &str| matches!(rest.bytes().next(), Some(b':' | b'/')))
    };
    // A user name would make a host of what only looks like one, and a fragment would swallow the query.
    let plain = url.bytes().all(|byte| byte != b'@' && byte != b'#');
    plain && (url.starts_with("https://") || loopback("http://localhost") || loopback("http://127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attributes: &[(&str, &str)]) -> Result<Config, &'static str> {
        Config::read(|wanted| {
            attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| String::from(*value))
        })
    }

    #[test]
    fn a_client_id_is_enough() {
        let config = read(&[("client-id", "shoplifter"), ("site", "")]).unwrap();
        assert_eq!(config.client_id, "shoplifter");
        assert_eq!(config.site.as_str(), "main");
        assert_eq!(config.authorize_url, AUTHORIZE_URL);
        assert!(!config.pkce);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(read(&[]), Err(messages::NO_CLIENT_ID));
        assert_eq!(read(&[("client-id", "")]), Err(messages::NO_CLIENT_ID));
        assert_eq!(read(&[("client-id", "a"), ("site", "https://a.example")]), Err(messages::BAD_SITE));
    }

    #[track_caller]
    fn check(url: &str, fits: bool) {
        assert_eq!(read(&[("client-id", "a"), ("authorize-url", url)]).is_ok(), fits, "{url:?}");
    }

    #[test]
    fn the_link_goes_to_https_or_to_loopback() {
        check("http://localhost:1@evil.example/", false);
        check("https://a.example/authorize#", false);
        check("https://app.smooch.io/oauth/authorize", true);
        check("http://localhost:8788/oauth/authorize", true);
        check("http://127.0.0.1/oauth/authorize", true);
        check("http://app.smooch.io/oauth/authorize", false);
        check("http://localhost.evil.example/", false);
        check("http://localhost@evil.example/", false);
        check("javascript:alert(1)", false);
        check("/oauth/authorize", false);
    }
}
