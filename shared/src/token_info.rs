//! Reads the answer of the tokenInfo endpoint: which app a token is for, and whether it still lives.

use crate::{App, AppId, Object, Subdomain, from_json, lossy_text};
use alloc::string::String;
use serde::Deserialize;
use thiserror::Error;

/// Why an answer names no app: what the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenInfoError {
    /// Smooch does not know the token, or no longer: it is dead.
    #[error("the token was refused with {status}")]
    Refused {
        /// The HTTP status, 401 or 403.
        status: u16,
    },
    /// Smooch cannot now; asked later, it may.
    #[error("the endpoint failed with {status}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is not what the documentation says.
    #[error("the answer is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads the answer: `{app: {id, displayName, subdomain, …}}`.
///
/// # Errors
///
/// [`TokenInfoError`] says what the caller does next. A subdomain that is not a single label is malformed: it
/// would become part of a host that the token is sent to.
pub fn read_token_info(status: u16, body: &[u8]) -> Result<App, TokenInfoError> {
    #[derive(Deserialize)]
    struct TokenInfo {
        app: Object<AppInfo>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct AppInfo {
        id: String,
        #[serde(default, deserialize_with = "lossy_text")]
        display_name: Option<String>,
        subdomain: Option<String>,
    }
    match status {
        200 => {}
        401 | 403 => return Err(TokenInfoError::Refused { status }),
        408 | 429 | 500..=599 => return Err(TokenInfoError::Unavailable { status }),
        _ => return Err(TokenInfoError::Malformed("an unexpected status")),
    }
    let TokenInfo { app: Object(app) } =
        from_json(body).ok_or(TokenInfoError::Malformed("not JSON with an app"))?;
    let id = AppId::parse(&app.id).ok_or(TokenInfoError::Malformed("the app's id"))?;
    let subdomain = match app.subdomain {
        None => None,
        Some(text) => Some(Subdomain::parse(&text).ok_or(TokenInfoError::Malformed("the subdomain"))?),
    };
    let name = app.display_name.as_deref().and_then(App::tidy_name);
    Ok(App { id, name, subdomain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const ID: &str = "5f1a8e6b2c3d4e5f6a7b8c9d";

    #[test]
    fn the_documented_answer_names_the_app() {
        let body = format!(
            r#"{{"app":{{"id":"{ID}","displayName":"Corner Bakery","settings":{{}},"metadata":{{}},"subdomain":"corner-bakery"}}}}"#
        );
        let app = read_token_info(200, body.as_bytes()).unwrap();
        assert_eq!(app.id.as_str(), ID);
        assert_eq!(app.name.as_deref(), Some("Corner Bakery"));
        assert_eq!(app.subdomain.unwrap().as_str(), "corner-bakery");
    }

    #[track_caller]
    fn check(status: u16, body: &str, expected: TokenInfoError) {
        assert_eq!(read_token_info(status, body.as_bytes()), Err(expected), "{status} {body}");
    }

    #[test]
    fn only_a_refusal_means_that_the_token_is_dead() {
        check(401, "", TokenInfoError::Refused { status: 401 });
        check(403, "", TokenInfoError::Refused { status: 403 });
        check(429, "", TokenInfoError::Unavailable { status: 429 });
        check(500, "", TokenInfoError::Unavailable { status: 500 });
        check(404, "", TokenInfoError::Malformed("an unexpected status"));
        check(302, "", TokenInfoError::Malformed("an unexpected status"));
    }

    #[test]
    fn a_hostile_answer_names_no_app() {
        for not_an_app in ["[]", "[{}]", "{}", r#"{"app":[]}"#, r#"{"app":["5f1a"]}"#] {
            check(200, not_an_app, TokenInfoError::Malformed("not JSON with an app"));
        }
        check(200, r#"{"app":{"id":"a/b"}}"#, TokenInfoError::Malformed("the app's id"));
        for hostile in ["evil.example/", "evil.example", "", "a@b", "a:1", "A"] {
            let body = format!(r#"{{"app":{{"id":"{ID}","subdomain":"{hostile}"}}}}"#);
            check(200, &body, TokenInfoError::Malformed("the subdomain"));
        }
    }
}
