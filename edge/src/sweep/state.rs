//! The progress of the sweep, in KV metadata.

use crate::{
    keys,
    platform::{KvError, Millis, Platform, Put},
};
use serde::{Deserialize, Serialize};
use shared::{from_json, to_json};

/// The time between two rounds.
const ROUND: Millis = 24 * 60 * 60 * 1000;

/// The time between two rounds if the first could not finish every connection: for example, a removal waits for
/// Smooch.
const EARLY_ROUND: Millis = 10 * 60 * 1000;

/// The progress of a round: a pass over all connections, in several runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The time at which the current or the last round started.
    pub(super) began: Millis,
    /// The cursor of the current page. `None` on the first page, and between rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<String>,
    /// `true` while a round is in progress.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) under_way: bool,
    /// `true` if a connection of this round could not be finished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "left")]
    pub(super) incomplete: bool,
    /// The id of the last finished connection of the current page, if the budget of a run ended within the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
    /// All connections made before this time have their event in the feed.
    #[serde(default, rename = "noted")]
    pub(super) events_complete_until: Millis,
}

/// The last call of the Remove URL.
#[derive(Serialize, Deserialize)]
struct Hint {
    at: Millis,
}

impl State {
    /// Reads the progress and starts a new round if one is due: a day after the last one, earlier if that was
    /// incomplete, and at once if the Remove URL was called since. `None` if there is nothing to do.
    pub(super) async fn read(platform: &impl Platform) -> Result<Option<Self>, KvError> {
        // A list is current. A read may be a minute old, and would repeat the work of the last run.
        let page = platform.kv_list(keys::SWEEP_PREFIX, None, 10).await?;
        let metadata = |key: &str| {
            let mut keys = page.keys.iter();
            keys.find(|(known, _)| known == key).and_then(|(_, metadata)| metadata.as_deref())
        };
        let state: Option<Self> = metadata(keys::SWEEP_STATE).and_then(|text| from_json(text.as_bytes()));
        let hint: Option<Hint> = metadata(keys::SWEEP_HINT).and_then(|text| from_json(text.as_bytes()));
        let (state, now) = (state.unwrap_or_default(), platform.now());
        if state.under_way || state.cursor.is_some() {
            return Ok(Some(state));
        }
        let hinted = hint.is_some_and(|hint| hint.at >= state.began);
        let interval = if state.incomplete { EARLY_ROUND } else { ROUND };
        if !hinted && now.saturating_sub(state.began) < interval {
            return Ok(None);
        }
        let events_complete_until = state.events_complete_until;
        Ok(Some(Self { began: now, under_way: true, events_complete_until, ..Self::default() }))
    }

    /// Writes the progress.
    pub(super) async fn write(&self, platform: &impl Platform) -> Result<(), KvError> {
        put(platform, keys::SWEEP_STATE, &to_json(self)).await
    }
}

/// Records a call of the Remove URL at the current time.
///
/// # Errors
///
/// If KV does not answer.
pub(crate) async fn write_hint(platform: &impl Platform) -> Result<(), KvError> {
    put(platform, keys::SWEEP_HINT, &to_json(&Hint { at: platform.now() })).await
}

async fn put(platform: &impl Platform, key: &str, metadata: &str) -> Result<(), KvError> {
    platform.kv_put(Put { key, value: "", metadata: Some(metadata), ttl: None }).await
}
