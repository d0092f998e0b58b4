//! `DELETE /v1/connections/{id}`: the partner lets a connection go. The caller's key has been checked before.

use crate::{
    connections::problem,
    events::Kind,
    http::Response,
    log::Report,
    platform::{KvError, Platform},
    problem::Problem,
    settings::Settings,
    smooch,
    store::{self, NoteError, Stored},
    summary::{Status, Summary},
};
use serde::Serialize;
use shared::{ConnectionId, ErrorCode};

/// How far a removal got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// It is gone.
    Gone,
    /// Smooch could not be told yet; the sweep tries again.
    Waiting,
}

/// Removes a connection:
///
/// 1. end the authorization at Smooch, if no other connection of the app still needs it;
/// 2. note it in the feed, and forget the connection;
/// 3. if Smooch cannot be told now, keep it as `removing`, of no use to anybody, for the sweep to finish.
///
/// Answers 204, or 202 while Smooch is still to be told.
///
/// # Errors
///
/// As [`crate::connections::show`]; `not_found` for a connection that was removed before.
pub async fn remove(
    settings: &Settings,
    platform: &impl Platform,
    id: &ConnectionId,
    report: &mut Report,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Removing {
        status: Status,
    }
    let stored = store::get(platform, id).await.map_err(|error| problem(error, report))?;
    match finish(settings, platform, &stored, report).await? {
        Removed::Gone => Ok(Response::empty(204)),
        Removed::Waiting => {
            let body = Removing { status: Status::Removing };
            Ok(Response::json(202, &body))
        }
    }
}

/// Tells Smooch and forgets, if Smooch can be told; if not, it is stored as `removing`.
pub(crate) async fn finish(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<Removed, Problem> {
    let connections = listed(platform, stored, report).await?;
    // What was read may be a minute old, and the connection gone since.
    if !connections.iter().any(|(id, _)| *id == stored.id) {
        return Err(ErrorCode::NotFound.into());
    }
    store::unchanged(&connections, stored).map_err(|error| storage_problem(error, report))?;
    if others_need_it(&connections, stored) {
        forget(settings, platform, stored, report).await?;
        // Each of two that are removed at once has found the other still there. Where this one's record does not open, the
        // other's ends the authorization.
        if stored.open(&settings.keyring).is_ok()
            && !others_need_it(&listed(platform, stored, report).await?, stored)
            && !end(settings, platform, stored, report).await?
        {
            return keep(platform, stored, report).await;
        }
        return Ok(Removed::Gone);
    }
    if !end(settings, platform, stored, report).await? {
        if stored.summary.status != Status::Removing {
            let kept = store::change(platform, &store::with_status(stored, Status::Removing)).await;
            kept.map_err(|error| storage_problem(error, report))?;
        }
        return Ok(Removed::Waiting);
    }
    // It may have been made again while Smooch was asked.
    let connections = listed(platform, stored, report).await?;
    store::unchanged(&connections, stored).map_err(|error| storage_problem(error, report))?;
    forget(settings, platform, stored, report).await?;
    Ok(Removed::Gone)
}

async fn listed(
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<Vec<(ConnectionId, Summary)>, Problem> {
    let connections = store::of_app(platform, &stored.summary.app.id).await;
    connections.map_err(|error| storage_problem(error, report))
}

/// One authorization covers one app and one client id: to end it for one would end it for all.
fn others_need_it(connections: &[(ConnectionId, Summary)], stored: &Stored) -> bool {
    connections.iter().any(|(id, summary)| *id != stored.id && summary.status == Status::Connected)
}

/// Ends the authorization; `false` if Smooch cannot be told now. One that Smooch has refused once is ended too: it may
/// have been mistaken.
async fn end(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<bool, Problem> {
    let record = match stored.open(&settings.keyring) {
        Ok(record) => record,
        // There is nothing left to end it with, and by all that is known it has ended.
        Err(_) if stored.summary.status == Status::Revoked => return Ok(true),
        Err(error) => return Err(problem(error, report)),
    };
    if let Err(why) = smooch::revoke(settings, platform, &record.token, &stored.summary.app, report).await {
        report.note = Some(why);
        return Ok(false);
    }
    report.steps.push("revoked");
    Ok(true)
}

/// What is not in the feed is not forgotten: then it could not be noted any more.
async fn forget(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<(), Problem> {
    match store::note(settings, platform, Kind::Removed, stored).await {
        Ok(()) => {}
        Err(NoteError::NotStored(error)) => return Err(storage_problem(error, report)),
        Err(error @ NoteError::NotQueued(_)) => report.note = Some(error.says()),
    }
    store::forget(platform, stored).await.map_err(|error| storage_problem(error, report))?;
    report.steps.push("forgotten");
    Ok(())
}

/// Stores it once more, for the sweep to finish, unless its app was connected again meanwhile.
async fn keep(platform: &impl Platform, stored: &Stored, report: &mut Report) -> Result<Removed, Problem> {
    let connections = listed(platform, stored, report).await?;
    if connections.iter().any(|(_, summary)| summary.status == Status::Connected) {
        return Ok(Removed::Gone);
    }
    let kept = store::put(platform, &store::with_status(stored, Status::Removing)).await;
    kept.map_err(|error| storage_problem(error, report))?;
    report.steps.push("kept");
    Ok(Removed::Waiting)
}

/// KV shows a change everywhere within a minute; what was made again meanwhile can be removed then.
const MINUTE: u32 = 60;

fn storage_problem(error: KvError, report: &mut Report) -> Problem {
    report.note = Some(error.says());
    let problem = Problem::from(ErrorCode::StorageUnavailable);
    match error {
        KvError::Changed => problem.later(MINUTE),
        KvError::Refused(_) | KvError::Unavailable => problem,
    }
}
