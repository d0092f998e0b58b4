//! The sweep's work on one connection.

use super::report::SweepReport;
use crate::{
    event::{LIFETIME, VISIBILITY_DELAY},
    event_writer::append_missing_connected_event,
    log::Report,
    platform::{Millis, Platform},
    record::{Record, Stored},
    removal::{self, Removal},
    revocation::mark_revoked,
    settings::Settings,
    smooch::{self, TokenStatus},
    store,
    summary::{Status, Summary},
};
use shared::ConnectionId;

/// A connection could not be finished in this round. The next one tries again.
pub(super) struct Unfinished;

/// Processes one connection, as its status in the list says:
///
/// 1. A revoked connection needs nothing. It is kept, so that the partner sees it.
/// 2. Read the connection. A read may be older than the list; if they differ, the connection is left for the next
///    round.
/// 3. Finish the removal of a connection that is `removing`.
/// 4. Check a connected one, with [`check`].
pub(super) async fn process(
    settings: &Settings,
    platform: &impl Platform,
    id: &ConnectionId,
    listed: &Summary,
    events_complete_until: Millis,
    sweep: &mut SweepReport,
) -> Result<(), Unfinished> {
    if listed.status == Status::Revoked {
        return Ok(());
    }
    let stored = store::get(platform, id).await.map_err(|_| Unfinished)?;
    if stored.summary != *listed {
        return Err(Unfinished);
    }
    match listed.status {
        Status::Removing => finish_removal(settings, platform, &stored, sweep).await,
        Status::Connected => check(settings, platform, stored, events_complete_until, sweep).await,
        Status::Revoked => Ok(()),
    }
}

async fn finish_removal(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    sweep: &mut SweepReport,
) -> Result<(), Unfinished> {
    match removal::finish(settings, platform, stored, &mut Report::default()).await {
        Ok(Removal::Done) => {
            sweep.removed += 1;
            Ok(())
        }
        Ok(Removal::Pending) | Err(_) => Err(Unfinished),
    }
}

/// Checks a connection that is in use:
///
/// 1. Append the event if it is missing from the feed. Then stop until the next round, to save requests.
/// 2. Ask Smooch for the status of the token. Mark the connection as revoked if Smooch rejects it.
/// 3. Seal the record again if its sealing key is not the first one any more.
async fn check(
    settings: &Settings,
    platform: &impl Platform,
    stored: Stored,
    events_complete_until: Millis,
    sweep: &mut SweepReport,
) -> Result<(), Unfinished> {
    let record = stored.open(&settings.keyring).map_err(|_| Unfinished)?;
    if may_lack_event(&stored, events_complete_until, platform.now())
        && append_missing_connected_event(settings, platform, &stored).await.map_err(|_| Unfinished)?
    {
        sweep.events_appended += 1;
        return Err(Unfinished);
    }
    sweep.checked += 1;
    let app = &stored.summary.app;
    match smooch::token_status(settings, platform, &record.token, app, &mut Report::default()).await {
        TokenStatus::Unknown => Err(Unfinished),
        TokenStatus::Refused => {
            sweep.revoked += 1;
            mark_revoked(settings, platform, &stored).await.map_err(|_| Unfinished)
        }
        TokenStatus::Active if stored.summary.key == settings.keyring.current() => Ok(()),
        TokenStatus::Active => reseal(settings, platform, stored, &record, sweep).await,
    }
}

/// `true` if the event of the connection may be missing. An event older than its lifetime has expired, and one
/// younger than the visibility delay may not be visible yet.
fn may_lack_event(stored: &Stored, events_complete_until: Millis, now: Millis) -> bool {
    let oldest = events_complete_until.max(now.saturating_sub(Millis::from(LIFETIME) * 1000));
    (oldest..now.saturating_sub(VISIBILITY_DELAY)).contains(&stored.summary.connected_at)
}

async fn reseal(
    settings: &Settings,
    platform: &impl Platform,
    mut stored: Stored,
    record: &Record,
    sweep: &mut SweepReport,
) -> Result<(), Unfinished> {
    stored.sealed = record.seal(&settings.keyring, &stored.id, &platform.random());
    stored.summary.key = settings.keyring.current().into();
    store::change(platform, &stored).await.map_err(|_| Unfinished)?;
    sweep.resealed += 1;
    Ok(())
}
