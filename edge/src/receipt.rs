//! The receipt: what the edge would have to remember between two requests, sealed and carried by the browser.
//!
//! It holds an authorization code, or a token that could not be stored (escrow), and says whose flow it is.
//! Only the edge can read it, and alone it is worth nothing: its verifier stayed in the browser that set out.

use crate::{
    platform::Millis,
    seal::{Keyring, NONCE, OpenError, Purpose},
};
use serde::{Deserialize, Serialize};
use shared::{App, Challenge, Object, Secret, Site, State, Subject, from_json, to_json};
use zeroize::Zeroizing;

/// Longer than any sane code lives, and a page takes to load; a stolen receipt is soon stale.
pub const LIFE: Millis = 10 * 60 * 1000;

/// How far the clocks of two machines of the platform may be apart.
const SKEW: Millis = 5_000;

/// What the edge remembers of a flow.
#[derive(Debug)]
pub struct Receipt {
    /// Who may finish.
    pub binding: Binding,
    /// What is held.
    pub held: Held,
    /// When the code arrived, or the token.
    pub issued: Millis,
}

/// Who may finish a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The browser that set out, on the site it set out from.
    Browser(State),
    /// Whoever stands before the edge's own page: the person came without a state of ours.
    Direct,
}

impl Binding {
    /// The site's name for the log.
    #[must_use]
    pub fn site(&self) -> &str {
        match self {
            Self::Browser(state) => state.site.as_str(),
            Self::Direct => "direct",
        }
    }
}

/// What a receipt holds.
#[derive(Debug)]
pub enum Held {
    /// An authorization code, and the redirect URI of its request, where that had one.
    Code {
        /// The code.
        code: Secret,
        /// To be repeated in the token request (RFC 6749 §4.1.3).
        redirect_uri: Option<String>,
    },
    /// A token that is not stored yet, and its app, where Smooch has told already.
    Token {
        /// The access token.
        token: Secret,
        /// The app it is for.
        app: Option<App>,
        /// The user in whose session it was earned, if there was one. Nobody else's it becomes.
        subject: Option<Subject>,
    },
}

impl Receipt {
    /// Whether it is too old at `now`. One from the future is too: no clock of ours made it.
    #[must_use]
    pub const fn is_expired(&self, now: Millis) -> bool {
        self.issued > now + SKEW || now.saturating_sub(self.issued) > LIFE
    }

    /// Seals the receipt. `client_id` is the deployment's: a receipt of another deployment does not open, whatever keys
    /// the two share.
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
    /// [`OpenError`] if the text is not such a receipt.
    pub fn open(keyring: &Keyring, client_id: &str, text: &str) -> Result<Self, OpenError> {
        let plaintext = keyring.open(Purpose::Receipt, client_id, text)?;
        let plaintext = from_json::<Plaintext<String, Secret>>(&plaintext);
        plaintext.and_then(Plaintext::into_receipt).ok_or(OpenError::Forged)
    }
}

/// The plaintext of a receipt: JSON with short names, since a receipt travels in a URL. `T` is a text and `S` a secret:
/// both are `&str` to write, and `String` and [`Secret`] to read.
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
    fn what_is_sealed_is_what_is_opened() {
        // Every character that RFC 6749 appendix A.11 lets into a code.
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
    fn a_text_of_ours_that_is_no_receipt_does_not_open() {
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
    fn a_receipt_lives_ten_minutes() {
        let receipt_of = |_| receipt("c");
        let receipt = receipt("c");
        assert!(!receipt.is_expired(1000));
        assert!(!receipt.is_expired(1000 + LIFE));
        assert!(receipt.is_expired(1001 + LIFE));
        let now = 1_767_607_200_000;
        let of_the_future = |ahead| Receipt { issued: now + ahead, ..receipt_of(1) };
        assert!(!of_the_future(SKEW).is_expired(now));
        assert!(of_the_future(SKEW + 1).is_expired(now));
    }
}
