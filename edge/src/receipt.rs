//! The receipt: what the edge would have to remember between two requests, sealed and carried by the browser.
//!
//! It holds an authorization code, or a token that could not be stored (escrow), and says whose flow it is.
//! Only the edge can read it, and alone it is worth nothing: its verifier stayed in the browser that set out.

use crate::{
    platform::Millis,
    seal::{Keyring, NONCE, OpenError, Purpose},
};
use shared::{App, Challenge, Json, Object, Secret, Site, State, Subject};
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

    /// Seals it. `client_id` is the deployment's; a receipt of another does not open, whatever keys they share.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, client_id: &str, nonce: &[u8; NONCE]) -> String {
        // Short names, since a receipt travels in a URL.
        let mut text = Object::new();
        if let Binding::Browser(state) = &self.binding {
            text = text.text("s", state.site.as_str()).text("h", state.challenge.as_str());
        }
        text = match &self.held {
            Held::Code { code, redirect_uri } => {
                text.text("c", code.expose()).maybe("r", redirect_uri.as_deref())
            }
            Held::Token { token, app, subject } => {
                let text = text.text("t", token.expose());
                let text = match app {
                    Some(app) => text.json("a", &app.to_json()),
                    None => text,
                };
                text.maybe("u", subject.as_ref().map(Subject::as_str))
            }
        };
        let plaintext = Zeroizing::new(text.number("i", self.issued).end());
        keyring.seal(Purpose::Receipt, client_id, plaintext.as_bytes(), nonce)
    }

    /// Opens a receipt that [`Receipt::seal`] made.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if it is none.
    pub fn open(keyring: &Keyring, client_id: &str, text: &str) -> Result<Self, OpenError> {
        let plaintext = keyring.open(Purpose::Receipt, client_id, text)?;
        Self::read(&plaintext).ok_or(OpenError::Forged)
    }

    fn read(plaintext: &[u8]) -> Option<Self> {
        let mut json = Json::parse(plaintext)?;
        let mut text = |name| json.take(name)?.maybe_text();
        let (site, challenge, code, redirect_uri) = (text("s")?, text("h")?, text("c")?, text("r")?);
        let (code, token, subject) = (code.map(Secret::new), text("t")?.map(Secret::new), text("u")?);
        let binding = match (site, challenge) {
            (Some(site), Some(challenge)) => Binding::Browser(State {
                site: Site::parse(&site)?,
                challenge: Challenge::parse(&challenge)?,
            }),
            (None, None) => Binding::Direct,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        let held = match (code, token) {
            (Some(code), None) => Held::Code { code, redirect_uri },
            (None, Some(token)) => {
                let app = match json.take("a")? {
                    Json::Absent => None,
                    app => Some(App::from_json(app)?),
                };
                let subject = match subject {
                    Some(text) => Some(Subject::parse(&text)?),
                    None => None,
                };
                Held::Token { token, app, subject }
            }
            (Some(_), Some(_)) | (None, None) => return None,
        };
        Some(Self { binding, held, issued: json.take("i")?.number()? })
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
