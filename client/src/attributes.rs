//! The element's attributes, validated into the parts of the link to Smooch. It reads no DOM.

use shared::{Site, is_secure_url};

/// The authorization endpoint, unless the attribute `authorize-url` names another.
const AUTHORIZE_URL: &str = "https://app.smooch.io/oauth/authorize";

/// The site's name, unless the attribute `site` names another.
const DEFAULT_SITE: &str = "main";

/// The attributes as the page has them. An absent attribute is an empty string.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field is the attribute of its name")]
pub struct Attributes {
    pub client_id: String,
    pub site: String,
    pub authorize_url: String,
    pub session: String,
    pub mode: String,
    pub has_pkce: bool,
}

/// Valid attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    /// `client-id`, as Smooch issued it.
    pub client_id: &'a str,
    /// `site`: the site's name in the edge's settings.
    pub site: Site,
    /// `authorize-url`: https, or http on loopback.
    pub authorize_url: &'a str,
    /// `pkce`: the authorization server supports RFC 7636.
    pub pkce: bool,
}

/// A reason why the element cannot work on this page. The developer reads it in the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// The attribute `client-id` is absent or empty.
    NoClientId,
    /// The attribute `site` is not a site's name.
    InvalidSite,
    /// The attribute `authorize-url` is not https.
    InvalidAuthorizeUrl,
    /// The page is not a secure context, so Web Crypto is missing.
    NoWebCrypto,
    /// The browser blocks `localStorage`.
    NoStorage,
}

impl ConfigError {
    /// The line for the console.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NoClientId => "the attribute client-id is missing",
            Self::InvalidSite => "the attribute site must be a name of a-z, 0-9 and -",
            Self::InvalidAuthorizeUrl => "the attribute authorize-url must be https, or http on loopback",
            Self::NoWebCrypto => "Web Crypto is missing: serve this page over https",
            Self::NoStorage => "this browser blocks localStorage for this page",
        }
    }
}

impl Attributes {
    /// Validates the attributes.
    ///
    /// # Errors
    ///
    /// The first attribute that is missing or invalid.
    pub fn config(&self) -> Result<Config<'_>, ConfigError> {
        if self.client_id.is_empty() {
            return Err(ConfigError::NoClientId);
        }
        let site = Site::parse(self.site_name()).ok_or(ConfigError::InvalidSite)?;
        let authorize_url = or(&self.authorize_url, AUTHORIZE_URL);
        if !is_endpoint(authorize_url) {
            return Err(ConfigError::InvalidAuthorizeUrl);
        }
        Ok(Config { client_id: &self.client_id, site, authorize_url, pkce: self.has_pkce })
    }

    /// The name of the element's site.
    #[must_use]
    pub fn site_name(&self) -> &str {
        or(&self.site, DEFAULT_SITE)
    }

    /// True if Smooch opens in a popup window.
    #[must_use]
    pub fn is_popup(&self) -> bool {
        self.mode == "popup"
    }
}

const fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

/// True for a URL of an authorization endpoint. This also rejects `javascript:` URLs.
fn is_endpoint(url: &str) -> bool {
    // A user name makes the text before `@` look like the host, and a fragment would swallow the query.
    let is_plain = url.bytes().all(|byte| byte != b'@' && byte != b'#');
    is_plain && is_secure_url(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes() -> Attributes {
        Attributes { client_id: "shoplifter".into(), ..Attributes::default() }
    }

    #[test]
    fn a_client_id_is_enough() {
        let attributes = attributes();
        let config = attributes.config().unwrap();
        assert_eq!(config.client_id, "shoplifter");
        assert_eq!(config.site.as_str(), "main");
        assert_eq!(config.authorize_url, AUTHORIZE_URL);
        assert!(!config.pkce);
    }

    #[test]
    fn an_invalid_attribute_is_named() {
        assert_eq!(Attributes::default().config(), Err(ConfigError::NoClientId));
        let url_as_site = Attributes { site: "https://a.example".into(), ..attributes() };
        assert_eq!(url_as_site.config(), Err(ConfigError::InvalidSite));
    }

    #[track_caller]
    fn check(url: &str, is_valid: bool) {
        let attributes = Attributes { authorize_url: url.into(), ..attributes() };
        assert_eq!(attributes.config().is_ok(), is_valid, "{url:?}");
    }

    #[test]
    fn the_link_leads_to_https_or_to_loopback() {
        check("http://localhost:1@evil.example/", false);
        check("https://a.example/authorize#", false);
        check("https://app.smooch.io/oauth/authorize", true);
        check("http://localhost:8788/oauth/authorize", true);
        check("http://127.0.0.1/oauth/authorize", true);
        check("http://[::1]:8788/oauth/authorize", true);
        check("http://smooch.localhost:8788/oauth/authorize", true);
        check("http://app.smooch.io/oauth/authorize", false);
        check("http://localhost.evil.example/", false);
        check("http://localhost@evil.example/", false);
        check("javascript:alert(1)", false);
        check("/oauth/authorize", false);
    }
}
