//! What anybody may ask: whether the edge is well, and what its own hosted page needs to know.

use crate::{edge::Edge, http::Response, problem::Problem, settings::Fault};
use serde::Serialize;
use shared::ErrorCode;

/// `GET /healthz`, when all is well.
#[must_use]
pub fn well() -> Response {
    Response::json(200, r#"{"status":"ok"}"#.into())
}

/// `GET /healthz`, when it is not: each wrong or missing setting by name, never its value.
#[must_use]
pub fn ill(faults: &[Fault]) -> Problem {
    Problem::from(ErrorCode::Misconfigured).naming(faults.to_vec())
}

/// `GET /embed.json`: what every link of the button shows anyway, for the edge's own pages.
#[must_use]
pub fn embed(edge: &Edge) -> Response {
    #[derive(Serialize)]
    struct Embed<'a> {
        client_id: &'a str,
        authorize_url: &'a str,
        pkce: bool,
        direct_install: bool,
    }
    let settings = &edge.settings;
    let embed = Embed {
        client_id: &settings.client_id,
        authorize_url: settings.authorize_url.as_str(),
        pkce: settings.pkce,
        direct_install: settings.direct_install,
    };
    Response::json(200, serde_json::to_string(&embed).unwrap_or_default())
}
