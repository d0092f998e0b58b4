//! The settings of a deployment. They are read and checked once, before the first request is handled.
//!
//! A fault names the setting and the rule, never the value.

mod reader;

use crate::{
    api_keys::ApiKeys,
    fault::Fault,
    seal::Keyring,
    signing::{Destination, SigningKeys},
    sites::Sites,
    vars::Vars,
};
use reader::Reader;
use serde::Deserialize;
use shared::{Endpoint, EndpointTemplate, Provider, Secret};

/// Every setting, read and checked.
#[derive(Debug)]
pub struct Settings {
    /// The client identifier that Smooch gave the partner (RFC 6749 §2.2).
    pub client_id: String,
    /// The client secret that Smooch gave the partner (RFC 6749 §2.3.1).
    pub client_secret: Secret,
    /// The authorization endpoint (RFC 6749 §3.1).
    pub authorize_url: Endpoint,
    /// The token endpoint (RFC 6749 §3.2).
    pub token_url: Endpoint,
    /// The endpoint that names the app of a token, if the provider has one.
    pub token_info_url: Option<Endpoint>,
    /// The endpoint that ends an authorization.
    pub revoke_url: EndpointTemplate,
    /// The base of Smooch's API.
    pub api_url: EndpointTemplate,
    /// Whether the server supports PKCE (RFC 7636).
    pub pkce: bool,
    /// The server's issuer identifier, if it supports RFC 9207.
    pub issuer: Option<String>,
    /// The headers of a marketplace integration, if this is one.
    pub marketplace: Option<Marketplace>,
    /// The partner's sites.
    pub sites: Sites,
    /// Whether people may come straight from Smooch, without a state of ours.
    pub direct_install: bool,
    /// The sealing keys.
    pub keyring: Keyring,
    /// The keys of the partner's backend for `/v1`.
    pub api_keys: ApiKeys,
    /// The receiver of events, if there is one.
    pub events: Option<Destination>,
}

/// The identity of a marketplace integration, which Zendesk wants in three headers of every call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marketplace {
    /// `X-Zendesk-Marketplace-Name`.
    pub name: String,
    /// `X-Zendesk-Marketplace-Organization-Id`.
    pub organization_id: String,
    /// `X-Zendesk-Marketplace-Bot-Id`.
    pub bot_id: String,
}

impl Marketplace {
    /// Whether each value can stand in a header: visible ASCII and spaces.
    fn fits_headers(&self) -> bool {
        [&self.name, &self.organization_id, &self.bot_id]
            .into_iter()
            .all(|text| !text.is_empty() && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)))
    }
}

impl Settings {
    /// Reads the settings. A faulty site is left out and stays in [`Sites::faults`].
    ///
    /// # Errors
    ///
    /// All faults of the other settings, and those of the sites with them.
    pub fn read(vars: &impl Vars) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { vars, faults: Vec::new() };
        let client_id = reader.client_credential("SMOOCH_CLIENT_ID");
        let client_secret = reader.client_credential("SMOOCH_CLIENT_SECRET");
        if client_id.is_some() && client_id == client_secret {
            reader.fault("SMOOCH_CLIENT_ID", "is the client secret, and the id is public");
        }
        let provider = provider(&mut reader);
        let authorize_url = reader.endpoint("SMOOCH_AUTHORIZE_URL", Some(provider.authorize()));
        let token_url = reader.endpoint("SMOOCH_TOKEN_URL", Some(provider.token()));
        let token_info_url = reader.endpoint("SMOOCH_TOKEN_INFO_URL", provider.token_info());
        let revoke_url = reader.template("SMOOCH_REVOKE_URL", provider.revoke());
        let api_url = reader.template("SMOOCH_API_URL", provider.api());
        let pkce = reader.flag("SMOOCH_PKCE");
        let issuer = reader.text("SMOOCH_ISSUER");
        let marketplace = marketplace(&mut reader);
        let sites = reader.sites("SITES");
        let direct_install = reader.flag("DIRECT_INSTALL");
        let keyring = reader.required("SEALING_KEYS").map(|text| Keyring::parse(&text));
        let keyring = keyring.and_then(|keyring| reader.checked("SEALING_KEYS", keyring));
        let api_keys = reader.required("API_KEYS").map(|text| ApiKeys::parse(&text));
        let api_keys = api_keys.and_then(|keys| reader.checked("API_KEYS", keys));
        let events = events(&mut reader);
        let mut faults = reader.faults;
        let site_faults = sites.as_ref().map(|sites| sites.faults().to_vec()).unwrap_or_default();
        // Every `None` below has left a fault. The closure gives `None` even if one has not.
        let settings = (|| {
            Some(Self {
                client_id: client_id?,
                client_secret: Secret::new(client_secret?),
                authorize_url: authorize_url?,
                token_url: token_url?,
                token_info_url,
                revoke_url: revoke_url?,
                api_url: api_url?,
                pkce,
                issuer,
                marketplace,
                sites: sites?,
                direct_install,
                keyring: keyring?,
                api_keys: api_keys?,
                events,
            })
        })();
        match settings {
            Some(settings) if faults.is_empty() => Ok(settings),
            Some(_) | None => {
                faults.extend(site_faults);
                Err(faults)
            }
        }
    }

    /// The headers of a marketplace integration, names in lower case. None for other integrations.
    pub fn marketplace_headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.marketplace.iter().flat_map(|marketplace| {
            [
                ("x-zendesk-marketplace-name", marketplace.name.as_str()),
                ("x-zendesk-marketplace-organization-id", marketplace.organization_id.as_str()),
                ("x-zendesk-marketplace-bot-id", marketplace.bot_id.as_str()),
            ]
        })
    }
}

fn provider(reader: &mut Reader<'_, impl Vars>) -> Provider {
    let Some(name) = reader.text("SMOOCH_PROVIDER") else { return Provider::Smooch };
    let provider = Provider::parse(&name).ok_or("must be smooch or sunshine");
    reader.checked("SMOOCH_PROVIDER", provider).unwrap_or(Provider::Smooch)
}

fn marketplace(reader: &mut Reader<'_, impl Vars>) -> Option<Marketplace> {
    const NAME: &str = "SMOOCH_MARKETPLACE";
    const SHAPE: &str = "must be {name, organization_id, bot_id}, visible ASCII each";
    let marketplace: Marketplace = reader.object(NAME, SHAPE)?;
    let marketplace = if marketplace.fits_headers() { Ok(marketplace) } else { Err(SHAPE) };
    reader.checked(NAME, marketplace)
}

/// The receiver of events and the keys that sign for it. Each is of no use without the other.
fn events(reader: &mut Reader<'_, impl Vars>) -> Option<Destination> {
    let before = reader.faults.len();
    let url = reader.endpoint("EVENTS_URL", None);
    let keys = reader.credential("EVENTS_SECRET").map(|text| SigningKeys::parse(&text));
    let keys = keys.and_then(|keys| reader.checked("EVENTS_SECRET", keys));
    match (url, keys) {
        (Some(url), Some(keys)) => return Some(Destination { url, keys }),
        (Some(_), None) if reader.faults.len() == before => {
            reader.fault("EVENTS_SECRET", "is missing: EVENTS_URL is set");
        }
        (None, Some(_)) if reader.faults.len() == before => {
            reader.fault("EVENTS_URL", "is missing: EVENTS_SECRET is set");
        }
        (Some(_), None) | (None, Some(_) | None) => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vars::{Var, VarObject};
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};
    use shared::{Object, Subdomain};

    impl Vars for Value {
        type Object = Self;

        fn var(&self, name: &str) -> Option<Var<Self>> {
            Some(match self.get(name)? {
                Self::String(text) => Var::Text(text.clone()),
                Self::Bool(flag) => Var::Flag(*flag),
                object @ Self::Object(_) => Var::Object(object.clone()),
                Self::Null | Self::Number(_) | Self::Array(_) => Var::Other,
            })
        }
    }

    impl VarObject for Value {
        fn read<T: DeserializeOwned>(&self) -> Option<T> {
            serde_json::from_value(self.clone()).ok().map(|Object(value)| value)
        }

        fn entries(&self) -> Option<Vec<(String, Self)>> {
            Some(self.as_object()?.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
        }
    }

    fn vars() -> Value {
        json!({
            "SMOOCH_CLIENT_ID": "shoplifter",
            "SMOOCH_CLIENT_SECRET": "secret",
            "SITES": {"main": {"origin": "https://partner.example", "return_to": "https://partner.example/done"}},
            "SEALING_KEYS": "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            "API_KEYS": "backend:0123456789abcdef0123456789abcdef",
        })
    }

    #[test]
    fn the_least_settings_are_the_documented_endpoints() {
        let settings = Settings::read(&vars()).unwrap();
        assert_eq!(settings.authorize_url.as_str(), "https://app.smooch.io/oauth/authorize");
        assert_eq!(settings.token_url.as_str(), "https://app.smooch.io/oauth/token");
        assert_eq!(settings.token_info_url, None);
        assert_eq!(
            settings.revoke_url.for_app(None).as_deref(),
            Some("https://app.smooch.io/oauth/authorization")
        );
        assert_eq!(settings.api_url.for_app(None).as_deref(), Some("https://api.smooch.io"));
        assert!(!settings.pkce && !settings.direct_install);
    }

    #[test]
    fn sunshine_is_a_set_of_its_own() {
        let mut vars = vars();
        vars["SMOOCH_PROVIDER"] = "sunshine".into();
        vars["SMOOCH_MARKETPLACE"] = json!({"name": "n", "organization_id": "o", "bot_id": "b"});
        let settings = Settings::read(&vars).unwrap();
        assert_eq!(settings.token_url.as_str(), "https://oauth-bridge.zendesk.com/sc/oauth/token");
        assert!(settings.token_info_url.is_some() && settings.marketplace.is_some());
        assert_eq!(settings.api_url.for_app(None), None);
        let subdomain = Subdomain::parse("corner");
        assert_eq!(
            settings.api_url.for_app(subdomain.as_ref()).as_deref(),
            Some("https://corner.zendesk.com/sc")
        );
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "so that a case is one line")]
    fn check(change: Value, expected: &[&str]) {
        let mut vars = vars();
        for (name, value) in change.as_object().unwrap() {
            vars[name] = value.clone();
        }
        let faults = match Settings::read(&vars) {
            Ok(settings) => settings.sites.faults().to_vec(),
            Err(faults) => faults,
        };
        let names: Vec<&str> = faults.iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(names, expected, "{change}");
    }

    #[test]
    fn each_wrong_setting_is_named() {
        check(json!({}), &[]);
        check(json!({"SMOOCH_CLIENT_ID": ""}), &["SMOOCH_CLIENT_ID"]);
        check(json!({"SMOOCH_CLIENT_ID": 7}), &["SMOOCH_CLIENT_ID"]);
        check(json!({"SMOOCH_CLIENT_ID": "secret"}), &["SMOOCH_CLIENT_ID"]);
        check(json!({"SMOOCH_PROVIDER": "zendesk"}), &["SMOOCH_PROVIDER"]);
        check(json!({"SMOOCH_TOKEN_URL": "http://app.smooch.io/oauth/token"}), &["SMOOCH_TOKEN_URL"]);
        check(json!({"SMOOCH_TOKEN_URL": "http://localhost:8788/oauth/token"}), &[]);
        check(json!({"SMOOCH_API_URL": "https://{subdomain}.zendesk.com/sc/"}), &[]);
        check(json!({"SMOOCH_API_URL": "http://{subdomain}.zendesk.com/sc"}), &["SMOOCH_API_URL"]);
        check(json!({"SMOOCH_PKCE": "yes"}), &["SMOOCH_PKCE"]);
        check(json!({"DIRECT_INSTALL": "true", "SMOOCH_PKCE": true}), &[]);
        check(json!({"SMOOCH_MARKETPLACE": {"name": "n"}}), &["SMOOCH_MARKETPLACE"]);
        check(
            json!({"SMOOCH_MARKETPLACE": {"name": "n\r\n", "organization_id": "o", "bot_id": "b"}}),
            &["SMOOCH_MARKETPLACE"],
        );
        check(
            json!({"SITES": "{\"main\":{\"origin\":\"https://a.example\",\"return_to\":\"https://a.example/\"}}"}),
            &[],
        );
        check(json!({"SITES": "main"}), &["SITES"]);
        check(json!({"SITES": "", "SMOOCH_MARKETPLACE": ""}), &[]);
        check(json!({"SITES": []}), &["SITES"]);
        check(json!({"SITES": "[]"}), &["SITES"]);
        check(json!({"SMOOCH_MARKETPLACE": ["n", "o", "b"]}), &["SMOOCH_MARKETPLACE"]);
        check(json!({"SMOOCH_MARKETPLACE": "[\"n\",\"o\",\"b\"]"}), &["SMOOCH_MARKETPLACE"]);
        check(json!({"SEALING_KEYS": "k1:short", "API_KEYS": "a:b"}), &["SEALING_KEYS", "API_KEYS"]);
        let (url, secret) = ("https://shop.example/events", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        check(json!({"EVENTS_URL": url, "EVENTS_SECRET": secret}), &[]);
        check(json!({"EVENTS_URL": "", "EVENTS_SECRET": ""}), &[]);
        check(json!({"EVENTS_URL": "http://localhost:8789/events", "EVENTS_SECRET": secret}), &[]);
        check(json!({"EVENTS_URL": "http://shop.example/events", "EVENTS_SECRET": secret}), &["EVENTS_URL"]);
        check(json!({"EVENTS_URL": url}), &["EVENTS_SECRET"]);
        check(json!({"EVENTS_SECRET": secret}), &["EVENTS_URL"]);
        check(json!({"EVENTS_URL": url, "EVENTS_SECRET": "whsec_c2hvcnQ="}), &["EVENTS_SECRET"]);
        check(json!({"EVENTS_URL": 7, "EVENTS_SECRET": secret}), &["EVENTS_URL"]);
    }

    #[test]
    fn without_settings_each_required_one_is_named() {
        let faults = Settings::read(&json!({})).unwrap_err();
        let missing: Vec<&str> = faults.iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(missing, ["SMOOCH_CLIENT_ID", "SMOOCH_CLIENT_SECRET", "SEALING_KEYS", "API_KEYS"]);
    }

    #[test]
    fn pasted_white_space_and_quotation_marks_around_a_secret_or_id_are_removed() {
        let vars = json!({
            "SMOOCH_CLIENT_ID": " \"shoplifter\"\n",
            "SMOOCH_CLIENT_SECRET": "'secret'\r\n",
            "SEALING_KEYS": "\"k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"",
            "API_KEYS": " backend:0123456789abcdef0123456789abcdef\n",
            "EVENTS_URL": "https://shop.example/events",
            "EVENTS_SECRET": "\"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"",
        });
        let settings = Settings::read(&vars).unwrap();
        assert_eq!(settings.client_id, "shoplifter");
        assert_eq!(settings.client_secret.expose(), "secret");
        assert_eq!(settings.keyring.current(), "k1");
        assert_eq!(settings.api_keys.caller("Bearer 0123456789abcdef0123456789abcdef"), Some("backend"));
        assert!(settings.events.is_some());
    }

    #[test]
    fn a_credential_that_cannot_be_right_is_named() {
        for name in ["SMOOCH_CLIENT_ID", "SMOOCH_CLIENT_SECRET"] {
            for wrong in
                ["\"abc", "abc'", "\"\"abc\"\"", "a b", "a\nb", "ab\u{e9}", "a\u{0}b", " ", "\"\"", "' '"]
            {
                check(json!({name: wrong}), &[name]);
            }
        }
        check(json!({"API_KEYS": "\"backend:0123456789abcdef0123456789abcdef"}), &["API_KEYS"]);
        check(
            json!({"SEALING_KEYS": "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\""}),
            &["SEALING_KEYS"],
        );
    }

    #[test]
    fn a_wrong_site_is_named_and_the_other_sites_are_open() {
        let mut vars = vars();
        vars["SITES"]["shop"] =
            json!({"origin": "https://shop.example", "return_to": "https://evil.example/"});
        vars["SITES"]["blog"] = json!("https://blog.example");
        let settings = Settings::read(&vars).unwrap();
        let faults: Vec<&str> = settings.sites.faults().iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(faults, ["SITES.blog", "SITES.shop.return_to"]);
        assert!(settings.sites.has_origin("https://partner.example"));
        vars["SMOOCH_CLIENT_ID"] = json!(7);
        let faults = Settings::read(&vars).unwrap_err();
        assert_eq!(faults.len(), 3, "the sites' faults are told with the others: {faults:?}");
    }
}
