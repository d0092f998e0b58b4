//! Reads authorization responses (RFC 6749 §4.1.2) from the query of the callback.
//!
//! It never authenticates anyone: anybody can send a well-formed state and a code. The caller must not use the code before
//! the browser that started the flow has proven itself with its verifier.

use crate::{Secret, State};
use alloc::string::String;
use thiserror::Error;

/// Longest query, in bytes. A code and a state are much shorter, and most servers reject a much longer URL.
const MAX_QUERY_LENGTH: usize = 8192;

/// Longest authorization code, in bytes. Real codes are shorter, and the receipt that contains the code must fit into a URL.
const MAX_CODE_LENGTH: usize = 1024;

/// An authorization response. Its state is well-formed or absent.
///
/// ```
/// use shared::{Callback, CallbackError};
///
/// let state = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// let callback = Callback::parse(&format!("code=SplxlOBeZQQYbYS6WxSbIA&state={state}")).unwrap();
/// assert_eq!(callback.state.unwrap().site.as_str(), "main");
/// assert_eq!(callback.result.unwrap().expose(), "SplxlOBeZQQYbYS6WxSbIA");
///
/// let denied = Callback::parse(&format!("error=access_denied&state={state}")).unwrap();
/// assert_eq!(denied.result.unwrap_err(), CallbackError::Denied);
/// ```
#[derive(Debug)]
pub struct Callback {
    /// The state of the authorization request. `None` is a direct install, which did not start at the button.
    pub state: Option<State>,
    /// The authorization code, or the reason why there is none.
    pub result: Result<Secret, CallbackError>,
    /// The parameter `iss` (RFC 9207 §2), for settings with an issuer.
    pub issuer: Option<String>,
}

/// The reason why a response has no code. The caller can send the person back to their site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallbackError {
    /// The owner pressed Deny.
    #[error("the owner denied access")]
    Denied,
    /// Smooch is unavailable: `server_error` or `temporarily_unavailable` (RFC 6749 §4.1.2.1).
    #[error("Smooch is unavailable")]
    Unavailable,
    /// Smooch rejected the client or its request: the other errors of RFC 6749 §4.1.2.1.
    #[error("Smooch rejected the client or its request")]
    ClientRejected,
    /// The response violates RFC 6749 §4.1.2. The text names the problem.
    #[error("the response is malformed: {0}")]
    Malformed(&'static str),
}

/// The site of a response is unknown, because its state cannot be read. The caller has no page to send the person back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnknownState {
    /// The query is longer than any valid response.
    #[error("the query is too long")]
    TooLong,
    /// The parameter `state` is malformed, or present twice.
    #[error("the state is malformed")]
    Malformed,
}

impl Callback {
    /// Reads the query of the callback, without the `?`.
    ///
    /// # Errors
    ///
    /// [`UnknownState`] if the state cannot be read. Every other problem is in [`Callback::result`], because then the caller
    /// can report it on the person's site.
    pub fn parse(query: &str) -> Result<Self, UnknownState> {
        if query.len() > MAX_QUERY_LENGTH {
            return Err(UnknownState::TooLong);
        }
        let mut fields = Fields::default();
        // RFC 6749 §4.1.2: the client ignores unrecognized parameters. §3.1: a parameter must not be present twice.
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "state" => &mut fields.state,
                "code" => &mut fields.code,
                "error" => &mut fields.error,
                "iss" => &mut fields.issuer,
                _ => continue,
            };
            field.add(value.into_owned());
        }
        let state = match fields.state {
            Field::Absent => None,
            Field::Once(text) => Some(State::parse(&text).ok_or(UnknownState::Malformed)?),
            Field::Twice => return Err(UnknownState::Malformed),
        };
        let (issuer, is_repeated) = match fields.issuer {
            Field::Absent => (None, false),
            Field::Once(text) => (Some(text), false),
            Field::Twice => (None, true),
        };
        let result = if is_repeated {
            Err(CallbackError::Malformed("the issuer is present twice"))
        } else {
            code_or_error(fields.code, fields.error)
        };
        Ok(Self { state, result, issuer })
    }
}

fn code_or_error(code: Field, error: Field) -> Result<Secret, CallbackError> {
    match (code, error) {
        (Field::Once(code), Field::Absent) => {
            // RFC 6749 appendix A.11: code = 1*VSCHAR.
            let is_vschar = code.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
            if is_vschar && (1..=MAX_CODE_LENGTH).contains(&code.len()) {
                Ok(Secret::new(code))
            } else {
                Err(CallbackError::Malformed("the code is empty, too long or not printable ASCII"))
            }
        }
        (Field::Absent, Field::Once(error)) => Err(match error.as_str() {
            "access_denied" => CallbackError::Denied,
            "server_error" | "temporarily_unavailable" => CallbackError::Unavailable,
            "unauthorized_client"
            | "invalid_client"
            | "invalid_request"
            | "invalid_scope"
            | "unsupported_response_type" => CallbackError::ClientRejected,
            _ => CallbackError::Malformed("the error is unknown"),
        }),
        (Field::Absent, Field::Absent) => Err(CallbackError::Malformed("it has neither a code nor an error")),
        (Field::Once(_), Field::Once(_)) => Err(CallbackError::Malformed("it has both a code and an error")),
        (Field::Twice, _) | (_, Field::Twice) => {
            Err(CallbackError::Malformed("a parameter is present twice"))
        }
    }
}

#[derive(Default)]
struct Fields {
    state: Field,
    code: Field,
    error: Field,
    issuer: Field,
}

#[derive(Default)]
enum Field {
    #[default]
    Absent,
    Once(String),
    Twice,
}

impl Field {
    fn add(&mut self, value: String) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Twice => Self::Twice,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const STATE: &str = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[track_caller]
    fn check(query: &str, expected: Result<&str, CallbackError>) {
        let callback = Callback::parse(query).unwrap();
        assert_eq!(
            callback.result.as_ref().map(Secret::expose).map_err(|&error| error),
            expected,
            "{query:?}"
        );
    }

    #[test]
    fn the_example_of_rfc_6749_section_4_1_2_yields_its_code() {
        // The RFC's `state=xyz` does not have our format, so the test replaces it.
        let query = format!("code=SplxlOBeZQQYbYS6WxSbIA&state={STATE}");
        check(&query, Ok("SplxlOBeZQQYbYS6WxSbIA"));
        assert_eq!(Callback::parse(&query).unwrap().state.unwrap().to_text(), STATE);
        assert_eq!(
            Callback::parse("code=SplxlOBeZQQYbYS6WxSbIA&state=xyz").unwrap_err(),
            UnknownState::Malformed
        );
    }

    #[test]
    fn a_response_without_state_is_a_direct_install() {
        check("code=abc", Ok("abc"));
        assert!(Callback::parse("code=abc").unwrap().state.is_none());
    }

    #[test]
    fn each_error_of_the_rfc_is_mapped_to_its_cause() {
        check(&format!("error=access_denied&state={STATE}"), Err(CallbackError::Denied));
        check("error=access_denied&error_description=%3Cscript%3E", Err(CallbackError::Denied));
        check("error=server_error", Err(CallbackError::Unavailable));
        check("error=temporarily_unavailable", Err(CallbackError::Unavailable));
        check("error=unauthorized_client", Err(CallbackError::ClientRejected));
        check("error=invalid_scope", Err(CallbackError::ClientRejected));
        check("error=%3Cscript%3E", Err(CallbackError::Malformed("the error is unknown")));
    }

    #[test]
    fn a_malformed_response_yields_no_code() {
        let malformed = |query: &str, why| check(query, Err(CallbackError::Malformed(why)));
        malformed("", "it has neither a code nor an error");
        malformed("code=", "the code is empty, too long or not printable ASCII");
        malformed("code=a%00b", "the code is empty, too long or not printable ASCII");
        malformed("code=a%0d%0ab", "the code is empty, too long or not printable ASCII");
        malformed("code=%C3%A9", "the code is empty, too long or not printable ASCII");
        malformed(
            &format!("code={}", "a".repeat(1025)),
            "the code is empty, too long or not printable ASCII",
        );
        malformed("code=a&code=a", "a parameter is present twice");
        malformed("code=a&c%6Fde=b", "a parameter is present twice");
        malformed("code=a&error=access_denied", "it has both a code and an error");
        malformed("error=a&error=b", "a parameter is present twice");
        malformed("code=a&iss=x&iss=y", "the issuer is present twice");
        check(&format!("code={}", "a".repeat(1024)), Ok(&"a".repeat(1024)));
    }

    #[track_caller]
    fn check_unknown(query: &str, expected: UnknownState) {
        assert_eq!(Callback::parse(query).unwrap_err(), expected, "{query:?}");
    }

    #[test]
    fn an_unreadable_state_is_unknown() {
        check_unknown("code=a&state=", UnknownState::Malformed);
        check_unknown(&format!("code=a&state={STATE}&state={STATE}"), UnknownState::Malformed);
        check_unknown("code=a&state=1.main.short", UnknownState::Malformed);
        check_unknown(&format!("code=a&state={}", "a".repeat(10_240)), UnknownState::TooLong);
    }

    #[test]
    fn the_issuer_is_returned() {
        let callback = Callback::parse("code=a&iss=https%3A%2F%2Fhonest.example").unwrap();
        assert_eq!(callback.issuer.as_deref(), Some("https://honest.example"));
    }
}
