//! Reads a page's Content-Security-Policy as far as the button depends on it (CSP Level 3): may the script be loaded,
//! may WebAssembly run, may the edge be asked?

use shared::facts::Blocked;
use url::Url;

/// All policies of a page. Each has to agree.
#[derive(Debug, Default)]
pub struct Policies(Vec<Policy>);

/// One policy: directives, with their sources as they are written.
#[derive(Debug, Default)]
struct Policy(Vec<(String, Vec<String>)>);

/// A script as the page asks for it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it is.
    pub url: Url,
    /// The tag's `nonce`.
    pub nonce: Option<String>,
    /// The tag's `integrity`.
    pub integrity: Option<String>,
}

impl Policies {
    /// Adds what a header or a `meta` says: policies with commas between them (CSP §2.2).
    pub fn add(&mut self, text: &str) {
        self.0.extend(text.split(',').map(Policy::parse).filter(|policy| !policy.0.is_empty()));
    }

    /// What they keep the button from, on a page at `page` whose edge is at `edge`. `script` is the tag that loads it,
    /// where there is one.
    #[must_use]
    pub fn blocked(&self, page: &Url, edge: &Url, script: Option<&Wanted>) -> Vec<Blocked> {
        let forbids = |what: Blocked| {
            self.0.iter().any(|policy| match what {
                Blocked::Script => !policy.allows_script(page, edge, script),
                Blocked::Wasm => !policy.allows_wasm(),
                Blocked::Connect => !policy.allows_connection(page, edge),
            })
        };
        [Blocked::Script, Blocked::Wasm, Blocked::Connect].into_iter().filter(|what| forbids(*what)).collect()
    }

    /// The policies, as [`Policies::add`] reads them again.
    #[must_use]
    pub fn text(&self) -> String {
        let directive = |(name, sources): &(String, Vec<String>)| {
            let mut text = name.clone();
            for source in sources {
                text.extend([" ", source]);
            }
            text
        };
        let policy = |policy: &Policy| policy.0.iter().map(directive).collect::<Vec<_>>().join("; ");
        self.0.iter().map(policy).collect::<Vec<_>>().join(", ")
    }
}

impl Policy {
    fn parse(text: &str) -> Self {
        let mut directives: Vec<(String, Vec<String>)> = Vec::new();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else { continue };
            // CSP §2.2.1: the first of a name counts.
            if !directives.iter().any(|(known, _)| *known == name) {
                directives.push((name, words.map(str::to_owned).collect()));
            }
        }
        Self(directives)
    }

    /// The sources of the first of these directives that is there; `None` is no restriction.
    fn sources(&self, names: &[&str]) -> Option<&[String]> {
        let find = |name: &&str| self.0.iter().find(|(known, _)| known == name);
        names.iter().find_map(find).map(|(_, sources)| sources.as_slice())
    }

    fn allows_script(&self, page: &Url, edge: &Url, script: Option<&Wanted>) -> bool {
        let Some(sources) = self.sources(&["script-src-elem", "script-src", "default-src"]) else {
            return true;
        };
        let vouched = |source: &String| {
            let Some(quoted) = source.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) else {
                return false;
            };
            let nonce = script.and_then(|script| script.nonce.as_deref());
            let mut digests = script
                .and_then(|script| script.integrity.as_deref())
                .unwrap_or_default()
                .split_ascii_whitespace();
            quoted.strip_prefix("nonce-").is_some_and(|value| Some(value) == nonce)
                || digests.any(|digest| digest == quoted)
        };
        if sources.iter().any(vouched) {
            return true;
        }
        // CSP §8.2: addresses do not count, and a trusted script may load others.
        if sources.iter().any(|source| source.eq_ignore_ascii_case("'strict-dynamic'")) {
            return script.is_none();
        }
        let url = script.map_or_else(|| at(edge, "/add-to-smooch.js"), |script| script.url.clone());
        any_matches(sources, page, &url)
    }

    fn allows_wasm(&self) -> bool {
        let words = ["'wasm-unsafe-eval'", "'unsafe-eval'"];
        let fits = |source: &String| words.iter().any(|word| source.eq_ignore_ascii_case(word));
        self.sources(&["script-src", "default-src"]).is_none_or(|sources| sources.iter().any(fits))
    }

    fn allows_connection(&self, page: &Url, edge: &Url) -> bool {
        let Some(sources) = self.sources(&["connect-src", "default-src"]) else { return true };
        ["/add-to-smooch.wasm", "/complete"].iter().all(|path| any_matches(sources, page, &at(edge, path)))
    }
}

/// Another path at the same place.
fn at(edge: &Url, path: &str) -> Url {
    let mut url = edge.clone();
    url.set_path(path);
    url
}

fn any_matches(sources: &[String], page: &Url, url: &Url) -> bool {
    sources.iter().any(|source| matches(source, page, url))
}

/// Whether a source stands for a URL (CSP §6.7.2.8).
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
            None if source.ends_with(':') => return is_scheme(source.trim_end_matches(':'), url),
            None => (page.scheme(), source),
        };
    let (place, path) = rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    // A port is digits or a star; what else follows a colon is of an address in brackets.
    let is_port =
        |port: &str| port == "*" || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let (host, port) = place.rsplit_once(':').filter(|(_, port)| is_port(port)).unwrap_or((place, ""));
    let fits = match port {
        "" => url.port().is_none(),
        "*" => true,
        // CSP §6.7.2.11: what is meant for http may be had by https.
        "80" if url.scheme() == "https" => url.port().is_none(),
        _ => url.port_or_known_default().is_some_and(|known| port.parse() == Ok(known)),
    };
    fits && is_scheme(scheme, url) && is_host(host, url) && is_path(path, url)
}

fn is_scheme(scheme: &str, url: &Url) -> bool {
    scheme.eq_ignore_ascii_case(url.scheme())
        || (scheme.eq_ignore_ascii_case("http") && url.scheme() == "https")
}

fn is_host(pattern: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match pattern.strip_prefix('*') {
        Some("") => true,
        // A star stands for one label or more, and not for none.
        Some(end) => {
            end.starts_with('.') && host.len() > end.len() && host.ends_with(&end.to_ascii_lowercase())
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

fn is_path(pattern: &str, url: &Url) -> bool {
    let path = url.path();
    match pattern {
        "" | "/" => true,
        // CSP §6.7.2.12: a folder with all that is in it, or one file.
        folder if folder.ends_with('/') => path.starts_with(folder),
        file => path == file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::facts::Blocked::{Connect, Script, Wasm};

    const EDGE: &str = "https://connect.shop.example";

    fn address(href: &str) -> Url {
        Url::parse(href).unwrap()
    }

    fn wanted(nonce: Option<&str>, integrity: Option<&str>) -> Wanted {
        let url = at(&address(EDGE), "/add-to-smooch.js");
        Wanted { url, nonce: nonce.map(Into::into), integrity: integrity.map(Into::into) }
    }

    #[track_caller]
    fn check_with(policy: &str, script: Option<&Wanted>, expected: &[Blocked]) {
        let (page, edge) = (address("https://shop.example/connected"), address(EDGE));
        let mut policies = Policies::default();
        policies.add(policy);
        assert_eq!(policies.blocked(&page, &edge, script), expected, "{policy}");
    }

    #[track_caller]
    fn check(policy: &str, expected: &[Blocked]) {
        check_with(policy, Some(&wanted(None, None)), expected);
    }

    #[test]
    fn the_policy_for_partners_lets_the_button_work() {
        check(&format!("script-src {EDGE} 'wasm-unsafe-eval'; connect-src {EDGE}"), &[]);
        check(
            &format!("default-src 'none'; script-src 'self' {EDGE} 'wasm-unsafe-eval'; connect-src {EDGE}"),
            &[],
        );
        check("", &[]);
        check("img-src 'none'; frame-ancestors 'none'", &[]);
    }

    #[test]
    fn what_is_missing_is_found() {
        check("default-src 'none'", &[Script, Wasm, Connect]);
        check("default-src 'self'", &[Script, Wasm, Connect]);
        check("script-src 'self'", &[Script, Wasm]);
        check(&format!("script-src {EDGE}"), &[Wasm]);
        check(&format!("script-src {EDGE} 'unsafe-eval'; connect-src 'self'"), &[Connect]);
        check("connect-src 'none'", &[Connect]);
        check(&format!("script-src-elem 'none'; script-src {EDGE} 'wasm-unsafe-eval'"), &[Script]);
        // The second of a name does not count, and each of two policies does.
        check("connect-src 'self'; connect-src *", &[Connect]);
        check(&format!("connect-src {EDGE}, connect-src 'self'"), &[Connect]);
    }

    #[test]
    fn a_source_stands_for_what_it_says() {
        let connects = |source: &str, fits: bool| {
            check(&format!("connect-src {source}"), if fits { &[] } else { &[Connect] });
        };
        for fits in
            ["*", "https:", "http:", "connect.shop.example", "*.shop.example", "http://connect.shop.example"]
        {
            connects(fits, true);
        }
        for fits in [
            "HTTPS://Connect.Shop.Example:443",
            "*:*",
            "https://*.example:*",
            "http://connect.shop.example:80",
        ] {
            connects(fits, true);
        }
        for other in [
            "shop.example",
            "*.connect.shop.example",
            "https://connect.shop.example:8443",
            "wss:",
            "evil.example",
        ] {
            connects(other, false);
        }
        connects("connect.shop.example.evil.example", false);
        connects("https://connect.shop.example/complete", false);
        connects(
            "https://connect.shop.example/complete https://connect.shop.example/add-to-smooch.wasm",
            true,
        );
        connects("https://connect.shop.example/", true);
        connects("https://connect.shop.example/api/", false);
        let local = |source: &str| {
            let mut policies = Policies::default();
            policies.add(&format!("connect-src {source}"));
            let (page, edge) = ("http://127.0.0.1:8789/", "http://[::1]:8787");
            policies.blocked(&address(page), &address(edge), None)
        };
        assert_eq!(local("http://[::1]:8787"), []);
        assert_eq!(local("http://[::1]"), [Connect]);
    }

    #[test]
    fn a_script_can_be_vouched_for() {
        let rest = "'wasm-unsafe-eval'";
        let nonce = wanted(Some("abc"), None);
        check_with(&format!("script-src 'nonce-abc' {rest}"), Some(&nonce), &[]);
        check_with(&format!("script-src 'nonce-abc' 'strict-dynamic' {rest}"), Some(&nonce), &[]);
        check_with(
            &format!("script-src 'nonce-abd' 'strict-dynamic' {EDGE} {rest}"),
            Some(&nonce),
            &[Script],
        );
        let digest = wanted(None, Some("sha384-x sha384-y"));
        check_with(&format!("script-src 'sha384-y' {rest}"), Some(&digest), &[]);
        check_with(&format!("script-src 'sha384-z' {rest}"), Some(&digest), &[Script]);
        // A script that some other one adds is not seen, and may be trusted.
        check_with(&format!("script-src 'nonce-abc' 'strict-dynamic' {rest}"), None, &[]);
        check_with(&format!("script-src 'self' {rest}"), None, &[Script]);
    }
}
