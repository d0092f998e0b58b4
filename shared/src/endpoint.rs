//! The URLs of the settings: endpoints that receive secrets, pages to which people return, and origins.
//!
//! It never sends a request. It rejects a URL whose parsed form differs from its text, because another parser could
//! read it as another URL. An empty path is the only exception.

use crate::is_loopback_host;
use alloc::string::String;
use core::fmt;
use thiserror::Error;
use url::{Position, Url};

/// The rule that a text breaks. [`EndpointError::message`] is its text for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", self.message())]
pub enum EndpointError {
    /// The text is not an absolute URL with a host, or its parsed form differs from the text.
    NotAUrl,
    /// The URL is neither `https` nor on loopback, so a secret would be sent without TLS (RFC 6749 §3.1.2.1, §3.2).
    NotSecure,
    /// The URL contains a user name or a password, which would appear in logs.
    UserInfo,
    /// The URL has a fragment (RFC 6749 §3.1, §3.1.2).
    Fragment,
    /// The URL is valid but has more than a scheme, a host and a port.
    NotAnOrigin,
}

impl EndpointError {
    /// The error as a phrase that follows the name of a setting.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotAUrl => "must be an absolute URL in its normalized form, such as https://example.com",
            Self::NotSecure => "must be https, or http on a loopback host",
            Self::UserInfo => "must not contain a user name or password",
            Self::Fragment => "must not contain a fragment",
            Self::NotAnOrigin => "must be an origin: a scheme, a host and optionally a port, without a path",
        }
    }
}

/// An absolute URL that is `https`, or `http` on a loopback host, without user name and fragment.
///
/// ```
/// use shared::{Endpoint, EndpointError};
///
/// let endpoint = Endpoint::parse("https://app.smooch.io/oauth/token").unwrap();
/// assert_eq!(endpoint.origin().as_str(), "https://app.smooch.io");
/// assert!(Endpoint::parse("http://localhost:8788/oauth/token").is_ok());
/// assert_eq!(Endpoint::parse("http://app.smooch.io/oauth/token").unwrap_err(), EndpointError::NotSecure);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an endpoint.
    ///
    /// # Errors
    ///
    /// The first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let authority = authority.ok_or(EndpointError::NotSecure)?.split(['/', '?', '#']).next();
        // A parsed URL is ASCII and has no percent sign in its host, so its text would differ.
        if !text.is_ascii() || authority.is_some_and(|authority| authority.contains('%')) {
            return Err(EndpointError::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
        let host = url.host_str().ok_or(EndpointError::NotAUrl)?;
        // A DNS name has no empty label, but the URL Standard accepts one.
        if host.split('.').any(str::is_empty) {
            return Err(EndpointError::NotAUrl);
        }
        if url.scheme() != "https" && !is_loopback_host(host) {
            return Err(EndpointError::NotSecure);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(EndpointError::Fragment);
        }
        // RFC 3986 §6.2.3: an empty path is equivalent to `/`. Every other difference from the parsed form is rejected.
        let (origin, parsed) = (&url[..Position::BeforePath], &url[Position::BeforePath..]);
        let rest = text.strip_prefix(origin);
        if rest == Some(parsed) || rest.is_some_and(|rest| Some(rest) == parsed.strip_prefix('/')) {
            Ok(Self(url))
        } else {
            Err(EndpointError::NotAUrl)
        }
    }

    /// The URL in its parsed form: the text, with the path `/` if the text has no path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The origin of the URL.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin(self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A web origin, as a browser writes it in the `Origin` header (RFC 6454 §6.2): scheme, host, and a port that is not the
/// scheme's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin that is `https`, or `http` on a loopback host.
    ///
    /// # Errors
    ///
    /// The first rule that `text` breaks. A path, even `/`, a query and a fragment are not allowed.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let origin = Endpoint::parse(text)?.origin();
        if origin.0 == text { Ok(origin) } else { Err(EndpointError::NotAnOrigin) }
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of a path at this origin. `path` starts with `/`.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        [self.as_str(), path].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;
    use url::Host;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, EndpointError>) {
        let endpoint = Endpoint::parse(text);
        assert_eq!(endpoint.as_ref().map(Endpoint::as_str).map_err(|&error| error), expected, "{text:?}");
    }

    #[test]
    fn an_endpoint_is_https_or_loopback() {
        check("https://app.smooch.io/oauth/token", Ok("https://app.smooch.io/oauth/token"));
        check("http://localhost:8788/oauth/token", Ok("http://localhost:8788/oauth/token"));
        check("http://127.0.0.1:8788/", Ok("http://127.0.0.1:8788/"));
        check("http://127.1.2.3/", Ok("http://127.1.2.3/"));
        check("http://[::1]/", Ok("http://[::1]/"));
        check("http://edge.localhost:8788/", Ok("http://edge.localhost:8788/"));
        check("http://app.smooch.io/", Err(EndpointError::NotSecure));
        check("http://127.0.0.1.evil.example/", Err(EndpointError::NotSecure));
        check("http://localhost.evil.example/", Err(EndpointError::NotSecure));
        check("http://notlocalhost/", Err(EndpointError::NotSecure));
        check("ftp://localhost/", Err(EndpointError::NotSecure));
        check("javascript:alert(1)", Err(EndpointError::NotSecure));
        check("/oauth/token", Err(EndpointError::NotSecure));
        check("", Err(EndpointError::NotSecure));
        check("https://", Err(EndpointError::NotAUrl));
        check("https:///x", Err(EndpointError::NotAUrl));
        check("https://app.smooch.io", Ok("https://app.smooch.io/"));
        check("https://app.smooch.io?x=1", Ok("https://app.smooch.io/?x=1"));
        check("https://user@app.smooch.io/", Err(EndpointError::UserInfo));
        check("https://:pw@app.smooch.io/", Err(EndpointError::UserInfo));
        check("https://app.smooch.io/#", Err(EndpointError::Fragment));
    }

    #[test]
    fn a_url_that_a_parser_would_change_is_rejected() {
        for host in [
            "App.smooch.io",
            "app.smooch.io.",
            "app..smooch.io",
            ".smooch.io",
            "127.1",
            "0x7f.0.0.1",
            "127.0.0.01",
            "1.2.3.4.5",
            "a.1",
            "app.smooch.io:",
            "app.smooch.io:443",
            "app.smooch.io:080",
            "app.smooch.io:65536",
            "[::1",
            "a b",
            "%61pp.smooch.io",
            "b\u{fc}cher.example",
            "a\tb.example",
        ] {
            check(&format!("https://{host}/x"), Err(EndpointError::NotAUrl));
        }
        for rest in ["/a/../b", "/%2e%2E/b", "/.", "/a b", "/\u{e9}", "/a\\b", "/{x}", "/?'", "/\n", "/?a\"b"]
        {
            check(&format!("https://app.smooch.io{rest}"), Err(EndpointError::NotAUrl));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn an_accepted_url_is_its_own_parsed_form(
            text in r"https?://([a-c0-9xX._\-@\[\]:%]{0,12}|localhost|127\.0\.0\.1|\[::1\])(:[0-9]{0,3})?[a-c/.%2eE?#\\'{ \u{e9}&=~]{0,12}",
        ) {
            let Ok(endpoint) = Endpoint::parse(&text) else { return Ok(()) };
            let url = Url::parse(&text).unwrap();
            prop_assert_eq!(url.as_str(), endpoint.as_str());
            prop_assert!(url.as_str() == text || url.as_str().replacen('/', "", 3) == text.replacen('/', "", 2));
            prop_assert_eq!(url.origin().ascii_serialization(), endpoint.origin().0);
            let is_loopback = match url.host().unwrap() {
                Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
                Host::Ipv4(address) => address.is_loopback(),
                Host::Ipv6(address) => address.is_loopback(),
            };
            prop_assert!(url.scheme() == "https" || is_loopback);
        }
    }

    #[track_caller]
    fn check_origin(text: &str, is_valid: bool) {
        assert_eq!(Origin::parse(text).is_ok(), is_valid, "{text:?}");
    }

    #[test]
    fn an_origin_has_the_format_of_the_origin_header() {
        check_origin("https://partner.example", true);
        check_origin("https://partner.example:8443", true);
        check_origin("http://127.0.0.1:8789", true);
        check_origin("https://partner.example/", false);
        check_origin("https://partner.example:443", false);
        check_origin("https://Partner.example", false);
        check_origin("https://partner.example?x", false);
        check_origin("http://partner.example", false);
        check_origin("null", false);
    }
}
