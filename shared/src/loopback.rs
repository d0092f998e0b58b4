//! The rule that a URL is secure: `https`, or `http` on a loopback host. The client, the setup page and the edge share it.
//!
//! It never parses a URL and never resolves a name: it compares the text of a host as a browser writes it.

/// `true` for a host that browsers treat as this machine (W3C Secure Contexts §3.1): `localhost` and the names under it,
/// `127.0.0.0/8`, and `[::1]`.
///
/// `host` has no port, and is written as a browser writes it: in lower case, an IPv4 address as four decimal numbers, an IPv6
/// address in brackets.
///
/// ```
/// use shared::is_loopback_host;
///
/// assert!(is_loopback_host("localhost"));
/// assert!(!is_loopback_host("localhost.evil.example"));
/// ```
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    // A browser ends the host at some other characters too: it reads `evil.example\.localhost` as the host
    // `evil.example`.
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    matches!(host, "localhost" | "[::1]")
        || is_name && host.len() > ".localhost".len() && host.ends_with(".localhost")
        || is_loopback_ipv4(host)
}

/// `true` for an absolute URL that is `https`, or `http` on a loopback host. It rejects `http` URLs with a user name.
///
/// RFC 6749 §3.1.2.1: an endpoint that receives credentials requires TLS. Loopback serves development.
#[must_use]
pub fn is_secure_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return url.starts_with("https://") };
    let (host, rest) = if let Some(rest) = rest.strip_prefix("[::1]") {
        ("[::1]", rest)
    } else {
        let host_end = rest.bytes().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#'));
        host_end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""))
    };
    // Only a port of digits may follow the host: a browser reads `localhost:1@evil.example` as the host `evil.example`.
    let mut rest = rest.bytes().peekable();
    if rest.next_if_eq(&b':').is_some() {
        while rest.next_if(u8::is_ascii_digit).is_some() {}
    }
    is_loopback_host(host) && matches!(rest.next(), None | Some(b'/' | b'?' | b'#'))
}

/// `true` for `127.` and further numbers. A browser reads such a host as an address in `127.0.0.0/8`, or rejects it.
///
/// `Ipv4Addr::from_str` would add 0.2 KB to every page with the button.
fn is_loopback_ipv4(host: &str) -> bool {
    let is_number =
        |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    host.strip_prefix("127.").is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const LOOPBACK: [&str; 7] = [
        "localhost",
        "partner.localhost",
        "a.b.localhost",
        "127.0.0.1",
        "127.1.2.3",
        "127.255.255.255",
        "[::1]",
    ];

    const OTHER: [&str; 22] = [
        "",
        "app.smooch.io",
        "notlocalhost",
        "localhost.evil.example",
        "localhost.",
        ".localhost",
        "Localhost",
        "evil.example\\.localhost",
        "evil.example\t.localhost",
        "user@a.localhost",
        "127.0.0.1.evil.example",
        "127.evil.example",
        "127.",
        "127",
        "127.0.0.0x1",
        "128.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "::1",
        "[::]",
        "[::2]",
        "[::ffff:127.0.0.1]",
    ];

    #[test]
    fn a_loopback_host_is_recognized_in_each_spelling() {
        for host in LOOPBACK {
            assert!(is_loopback_host(host), "{host:?}");
        }
        for host in OTHER {
            assert!(!is_loopback_host(host), "{host:?}");
        }
    }

    #[test]
    fn http_is_secure_on_loopback_only() {
        for end in ["", "/", "/path", "?query", "#fragment", ":8788", ":8788/path", ":8788?query"] {
            for host in LOOPBACK {
                let url = format!("http://{host}{end}");
                assert!(is_secure_url(&url), "{url:?}");
            }
            for host in OTHER {
                let url = format!("http://{host}{end}");
                assert!(!is_secure_url(&url), "{url:?}");
            }
        }
        for url in [
            "http://localhost:1@evil.example/",
            "http://localhost@evil.example/",
            "http://localhost:80a/",
            "http://[::1]evil.example/",
            "http://[::1/",
            "http://localhost\\@evil.example/",
            "ftp://localhost/",
            "//localhost/",
            "localhost",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!is_secure_url(url), "{url:?}");
        }
        assert!(is_secure_url("https://app.smooch.io/oauth/authorize"));
    }
}
