//! Who may finish a flow. Nothing is exchanged, stored or revoked before this says so.
//!
//! The receipt was only in the browser that came back, the verifier only in the one that set out. Together they
//! are one browser: the defence against "Cross-user OAuth Session Fixation" of the update to RFC 9700.

use crate::{
    http::Target,
    platform::Millis,
    receipt::{Binding, Held, Receipt},
    session::Session,
    settings::Settings,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};
use shared::{ErrorCode, Site, State, Verifier};

/// What a page sends to finish a flow. Nothing of it is believed yet.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "it carries a verifier and sessions")]
pub struct Completion {
    /// What the page was given on return.
    pub receipt: Option<String>,
    /// The secret whose challenge went with the state.
    pub verifier: Option<String>,
    /// The session that the page shows now.
    pub session: Option<String>,
    /// The session that the page showed when the person set out.
    pub started_session: Option<String>,
    /// There, whatever it says, if the page has sent this before and heard nothing.
    pub again: Option<String>,
}

/// A completion that may go on. Only [`prove`] makes one.
#[expect(missing_debug_implementations, reason = "it carries a receipt")]
pub struct Proven {
    /// The receipt, opened.
    pub receipt: Receipt,
    /// The receipt as it was sent, to be sent again where a retry can help.
    pub sealed: String,
    /// The verifier, for servers that support PKCE.
    pub verifier: Option<Verifier>,
    /// The partner's user, where the partner said who it is.
    pub session: Option<Session>,
    /// Whether the page has sent this before and not heard of it: it may be completed already.
    pub again: bool,
}

impl Completion {
    /// Reads a form. A parameter must not stand there twice (RFC 6749 §3.2).
    ///
    /// # Errors
    ///
    /// `invalid_request`.
    pub fn parse(body: &[u8]) -> Result<Self, ErrorCode> {
        let mut completion = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            let field = match &*name {
                "receipt" => &mut completion.receipt,
                "verifier" => &mut completion.verifier,
                "session" => &mut completion.session,
                "started_session" => &mut completion.started_session,
                "again" => &mut completion.again,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(ErrorCode::InvalidRequest);
            }
        }
        Ok(completion)
    }
}

/// Checks, in this order, that
///
/// 1. the receipt is ours;
/// 2. the page is of the site that set out (or the edge's own, where nobody set out);
/// 3. the verifier is the one whose challenge went with the state;
/// 4. the partner's user who arrives is the one who set out.
///
/// # Errors
///
/// The code of the first that does not hold.
pub fn prove(
    settings: &Settings,
    target: &Target<'_>,
    origin: Option<&str>,
    completion: Completion,
    now: Millis,
) -> Result<Proven, ErrorCode> {
    let Completion { receipt: sealed, verifier, session, started_session, again } = completion;
    let sealed = sealed.ok_or(ErrorCode::InvalidRequest)?;
    let receipt = Receipt::open(&settings.keyring, &settings.client_id, &sealed)
        .map_err(|_| ErrorCode::ReceiptInvalid)?;
    let origin = origin.ok_or(ErrorCode::OriginNotAllowed)?;
    let (verifier, session) = match &receipt.binding {
        Binding::Browser(state) => {
            let required = check_origin(settings, target, state, origin)?;
            let verifier =
                verifier.as_deref().and_then(Verifier::parse).ok_or(ErrorCode::VerifierMismatch)?;
            if !state.challenge.is_of(&verifier) {
                return Err(ErrorCode::VerifierMismatch);
            }
            // The hosted page is nobody's but the owner's.
            if state.site.as_str() == Site::HOSTED && (session.is_some() || started_session.is_some()) {
                return Err(ErrorCode::InvalidRequest);
            }
            // A token that is held was earned in a session that lived then: its end must not lose the token.
            let at = match &receipt.held {
                Held::Code { .. } => now,
                Held::Token { .. } => 0,
            };
            let session = same_user(settings, session.as_deref(), started_session.as_deref(), required, at)?;
            if let Held::Token { subject, .. } = &receipt.held
                && subject.as_ref() != session.as_ref().map(|session| &session.subject)
            {
                return Err(ErrorCode::SessionMismatch);
            }
            (Some(verifier), session)
        }
        Binding::Direct => {
            if !target.is_own(origin) {
                return Err(ErrorCode::OriginNotAllowed);
            }
            // Whoever set out from a page of ours has a receipt of another kind.
            if verifier.is_some() || session.is_some() || started_session.is_some() {
                return Err(ErrorCode::ReceiptInvalid);
            }
            (None, None)
        }
    };
    Ok(Proven { receipt, sealed, verifier, session, again: again.is_some() })
}

/// Whether a session is required.
fn check_origin(
    settings: &Settings,
    target: &Target<'_>,
    state: &State,
    origin: &str,
) -> Result<bool, ErrorCode> {
    if state.site.as_str() == Site::HOSTED {
        return if target.is_own(origin) { Ok(false) } else { Err(ErrorCode::OriginNotAllowed) };
    }
    match settings.sites.find(&state.site) {
        Ok(site) if site.origin.as_str() == origin => Ok(site.require_session),
        Ok(_) => Err(ErrorCode::OriginNotAllowed),
        Err(error) => Err(error.code(ErrorCode::OriginNotAllowed)),
    }
}

/// The session that both ends of the flow name, if there is one. Of the one that the flow started with only
/// the subject counts, so it may have ended while the person was at Smooch.
fn same_user(
    settings: &Settings,
    present: Option<&str>,
    started: Option<&str>,
    required: bool,
    now: Millis,
) -> Result<Option<Session>, ErrorCode> {
    let open = |text| Session::open(&settings.keyring, &settings.client_id, text);
    match (present, started) {
        (None, None) if required => Err(ErrorCode::SessionRequired),
        (None, None) => Ok(None),
        (Some(present), Some(started)) => {
            let (present, started) = (open(present)?, open(started)?);
            if present.is_expired(now) {
                return Err(ErrorCode::SessionExpired);
            }
            if present.subject != started.subject {
                return Err(ErrorCode::SessionMismatch);
            }
            Ok(Some(present))
        }
        (Some(only), None) | (None, Some(only)) => {
            open(only)?;
            Err(ErrorCode::SessionMismatch)
        }
    }
}

impl Proven {
    /// What this flow is known by once it is completed: its challenge, or, where nobody set out with one, a
    /// digest of what is held.
    #[must_use]
    pub fn flow(&self) -> String {
        match (&self.receipt.binding, &self.receipt.held) {
            (Binding::Browser(state), _) => state.challenge.as_str().into(),
            (Binding::Direct, Held::Code { code: held, .. } | Held::Token { token: held, .. }) => {
                Base64UrlUnpadded::encode_string(&Sha256::digest(held.expose()))
            }
        }
    }
}
