//! The public settings of the edge, and its health.

use serde::Deserialize;

/// The answer of `GET /embed.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Deployment {
    /// The client id of the settings.
    pub client_id: String,
    /// The authorization endpoint.
    pub authorize_url: String,
    /// The authorization server supports RFC 7636.
    pub pkce: bool,
}

/// The authorization endpoint of the first family, which is the element's default.
pub const SMOOCH: &str = "https://app.smooch.io/oauth/authorize";

/// The authorization endpoint of the second family.
pub const SUNSHINE: &str = "https://oauth-bridge.zendesk.com/sc/oauth/authorize";

/// An error answer of the edge (RFC 9457).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// Its stable code.
    #[serde(default)]
    pub code: String,
    /// The settings that are missing or wrong.
    #[serde(default)]
    pub settings: Vec<Setting>,
}

/// A setting that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// The problem with it.
    pub problem: String,
}

/// Reads the answer of `GET /healthz` as a line for the page.
///
/// # Errors
///
/// The line for an edge that is not ready, with every setting that is missing or wrong.
pub fn health(status: u16, body: &str) -> Result<&'static str, String> {
    if status == 200 {
        return Ok("This server is ready");
    }
    let problem: Problem = serde_json::from_str(body).unwrap_or_default();
    if problem.settings.is_empty() {
        return Err("This server gives an unexpected answer".into());
    }
    let named: Vec<String> =
        problem.settings.iter().map(|setting| [&*setting.name, " ", &*setting.problem].concat()).collect();
    Err(["Not set up yet: ", &named.join("; ")].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Provider;

    #[test]
    fn the_authorization_endpoints_are_those_of_the_edge() {
        assert_eq!((SMOOCH, SUNSHINE), (Provider::Smooch.authorize(), Provider::Sunshine.authorize()));
    }

    #[test]
    fn a_missing_setting_is_named() {
        assert!(health(200, r#"{"status":"ok"}"#).is_ok());
        let body = r#"{"code":"misconfigured","settings":[{"name":"API_KEYS","problem":"is missing"},{"name":"SITES.main","problem":"must be an object"}]}"#;
        let line = "Not set up yet: API_KEYS is missing; SITES.main must be an object";
        assert_eq!(health(503, body), Err(line.into()));
        assert!(health(502, "<html>").is_err_and(|line| line.contains("unexpected answer")));
    }
}
