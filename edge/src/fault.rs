//! Faults of the settings, as `/healthz` and the log show them: the setting's name and the rule, never the value.

use serde::Serialize;

/// One fault of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The setting, for example `SMOOCH_TOKEN_URL` or `SITES.main.origin`.
    #[serde(rename = "name")]
    pub setting: String,
    /// The rule that it breaks. It is a phrase that follows the setting's name: "is missing".
    pub problem: &'static str,
}

impl Fault {
    /// A fault of `setting`.
    #[must_use]
    pub fn new(setting: impl Into<String>, problem: &'static str) -> Self {
        Self { setting: setting.into(), problem }
    }
}
