//! What anybody may ask: whether the edge is well, and what its own hosted page needs to know.

use crate::{
    edge::Edge,
    http::Response,
    problem::Problem,
    settings::{Fault, Settings},
};
use serde::Serialize;
use shared::ErrorCode;

/// `GET /healthz`: 200, or 503 with each wrong or missing setting by name, never its value.
///
/// # Errors
///
/// `misconfigured`, naming the settings.
pub fn health(settings: Result<&Settings, &[Fault]>) -> Result<Response, Problem> {
    match settings {
        Ok(_) => Ok(Response::json(200, r#"{"status":"ok"}"#.into())),
        Err(faults) => Err(Problem::from(ErrorCode::Misconfigured).naming(faults.to_vec())),
    }
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
