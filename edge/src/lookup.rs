//! Reads and opens a connection for a handler, and turns failures into problems for the caller and notes for the log.

use crate::{
    log::Report,
    platform::{KvError, Platform},
    problem::Problem,
    record::{ReadError, Record, Stored},
    seal::OpenError,
    settings::Settings,
    store,
};
use shared::{ConnectionId, ErrorCode};

/// Delay before a retry, in seconds, after a connection was replaced meanwhile. KV shows a change everywhere within a
/// minute.
const CHANGED_RETRY: u32 = 60;

/// Reads a connection.
///
/// # Errors
///
/// `not_found`, `storage_unavailable`.
pub(crate) async fn read(
    platform: &impl Platform,
    id: &ConnectionId,
    report: &mut Report,
) -> Result<Stored, Problem> {
    store::get(platform, id).await.map_err(|error| read_problem(error, report))
}

/// Opens the record of a connection.
///
/// # Errors
///
/// `misconfigured` if its sealing key is not in the settings any more, `storage_unavailable` if it was altered.
pub(crate) fn open(settings: &Settings, stored: &Stored, report: &mut Report) -> Result<Record, Problem> {
    stored.open(&settings.keyring).map_err(|error| read_problem(error, report))
}

/// The problem for a connection that could not be read or opened.
pub(crate) fn read_problem(error: ReadError, report: &mut Report) -> Problem {
    match error {
        ReadError::NotFound => ErrorCode::NotFound.into(),
        ReadError::Unavailable(error) => {
            report.note = Some(error.message());
            ErrorCode::StorageUnavailable.into()
        }
        ReadError::Closed(OpenError::UnknownKey) => {
            report.note = Some("the record is sealed under a key that is not in SEALING_KEYS");
            ErrorCode::Misconfigured.into()
        }
        ReadError::Closed(OpenError::Forged) | ReadError::Unreadable => {
            report.note = Some("the record was altered, or does not have the expected form");
            ErrorCode::StorageUnavailable.into()
        }
    }
}

/// The problem for a failed operation on KV.
pub(crate) fn kv_problem(error: KvError, report: &mut Report) -> Problem {
    report.note = Some(error.message());
    let problem = Problem::from(ErrorCode::StorageUnavailable);
    match error {
        KvError::Changed => problem.retry_after(CHANGED_RETRY),
        KvError::Refused(_) | KvError::Unavailable => problem,
    }
}
