//! `GET /healthz` and `GET /embed.json`: routes without a key that need only the settings.

use crate::{fault::Fault, http::Response, problem::Problem, settings::Settings};
use serde::Serialize;
use shared::ErrorCode;

/// `GET /healthz`.
///
/// # Errors
///
/// `misconfigured`, which names each wrong or missing setting.
pub fn health(faults: &[Fault]) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
    }
    if faults.is_empty() {
        Ok(Response::json(200, &Health { status: "ok" }))
    } else {
        Err(Problem::from(ErrorCode::Misconfigured).with_faults(faults.to_vec()))
    }
}

/// `GET /embed.json`: the public settings, for the edge's own pages. The button's link shows all of them except
/// `direct_install`.
#[must_use]
pub fn embed(settings: &Settings) -> Response {
    #[derive(Serialize)]
    struct Embed<'a> {
        client_id: &'a str,
        authorize_url: &'a str,
        pkce: bool,
        direct_install: bool,
    }
    let embed = Embed {
        client_id: &settings.client_id,
        authorize_url: settings.authorize_url.as_str(),
        pkce: settings.pkce,
        direct_install: settings.direct_install,
    };
    Response::json(200, &embed)
}
