//! The stable error codes, by who must act. Every answer, page and event uses these and no others.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// An error, by who must act.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it stands in answers, events and fragments.
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
    /// A receipt arrived in a browser that did not start the flow, or that has finished it. Nothing was sent.
    WrongBrowser = "wrong_browser",
    /// This browser or page cannot run the flow: no WebAssembly, no storage, no secure context.
    Unsupported = "unsupported",
    /// The popup window is closed, or hidden by a `Cross-Origin-Opener-Policy`.
    WindowClosed = "window_closed",
    /// The edge did not answer, or its answer was lost.
    EdgeUnreachable = "edge_unreachable",
    /// The receipt is forged, altered, from another deployment or of another kind.
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
    /// Smooch did not answer, or is unavailable.
    SmoochUnavailable = "smooch_unavailable",
    /// Smooch's answer differs from its documentation.
    SmoochMalformed = "smooch_malformed",
    /// The token is there and could not be stored; it is held in the receipt that the answer carries.
    StorageUnavailable = "storage_unavailable",
    /// Smooch refuses this connection's token: it was removed there. Connecting again mends it.
    ConnectionRevoked = "connection_revoked",
    /// The partner has removed this connection, and Smooch has not been told yet.
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
    /// The request does not have the shape that this path takes.
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
    fn each_code_is_read_back_as_itself() {
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
        }
        assert_eq!(ErrorCode::parse("no_such_code"), None);
    }
}
