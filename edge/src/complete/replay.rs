//! Finds the result of an earlier attempt to complete the same flow. A page repeats `/complete` if the response was
//! lost.

use super::problems::retry_same_receipt;
use crate::{
    log::Report, platform::Platform, problem::Problem, proof::Proven, record::ReadError, store,
    summary::Summary,
};
use shared::{ConnectionId, ErrorCode};

/// The result of an earlier attempt.
pub(super) enum Replay {
    /// The flow was completed. This is its connection.
    Completed(ConnectionId, Summary),
    /// The flow was completed, and the connection was removed since.
    Removed,
    /// No earlier attempt completed the flow.
    None,
}

/// Looks up an earlier attempt.
///
/// # Errors
///
/// `storage_unavailable` if KV does not answer; the page retries with the same receipt. `session_mismatch` if the
/// connection belongs to another user.
pub(super) async fn find_replay(
    platform: &impl Platform,
    proven: &Proven,
    report: &mut Report,
) -> Result<Replay, Problem> {
    let unavailable = || retry_same_receipt(ErrorCode::StorageUnavailable, None, proven);
    let Some(id) = store::find_completed(platform, &proven.flow()).await.map_err(|_| unavailable())? else {
        return Ok(Replay::None);
    };
    let summary = match store::fresh_summary(platform, &id).await {
        Ok(summary) => summary,
        Err(ReadError::Unavailable(_)) => return Err(unavailable()),
        Err(ReadError::NotFound) => return Ok(Replay::Removed),
        // Completing the flow again replaces the broken record.
        Err(ReadError::Closed(_) | ReadError::Unreadable) => return Ok(Replay::None),
    };
    if summary.subject.as_ref() != proven.session.as_ref().map(|session| &session.subject) {
        return Err(ErrorCode::SessionMismatch.into());
    }
    report.steps.push("answered again");
    Ok(Replay::Completed(id, summary))
}
