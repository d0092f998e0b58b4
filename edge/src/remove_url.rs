//! `POST /removed`: Smooch's Remove URL, which Smooch calls when an owner removes the integration.
//!
//! Anybody can call it. So its body is not read and not believed: the call only makes the next round of the sweep
//! start earlier, and the sweep asks Smooch itself.

use crate::{
    http::Response,
    log::Report,
    platform::{Limit, Platform},
    sweep,
};

/// Handles a call of the Remove URL:
///
/// 1. Check the rate limit. Ignore calls over the limit, because each would cost a write.
/// 2. Record the call for the sweep.
/// 3. Respond with 202, also if the call was ignored or could not be recorded: there is nothing that the caller could
///    do.
pub async fn removed(platform: &impl Platform, report: &mut Report) -> Response {
    if platform.allowed(Limit::Hints, "removed").await
        && let Err(error) = sweep::write_hint(platform).await
    {
        report.note = Some(error.message());
    }
    Response::empty(202)
}
