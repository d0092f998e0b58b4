//! The sweep: what nobody waits for. Each minute it looks at a few connections: finishes removals that Smooch could
//! not be told of, seals again what an older key sealed, notes in the feed what is not there, and asks Smooch whether
//! tokens still live.
//!
//! It never believes anybody but Smooch: a call of the Remove URL only makes it look sooner. It makes at most
//! [`MOST_OPERATIONS`] requests a run, whatever fails, and goes on in the next run where it stopped.

use crate::{
    api::mark_revoked,
    budget::Budgeted,
    events::{self, SETTLED},
    fault::Fault,
    http::Response,
    log::Report,
    platform::{KvError, Limit, Millis, Platform, Put},
    removal::{self, Removed},
    settings::Settings,
    smooch::{self, Life},
    store::{self, Stored},
    summary::{Status, Summary},
};
use serde::{Deserialize, Serialize};
use shared::{ConnectionId, ErrorCode, from_json, to_json};

/// The platform's limit on its free plan is 50 for each run, its own included.
pub const MOST_OPERATIONS: u32 = 40;

/// How many connections a run looks at. One that is well takes two requests, so the last still has what it may need.
const PAGE: u16 = 15;

/// What one connection takes at the most: read it and its event, ask Smooch, list its app's twice, note it, queue that,
/// write it twice.
const MOST_FOR_ONE: u32 = 9;

/// To write down how far it got.
const TO_REMEMBER: u32 = 1;

/// How often all tokens are asked after, if nothing gives a reason to ask sooner.
const ROUND: Millis = 24 * 60 * 60 * 1000;

/// How soon another round begins after one that could not deal with everything: a removal waits for Smooch, say.
const SOON: Millis = 10 * 60 * 1000;

const STATE: &str = "sweep/state";
const HINT: &str = "sweep/hint";

/// How far the sweep is, as KV's metadata have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// When this round began, or the last one if none is under way.
    began: Millis,
    /// Where to go on; without one, no round is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// Whether a round is under way, though it has no cursor yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    under_way: bool,
    /// Whether this round could not deal with everything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    left: bool,
    /// The last connection of this page that was dealt with, where the requests ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// What was connected before that is in the feed, or was looked for there.
    #[serde(default)]
    noted: Millis,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    at: Millis,
}

/// One run and its log line. Without settings it does nothing and says so.
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
    let (outcome, faults, swept) = match settings {
        Ok(settings) => ("ok", [].as_slice(), sweep(settings, platform).await),
        Err(faults) => (ErrorCode::Misconfigured.as_str(), faults, Swept::default()),
    };
    let Swept { checked, revoked, removed, resealed, noted, left, operations } = swept;
    let (route, settings) = ("sweep", faults);
    let line =
        Line { time, route, outcome, settings, checked, revoked, removed, resealed, noted, left, operations };
    platform.log(&to_json(&line));
}

/// The result of a run, for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Connections whose token Smooch was asked about.
    pub checked: u32,
    /// Of these, those that Smooch refuses.
    pub revoked: u32,
    /// Removals that are finished.
    pub removed: u32,
    /// Records sealed again under the current key.
    pub resealed: u32,
    /// Connections that the feed had not heard of.
    pub noted: u32,
    /// Connections that could not be dealt with now.
    pub left: u32,
    /// Requests made, to KV and to Smooch.
    pub operations: u32,
}

/// One run:
///
/// 1. read how far the round is, and whether anybody has called the Remove URL since it began;
/// 2. list the next connections, or start a round if one is due;
/// 3. deal with each, as long as there are requests left for the worst case;
/// 4. write down how far it got. Where the requests ran out, the same connections are listed again, and those that
///    were dealt with are passed over; where something failed, another round begins soon.
pub async fn sweep<P: Platform>(settings: &Settings, platform: &Budgeted<'_, P>) -> Swept {
    let mut swept = Swept::default();
    if run(settings, platform, &mut swept).await.is_err() {
        swept.left += 1;
    }
    swept.operations = platform.spent();
    swept
}

async fn run<P: Platform>(
    settings: &Settings,
    platform: &Budgeted<'_, P>,
    swept: &mut Swept,
) -> Result<(), KvError> {
    // A list, and not two reads, which would be answered with what they were a minute ago.
    let page = platform.kv_list("sweep/", None, 10).await?;
    let metadata = |key: &str| {
        page.keys.iter().find(|(known, _)| known == key).and_then(|(_, metadata)| metadata.as_deref())
    };
    let mut state: State = metadata(STATE).and_then(|text| from_json(text.as_bytes())).unwrap_or_default();
    let hint: Option<Hint> = metadata(HINT).and_then(|text| from_json(text.as_bytes()));

    let now = platform.now();
    let hinted = hint.is_some_and(|hint| hint.at >= state.began);
    let due = hinted || now.saturating_sub(state.began) >= if state.left { SOON } else { ROUND };
    let under_way = state.under_way || state.cursor.is_some();
    if !under_way && !due {
        return Ok(());
    }
    if !under_way {
        state = State { began: now, under_way: true, noted: state.noted, ..State::default() };
    }

    let (connections, next) = store::list(platform, None, state.cursor.as_deref(), PAGE).await?;
    let mut done = true;
    for (id, summary) in &connections {
        if state.after.as_deref().is_some_and(|after| id.as_str() <= after) {
            continue;
        }
        if platform.left() < MOST_FOR_ONE + TO_REMEMBER {
            done = false;
            break;
        }
        deal_with(settings, platform, id, summary, state.noted, swept).await;
        state.after = Some(id.as_str().into());
    }
    state.left |= swept.left > 0;
    if done {
        state = State { under_way: next.is_some(), cursor: next, after: None, ..state };
    }
    if !state.under_way && !state.left {
        state.noted = state.began.saturating_sub(SETTLED);
    }
    let metadata = to_json(&state);
    platform.kv_put(Put { key: STATE, value: "", metadata: Some(&metadata), ttl: None }).await
}

async fn deal_with(
    settings: &Settings,
    platform: &impl Platform,
    id: &ConnectionId,
    listed: &Summary,
    noted: Millis,
    swept: &mut Swept,
) {
    // A dead connection is kept for the partner to see, and nothing can be done for it.
    if listed.status == Status::Revoked {
        return;
    }
    // What is read may be a minute old; a list is not. One that was made again meanwhile has its turn next time.
    let stored = store::get(platform, id).await.ok().filter(|stored| stored.summary == *listed);
    let Some(stored) = stored else {
        swept.left += 1;
        return;
    };
    let result = match listed.status {
        Status::Removing => finish_removal(settings, platform, &stored, swept).await,
        Status::Connected => check(settings, platform, stored, noted, swept).await,
        Status::Revoked => Some(()),
    };
    if result.is_none() {
        swept.left += 1;
    }
}

async fn finish_removal(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
    swept: &mut Swept,
) -> Option<()> {
    match removal::finish(settings, platform, stored, &mut Report::default()).await.ok()? {
        Removed::Gone => {
            swept.removed += 1;
            Some(())
        }
        Removed::Waiting => None,
    }
}

async fn check(
    settings: &Settings,
    platform: &impl Platform,
    mut stored: Stored,
    noted: Millis,
    swept: &mut Swept,
) -> Option<()> {
    let keyring = &settings.keyring;
    let record = stored.open(keyring).ok()?;
    let (connected_at, now) = (stored.summary.connected_at, platform.now());
    // What is older than events are was noted when it was new; what is younger than KV's minute may be on its way.
    let oldest = noted.max(now.saturating_sub(Millis::from(events::LIFE) * 1000));
    if (oldest..now.saturating_sub(SETTLED)).contains(&connected_at)
        && store::note_late(settings, platform, &stored).await.ok()?
    {
        swept.noted += 1;
        // That has taken many requests. Its token is asked after in the next round, which is soon.
        return None;
    }
    swept.checked += 1;
    match smooch::life(settings, platform, &record.token, &stored.summary.app, &mut Report::default()).await {
        Life::Unknown => None,
        Life::Dead => {
            swept.revoked += 1;
            mark_revoked(settings, platform, &stored).await.ok()
        }
        Life::Lives if stored.summary.key == keyring.current() => Some(()),
        Life::Lives => {
            stored.sealed = record.seal(keyring, &stored.id, &platform.random());
            stored.summary.key = keyring.current().into();
            store::change(platform, &stored).await.ok()?;
            swept.resealed += 1;
            Some(())
        }
    }
}

/// `POST /removed`, Smooch's Remove URL. Anybody may call it and say anything, so its body is not read: the next run only
/// starts a round sooner and asks Smooch itself.
pub async fn hinted(platform: &impl Platform, report: &mut Report) -> Response {
    if platform.allowed(Limit::Hints, "removed").await
        && let Err(error) = write_hint(platform).await
    {
        report.note = Some(error.says());
    }
    Response::empty(202)
}

async fn write_hint(platform: &impl Platform) -> Result<(), KvError> {
    let metadata = to_json(&Hint { at: platform.now() });
    platform.kv_put(Put { key: HINT, value: "", metadata: Some(&metadata), ttl: None }).await
}
