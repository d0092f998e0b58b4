//! The element's attributes, read into a value that cannot be wrong. It reads nothing itself.

use crate::why::Why;
use shared::Site;

/// The authorization endpoint, unless the attribute `authorize-url` names another.
const AUTHORIZE_URL: &str = "https://app.smooch.io/oauth/authorize";

/// The site's name, unless the attribute `site` has another.
pub(crate) const DEFAULT_SITE: &str = "main";

/// What the partner wrote on the element, as far as the link to Smooch is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    /// `client-id`, as Smooch gave it.
    pub client_id: &'a str,
    /// `site`: the name the edge's settings have for this site. Default `main`.
    pub site: Site<&'a str>,
    /// `authorize-url`: https, or http on loopback.
    pub authorize_url: &'a str,
    /// `pkce`: whether the authorization server supports RFC 7636.
    pub pkce: bool,
}

/// The attributes as they stand there, empty where they do not.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is the attribute of its name")]
pub struct Attributes<'a> {
    pub client_id: &'a str,
    pub site: &'a str,
    pub authorize_url: &'a str,
    pub pkce: bool,
}

impl<'a> Config<'a> {
    /// Reads the attributes.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(attributes: Attributes<'a>) -> Result<Self, Why> {
        let Attributes { client_id, site, authorize_url, pkce } = attributes;
        if client_id.is_empty() {
            return Err(Why::NoClientId);
        }
        let site = Site::of(or(site, DEFAULT_SITE)).ok_or(Why::BadSite)?;
        let authorize_url = or(authorize_url, AUTHORIZE_URL);
        if !is_endpoint(authorize_url) {
            return Err(Why::BadAuthorizeUrl);
        }
        Ok(Self { client_id, site, authorize_url, pkce })
    }
}

/// The text, or another in place of an empty one.
pub(crate) const fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
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

    fn read<'a>(attributes: &[(&str, &'a str)]) -> Result<Config<'a>, Why> {
        let of = |wanted: &str| attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let text = |name| of(name).unwrap_or_default();
        Config::read(Attributes {
            client_id: text("client-id"),
            site: text("site"),
            authorize_url: text("authorize-url"),
            pkce: of("pkce").is_some(),
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
        assert_eq!(read(&[]), Err(Why::NoClientId));
        assert_eq!(read(&[("client-id", "")]), Err(Why::NoClientId));
        assert_eq!(read(&[("client-id", "a"), ("site", "https://a.example")]), Err(Why::BadSite));
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
