//! Maps paths to routes. One host serves both families of endpoints: `smooch` at `/…` and `sunshine` at `/sc/…`.

use crate::request_log::Endpoint;

/// A path of the stand-in. Ids in it are decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Home,
    Stylesheet,
    Login,
    Logout,
    /// The console's list of apps.
    Console,
    /// The console's page of an app's conversations. Holds the app id.
    Conversations(String),
    /// The form with which an owner removes the integration from an app. Holds the app id.
    RemoveIntegration(String),
    /// The authorization endpoint, which also lets the owner choose an app.
    Authorize,
    /// Allow and Deny for one app. Holds the app id.
    AuthorizeApp(String),
    Token,
    TokenInfo,
    /// The revocation endpoint.
    Authorization,
    /// API v1. Holds the path segments after `v1`.
    V1(Vec<String>),
    /// API v2. Holds the path segments after `v2`.
    V2(Vec<String>),
    Unknown,
}

impl Route {
    pub(crate) fn parse(path: &str) -> Self {
        let (sunshine, rest) = match path.strip_prefix("/sc/") {
            Some(rest) => (true, rest),
            None => (false, path.strip_prefix('/').unwrap_or(path)),
        };
        let segments: Vec<String> = rest.split('/').map(decode).collect();
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (sunshine, names.as_slice()) {
            (false, [""]) => Self::Home,
            (false, ["stand-in.css"]) => Self::Stylesheet,
            (false, ["login"]) => Self::Login,
            (false, ["logout"]) => Self::Logout,
            (false, ["console"]) => Self::Console,
            (false, ["console", "apps", id]) => Self::Conversations((*id).to_owned()),
            (false, ["console", "apps", id, "remove"]) => Self::RemoveIntegration((*id).to_owned()),
            (_, ["oauth", "authorize"]) => Self::Authorize,
            (_, ["oauth", "authorize", "apps", id]) => Self::AuthorizeApp((*id).to_owned()),
            (_, ["oauth", "token"]) => Self::Token,
            (_, ["oauth", "authorization"]) => Self::Authorization,
            (true, ["v2", "tokenInfo"]) => Self::TokenInfo,
            (_, ["v1", rest @ ..]) => Self::V1(rest.iter().map(ToString::to_string).collect()),
            (_, ["v2", rest @ ..]) => Self::V2(rest.iter().map(ToString::to_string).collect()),
            _ => Self::Unknown,
        }
    }

    /// The endpoint under which a request to this route is counted.
    pub(crate) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Token => Endpoint::Token,
            Self::TokenInfo => Endpoint::TokenInfo,
            Self::Authorization => Endpoint::Revoke,
            Self::V1(_) | Self::V2(_) => Endpoint::Api,
            Self::Home
            | Self::Stylesheet
            | Self::Login
            | Self::Logout
            | Self::Console
            | Self::Conversations(_)
            | Self::RemoveIntegration(_)
            | Self::Authorize
            | Self::AuthorizeApp(_)
            | Self::Unknown => Endpoint::Page,
        }
    }
}

/// Decodes one path segment. Decoding follows splitting, so an encoded slash stays inside its segment
/// (RFC 3986 §2.2).
fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &Route) {
        assert_eq!(&Route::parse(path), expected, "{path}");
    }

    #[test]
    fn both_families_share_the_oauth_and_api_routes() {
        for prefix in ["", "/sc"] {
            check(&format!("{prefix}/oauth/authorize"), &Route::Authorize);
            check(&format!("{prefix}/oauth/authorize/apps/a1"), &Route::AuthorizeApp("a1".to_owned()));
            check(&format!("{prefix}/oauth/token"), &Route::Token);
            check(&format!("{prefix}/oauth/authorization"), &Route::Authorization);
            check(&format!("{prefix}/v1/appusers"), &Route::V1(vec!["appusers".to_owned()]));
            check(&format!("{prefix}/v2/apps"), &Route::V2(vec!["apps".to_owned()]));
        }
    }

    #[test]
    fn token_info_is_only_under_sc_and_the_console_only_outside_it() {
        check("/sc/v2/tokenInfo", &Route::TokenInfo);
        check("/v2/tokenInfo", &Route::V2(vec!["tokenInfo".to_owned()]));
        check("/console", &Route::Console);
        check("/sc/console", &Route::Unknown);
    }

    #[test]
    fn an_encoded_slash_does_not_split_a_segment() {
        check("/v1/appusers/a%2Fb", &Route::V1(vec!["appusers".to_owned(), "a/b".to_owned()]));
        check("/oauth%2Ftoken", &Route::Unknown);
        check("/oauth/token/", &Route::Unknown);
    }
}
