//! The sweep: the cron job that maintains the connections. In each run it processes some of them: it finishes
//! removals that Smooch had not confirmed, asks Smooch if tokens are still active, seals records with a new key, and
//! appends missing events.
//!
//! It marks a connection as revoked only after Smooch has rejected the token. A call of the Remove URL only makes it
//! start earlier. A run sends at most [`MAX_OPERATIONS`] requests, and the next run continues where it stopped.

mod connection;
mod report;
mod state;

pub use report::SweepReport;
pub(crate) use state::write_hint;

use crate::{
    budget::Budgeted,
    event::VISIBILITY_DELAY,
    fault::Fault,
    platform::{KvError, Millis, Platform},
    settings::Settings,
    store,
};
use connection::process;
use serde::Serialize;
use shared::{ErrorCode, to_json};
use state::State;

/// Maximum number of requests of a run. Cloudflare's free plan allows 50, including some of the platform's own.
pub const MAX_OPERATIONS: u32 = 40;

/// The number of connections that a run lists. A healthy connection needs two requests, so the budget usually
/// suffices for all.
const PAGE: u16 = 15;

/// Usual maximum of requests for one connection, without retries: read it and its event, ask Smooch, list its app
/// twice, append the event, queue it, and write the connection's two entries.
const MAX_PER_CONNECTION: u32 = 9;

/// The number of requests for writing the progress.
const WRITE_STATE: u32 = 1;

/// Does one run and writes its log line. Without valid settings it only writes the log line.
pub async fn run_once<P: Platform>(settings: Result<&Settings, &[Fault]>, platform: &Budgeted<'_, P>) {
    #[derive(Serialize)]
    struct Line<'a> {
        time: Millis,
        route: &'static str,
        outcome: &'static str,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        settings: &'a [Fault],
        checked: u32,
        revoked: u32,
        removed: u32,
        resealed: u32,
        noted: u32,
        left: u32,
        operations: u32,
    }
    let time = platform.now();
    let (outcome, settings, report) = match settings {
        Ok(settings) => ("ok", [].as_slice(), sweep(settings, platform).await),
        Err(faults) => (ErrorCode::Misconfigured.as_str(), faults, SweepReport::default()),
    };
    let SweepReport { checked, revoked, removed, resealed, events_appended, unfinished, operations } = report;
    let (route, noted, left) = ("sweep", events_appended, unfinished);
    let line =
        Line { time, route, outcome, settings, checked, revoked, removed, resealed, noted, left, operations };
    platform.log(&to_json(&line));
}

/// Does one run:
///
/// 1. Read the progress of the round. Start a round if one is due.
/// 2. List the next page of connections.
/// 3. Process each, as long as the budget suffices for the worst case.
/// 4. Write the progress. If the budget ended within the page, the next run lists the same page and skips the
///    connections that are finished. If a connection could not be finished, the next round starts early.
pub async fn sweep<P: Platform>(settings: &Settings, platform: &Budgeted<'_, P>) -> SweepReport {
    let mut report = SweepReport::default();
    if run(settings, platform, &mut report).await.is_err() {
        report.unfinished += 1;
    }
    report.operations = platform.spent();
    report
}

async fn run<P: Platform>(
    settings: &Settings,
    platform: &Budgeted<'_, P>,
    report: &mut SweepReport,
) -> Result<(), KvError> {
    let Some(mut state) = State::read(platform).await? else { return Ok(()) };
    let (connections, next) = store::list(platform, None, state.cursor.as_deref(), PAGE).await?;
    let mut page_finished = true;
    for (id, summary) in &connections {
        if state.after.as_deref().is_some_and(|after| id.as_str() <= after) {
            continue;
        }
        if platform.left() < MAX_PER_CONNECTION + WRITE_STATE {
            page_finished = false;
            break;
        }
        if process(settings, platform, id, summary, state.events_complete_until, report).await.is_err() {
            report.unfinished += 1;
        }
        state.after = Some(id.as_str().into());
    }
    state.incomplete |= report.unfinished > 0;
    if page_finished {
        state = State { under_way: next.is_some(), cursor: next, after: None, ..state };
    }
    if !state.under_way && !state.incomplete {
        state.events_complete_until = state.began.saturating_sub(VISIBILITY_DELAY);
    }
    state.write(platform).await
}
