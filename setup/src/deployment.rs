//! What the edge tells anybody about itself: how it is set up, and whether it is.

use serde::Deserialize;

/// What `/embed.json` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Deployment {
    /// The client id of the settings.
    pub client_id: String,
    /// Where owners allow access.
    pub authorize_url: String,
    /// Whether the server there supports RFC 7636.
    pub pkce: bool,
}

/// Where owners allow access at the first family of endpoints; what the element takes by itself.
pub const SMOOCH: &str = "https://app.smooch.io/oauth/authorize";

/// And at the second.
pub const SUNSHINE: &str = "https://oauth-bridge.zendesk.com/sc/oauth/authorize";

/// A problem, as the edge answers with one.
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
    /// What is wrong with it.
    pub problem: String,
}

/// Whether the edge is set up, in a line, by what `/healthz` answered.
///
/// # Errors
///
/// The line for an edge that is not.
pub fn health(status: u16, body: &str) -> Result<&'static str, String> {
    if status == 200 {
        return Ok("This server is set up");
    }
    let problem: Problem = serde_json::from_str(body).unwrap_or_default();
    if problem.settings.is_empty() {
        return Err("This server does not answer as it should".into());
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
    fn the_places_to_allow_access_are_those_of_the_edge() {
        assert_eq!((SMOOCH, SUNSHINE), (Provider::Smooch.authorize(), Provider::Sunshine.authorize()));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(health(200, r#"{"status":"ok"}"#).is_ok());
        let body = r#"{"code":"misconfigured","settings":[{"name":"API_KEYS","problem":"is missing"},{"name":"SITES.main","problem":"must be an object"}]}"#;
        let said = "Not set up yet: API_KEYS is missing; SITES.main must be an object";
        assert_eq!(health(503, body), Err(said.into()));
        assert!(health(502, "<html>").is_err_and(|said| said.contains("does not answer")));
    }
}
