//! The receipt: the state of a flow between two requests, sealed and carried by the browser.
//!
//! It holds an authorization code, or a token that could not be stored (escrow), and who may finish the flow. Only the
//! edge can open it. A receipt that is bound to a browser is useless without the verifier. A direct install has no
//! verifier.

use crate::{
    platform::Millis,
    seal::{Keyring, NONCE, OpenError, Purpose},
};
use serde::{Deserialize, Serialize};
use shared::{App, Challenge, Object, Secret, Site, State, Subject, from_json, to_json};
use zeroize::Zeroizing;

/// Lifetime of a receipt. It covers the life of the code and the time to load the page. RFC 6749 §4.1.2 recommends at
/// most ten minutes for a code.
pub const LIFETIME: Millis = 10 * 60 * 1000;

/// Maximum difference between the clocks of two machines of the platform.
const MAX_CLOCK_SKEW: Millis = 5_000;

/// The state of a flow.
#[derive(Debug)]
pub struct Receipt {
    /// The condition for finishing the flow.
    pub binding: Binding,
    /// The code or the token.
    pub held: Held,
    /// The time at which the code or the token arrived.
    pub issued: Millis,
}

/// The condition for finishing a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Only the browser that started the flow may finish it, on a page of the same site.
    Browser(State),
    /// The flow started at Smooch, without a `state` that a button made (direct install). It is finished on the edge's
    /// own page.
    Direct,
}

impl Binding {
    /// The name of the site for the log.
    #[must_use]
    pub fn site(&self) -> &str {
        match self {
            Self::Browser(state) => state.site.as_str(),
            Self::Direct => "direct",
        }
    }
}

/// The secret that a receipt holds.
#[derive(Debug)]
pub enum Held {
    /// An authorization code.
    Code {
        /// The code.
        code: Secret,
        /// The redirect URI of the authorization request, if it had one. RFC 6749 §4.1.3: the token request repeats
        /// it.
        redirect_uri: Option<String>,
    },
    /// A token that is not stored yet (escrow).
    Token {
        /// The access token.
        token: Secret,
        /// The app of the token, if it is known already.
        app: Option<App>,
        /// The user of the session in which the token was obtained, if there was a session. The connection can belong
        /// to no other user.
        subject: Option<Subject>,
    },
}

impl Receipt {
    /// `true` if the receipt is too old at `now`, or if its issue time is more than `MAX_CLOCK_SKEW` in the future.
    #[must_use]
    pub const fn is_expired(&self, now: Millis) -> bool {
        self.issued > now + MAX_CLOCK_SKEW || now.saturating_sub(self.issued) > LIFETIME
    }

    /// Seals the receipt. `client_id` is the client id of the deployment: a receipt of another deployment does not
    /// open, even if both have the same sealing keys.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, client_id: &str, nonce: &[u8; NONCE]) -> String {
        let state = match &self.binding {
            Binding::Browser(state) => Some(state),
            Binding::Direct => None,
        };
        let (code, redirect_uri, token, app, subject) = match &self.held {
            Held::Code { code, redirect_uri } => (Some(code), redirect_uri.as_deref(), None, None, None),
            Held::Token { token, app, subject } => (None, None, Some(token), app.clone(), subject.clone()),
        };
        let plaintext = Plaintext {
            site: state.map(|state| state.site.as_str()),
            challenge: state.map(|state| state.challenge.as_str()),
            code: code.map(Secret::expose),
            redirect_uri,
            token: token.map(Secret::expose),
            app: app.map(Object),
            subject,
            issued: self.issued,
        };
        let plaintext = Zeroizing::new(to_json(&plaintext));
        keyring.seal(Purpose::Receipt, client_id, plaintext.as_bytes(), nonce)
    }

    /// Opens a receipt that [`Receipt::seal`] made.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the text is not a receipt of this deployment.
    pub fn open(keyring: &Keyring, client_id: &str, text: &str) -> Result<Self, OpenError> {
        let plaintext = keyring.open(Purpose::Receipt, client_id, text)?;
        let plaintext = from_json::<Plaintext<String, Secret>>(&plaintext);
        plaintext.and_then(Plaintext::into_receipt).ok_or(OpenError::Forged)
    }
}

/// The plaintext of a receipt: JSON with short names, since a receipt is part of a URL. `T` is the type of texts and
/// `S` that of secrets: both are `&str` for writing, `String` and [`Secret`] for reading.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plaintext<T, S> {
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    site: Option<T>,
    #[serde(rename = "h", skip_serializing_if = "Option::is_none")]
    challenge: Option<T>,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    code: Option<S>,
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<T>,
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    token: Option<S>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    app: Option<Object<App>>,
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(rename = "i")]
    issued: Millis,
}

impl Plaintext<String, Secret> {
    fn into_receipt(self) -> Option<Receipt> {
        let binding = match (self.site, self.challenge) {
            (Some(site), Some(challenge)) => Binding::Browser(State {
                site: Site::parse(&site)?,
                challenge: Challenge::parse(&challenge)?,
            }),
            (None, None) => Binding::Direct,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        let held = match (self.code, self.token) {
            (Some(code), None) => Held::Code { code, redirect_uri: self.redirect_uri },
            (None, Some(token)) => {
                Held::Token { token, app: self.app.map(|Object(app)| app), subject: self.subject }
            }
            (Some(_), Some(_)) | (None, None) => return None,
        };
        Some(Receipt { binding, held, issued: self.issued })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn keyring() -> Keyring {
        Keyring::parse("k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap()
    }

    fn receipt(code: &str) -> Receipt {
        Receipt {
            binding: Binding::Browser(State::parse(STATE).unwrap()),
            held: Held::Code {
                code: Secret::new(code),
                redirect_uri: Some("https://e.example/callback".into()),
            },
            issued: 1000,
        }
    }

    #[test]
    fn a_sealed_receipt_opens_unchanged() {
        // All characters that RFC 6749 appendix A.11 allows in a code.
        let code: String = (' '..='~').collect();
        let sealed = receipt(&code).seal(&keyring(), "shoplifter", &[1; NONCE]);
        let opened = Receipt::open(&keyring(), "shoplifter", &sealed).unwrap();
        assert_eq!(opened.binding, Binding::Browser(State::parse(STATE).unwrap()));
        let Held::Code { code: opened_code, redirect_uri } = opened.held else { panic!("a code") };
        assert_eq!(opened_code.expose(), code);
        assert_eq!(redirect_uri.as_deref(), Some("https://e.example/callback"));
    }

    #[test]
    fn an_escrow_receipt_keeps_the_token_and_its_app() {
        let app = App {
            id: shared::AppId::parse("5f1a").unwrap(),
            name: Some("Corner \"B\"".into()),
            subdomain: None,
        };
        let held = Held::Token {
            token: Secret::new("a.b.c"),
            app: Some(app.clone()),
            subject: Subject::parse("ann"),
        };
        let sealed = Receipt { held, binding: Binding::Direct, issued: 1 }.seal(&keyring(), "x", &[1; NONCE]);
        let opened = Receipt::open(&keyring(), "x", &sealed).unwrap();
        let Held::Token { token, app: opened_app, subject } = opened.held else { panic!("a token") };
        assert_eq!(subject, Subject::parse("ann"));
        assert_eq!((token.expose(), opened_app), ("a.b.c", Some(app)));
        assert_eq!(opened.binding, Binding::Direct);
    }

    #[test]
    fn a_receipt_of_another_deployment_does_not_open() {
        let sealed = receipt("c").seal(&keyring(), "shoplifter", &[1; NONCE]);
        assert_eq!(Receipt::open(&keyring(), "other", &sealed).unwrap_err(), OpenError::Forged);
    }

    #[test]
    fn a_sealed_text_without_the_shape_of_a_receipt_does_not_open() {
        let keyring = keyring();
        for plaintext in [
            "",
            "{}",
            "{\"i\":1}",
            "{\"i\":1,\"c\":\"c\",\"s\":\"main\"}",
            "{\"i\":1,\"c\":\"c\",\"t\":\"t\"}",
            "{\"i\":1,\"c\":\"c\",\"x\":1}",
            "[null,null,\"c\",null,null,null,null,1]",
        ] {
            let sealed = keyring.seal(Purpose::Receipt, "x", plaintext.as_bytes(), &[1; NONCE]);
            assert_eq!(Receipt::open(&keyring, "x", &sealed).unwrap_err(), OpenError::Forged, "{plaintext}");
        }
    }

    #[test]
    fn a_receipt_expires_after_ten_minutes() {
        let now = 1_767_607_200_000;
        let is_expired = |issued| Receipt { issued, ..receipt("c") }.is_expired(now);
        assert!(!is_expired(now));
        assert!(!is_expired(now - LIFETIME));
        assert!(is_expired(now - LIFETIME - 1));
        assert!(!is_expired(now + MAX_CLOCK_SKEW));
        assert!(is_expired(now + MAX_CLOCK_SKEW + 1));
    }
}
