//! Source expressions of CSP: does a source match a URL?

use url::Url;

/// `true` if one of the sources matches `url`, for a policy of the page with the URL `page`.
pub(super) fn any_matches(sources: &[String], page: &Url, url: &Url) -> bool {
    sources.iter().any(|source| matches(source, page, url))
}

/// `true` if a source expression matches a URL (CSP §6.7.2.8).
fn matches(source: &str, page: &Url, url: &Url) -> bool {
    if source == "*" {
        return ["http", "https"].contains(&url.scheme());
    }
    if source.eq_ignore_ascii_case("'self'") {
        return page.origin() == url.origin();
    }
    let (scheme, rest) =
        match source.split_once(':').and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?))) {
            Some((scheme, rest)) => (scheme, rest),
            None if source.ends_with(':') => return scheme_matches(source.trim_end_matches(':'), url),
            None => (page.scheme(), source),
        };
    let (authority, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    // A port is digits or a star. Anything else after a colon belongs to an IPv6 address.
    let is_port =
        |port: &str| port == "*" || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let (host, port) =
        authority.rsplit_once(':').filter(|(_, port)| is_port(port)).unwrap_or((authority, ""));
    let port_matches = match port {
        "" => url.port().is_none(),
        "*" => true,
        // CSP §6.7.2.11: a source with port 80 also matches https on its default port.
        "80" if url.scheme() == "https" => url.port().is_none(),
        _ => url.port_or_known_default().is_some_and(|known| port.parse() == Ok(known)),
    };
    port_matches && scheme_matches(scheme, url) && host_matches(host, url) && path_matches(path, url)
}

fn scheme_matches(scheme: &str, url: &Url) -> bool {
    scheme.eq_ignore_ascii_case(url.scheme())
        || (scheme.eq_ignore_ascii_case("http") && url.scheme() == "https")
}

fn host_matches(pattern: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match pattern.strip_prefix('*') {
        Some("") => true,
        // CSP §6.7.2.10: a star matches one or more labels, but not the bare domain.
        Some(end) => {
            end.starts_with('.') && host.len() > end.len() && host.ends_with(&end.to_ascii_lowercase())
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

fn path_matches(pattern: &str, url: &Url) -> bool {
    let path = url.path();
    match pattern {
        "" | "/" => true,
        // CSP §6.7.2.12: a path with a slash at the end matches everything below it, any other path only itself.
        prefix if prefix.ends_with('/') => path.starts_with(prefix),
        exact => path == exact,
    }
}
