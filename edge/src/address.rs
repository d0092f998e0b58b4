//! The parts of an address that a browser has read and written down again (URL Standard). It takes apart and reads nothing
//! anew: [`crate::platform::Platform::resolve`] is who reads.

/// An address in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `https`.
    pub scheme: String,
    /// `shop.example`; empty for what has no host.
    pub host: String,
    /// The port, where it is not the scheme's own.
    pub port: Option<u16>,
    /// `/connected`, without query and fragment.
    pub path: String,
}

impl Address {
    /// Takes an address apart.
    #[must_use]
    pub fn read(href: &str) -> Option<Self> {
        let (scheme, rest) = href.split_once(':')?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (place, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?,
            None => ("", rest),
        };
        let place = place.rsplit('@').next().unwrap_or_default();
        let (host, port) = match place.rsplit_once(':') {
            // The colons in brackets are of an address.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            Some(_) | None => (place, None),
        };
        let path = if path.is_empty() { "/" } else { path };
        Some(Self { scheme: scheme.into(), host: host.into(), port, path: path.into() })
    }

    /// Whether both are of one origin, which what has no host has not (RFC 6454 §4).
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        let parts = |of: &Self| (of.scheme.clone(), of.host.clone(), of.port);
        !self.host.is_empty() && parts(self) == parts(other)
    }

    /// Its port, as it is or as the scheme has it.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port.or(match self.scheme.as_str() {
            "https" | "wss" => Some(443),
            "http" | "ws" => Some(80),
            _ => None,
        })
    }

    /// Another path at the same place.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { path: path.into(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[track_caller]
    fn check(href: &str) {
        let (url, address) = (Url::parse(href).unwrap(), Address::read(href).unwrap());
        assert_eq!(url.as_str(), href, "it is written as a browser writes it");
        assert_eq!(address.scheme, url.scheme(), "{href}");
        assert_eq!(address.host, url.host_str().unwrap_or_default(), "{href}");
        assert_eq!((address.port, address.port()), (url.port(), url.port_or_known_default()), "{href}");
        assert_eq!(address.path, url.path(), "{href}");
    }

    #[test]
    fn an_address_is_taken_apart_as_others_take_it_apart() {
        for href in [
            "https://shop.example/",
            "https://shop.example/a/b.js?x=/y#z",
            "http://127.0.0.1:8789/connected?from=smooch",
            "http://[::1]:8787/",
            "http://[::1]/x",
            "https://a:b@shop.example:8443/x@y:z",
            "data:text/javascript,x/add-to-smooch.js",
            "blob:https://shop.example/5f1a",
            "file:///etc/x",
            "wss://shop.example/",
        ] {
            check(href);
        }
        assert!(Address::read("").is_none() && Address::read("x").is_none());
    }

    #[test]
    fn what_has_no_host_is_of_no_origin() {
        let address = |href: &str| Address::read(href).unwrap();
        assert!(address("https://a.example/x").is_of(&address("https://a.example/y")));
        for other in ["http://a.example/", "https://a.example:8443/", "https://b.example/", "data:,x"] {
            assert!(!address("https://a.example/").is_of(&address(other)), "{other}");
        }
        assert!(!address("data:,x").is_of(&address("data:,x")));
    }
}
