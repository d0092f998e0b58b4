//! The stable error codes: what went wrong, told by who must act. Every answer, page and event uses these and
//! no others.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What went wrong, told by who must act.
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
    /// A receipt arrived in a browser that did not set out, or that has finished already. Nothing was sent.
    WrongBrowser = "wrong_browser",
    /// This browser or page cannot run the flow: no WebAssembly, no storage, no secure context.
    Unsupported = "unsupported",
    /// The window that was opened for Smooch is closed, or cannot be seen any more.
    WindowClosed = "window_closed",
    /// The edge could not be reached, or its answer was lost on the way.
    EdgeUnreachable = "edge_unreachable",
    /// The receipt is forged, altered, of another deployment or of another kind.
    ReceiptInvalid = "receipt_invalid",
    /// The receipt is older than ten minutes.
    ReceiptExpired = "receipt_expired",
    /// The verifier is not the one whose challenge the receipt was made for.
    VerifierMismatch = "verifier_mismatch",
    /// The page's origin is not the one its site has in the settings.
    OriginNotAllowed = "origin_not_allowed",
    /// The session is forged, altered or of another deployment.
    SessionInvalid = "session_invalid",
    /// The session is older than an hour.
    SessionExpired = "session_expired",
    /// Another of the partner's users came back than had set out.
    SessionMismatch = "session_mismatch",
    /// The site's settings ask for a session and there is none.
    SessionRequired = "session_required",
    /// Smooch refused the authorization code: used before, or too old.
    CodeRejected = "code_rejected",
    /// Smooch refused the partner's client id or secret.
    ClientRejected = "client_rejected",
    /// Smooch did not answer, or answered that it cannot now.
    SmoochUnavailable = "smooch_unavailable",
    /// Smooch's answer is not what its documentation says.
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
    /// There is nothing at that path, or no connection of that id.
    NotFound = "not_found",
    /// The path exists, but not for this method.
    MethodNotAllowed = "method_not_allowed",
    /// The request has not the shape this path takes.
    InvalidRequest = "invalid_request",
}

impl ErrorCode {
    /// Reads a code, or `None` if it is none of ours.
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
