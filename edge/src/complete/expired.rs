//! Revokes the token of an escrow receipt that expired before it was stored.

use super::problems::retry_same_receipt;
use crate::{
    log::Report,
    platform::Platform,
    problem::Problem,
    proof::Proven,
    settings::Settings,
    smooch::{self, IdentifyError},
    store,
    summary::Status,
};
use shared::{App, ErrorCode, Secret};

/// Revokes a token whose escrow receipt has expired, so that no token stays valid that no connection uses:
///
/// 1. Identify the app of the token, if no earlier attempt did.
/// 2. Keep the token if the app has a connection in use: revocation is per app and would end that connection too.
/// 3. Revoke the token.
///
/// It returns `receipt_expired`, or a problem with the same receipt if one of the steps has to be retried.
pub(super) async fn revoke_expired(
    settings: &Settings,
    platform: &impl Platform,
    proven: &Proven,
    token: &Secret,
    app: Option<App>,
    report: &mut Report,
) -> Problem {
    let app = match app {
        Some(app) => app,
        None => match smooch::identify(settings, platform, token, report).await {
            Ok(app) => app,
            Err(IdentifyError::Unavailable(delay)) => {
                return retry_same_receipt(ErrorCode::SmoochUnavailable, delay, proven);
            }
            // Smooch does not know the token, so it is not valid.
            Err(IdentifyError::Refused) => return ErrorCode::ReceiptExpired.into(),
            // Without the app, step 2 cannot be decided.
            Err(IdentifyError::Malformed(note)) => {
                report.note = Some(note);
                return retry_same_receipt(ErrorCode::SmoochMalformed, None, proven);
            }
        },
    };
    match store::list_app(platform, &app.id).await {
        Ok(connections) if !connections.iter().any(|(_, summary)| summary.status == Status::Connected) => {}
        Ok(_) => {
            report.steps.push("left to the app's connections");
            return ErrorCode::ReceiptExpired.into();
        }
        Err(_) => return retry_same_receipt(ErrorCode::StorageUnavailable, None, proven),
    }
    if let Err(note) = smooch::revoke(settings, platform, token, &app, report).await {
        report.note = Some(note);
        return retry_same_receipt(ErrorCode::SmoochUnavailable, None, proven);
    }
    report.steps.push("revoked");
    ErrorCode::ReceiptExpired.into()
}
