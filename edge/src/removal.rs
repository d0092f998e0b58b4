//! `DELETE /v1/connections/{id}`: the partner lets a connection go. The caller's key has been checked before.

use crate::{
    connections::problem,
    edge::Edge,
    events::Kind,
    http::Response,
    log::Report,
    platform::{KvError, Platform},
    problem::Problem,
    smooch,
    store::{self, Stored},
    summary::{Status, Summary},
};
use shared::{ConnectionId, ErrorCode, Object};

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
/// 2. forget the connection, and note it in the feed;
/// 3. if Smooch cannot be told now, keep it as `removing`, of no use to anybody, for the sweep to finish.
///
/// Answers 204, or 202 while Smooch is still to be told.
///
/// # Errors
///
/// As [`crate::connections::show`]; `not_found` for a connection that was removed before.
pub async fn remove(
    edge: &Edge,
    platform: &impl Platform,
    id: &ConnectionId,
    report: &mut Report,
) -> Result<Response, Problem> {
    let stored = store::get(platform, id).await.map_err(|error| problem(error, report))?;
    match finish(edge, platform, &stored, report).await? {
        Removed::Gone => Ok(Response::empty(204)),
        Removed::Waiting => {
            if stored.summary.status != Status::Removing {
                let kept = store::set_status(platform, &stored, Status::Removing).await;
                kept.map_err(|error| storage_problem(error, report))?;
            }
            Ok(Response::json(202, Object::new().text("status", Status::Removing.as_str()).end()))
        }
    }
}

/// Tells Smooch and forgets, if Smooch can be told.
pub(crate) async fn finish(
    edge: &Edge,
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<Removed, Problem> {
    let app = &stored.summary.app;
    let connections =
        store::of_app(platform, &app.id).await.map_err(|error| storage_problem(error, report))?;
    // What was read may be a minute old, and the connection gone since.
    if !connections.iter().any(|(id, _)| *id == stored.id) {
        return Err(ErrorCode::NotFound.into());
    }
    store::unchanged(&connections, stored).map_err(|error| storage_problem(error, report))?;
    // One authorization covers one app and one client id: to end it for one would end it for all.
    let others =
        |(id, summary): &(ConnectionId, Summary)| *id != stored.id && summary.status == Status::Connected;
    let needed = stored.summary.status == Status::Revoked || connections.iter().any(others);
    if !needed {
        let record = stored.open(&edge.settings.keyring).map_err(|error| problem(error, report))?;
        if let Err(why) = smooch::revoke(edge, platform, &record.token, app, report).await {
            report.note = Some(why);
            return Ok(Removed::Waiting);
        }
        report.steps.push("revoked");
    }
    store::forget(platform, stored).await.map_err(|error| storage_problem(error, report))?;
    report.steps.push("forgotten");
    if let Err(error) = store::note(edge, platform, Kind::Removed, stored).await {
        report.note = Some(error.says());
    }
    Ok(Removed::Gone)
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
