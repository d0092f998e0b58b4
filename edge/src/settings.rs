//! Reads the settings, all of them and once, so that nothing later can meet a wrong one.
//!
//! What is wrong is told by the setting's name and never by its value.

use crate::{
    api_keys::ApiKeys,
    delivery::{Destination, SigningKeys},
    seal::Keyring,
    sites::Sites,
};
use shared::{Endpoint, EndpointError, Json, Provider, Secret, Subdomain, with_subdomain};

/// Where settings come from: the Worker's bindings, or a test's table.
pub trait Vars {
    /// The setting of that name; a text is a JSON string.
    fn var(&self, name: &str) -> Option<Json>;
}

/// What is wrong with which setting. The first is its name.
pub type Fault = (String, &'static str);

/// Every setting, read and checked.
#[derive(Debug)]
pub struct Settings {
    /// As Smooch gave it to the partner.
    pub client_id: String,
    /// As Smooch gave it to the partner.
    pub client_secret: Secret,
    /// Where owners are sent to.
    pub authorize_url: Endpoint,
    /// Where codes become tokens.
    pub token_url: Endpoint,
    /// Where a token's app is asked for, in the family that has such a place.
    pub token_info_url: Option<Endpoint>,
    /// Where an authorization is ended.
    pub revoke_url: Template,
    /// The base of Smooch's API.
    pub api_url: Template,
    /// Whether the server supports RFC 7636.
    pub pkce: bool,
    /// The server's issuer identifier, where it supports RFC 9207.
    pub issuer: Option<String>,
    /// What a marketplace integration says of itself on every call.
    pub marketplace: Option<Marketplace>,
    /// The partner's sites.
    pub sites: Sites,
    /// Whether people may come from Smooch without a state of ours.
    pub direct_install: bool,
    /// The sealing keys.
    pub keyring: Keyring,
    /// Who may call `/v1`.
    pub api_keys: ApiKeys,
    /// Where events are delivered to, if they are.
    pub events: Option<Destination>,
}

/// An endpoint that may have a place for the app's subdomain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// The endpoint of an app; `None` if it needs a subdomain and there is none.
    #[must_use]
    pub fn of(&self, subdomain: Option<&Subdomain>) -> Option<String> {
        with_subdomain(&self.0, subdomain)
    }
}

/// What a marketplace integration says of itself on every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marketplace {
    /// `X-Zendesk-Marketplace-Name`.
    pub name: String,
    /// `X-Zendesk-Marketplace-Organization-Id`.
    pub organization_id: String,
    /// `X-Zendesk-Marketplace-Bot-Id`.
    pub bot_id: String,
}

impl Marketplace {
    fn from_json(mut json: Json) -> Option<Self> {
        if !json.has_only(&["name", "organization_id", "bot_id"]) {
            return None;
        }
        let mut field = |name| {
            let visible =
                |text: &String| !text.is_empty() && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
            json.take(name)?.text().filter(visible)
        };
        Some(Self {
            name: field("name")?,
            organization_id: field("organization_id")?,
            bot_id: field("bot_id")?,
        })
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// All that is wrong, not only the first.
    pub fn read(vars: &impl Vars) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { vars, faults: Vec::new() };
        let client_id = reader.required("SMOOCH_CLIENT_ID");
        let client_secret = reader.required("SMOOCH_CLIENT_SECRET");
        if client_id.is_some() && client_id == client_secret {
            reader.fault("SMOOCH_CLIENT_ID", "is the client secret, and the id is public");
        }
        let provider = reader.provider();
        let authorize_url = reader.endpoint("SMOOCH_AUTHORIZE_URL", Some(provider.authorize()));
        let token_url = reader.endpoint("SMOOCH_TOKEN_URL", Some(provider.token()));
        let token_info_url = reader.endpoint("SMOOCH_TOKEN_INFO_URL", provider.token_info());
        let revoke_url = reader.template("SMOOCH_REVOKE_URL", provider.revoke());
        let api_url = reader.template("SMOOCH_API_URL", provider.api());
        let pkce = reader.flag("SMOOCH_PKCE");
        let issuer = reader.text("SMOOCH_ISSUER");
        let marketplace = reader.marketplace();
        let sites = reader.sites();
        let direct_install = reader.flag("DIRECT_INSTALL");
        let keyring = reader.required("SEALING_KEYS");
        let keyring = reader.keep("SEALING_KEYS", keyring.map(|text| Keyring::parse(&text)));
        let api_keys = reader.required("API_KEYS");
        let api_keys = reader.keep("API_KEYS", api_keys.map(|text| ApiKeys::parse(&text)));
        let events = reader.events();
        // Every `None` below has left its fault; the fallback is for what nobody foresaw.
        let read = (|| {
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
        match read {
            Some(settings) if reader.faults.is_empty() => Ok(settings),
            Some(_) | None => Err(reader.faults),
        }
    }
}

struct Reader<'a, V> {
    vars: &'a V,
    faults: Vec<Fault>,
}

impl<V: Vars> Reader<'_, V> {
    fn fault(&mut self, name: &str, problem: &'static str) {
        self.faults.push((name.into(), problem));
    }

    fn keep<T>(&mut self, name: &str, read: Option<Result<T, &'static str>>) -> Option<T> {
        match read? {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(name, problem);
                None
            }
        }
    }

    /// A text; an empty one is none, as an unset variable often arrives.
    fn text(&mut self, name: &str) -> Option<String> {
        match self.vars.var(name)? {
            Json::Text(text) if text.is_empty() => None,
            Json::Text(text) => Some(text),
            _ => {
                self.fault(name, "must be a text");
                None
            }
        }
    }

    /// An object, or the text of one; an empty text is none.
    fn object(&self, name: &str) -> Option<Json> {
        self.vars.var(name).filter(|value| !matches!(value, Json::Text(text) if text.is_empty()))
    }

    fn required(&mut self, name: &str) -> Option<String> {
        let before = self.faults.len();
        let text = self.text(name);
        if text.is_none() && self.faults.len() == before {
            self.fault(name, "is missing");
        }
        text
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.vars.var(name) {
            None | Some(Json::Flag(false)) => false,
            Some(Json::Flag(true)) => true,
            Some(Json::Text(text)) if text == "true" => true,
            Some(Json::Text(text)) if text.is_empty() || text == "false" => false,
            Some(_) => {
                self.fault(name, "must be true or false");
                false
            }
        }
    }

    fn provider(&mut self) -> Provider {
        let Some(name) = self.text("SMOOCH_PROVIDER") else { return Provider::Smooch };
        Provider::parse(&name).unwrap_or_else(|| {
            self.fault("SMOOCH_PROVIDER", "must be smooch or sunshine");
            Provider::Smooch
        })
    }

    fn endpoint(&mut self, name: &str, default: Option<&str>) -> Option<Endpoint> {
        let text = self.text(name).or_else(|| default.map(Into::into))?;
        let read = Endpoint::parse(&text).map_err(EndpointError::says);
        self.keep(name, Some(read))
    }

    fn template(&mut self, name: &str, default: &str) -> Option<Template> {
        let text = self.text(name).unwrap_or_else(|| default.into());
        let text = text.trim_end_matches('/');
        // Checked with a subdomain in its place; a subdomain is one label, so any other gives an endpoint too.
        let filled = Subdomain::parse("a").and_then(|label| with_subdomain(text, Some(&label)));
        let read = Endpoint::parse(&filled.unwrap_or_default()).map(|_| Template(text.into()));
        self.keep(name, Some(read.map_err(EndpointError::says)))
    }

    fn marketplace(&mut self) -> Option<Marketplace> {
        let read = structured(self.object("SMOOCH_MARKETPLACE")?).and_then(Marketplace::from_json);
        self.keep(
            "SMOOCH_MARKETPLACE",
            Some(read.ok_or("must be {name, organization_id, bot_id}, visible ASCII each")),
        )
    }

    /// Where to, and signed by what: one is of no use without the other.
    fn events(&mut self) -> Option<Destination> {
        let before = self.faults.len();
        let url = self.endpoint("EVENTS_URL", None);
        let keys = self.text("EVENTS_SECRET");
        let keys = self.keep("EVENTS_SECRET", keys.map(|text| SigningKeys::parse(&text)));
        match (url, keys) {
            (Some(url), Some(keys)) => return Some(Destination { url, keys }),
            (Some(_), None) if self.faults.len() == before => {
                self.fault("EVENTS_SECRET", "is missing: EVENTS_URL is set");
            }
            (None, Some(_)) if self.faults.len() == before => {
                self.fault("EVENTS_URL", "is missing: EVENTS_SECRET is set");
            }
            (Some(_), None) | (None, Some(_) | None) => {}
        }
        None
    }

    fn sites(&mut self) -> Option<Sites> {
        let Some(value) = self.object("SITES") else { return Some(Sites::none()) };
        let Some(value) = structured(value) else {
            self.fault("SITES", "must be an object");
            return None;
        };
        match Sites::read(value) {
            Ok(sites) => Some(sites),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }
}

/// An object var arrives as it is; one set in a dashboard may arrive as its text.
fn structured(value: Json) -> Option<Json> {
    match value {
        Json::Text(text) => Json::parse(text.as_bytes()),
        value => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    impl Vars for Value {
        fn var(&self, name: &str) -> Option<Json> {
            self.get(name).and_then(|value| Json::parse(value.to_string().as_bytes()))
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
            settings.revoke_url.of(None).as_deref(),
            Some("https://app.smooch.io/oauth/authorization")
        );
        assert_eq!(settings.api_url.of(None).as_deref(), Some("https://api.smooch.io"));
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
        assert_eq!(settings.api_url.of(None), None);
        let subdomain = Subdomain::parse("corner");
        assert_eq!(settings.api_url.of(subdomain.as_ref()).as_deref(), Some("https://corner.zendesk.com/sc"));
    }

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "so that a case is one line")]
    fn check(change: Value, expected: &[&str]) {
        let mut vars = vars();
        for (name, value) in change.as_object().unwrap() {
            vars[name] = value.clone();
        }
        let faults = Settings::read(&vars).err().unwrap_or_default();
        let names: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
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
    fn with_nothing_set_all_that_is_needed_is_named_and_no_site_is_open() {
        let faults = Settings::read(&json!({})).unwrap_err();
        let missing: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(missing, ["SMOOCH_CLIENT_ID", "SMOOCH_CLIENT_SECRET", "SEALING_KEYS", "API_KEYS"]);
    }
}
