//! The URL of a call to Smooch's API. It cannot leave the API's base URL, however the path is read.

use shared::Endpoint;

/// The URL of a call: `base`, the path and the query. `None` if it could lead outside of the base.
///
/// [`Endpoint`] accepts only URLs that parsers do not rewrite, so the checked text is the URL that is requested.
#[must_use]
pub fn upstream_url(base: &str, path: &str, query: &str) -> Option<String> {
    if !stays_below_base(path) {
        return None;
    }
    let mark = if query.is_empty() { "" } else { "?" };
    let text = [base, "/", path, mark, query].concat();
    Endpoint::parse(&text).is_ok().then_some(text)
}

/// `true` if no parser of URLs can read `path` as one that leaves its base. It rejects:
///
/// - empty segments, except the last: some APIs have a slash at the end;
/// - dot segments (RFC 3986 §5.2.4), also with path parameters (`..;a=b`);
/// - percent-encoded slashes, backslashes, dots, semicolons and NUL, and percent signs, which would hide one of these
///   from a server that decodes twice;
/// - backslashes.
pub(super) fn stays_below_base(path: &str) -> bool {
    let hides_syntax = path.contains('\\')
        || path.split('%').skip(1).any(|encoded| {
            let digits = encoded.get(..2).unwrap_or_default();
            ["2f", "5c", "2e", "3b", "25", "00"].into_iter().any(|code| digits.eq_ignore_ascii_case(code))
        });
    let mut segments = path.split('/').peekable();
    let mut valid = true;
    while let Some(segment) = segments.next() {
        let may_be_empty = segments.peek().is_none() && !segment.contains(';');
        let segment = segment.split(';').next().unwrap_or_default();
        valid &= !matches!(segment, "." | "..") && (may_be_empty || !segment.is_empty());
    }
    valid && !hides_syntax
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    const BASE: &str = "https://corner.zendesk.com/sc";

    #[track_caller]
    fn check(path: &str, query: &str, expected: &str) {
        assert_eq!(upstream_url(BASE, path, query).as_deref(), Some(expected), "{path:?} {query:?}");
    }

    #[test]
    fn path_and_query_are_appended_to_the_base() {
        check("v2/apps/5f1a", "", "https://corner.zendesk.com/sc/v2/apps/5f1a");
        check("v2/users/a%20b/", "", "https://corner.zendesk.com/sc/v2/users/a%20b/");
        check("v2/x", "a=b&c=..%2F", "https://corner.zendesk.com/sc/v2/x?a=b&c=..%2F");
        check("v2/x", "page[after]=1", "https://corner.zendesk.com/sc/v2/x?page[after]=1");
        check("", "", "https://corner.zendesk.com/sc/");
    }

    #[test]
    fn a_path_that_could_leave_the_base_is_refused() {
        for hostile in [
            "..",
            "../admin",
            "v2/../../admin",
            "v2/./x",
            "v2/%2e%2e/admin",
            "v2/%2E%2e/admin",
            "v2/.%2e/admin",
            "v2/..%2fadmin",
            "v2%2f..%2f..",
            "/evil.example/",
            "//evil.example/",
            "v2//x",
            "\\\\evil.example",
            "v2\\..\\..",
            "v2/%5c..",
            "v2/x%00",
            "v2/..;/..;a=b/admin",
            "v2/;/x",
            "v2/..%3b/admin",
            "v2/%252e%252e/admin",
            "v2/..%252Fadmin",
            "v2/\u{9}../x",
            "v2/x#y",
            "https://evil.example/",
        ] {
            assert_eq!(upstream_url(BASE, hostile, ""), None, "{hostile:?}");
        }
        // These two are harmless behind a slash.
        for harmless in ["v2/x?y", "@evil.example/"] {
            let url = upstream_url(BASE, harmless, "").and_then(|url| Url::parse(&url).ok());
            assert_eq!(url.as_ref().and_then(Url::host_str), Some("corner.zendesk.com"), "{harmless:?}");
        }
    }
}
