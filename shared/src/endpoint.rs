//! Addresses that secrets are sent to and that people are sent back to. They are checked when settings are
//! read, so nothing later can meet a bad one.
//!
//! Only an address that is written as every reader of URLs would write it is taken, so that none can take it for another:
//! what would have to be tidied, decoded or guessed at is refused. The crate `url`, which does all that, was a sixth of
//! the Worker; the tests ask it whether it agrees.

use alloc::string::String;
use core::{fmt, net::Ipv4Addr};
use thiserror::Error;

/// Why a text is no address for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", self.says())]
pub enum EndpointError {
    /// It is not an absolute URL with a host, or not written as a browser writes one.
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
            Self::NotAUrl => "is not an absolute URL as a browser writes it",
            Self::NotSecure => "must be https, or http on a loopback host",
            Self::UserInfo => "must not contain a user name or password",
            Self::Fragment => "must not contain a fragment",
            Self::NotAnOrigin => "must be an origin: a scheme, a host and perhaps a port, nothing behind",
        }
    }
}

/// An absolute URL that is `https`, or `http` on a loopback host, without user name or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    text: String,
    /// How much of it is its origin.
    origin: usize,
}

impl Endpoint {
    /// Reads an endpoint.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let (secure, authority) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(EndpointError::NotSecure),
        };
        let end = authority.find(['/', '?', '#', '\\']).unwrap_or(authority.len());
        let (authority, rest) = authority.split_at_checked(end).ok_or(EndpointError::NotAUrl)?;
        if authority.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => {
                let default = if secure { "443" } else { "80" };
                if port == default || !is_port(port) {
                    return Err(EndpointError::NotAUrl);
                }
                host
            }
            Some(_) | None => authority,
        };
        if !is_host(host) {
            return Err(EndpointError::NotAUrl);
        }
        if !secure && !is_loopback(host) {
            return Err(EndpointError::NotSecure);
        }
        if rest.contains('#') {
            return Err(EndpointError::Fragment);
        }
        if !is_behind_host(rest) {
            return Err(EndpointError::NotAUrl);
        }
        let origin = text.len() - rest.len();
        let mut text = String::from(text);
        if !rest.starts_with('/') {
            // RFC 3986 §6.2.3: an empty path is `/`.
            text.insert(origin, '/');
        }
        Ok(Self { text, origin })
    }

    /// The URL as it is requested.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin(self.text.get(..self.origin).unwrap_or_default().into())
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

/// The host that a browser would go to for this name, which may be its own machine. Only one is written in brackets.
fn is_loopback(host: &str) -> bool {
    let name = host == "localhost" || host.ends_with(".localhost");
    name || host == LOOPBACK || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Endpoints are named; of the addresses in brackets only the loopback is of use to anybody.
const LOOPBACK: &str = "[::1]";

/// A name in lower case, or four numbers with points between.
fn is_host(host: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(allowed);
    // What ends in a number is an IPv4 address (URL Standard, "ends in a number checker"), in one of many spellings.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    host == LOOPBACK || (host.len() <= 253 && host.split('.').all(label))
}

fn is_port(port: &str) -> bool {
    !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// A path and a query of which nothing would be encoded, decoded or taken away (URL Standard, "path percent-encode set"
/// and "special-query percent-encode set").
fn is_behind_host(rest: &str) -> bool {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let plain = |text: &str, not: &[u8]| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"#<>\\".contains(&byte) && !not.contains(&byte))
    };
    let is_dots = |segment: &str| {
        // `%2e` is a dot.
        let coded =
            segment.split('%').skip(1).all(|coded| coded.trim_end_matches('.').eq_ignore_ascii_case("2e"));
        let dots = segment.bytes().filter(|byte| *byte == b'.' || *byte == b'%').count();
        let plain = segment.split('%').next().unwrap_or_default();
        coded && plain.bytes().all(|byte| byte == b'.') && (1..=2).contains(&dots)
    };
    plain(path, b"`{}^") && plain(query, b"'") && !path.split('/').any(is_dots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

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

    /// Hosts that readers of URLs take for others, and paths that they tidy.
    #[test]
    fn an_address_that_would_be_tidied_is_refused() {
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
            "[::2]",
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
        fn whoever_reads_an_address_that_is_taken_reads_the_same(
            text in r"https?://([a-c0-9xX._\-@\[\]:%]{0,12}|localhost|127\.0\.0\.1|\[::1\])(:[0-9]{0,3})?[a-c/.%2eE?#\\'{ \u{e9}&=~]{0,12}",
        ) {
            let Ok(endpoint) = Endpoint::parse(&text) else { return Ok(()) };
            // A label that begins so is Punycode, and `url` decodes it to look at it; nobody is led elsewhere by that.
            prop_assume!(!text.contains("xn--"));
            let url = url::Url::parse(&text).unwrap();
            prop_assert_eq!(url.as_str(), endpoint.as_str());
            prop_assert_eq!(url.origin().ascii_serialization(), endpoint.origin().0);
            let loopback = match url.host().unwrap() {
                url::Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
                url::Host::Ipv4(address) => address.is_loopback(),
                url::Host::Ipv6(address) => address.is_loopback(),
            };
            prop_assert!(url.scheme() == "https" || loopback);
        }
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
