//! Reads the response of the tokenInfo endpoint: the app of a token, and whether the token is still valid.
//!
//! It never sends the request, and it never accepts a subdomain that could change the host of the API.

use crate::{App, AppId, Object, Subdomain, from_json, lossy_text};
use alloc::string::String;
use serde::Deserialize;
use thiserror::Error;

/// The reason why a response names no app. Each variant requires a different action from the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenInfoError {
    /// Smooch rejected the token: it is invalid or revoked.
    #[error("tokenInfo rejected the token with status {status}")]
    Refused {
        /// The HTTP status, 401 or 403.
        status: u16,
    },
    /// The endpoint is unavailable. The caller can retry later.
    #[error("tokenInfo failed with status {status}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// The response differs from the documentation. The text names the problem.
    #[error("the response of tokenInfo is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads the response `{app: {id, displayName, subdomain, …}}`.
///
/// # Errors
///
/// See [`TokenInfoError`]. A subdomain that is not a single label is malformed: it becomes part of a host that receives the
/// token.
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
        _ => return Err(TokenInfoError::Malformed("the status is unexpected")),
    }
    let TokenInfo { app: Object(app) } =
        from_json(body).ok_or(TokenInfoError::Malformed("it is not a JSON object with an app"))?;
    let id = AppId::parse(&app.id).ok_or(TokenInfoError::Malformed("the app's id is invalid"))?;
    let subdomain = match app.subdomain {
        None => None,
        Some(text) => {
            Some(Subdomain::parse(&text).ok_or(TokenInfoError::Malformed("the subdomain is invalid"))?)
        }
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
    fn the_documented_response_names_the_app() {
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
    fn only_status_401_and_403_mean_that_the_token_is_invalid() {
        check(401, "", TokenInfoError::Refused { status: 401 });
        check(403, "", TokenInfoError::Refused { status: 403 });
        check(429, "", TokenInfoError::Unavailable { status: 429 });
        check(500, "", TokenInfoError::Unavailable { status: 500 });
        check(404, "", TokenInfoError::Malformed("the status is unexpected"));
        check(302, "", TokenInfoError::Malformed("the status is unexpected"));
    }

    #[test]
    fn a_hostile_response_names_no_app() {
        for not_an_app in ["[]", "[{}]", "{}", r#"{"app":[]}"#, r#"{"app":["5f1a"]}"#] {
            check(200, not_an_app, TokenInfoError::Malformed("it is not a JSON object with an app"));
        }
        check(200, r#"{"app":{"id":"a/b"}}"#, TokenInfoError::Malformed("the app's id is invalid"));
        for hostile in ["evil.example/", "evil.example", "", "a@b", "a:1", "A"] {
            let body = format!(r#"{{"app":{{"id":"{ID}","subdomain":"{hostile}"}}}}"#);
            check(200, &body, TokenInfoError::Malformed("the subdomain is invalid"));
        }
    }
}
