//! The stable error codes. Responses, pages and events use these codes only.
//!
//! This module has no texts for people: the client and the edge write their own for each code.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A stable error code. The code tells who must act: the person, the partner, or the operator of the edge.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as text, as in responses, events and URL fragments.
            #[must_use]
            #[inline(never)]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The owner pressed Deny at Smooch.
    AccessDenied = "access_denied",
    /// The receipt arrived in a browser that did not start this flow, or that has finished it. The page sent no request.
    WrongBrowser = "wrong_browser",
    /// The browser or page cannot run the flow: no WebAssembly, no storage, or no secure context.
    Unsupported = "unsupported",
    /// The popup window is closed, or hidden by a `Cross-Origin-Opener-Policy`.
    WindowClosed = "window_closed",
    /// The edge did not respond, or its response was lost.
    EdgeUnreachable = "edge_unreachable",
    /// The receipt is forged, altered, or from another deployment.
    ReceiptInvalid = "receipt_invalid",
    /// The receipt is older than ten minutes.
    ReceiptExpired = "receipt_expired",
    /// The verifier does not belong to the receipt's challenge.
    VerifierMismatch = "verifier_mismatch",
    /// The page's origin differs from its site's origin in the settings.
    OriginNotAllowed = "origin_not_allowed",
    /// The session is forged, altered or from another deployment.
    SessionInvalid = "session_invalid",
    /// The session is older than an hour.
    SessionExpired = "session_expired",
    /// The partner's user who came back is not the one who started.
    SessionMismatch = "session_mismatch",
    /// The site's settings require a session, and the request has none.
    SessionRequired = "session_required",
    /// Smooch rejected the authorization code: it was used before, or is too old.
    CodeRejected = "code_rejected",
    /// Smooch rejected the partner's client id or secret.
    ClientRejected = "client_rejected",
    /// Smooch did not respond, or is unavailable.
    SmoochUnavailable = "smooch_unavailable",
    /// Smooch's response differs from its documentation.
    SmoochMalformed = "smooch_malformed",
    /// KV failed, or a stored record cannot be read. If the edge could not store a new token, the response has a
    /// receipt with the sealed token.
    StorageUnavailable = "storage_unavailable",
    /// Smooch rejects this connection's token, because the owner removed the integration. Connecting again repairs it.
    ConnectionRevoked = "connection_revoked",
    /// The partner removed this connection, and the edge has not revoked it at Smooch yet.
    ConnectionRemoving = "connection_removing",
    /// Too many requests.
    RateLimited = "rate_limited",
    /// A setting of the edge is missing or wrong; `/healthz` names it.
    Misconfigured = "misconfigured",
    /// The API key is missing or wrong.
    Unauthorized = "unauthorized",
    /// The path or the connection does not exist.
    NotFound = "not_found",
    /// The path does not support this method.
    MethodNotAllowed = "method_not_allowed",
    /// The request does not have the format that this path accepts.
    InvalidRequest = "invalid_request",
}

impl ErrorCode {
    /// Reads a code, or `None` if it is unknown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_round_trips() {
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
        }
        assert_eq!(ErrorCode::parse("no_such_code"), None);
    }
}
