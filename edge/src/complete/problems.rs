//! The problems of a flow that can be retried: the page gets a receipt and a delay.

use crate::{
    log::Report,
    platform::KvError,
    problem::Problem,
    proof::Proven,
    smooch::{ExchangeError, IdentifyError},
};
use shared::ErrorCode;

/// Delay before a retry in seconds, if Smooch did not give one.
const DEFAULT_RETRY: u32 = 2;

/// Longest delay before a retry, in seconds. An authorization code does not live longer.
const MAX_RETRY: u32 = 60;

/// The page retries with the receipt that it sent, after Smooch's delay or the default.
pub(super) fn retry_same_receipt(code: ErrorCode, delay: Option<u32>, proven: &Proven) -> Problem {
    retry(code, delay, proven.sealed.clone())
}

/// The token could not be stored. The page retries with the escrow receipt.
pub(super) fn storage_problem(error: KvError, escrow: String, report: &mut Report) -> Problem {
    report.note = Some(error.message());
    retry(ErrorCode::StorageUnavailable, None, escrow)
}

pub(super) fn exchange_problem(error: ExchangeError, proven: &Proven, report: &mut Report) -> Problem {
    match error {
        ExchangeError::CodeRejected => ErrorCode::CodeRejected.into(),
        ExchangeError::ClientRejected => ErrorCode::ClientRejected.into(),
        ExchangeError::NotProcessed(delay) => retry_same_receipt(ErrorCode::SmoochUnavailable, delay, proven),
        // The code may be used up, and a server may revoke the tokens of a code that it sees again.
        ExchangeError::Unknown => ErrorCode::SmoochUnavailable.into(),
        ExchangeError::Malformed(note) => {
            report.note = Some(note);
            ErrorCode::SmoochMalformed.into()
        }
    }
}

pub(super) fn identify_problem(error: IdentifyError, escrow: String, report: &mut Report) -> Problem {
    match error {
        IdentifyError::Unavailable(delay) => retry(ErrorCode::SmoochUnavailable, delay, escrow),
        IdentifyError::Refused => retry(ErrorCode::SmoochMalformed, None, escrow),
        IdentifyError::Malformed(note) => {
            report.note = Some(note);
            retry(ErrorCode::SmoochMalformed, None, escrow)
        }
    }
}

fn retry(code: ErrorCode, delay: Option<u32>, receipt: String) -> Problem {
    Problem::from(code).retry_with(delay.unwrap_or(DEFAULT_RETRY).clamp(1, MAX_RETRY), receipt)
}
