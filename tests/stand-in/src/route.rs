//! Which request is for what. Both families of endpoints live on one host: `/…` and `/sc/…`.

use crate::observe::Endpoint;

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Home,
    Style,
    Login,
    Logout,
    Console,
    /// An app's conversations, by the app's id.
    Conversations(String),
    /// The form by which an owner removes the integration from an app.
    Remove(String),
    Authorize,
    /// Allow or Deny for one app of the owner's.
    AuthorizeApp(String),
    Token,
    TokenInfo,
    Authorization,
    /// The API v1: the rest of the path.
    V1(Vec<String>),
    /// The API v2: the rest of the path.
    V2(Vec<String>),
    Unknown,
}

impl Route {
    pub(crate) fn of(path: &str) -> Self {
        let (sunshine, rest) = match path.strip_prefix("/sc/") {
            Some(rest) => (true, rest),
            None => (false, path.strip_prefix('/').unwrap_or(path)),
        };
        let segments: Vec<String> = rest.split('/').map(decoded).collect();
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (sunshine, names.as_slice()) {
            (false, [""]) => Self::Home,
            (false, ["stand-in.css"]) => Self::Style,
            (false, ["login"]) => Self::Login,
            (false, ["logout"]) => Self::Logout,
            (false, ["console"]) => Self::Console,
            (false, ["console", "apps", id]) => Self::Conversations((*id).to_owned()),
            (false, ["console", "apps", id, "remove"]) => Self::Remove((*id).to_owned()),
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

    pub(crate) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Token => Endpoint::Token,
            Self::TokenInfo => Endpoint::TokenInfo,
            Self::Authorization => Endpoint::Revoke,
            Self::V1(_) | Self::V2(_) => Endpoint::Api,
            Self::Home
            | Self::Style
            | Self::Login
            | Self::Logout
            | Self::Console
            | Self::Conversations(_)
            | Self::Remove(_)
            | Self::Authorize
            | Self::AuthorizeApp(_)
            | Self::Unknown => Endpoint::Page,
        }
    }
}

/// A path segment, decoded after splitting, so an encoded slash stays within its segment (RFC 3986 §2.2).
fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &Route) {
        assert_eq!(&Route::of(path), expected, "{path}");
    }

    #[test]
    fn both_families_lead_to_the_same_oauth_and_api() {
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
    fn only_the_sunshine_family_has_token_info_and_only_the_other_has_pages() {
        check("/sc/v2/tokenInfo", &Route::TokenInfo);
        check("/v2/tokenInfo", &Route::V2(vec!["tokenInfo".to_owned()]));
        check("/console", &Route::Console);
        check("/sc/console", &Route::Unknown);
    }

    #[test]
    fn an_encoded_slash_does_not_make_a_segment() {
        check("/v1/appusers/a%2Fb", &Route::V1(vec!["appusers".to_owned(), "a/b".to_owned()]));
        check("/oauth%2Ftoken", &Route::Unknown);
        check("/oauth/token/", &Route::Unknown);
    }
}
