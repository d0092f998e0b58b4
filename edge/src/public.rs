//! What anybody may ask: whether the edge is well, and what its own hosted page needs to know.

use crate::{edge::Edge, http::Response, problem::Problem, settings::Fault};
use shared::{ErrorCode, Object};

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
    let settings = &edge.settings;
    let embed = Object::new()
        .text("client_id", &settings.client_id)
        .text("authorize_url", settings.authorize_url.as_str())
        .flag("pkce", settings.pkce)
        .flag("direct_install", settings.direct_install);
    Response::json(200, embed.end())
}
