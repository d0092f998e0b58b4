//! `DELETE /v1/connections/{id}`: removes a connection and ends its authorization at Smooch. [`crate::dispatch`] has
//! checked the API key.

use crate::{
    event::EventKind,
    event_writer::{EventError, append_event},
    http::Response,
    log::Report,
    lookup::{self, kv_problem, read_problem},
    platform::Platform,
    problem::Problem,
    record::Stored,
    settings::Settings,
    smooch, store,
    summary::{Status, Summary},
};
use serde::Serialize;
use shared::{ConnectionId, ErrorCode};

/// The result of an attempt to remove a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The connection is deleted.
    Done,
    /// Smooch did not confirm the revocation yet. The connection is stored as `removing`, and the sweep tries again.
    Pending,
}

/// Removes a connection:
///
/// 1. Read the connection.
/// 2. End its authorization and delete it, with [`finish`].
/// 3. Respond with 204, or 202 if Smooch has not confirmed: the sweep then finishes the removal.
///
/// # Errors
///
/// As [`crate::connections::show`]; `not_found` also for a connection that was removed before.
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
    let stored = lookup::read(platform, id, report).await?;
    match finish(settings, platform, &stored, report).await? {
        Removal::Done => Ok(Response::empty(204)),
        Removal::Pending => Ok(Response::json(202, &Removing { status: Status::Removing })),
    }
}

/// Ends the authorization of a connection at Smooch and deletes the connection:
///
/// 1. List the app's connections, since `stored` may be a minute old, and check that it was not replaced.
/// 2. If another connection of the app needs the authorization, only delete this one. If the other one was removed at
///    the same time, end the authorization after all.
/// 3. Otherwise end the authorization. If Smooch does not confirm, store the connection as `removing`.
/// 4. Check again that the connection was not replaced while Smooch was asked, and delete it.
///
/// # Errors
///
/// `not_found`, `storage_unavailable`, `misconfigured`.
pub async fn finish(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<Removal, Problem> {
    let connections = list_app(platform, stored, report).await?;
    if !connections.iter().any(|(id, _)| *id == stored.id) {
        return Err(ErrorCode::NotFound.into());
    }
    store::check_unchanged(&connections, stored).map_err(|error| kv_problem(error, report))?;
    if is_shared(&connections, stored) {
        delete(settings, platform, stored, report).await?;
        // In a race, each of two removals sees the other connection. The later one ends the authorization, if it can
        // open its record. Otherwise only the earlier one can end it.
        if stored.open(&settings.keyring).is_ok()
            && !is_shared(&list_app(platform, stored, report).await?, stored)
            && !end_authorization(settings, platform, stored, report).await?
        {
            return restore_as_removing(platform, stored, report).await;
        }
        return Ok(Removal::Done);
    }
    if !end_authorization(settings, platform, stored, report).await? {
        if stored.summary.status != Status::Removing {
            let changed = store::change(platform, &stored.with_status(Status::Removing)).await;
            changed.map_err(|error| kv_problem(error, report))?;
        }
        return Ok(Removal::Pending);
    }
    let connections = list_app(platform, stored, report).await?;
    store::check_unchanged(&connections, stored).map_err(|error| kv_problem(error, report))?;
    delete(settings, platform, stored, report).await?;
    Ok(Removal::Done)
}

async fn list_app(
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<Vec<(ConnectionId, Summary)>, Problem> {
    let connections = store::list_app(platform, &stored.summary.app.id).await;
    connections.map_err(|error| kv_problem(error, report))
}

/// `true` if another connection of the app is in use. An app has one authorization per client id, so ending it for
/// one connection ends it for all.
fn is_shared(connections: &[(ConnectionId, Summary)], stored: &Stored) -> bool {
    connections.iter().any(|(id, summary)| *id != stored.id && summary.status == Status::Connected)
}

/// Ends the authorization at Smooch. `false` if Smooch does not confirm. It also asks Smooch for a revoked connection,
/// because Smooch may have rejected its token by mistake.
async fn end_authorization(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<bool, Problem> {
    let record = match stored.open(&settings.keyring) {
        Ok(record) => record,
        // Without the token nothing can be ended, and Smooch has rejected the token before.
        Err(_) if stored.summary.status == Status::Revoked => return Ok(true),
        Err(error) => return Err(read_problem(error, report)),
    };
    if let Err(note) = smooch::revoke(settings, platform, &record.token, &stored.summary.app, report).await {
        report.note = Some(note);
        return Ok(false);
    }
    report.steps.push("revoked");
    Ok(true)
}

/// Appends the event and deletes the connection. If the event cannot be stored, it keeps the connection: after the
/// deletion, no later run would append the event.
async fn delete(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<(), Problem> {
    match append_event(settings, platform, EventKind::Removed, stored).await {
        Ok(()) => {}
        Err(EventError::NotStored(error)) => return Err(kv_problem(error, report)),
        Err(error @ EventError::NotQueued(_)) => report.note = Some(error.message()),
    }
    store::delete(platform, stored).await.map_err(|error| kv_problem(error, report))?;
    report.steps.push("forgotten");
    Ok(())
}

/// Stores a deleted connection again as `removing`, so that the sweep ends its authorization. It does not restore it if
/// the app was connected again, because that connection needs the authorization.
async fn restore_as_removing(
    platform: &impl Platform,
    stored: &Stored,
    report: &mut Report,
) -> Result<Removal, Problem> {
    let connections = list_app(platform, stored, report).await?;
    if connections.iter().any(|(_, summary)| summary.status == Status::Connected) {
        return Ok(Removal::Done);
    }
    let restored = store::put(platform, &stored.with_status(Status::Removing)).await;
    restored.map_err(|error| kv_problem(error, report))?;
    report.steps.push("kept");
    Ok(Removal::Pending)
}
