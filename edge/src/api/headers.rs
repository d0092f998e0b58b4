//! The headers that a call to Smooch's API passes on, in both directions.

/// A header of the response that says that the connection is revoked now. The edge adds it to a 401.
pub(super) const CONNECTION_STATUS: &str = "add-to-smooch-connection";

/// Hop-by-hop headers (RFC 9110 §7.6.1), and headers that the platform sets itself. They are never passed on.
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
];

/// The headers of the caller that are passed on to Smooch. Headers for the edge, such as the API key, and headers
/// that describe the caller's connection or claim an identity are dropped.
pub(super) fn passed_on(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    filtered(headers, is_passed_on)
}

/// The headers of Smooch's response that are passed back to the caller.
pub(super) fn passed_back(headers: Vec<(String, String)>) -> Vec<(String, String)> {
    filtered(headers, is_passed_back)
}

fn filtered(mut headers: Vec<(String, String)>, passes: fn(&str) -> bool) -> Vec<(String, String)> {
    let named = named_in_connection(&headers);
    headers.retain(|(name, _)| passes(name) && !named.contains(name));
    headers
}

/// The names of the headers that `connection` lists. They are hop-by-hop too (RFC 9110 §7.6.1).
fn named_in_connection(headers: &[(String, String)]) -> Vec<String> {
    let connection = headers.iter().filter(|(name, _)| name == "connection");
    let named = connection.flat_map(|(_, value)| value.split(','));
    named.map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn is_passed_on(name: &str) -> bool {
    let dropped =
        ["authorization", "cookie", "accept-encoding", "origin", "referer", "forwarded", "via", "x-real-ip"];
    let prefixes = ["cf-", "x-forwarded-", "x-zendesk-marketplace-", "sec-", "cdn-"];
    passes(name, &dropped, &prefixes)
}

fn is_passed_back(name: &str) -> bool {
    let dropped = [
        // Browsers would apply these to the edge's origin. Smooch sends them for its own.
        "set-cookie",
        "strict-transport-security",
        "alt-svc",
        "nel",
        "report-to",
        // The platform has decoded the body already.
        "content-encoding",
        // Only the edge may send this one.
        CONNECTION_STATUS,
    ];
    let prefixes = ["cf-", "access-control-", "content-security-policy"];
    passes(name, &dropped, &prefixes)
}

fn passes(name: &str, dropped: &[&str], prefixes: &[&str]) -> bool {
    !HOP_BY_HOP.contains(&name)
        && !dropped.contains(&name)
        && !prefixes.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &[(String, String)]) -> Vec<&str> {
        headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn headers(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
    }

    #[test]
    fn headers_for_the_edge_and_its_hop_are_not_passed_on() {
        let dropped =
            ["authorization", "cookie", "host", "transfer-encoding", "cf-connecting-ip", "x-forwarded-for"];
        assert_eq!(names(&passed_on(headers(&dropped))), [""; 0]);
        let passed =
            ["content-type", "accept", "if-none-match", "x-request-id", "user-agent", "idempotency-key"];
        assert_eq!(names(&passed_on(headers(&passed))), passed);
    }

    #[test]
    fn headers_for_smoochs_own_origin_and_hop_are_not_passed_back() {
        let dropped = ["set-cookie", "connection", "content-length", "access-control-allow-origin"];
        assert_eq!(names(&passed_back(headers(&dropped))), [""; 0]);
        let passed = ["content-type", "retry-after", "location", "etag", "x-ratelimit-remaining"];
        assert_eq!(names(&passed_back(headers(&passed))), passed);
    }

    #[test]
    fn headers_that_connection_names_are_dropped() {
        let mut headers = headers(&["x-secret", "accept"]);
        headers.push(("connection".into(), "close, X-Secret".into()));
        assert_eq!(names(&passed_on(headers.clone())), ["accept"]);
        assert_eq!(names(&passed_back(headers)), ["accept"]);
    }
}
