//! Decides who may finish a flow. A flow exchanges, stores and revokes only after a [`Proven`] completion.
//!
//! The receipt is only in the browser that came back from Smooch, and the verifier only in the browser that started the
//! flow. A page that has both runs in the browser that started the flow. This prevents the attack that the update to
//! RFC 9700 (draft-ietf-oauth-security-topics-update) calls "Cross-user OAuth Session Fixation".

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

/// The form that a page sends to finish a flow. Nothing of it is checked yet.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "it carries a verifier and sessions")]
pub struct Completion {
    /// The receipt from the fragment of the return page's URL.
    pub receipt: Option<String>,
    /// The verifier. Its challenge was in the state.
    pub verifier: Option<String>,
    /// The session of the return page.
    pub session: Option<String>,
    /// The session of the page on which the flow started.
    pub started_session: Option<String>,
    /// Set, with any value, if the page sent this form before and got no response.
    pub again: Option<String>,
}

/// A completion of a flow that was proven to come from the right browser, page and user. Only [`prove`] makes one.
#[expect(missing_debug_implementations, reason = "it carries a receipt")]
pub struct Proven {
    /// The opened receipt.
    pub receipt: Receipt,
    /// The sealed receipt as it was sent, for a problem that asks the page to retry.
    pub sealed: String,
    /// The verifier, for servers with PKCE. `None` for a direct install.
    pub verifier: Option<Verifier>,
    /// The session of the partner's user, if there is one.
    pub session: Option<Session>,
    /// `true` if the page sent the form before and got no response: the flow may be completed already.
    pub again: bool,
}

impl Completion {
    /// Parses a form. Unknown parameters are ignored.
    ///
    /// # Errors
    ///
    /// `invalid_request` for a repeated parameter (RFC 6749 §3.2).
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

/// Checks in this order:
///
/// 1. The receipt was sealed by this deployment.
/// 2. The page's origin is that of the site that started the flow. For the hosted page and for a direct install, it
///    is the edge's own origin.
/// 3. The verifier belongs to the challenge in the state.
/// 4. The partner's user is the same on both pages, and the same as in an escrow receipt.
///
/// # Errors
///
/// The code of the first check that fails.
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
            let session_required = check_origin(settings, target, state, origin)?;
            let verifier = check_verifier(state, verifier.as_deref())?;
            // The hosted page belongs to the edge, and has no users of the partner.
            if state.site.as_str() == Site::HOSTED && (session.is_some() || started_session.is_some()) {
                return Err(ErrorCode::InvalidRequest);
            }
            let sessions = (session.as_deref(), started_session.as_deref());
            let session = check_sessions(settings, sessions, session_required, &receipt.held, now)?;
            (Some(verifier), session)
        }
        Binding::Direct => {
            if !target.is_own_origin(origin) {
                return Err(ErrorCode::OriginNotAllowed);
            }
            // A direct install has no verifier and no session, so a form with one has the wrong receipt.
            if verifier.is_some() || session.is_some() || started_session.is_some() {
                return Err(ErrorCode::ReceiptInvalid);
            }
            (None, None)
        }
    };
    Ok(Proven { receipt, sealed, verifier, session, again: again.is_some() })
}

/// Checks the page's origin. It returns `true` if the site requires a session.
fn check_origin(
    settings: &Settings,
    target: &Target<'_>,
    state: &State,
    origin: &str,
) -> Result<bool, ErrorCode> {
    if state.site.as_str() == Site::HOSTED {
        return if target.is_own_origin(origin) { Ok(false) } else { Err(ErrorCode::OriginNotAllowed) };
    }
    match settings.sites.find(&state.site) {
        Ok(site) if site.origin.as_str() == origin => Ok(site.require_session),
        Ok(_) => Err(ErrorCode::OriginNotAllowed),
        Err(error) => Err(error.code(ErrorCode::OriginNotAllowed)),
    }
}

fn check_verifier(state: &State, verifier: Option<&str>) -> Result<Verifier, ErrorCode> {
    let verifier = verifier.and_then(Verifier::parse).filter(|verifier| state.challenge.matches(verifier));
    verifier.ok_or(ErrorCode::VerifierMismatch)
}

/// Checks that the sessions of the return page and of the starting page have the same subject, and returns the first.
///
/// The session of the starting page may have expired while the person was at Smooch. If a token is in escrow, the
/// session of the return page may have expired too: the token was obtained while it was valid, and must not be lost.
fn check_sessions(
    settings: &Settings,
    (present, started): (Option<&str>, Option<&str>),
    required: bool,
    held: &Held,
    now: Millis,
) -> Result<Option<Session>, ErrorCode> {
    let open = |text| Session::open(&settings.keyring, &settings.client_id, text);
    let session = match (present, started) {
        (None, None) if required => return Err(ErrorCode::SessionRequired),
        (None, None) => None,
        (Some(present), Some(started)) => {
            let (present, started) = (open(present)?, open(started)?);
            if matches!(held, Held::Code { .. }) && present.is_expired(now) {
                return Err(ErrorCode::SessionExpired);
            }
            if present.subject != started.subject {
                return Err(ErrorCode::SessionMismatch);
            }
            Some(present)
        }
        (Some(only), None) | (None, Some(only)) => {
            open(only)?;
            return Err(ErrorCode::SessionMismatch);
        }
    };
    match held {
        Held::Token { subject, .. }
            if subject.as_ref() != session.as_ref().map(|session| &session.subject) =>
        {
            Err(ErrorCode::SessionMismatch)
        }
        Held::Token { .. } | Held::Code { .. } => Ok(session),
    }
}

impl Proven {
    /// The id under which the flow is marked as completed: its challenge. A direct install has none; its id is a
    /// digest of the code or token.
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
