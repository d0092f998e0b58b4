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
    /// `true` if the authorization server supports PKCE (RFC 7636).
    pub pkce: bool,
    /// The issuer identifier of the authorization server, if it supports RFC 9207.
    pub issuer: Option<String>,
    /// The headers of a marketplace integration, if this is one.
    pub marketplace: Option<Marketplace>,
    /// The partner's sites.
    pub sites: Sites,
    /// `true` if a flow may start at Smooch, for example in its marketplace. Such a flow has no `state` that a button
    /// made.
    pub direct_install: bool,
    /// The sealing keys.
    pub keyring: Keyring,
    /// The keys of the partner's backend for `/v1`.
    pub api_keys: ApiKeys,
    /// The receiver of events, if there is one.
    pub events: Option<Destination>,
}

/// The identity of a marketplace integration. Zendesk requires it in three headers of every call.
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
    /// `true` if each value is a valid header value: visible ASCII and spaces.
    fn are_header_values(&self) -> bool {
        [&self.name, &self.organization_id, &self.bot_id]
            .into_iter()
            .all(|text| !text.is_empty() && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)))
    }
}

impl Settings {
    /// Reads and checks the settings. A faulty site is closed, and its faults are in [`Sites::faults`].
    ///
    /// # Errors
    ///
    /// All faults of the other settings, followed by the faults of the sites.
    pub fn read(vars: &impl Vars) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { vars, faults: Vec::new() };
        let client_id = reader.client_credential("SMOOCH_CLIENT_ID");
        let client_secret = reader.client_credential("SMOOCH_CLIENT_SECRET");
        if client_id.is_some() && client_id == client_secret {
            reader
                .fault("SMOOCH_CLIENT_ID", "must differ from SMOOCH_CLIENT_SECRET, because the id is public");
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
        // A reader that returns `None` for a required setting has added a fault. If it did not, the settings are
        // rejected anyway.
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

    /// The headers of a marketplace integration, names in lower case. Empty for other integrations.
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
    let marketplace = if marketplace.are_header_values() { Ok(marketplace) } else { Err(SHAPE) };
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
mod tests;
