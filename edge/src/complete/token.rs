//! The access token of a flow, until it is stored: exchanged for the code, or taken from an escrow receipt.

use super::{expired::revoke_expired, problems::exchange_problem};
use crate::{
    log::Report,
    platform::{Millis, Platform},
    problem::Problem,
    proof::Proven,
    receipt::{Held, Receipt},
    settings::Settings,
    smooch,
};
use shared::{App, ErrorCode, Secret};

/// A token that is not stored yet.
pub(super) struct ObtainedToken {
    /// The access token.
    pub(super) token: Secret,
    /// The app of the token, if an earlier attempt identified it.
    pub(super) app: Option<App>,
    /// The time at which Smooch issued the token.
    pub(super) since: Millis,
}

/// Obtains the token of a proven flow.
///
/// # Errors
///
/// `receipt_expired` if the receipt is too old; then a token in it is revoked. The problems of the exchange.
pub(super) async fn obtain_token(
    settings: &Settings,
    platform: &impl Platform,
    proven: &Proven,
    report: &mut Report,
) -> Result<ObtainedToken, Problem> {
    let expired = proven.receipt.is_expired(platform.now());
    match &proven.receipt.held {
        Held::Token { token, app, .. } if expired => {
            Err(revoke_expired(settings, platform, proven, token, app.clone(), report).await)
        }
        Held::Token { token, app, .. } => {
            Ok(ObtainedToken { token: token.clone(), app: app.clone(), since: proven.receipt.issued })
        }
        Held::Code { .. } if expired => Err(ErrorCode::ReceiptExpired.into()),
        Held::Code { code, redirect_uri } => {
            let verifier = proven.verifier.as_ref();
            let token = smooch::exchange(settings, platform, code, redirect_uri.as_deref(), verifier, report)
                .await
                .map_err(|error| exchange_problem(error, proven, report))?;
            report.steps.push("exchanged");
            Ok(ObtainedToken { token, app: None, since: platform.now() })
        }
    }
}

impl ObtainedToken {
    /// An escrow receipt: the sealed token, which the page sends with its next attempt. The same browser and user may
    /// finish the flow with it.
    pub(super) fn escrow_receipt(
        &self,
        settings: &Settings,
        platform: &impl Platform,
        proven: &Proven,
        app: Option<App>,
        report: &mut Report,
    ) -> String {
        report.steps.push("held in escrow");
        let subject = proven.session.as_ref().map(|session| session.subject.clone());
        let held = Held::Token { token: self.token.clone(), app, subject };
        let receipt = Receipt { binding: proven.receipt.binding.clone(), held, issued: self.since };
        receipt.seal(&settings.keyring, &settings.client_id, &platform.random())
    }
}
