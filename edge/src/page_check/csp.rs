//! Evaluates a page's Content-Security-Policy (CSP Level 3) for the button: may the page load the script, run
//! WebAssembly and connect to the edge? Other directives are ignored.

mod source;

use shared::facts::Blocked;
use source::any_matches;
use url::Url;

/// All policies of a page. A request is allowed if every policy allows it (CSP §8.1).
#[derive(Debug, Default)]
pub struct Policies(Vec<Policy>);

/// One policy: the names of its directives in lower case, with their sources as they are written.
#[derive(Debug, Default)]
struct Policy(Vec<(String, Vec<String>)>);

/// The tag that loads the button's script.
#[derive(Clone, Debug)]
pub struct ScriptTag {
    /// The URL of the script.
    pub url: Url,
    /// The attribute `nonce`.
    pub nonce: Option<String>,
    /// The attribute `integrity`.
    pub integrity: Option<String>,
}

impl Policies {
    /// Adds the policies of a header or of a `meta` tag: a list separated by commas (CSP §2.2).
    pub fn add(&mut self, text: &str) {
        self.0.extend(text.split(',').map(Policy::parse).filter(|policy| !policy.0.is_empty()));
    }

    /// The actions of the button that the policies block, on a page with the URL `page`. `edge` is the origin of the
    /// edge, and `script` the tag that loads the button, if there is one.
    #[must_use]
    pub fn blocked(&self, page: &Url, edge: &Url, script: Option<&ScriptTag>) -> Vec<Blocked> {
        let is_blocked = |action: &Blocked| {
            self.0.iter().any(|policy| match action {
                Blocked::Script => !policy.allows_script(page, edge, script),
                Blocked::Wasm => !policy.allows_wasm(),
                Blocked::Connect => !policy.allows_connection(page, edge),
            })
        };
        [Blocked::Script, Blocked::Wasm, Blocked::Connect].into_iter().filter(is_blocked).collect()
    }

    /// The text of the policies. [`Policies::add`] parses it to the same policies.
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
            // CSP §2.2.1: the first of repeated directives counts.
            if !directives.iter().any(|(known, _)| *known == name) {
                directives.push((name, words.map(str::to_owned).collect()));
            }
        }
        Self(directives)
    }

    /// The sources of the first of these directives that the policy has. `None` if it has none: then there is no
    /// restriction.
    fn sources(&self, names: &[&str]) -> Option<&[String]> {
        let find = |name: &&str| self.0.iter().find(|(known, _)| known == name);
        names.iter().find_map(find).map(|(_, sources)| sources.as_slice())
    }

    fn allows_script(&self, page: &Url, edge: &Url, script: Option<&ScriptTag>) -> bool {
        let Some(sources) = self.sources(&["script-src-elem", "script-src", "default-src"]) else {
            return true;
        };
        let has_nonce_or_digest = |source: &String| {
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
        if sources.iter().any(has_nonce_or_digest) {
            return true;
        }
        // CSP §8.2: with 'strict-dynamic', URLs do not count. A script that is not in the HTML may be loaded by a
        // trusted one.
        if sources.iter().any(|source| source.eq_ignore_ascii_case("'strict-dynamic'")) {
            return script.is_none();
        }
        let url = script.map_or_else(|| with_path(edge, "/add-to-smooch.js"), |script| script.url.clone());
        any_matches(sources, page, &url)
    }

    fn allows_wasm(&self) -> bool {
        let keywords = ["'wasm-unsafe-eval'", "'unsafe-eval'"];
        let allows = |source: &String| keywords.iter().any(|keyword| source.eq_ignore_ascii_case(keyword));
        self.sources(&["script-src", "default-src"]).is_none_or(|sources| sources.iter().any(allows))
    }

    fn allows_connection(&self, page: &Url, edge: &Url) -> bool {
        let Some(sources) = self.sources(&["connect-src", "default-src"]) else { return true };
        // The folder of the wasm changes whenever the wasm changes, so the policy must allow any folder in `/embed/`.
        ["/embed/digest/add-to-smooch.wasm", "/complete"]
            .iter()
            .all(|path| any_matches(sources, page, &with_path(edge, path)))
    }
}

/// The URL of another path on the same origin.
fn with_path(edge: &Url, path: &str) -> Url {
    let mut url = edge.clone();
    url.set_path(path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::facts::Blocked::{Connect, Script, Wasm};

    const EDGE: &str = "https://connect.shop.example";

    fn url(href: &str) -> Url {
        Url::parse(href).unwrap()
    }

    fn script(nonce: Option<&str>, integrity: Option<&str>) -> ScriptTag {
        let url = with_path(&url(EDGE), "/add-to-smooch.js");
        ScriptTag { url, nonce: nonce.map(Into::into), integrity: integrity.map(Into::into) }
    }

    #[track_caller]
    fn check_with(policy: &str, script: Option<&ScriptTag>, expected: &[Blocked]) {
        let (page, edge) = (url("https://shop.example/connected"), url(EDGE));
        let mut policies = Policies::default();
        policies.add(policy);
        assert_eq!(policies.blocked(&page, &edge, script), expected, "{policy}");
    }

    #[track_caller]
    fn check(policy: &str, expected: &[Blocked]) {
        check_with(policy, Some(&script(None, None)), expected);
    }

    #[test]
    fn the_documented_policy_blocks_nothing() {
        check(&format!("script-src {EDGE} 'wasm-unsafe-eval'; connect-src {EDGE}"), &[]);
        check(
            &format!("default-src 'none'; script-src 'self' {EDGE} 'wasm-unsafe-eval'; connect-src {EDGE}"),
            &[],
        );
        check("", &[]);
        check("img-src 'none'; frame-ancestors 'none'", &[]);
    }

    #[test]
    fn a_missing_source_blocks_the_action() {
        check("default-src 'none'", &[Script, Wasm, Connect]);
        check("default-src 'self'", &[Script, Wasm, Connect]);
        check("script-src 'self'", &[Script, Wasm]);
        check(&format!("script-src {EDGE}"), &[Wasm]);
        check(&format!("script-src {EDGE} 'unsafe-eval'; connect-src 'self'"), &[Connect]);
        check("connect-src 'none'", &[Connect]);
        check(&format!("script-src-elem 'none'; script-src {EDGE} 'wasm-unsafe-eval'"), &[Script]);
        // The first of repeated directives counts, and every policy counts.
        check("connect-src 'self'; connect-src *", &[Connect]);
        check(&format!("connect-src {EDGE}, connect-src 'self'"), &[Connect]);
    }

    #[test]
    fn a_source_allows_only_the_urls_that_it_matches() {
        let connects = |source: &str, allowed: bool| {
            check(&format!("connect-src {source}"), if allowed { &[] } else { &[Connect] });
        };
        for matching in
            ["*", "https:", "http:", "connect.shop.example", "*.shop.example", "http://connect.shop.example"]
        {
            connects(matching, true);
        }
        for matching in [
            "HTTPS://Connect.Shop.Example:443",
            "*:*",
            "https://*.example:*",
            "http://connect.shop.example:80",
        ] {
            connects(matching, true);
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
        connects("https://connect.shop.example/complete https://connect.shop.example/embed/", true);
        connects(
            "https://connect.shop.example/complete https://connect.shop.example/add-to-smooch.wasm",
            false,
        );
        connects("https://connect.shop.example/", true);
        connects("https://connect.shop.example/api/", false);
        let local = |source: &str| {
            let mut policies = Policies::default();
            policies.add(&format!("connect-src {source}"));
            let (page, edge) = ("http://127.0.0.1:8789/", "http://[::1]:8787");
            policies.blocked(&url(page), &url(edge), None)
        };
        assert_eq!(local("http://[::1]:8787"), []);
        assert_eq!(local("http://[::1]"), [Connect]);
    }

    #[test]
    fn a_nonce_or_digest_allows_the_script() {
        let rest = "'wasm-unsafe-eval'";
        let nonce = script(Some("abc"), None);
        check_with(&format!("script-src 'nonce-abc' {rest}"), Some(&nonce), &[]);
        check_with(&format!("script-src 'nonce-abc' 'strict-dynamic' {rest}"), Some(&nonce), &[]);
        check_with(
            &format!("script-src 'nonce-abd' 'strict-dynamic' {EDGE} {rest}"),
            Some(&nonce),
            &[Script],
        );
        let digest = script(None, Some("sha384-x sha384-y"));
        check_with(&format!("script-src 'sha384-y' {rest}"), Some(&digest), &[]);
        check_with(&format!("script-src 'sha384-z' {rest}"), Some(&digest), &[Script]);
        // A script that another script adds is not in the HTML, and may be trusted.
        check_with(&format!("script-src 'nonce-abc' 'strict-dynamic' {rest}"), None, &[]);
        check_with(&format!("script-src 'self' {rest}"), None, &[Script]);
    }
}
