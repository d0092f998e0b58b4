//! Addresses that secrets are sent to and that people are sent back to. They are checked when settings are
//! read, so nothing later can meet a bad one.

use alloc::string::String;
use core::fmt;
use thiserror::Error;
use url::{Host, Url};

/// Why a text is no address for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", self.says())]
pub enum EndpointError {
    /// It is not an absolute URL with a host.
    NotAUrl,
    /// A secret would travel in the clear (RFC 6749 §3.1.2.1, §3.2).
    NotSecure,
    /// A user name or password in a URL ends up in logs.
    UserInfo,
    /// An endpoint must not have a fragment (RFC 6749 §3.1, §3.1.2).
    Fragment,
    /// An origin is a scheme, a host and a port.
    NotAnOrigin,
}

impl EndpointError {
    /// What is wrong, to stand behind the name of a setting.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::NotAUrl => "is not an absolute URL",
            Self::NotSecure => "must be https, or http on a loopback host",
            Self::UserInfo => "must not contain a user name or password",
            Self::Fragment => "must not contain a fragment",
            Self::NotAnOrigin => "must be an origin: a scheme, a host and perhaps a port, nothing behind",
        }
    }
}

/// An absolute URL that is `https`, or `http` on a loopback host, without user name or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an endpoint.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
        let host = url.host().ok_or(EndpointError::NotAUrl)?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => is_loopback(&host),
            _ => false,
        };
        if !secure {
            return Err(EndpointError::NotSecure);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(EndpointError::Fragment);
        }
        Ok(Self(url))
    }

    /// The URL as it is requested.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its origin.
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

/// A web origin, as a browser writes it in the `Origin` header (RFC 6454 §6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin that is `https`, or `http` on a loopback host.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `text`; a path, even `/`, a query or a fragment is.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let origin = Endpoint::parse(text)?.origin();
        if origin.0 == text { Ok(origin) } else { Err(EndpointError::NotAnOrigin) }
    }

    /// The origin as a browser writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An endpoint at this origin. `path` starts with `/`.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        [self.as_str(), path].concat()
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        check("http://[::1]/", Ok("http://[::1]/"));
        check("http://app.smooch.io/", Err(EndpointError::NotSecure));
        check("http://127.0.0.1.evil.example/", Err(EndpointError::NotSecure));
        check("http://localhost.evil.example/", Err(EndpointError::NotSecure));
        check("http://notlocalhost/", Err(EndpointError::NotSecure));
        check("ftp://localhost/", Err(EndpointError::NotSecure));
        check("javascript:alert(1)", Err(EndpointError::NotAUrl));
        check("/oauth/token", Err(EndpointError::NotAUrl));
        check("", Err(EndpointError::NotAUrl));
        check("https://user@app.smooch.io/", Err(EndpointError::UserInfo));
        check("https://:pw@app.smooch.io/", Err(EndpointError::UserInfo));
        check("https://app.smooch.io/#", Err(EndpointError::Fragment));
    }

    #[track_caller]
    fn check_origin(text: &str, fits: bool) {
        assert_eq!(Origin::parse(text).is_ok(), fits, "{text:?}");
    }

    #[test]
    fn an_origin_is_written_as_a_browser_writes_it() {
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
