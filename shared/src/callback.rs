//! Reads authorization responses (RFC 6749 §4.1.2), as they arrive in the callback's query.
//!
//! It believes nothing: that a state is well-formed does not make it ours, and a code is worth nothing before
//! the browser that set out has proven itself.

use crate::{Secret, State};
use alloc::string::String;
use thiserror::Error;

/// Longest query that is read. Far more than a code and a state take; a URL much longer is refused on the way
/// by most servers.
const LONGEST_QUERY: usize = 8192;

/// Longest authorization code. Codes in the wild stay below; the receipt that carries one must fit a URL.
const LONGEST_CODE: usize = 1024;

/// An authorization response whose state is well-formed, or that has none.
#[derive(Debug)]
pub struct Callback {
    /// The state that came back. `None` is a direct install: somebody sent the person to Smooch without us.
    pub state: Option<State>,
    /// The authorization code, or why there is none.
    pub result: Result<Secret, CallbackError>,
    /// The `iss` parameter (RFC 9207), for settings that know an issuer.
    pub issuer: Option<String>,
}

/// Why there is no code, though it is known whose flow this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallbackError {
    /// The owner pressed Deny.
    #[error("the owner denied access")]
    Denied,
    /// Smooch says that it cannot now (`server_error`, `temporarily_unavailable`).
    #[error("Smooch cannot now")]
    Unavailable,
    /// Smooch says that this client may not, or not so (the other errors of RFC 6749 §4.1.2.1).
    #[error("Smooch refused the client")]
    Client,
    /// The response has another shape than RFC 6749 §4.1.2 gives it.
    #[error("the response is malformed: {0}")]
    Malformed(&'static str),
}

/// Whose flow this is cannot be told, so there is nowhere to send the person back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unplaced {
    /// The query is longer than any response is.
    #[error("the query is too long")]
    TooLong,
    /// There is a `state` and it is none of ours, or there are two.
    #[error("the state is not one of ours")]
    State,
}

impl Callback {
    /// Reads a query, as it stands behind the `?`.
    ///
    /// # Errors
    ///
    /// [`Unplaced`] where the state cannot be read. All that can go wrong after that is in
    /// [`Callback::result`], because then there is a place to tell it.
    pub fn parse(query: &str) -> Result<Self, Unplaced> {
        if query.len() > LONGEST_QUERY {
            return Err(Unplaced::TooLong);
        }
        let mut fields = Fields::default();
        // RFC 6749 §4.1.2: unrecognized parameters are ignored. §3.1: none may stand there twice.
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "state" => &mut fields.state,
                "code" => &mut fields.code,
                "error" => &mut fields.error,
                "iss" => &mut fields.issuer,
                _ => continue,
            };
            field.take_in(value.into_owned());
        }
        let state = match fields.state {
            Field::Absent => None,
            Field::Once(text) => Some(State::parse(&text).ok_or(Unplaced::State)?),
            Field::Twice => return Err(Unplaced::State),
        };
        let (issuer, doubled) = match fields.issuer {
            Field::Absent => (None, false),
            Field::Once(text) => (Some(text), false),
            Field::Twice => (None, true),
        };
        let result = if doubled {
            Err(CallbackError::Malformed("two issuers"))
        } else {
            outcome(fields.code, fields.error)
        };
        Ok(Self { state, result, issuer })
    }
}

fn outcome(code: Field, error: Field) -> Result<Secret, CallbackError> {
    match (code, error) {
        (Field::Once(code), Field::Absent) => {
            // RFC 6749 appendix A.11: code = 1*VSCHAR.
            let grammar = code.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
            if grammar && (1..=LONGEST_CODE).contains(&code.len()) {
                Ok(Secret::new(code))
            } else {
                Err(CallbackError::Malformed("the code is not one"))
            }
        }
        (Field::Absent, Field::Once(error)) => Err(match error.as_str() {
            "access_denied" => CallbackError::Denied,
            "server_error" | "temporarily_unavailable" => CallbackError::Unavailable,
            "unauthorized_client"
            | "invalid_client"
            | "invalid_request"
            | "invalid_scope"
            | "unsupported_response_type" => CallbackError::Client,
            _ => CallbackError::Malformed("an unknown error"),
        }),
        (Field::Absent, Field::Absent) => Err(CallbackError::Malformed("neither code nor error")),
        (Field::Once(_), Field::Once(_)) => Err(CallbackError::Malformed("both code and error")),
        (Field::Twice, _) | (_, Field::Twice) => {
            Err(CallbackError::Malformed("a parameter stands there twice"))
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
    fn take_in(&mut self, value: String) {
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
        // The RFC's `state=xyz` is none of ours, so it stands here with one that is.
        let query = format!("code=SplxlOBeZQQYbYS6WxSbIA&state={STATE}");
        check(&query, Ok("SplxlOBeZQQYbYS6WxSbIA"));
        assert_eq!(Callback::parse(&query).unwrap().state.unwrap().to_text(), STATE);
        assert_eq!(Callback::parse("code=SplxlOBeZQQYbYS6WxSbIA&state=xyz").unwrap_err(), Unplaced::State);
    }

    #[test]
    fn a_response_without_state_is_a_direct_install() {
        check("code=abc", Ok("abc"));
        assert!(Callback::parse("code=abc").unwrap().state.is_none());
    }

    #[test]
    fn each_error_says_who_must_act() {
        check(&format!("error=access_denied&state={STATE}"), Err(CallbackError::Denied));
        check("error=access_denied&error_description=%3Cscript%3E", Err(CallbackError::Denied));
        check("error=server_error", Err(CallbackError::Unavailable));
        check("error=temporarily_unavailable", Err(CallbackError::Unavailable));
        check("error=unauthorized_client", Err(CallbackError::Client));
        check("error=invalid_scope", Err(CallbackError::Client));
        check("error=%3Cscript%3E", Err(CallbackError::Malformed("an unknown error")));
    }

    #[test]
    fn a_malformed_response_yields_no_code() {
        let malformed = |query: &str, why| check(query, Err(CallbackError::Malformed(why)));
        malformed("", "neither code nor error");
        malformed("code=", "the code is not one");
        malformed("code=a%00b", "the code is not one");
        malformed("code=a%0d%0ab", "the code is not one");
        malformed("code=%C3%A9", "the code is not one");
        malformed(&format!("code={}", "a".repeat(1025)), "the code is not one");
        malformed("code=a&code=a", "a parameter stands there twice");
        malformed("code=a&c%6Fde=b", "a parameter stands there twice");
        malformed("code=a&error=access_denied", "both code and error");
        malformed("error=a&error=b", "a parameter stands there twice");
        malformed("code=a&iss=x&iss=y", "two issuers");
        check(&format!("code={}", "a".repeat(1024)), Ok(&"a".repeat(1024)));
    }

    #[track_caller]
    fn unplaced(query: &str, expected: Unplaced) {
        assert_eq!(Callback::parse(query).unwrap_err(), expected, "{query:?}");
    }

    #[test]
    fn without_a_readable_state_there_is_no_place_to_go() {
        unplaced("code=a&state=", Unplaced::State);
        unplaced(&format!("code=a&state={STATE}&state={STATE}"), Unplaced::State);
        unplaced("code=a&state=1.main.short", Unplaced::State);
        unplaced(&format!("code=a&state={}", "a".repeat(10_240)), Unplaced::TooLong);
    }

    #[test]
    fn the_issuer_is_kept_for_who_knows_it() {
        let callback = Callback::parse("code=a&iss=https%3A%2F%2Fhonest.example").unwrap();
        assert_eq!(callback.issuer.as_deref(), Some("https://honest.example"));
    }
}
