//! The routes, their paths and their methods. The list is closed: other paths are 404, other methods 405.

use crate::http::Method;
use shared::ConnectionId;

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/callback`
    Callback,
    /// `/complete`
    Complete,
    /// `/removed`
    Removed,
    /// `/healthz`
    Health,
    /// `/embed.json`
    Embed,
    /// `/setup.json`
    Setup,
    /// `/v1/sessions`
    Sessions,
    /// `/v1/connections`
    Connections,
    /// `/v1/connections/{id}`
    Connection(ConnectionId),
    /// `/v1/connections/{id}/token`
    Token(ConnectionId),
    /// `/v1/connections/{id}/api/{path}`; the path is kept as it was sent
    Api(ConnectionId, String),
    /// `/v1/events`
    Events,
    /// Any other path below `/v1`. It needs a key too, so nobody learns without a key which paths exist.
    UnknownV1,
}

impl Route {
    /// Parses a path as it was sent, without decoding or normalizing it. `None` is 404.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let Some(rest) = path.strip_prefix("/v1/") else {
            return match path {
                "/callback" => Some(Self::Callback),
                "/complete" => Some(Self::Complete),
                "/removed" => Some(Self::Removed),
                "/healthz" => Some(Self::Health),
                "/embed.json" => Some(Self::Embed),
                "/setup.json" => Some(Self::Setup),
                _ => None,
            };
        };
        let mut parts = rest.splitn(4, '/');
        let parts = (parts.next(), parts.next(), parts.next(), parts.next());
        Some(match parts {
            (Some("events"), None, ..) => Self::Events,
            (Some("connections"), Some(id), Some("api"), Some(path)) => {
                ConnectionId::parse(id).map_or(Self::UnknownV1, |id| Self::Api(id, path.into()))
            }
            (Some("sessions"), None, ..) => Self::Sessions,
            (Some("connections"), None, ..) => Self::Connections,
            (Some("connections"), Some(id), None, _) => {
                ConnectionId::parse(id).map_or(Self::UnknownV1, Self::Connection)
            }
            (Some("connections"), Some(id), Some("token"), None) => {
                ConnectionId::parse(id).map_or(Self::UnknownV1, Self::Token)
            }
            _ => Self::UnknownV1,
        })
    }

    /// The name of the route in the log: the path without its variable parts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Callback => "/callback",
            Self::Complete => "/complete",
            Self::Removed => "/removed",
            Self::Health => "/healthz",
            Self::Embed => "/embed.json",
            Self::Setup => "/setup.json",
            Self::Sessions => "/v1/sessions",
            Self::Connections => "/v1/connections",
            Self::Connection(_) => "/v1/connections/{id}",
            Self::Token(_) => "/v1/connections/{id}/token",
            Self::Api(..) => "/v1/connections/{id}/api",
            Self::Events => "/v1/events",
            Self::UnknownV1 => "/v1",
        }
    }

    /// The allowed methods, as the value of an `Allow` header (RFC 9110 §10.2.1).
    #[must_use]
    pub const fn allow(&self) -> &'static str {
        match self {
            Self::Callback
            | Self::Health
            | Self::Embed
            | Self::Connections
            | Self::Token(_)
            | Self::Events => "GET, HEAD",
            // HEAD would fetch the partner's page and throw the result away.
            Self::Setup => "GET",
            Self::Connection(_) => "GET, HEAD, DELETE",
            Self::Complete | Self::Removed | Self::Sessions => "POST",
            Self::Api(..) | Self::UnknownV1 => "",
        }
    }

    /// `true` if the route allows `method`. Every route that allows GET allows HEAD (RFC 9110 §9.3.2), except
    /// `/setup.json`.
    #[must_use]
    pub const fn allows(&self, method: Method) -> bool {
        match self {
            Self::Callback
            | Self::Health
            | Self::Embed
            | Self::Connections
            | Self::Token(_)
            | Self::Events => matches!(method, Method::Get | Method::Head),
            Self::Setup => matches!(method, Method::Get),
            Self::Connection(_) => matches!(method, Method::Get | Method::Head | Method::Delete),
            Self::Complete | Self::Removed | Self::Sessions => matches!(method, Method::Post),
            // Smooch decides about the methods of its API. A path that does not exist is 404 with every method.
            Self::Api(..) | Self::UnknownV1 => true,
        }
    }

    /// `true` if the route needs an API key of the partner's backend.
    #[must_use]
    pub const fn needs_key(&self) -> bool {
        match self {
            Self::Callback | Self::Complete | Self::Removed | Self::Health | Self::Embed | Self::Setup => {
                false
            }
            Self::Sessions
            | Self::Connections
            | Self::Connection(_)
            | Self::Token(_)
            | Self::Api(..)
            | Self::Events
            | Self::UnknownV1 => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5f1a8e6b2c3d4e5f6a7b8c9d-AAAAAAAAAAAAAAAA";

    #[track_caller]
    fn check(path: &str, name: Option<&str>) {
        assert_eq!(Route::parse(path).as_ref().map(Route::name), name, "{path:?}");
    }

    #[test]
    fn only_the_exact_path_is_a_route() {
        check("/callback", Some("/callback"));
        check("/callback/", None);
        check("//callback", None);
        check("/Callback", None);
        check("/%63allback", None);
        check("/", None);
        check("/v1", None);
        check("/v1/", Some("/v1"));
        check("/v1/connections", Some("/v1/connections"));
        check("/v1/connections/", Some("/v1"));
        check(&format!("/v1/connections/{ID}"), Some("/v1/connections/{id}"));
        check(&format!("/v1/connections/{ID}/token"), Some("/v1/connections/{id}/token"));
        check(&format!("/v1/connections/{ID}/token/x"), Some("/v1"));
        check("/v1/connections/x", Some("/v1"));
        check("/v1/connections/../x", Some("/v1"));
        check(&format!("/v1/connections/{ID}/api/v2/apps/x"), Some("/v1/connections/{id}/api"));
        check(&format!("/v1/connections/{ID}/api/"), Some("/v1/connections/{id}/api"));
        check(&format!("/v1/connections/{ID}/api"), Some("/v1"));
        check("/v1/events", Some("/v1/events"));
        check("/v1/sessions", Some("/v1/sessions"));
        check("/v1/sessions/x", Some("/v1"));
    }
}
