//! `POST /v1/sessions`: the partner's backend vouches for a user. The caller's key has been checked before.

use crate::{
    http::{Incoming, Response},
    platform::{Platform, seconds},
    problem::Problem,
    session::Session,
    settings::Settings,
};
use serde::{Deserialize, Serialize};
use shared::{ErrorCode, Subject, from_json};
use std::collections::BTreeMap;

/// A subject and 512 bytes of metadata, however they are escaped.
const LONGEST: usize = 8 * 1024;

/// Makes a session of `{subject, metadata?}`: answers `{session, expires_at}`. Nothing is stored.
///
/// # Errors
///
/// `invalid_request` for a body of another shape.
pub async fn create(
    settings: &Settings,
    platform: &impl Platform,
    incoming: &mut impl Incoming,
) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct SessionRequest {
        subject: Subject,
        #[serde(default)]
        metadata: BTreeMap<String, String>,
    }
    #[derive(Serialize)]
    struct SessionCreated {
        session: String,
        expires_at: u64,
    }
    let body = incoming.body(LONGEST).await.map_err(|_| ErrorCode::InvalidRequest)?;
    let asked: SessionRequest = from_json(&body).ok_or(ErrorCode::InvalidRequest)?;
    let session =
        Session::new(asked.subject, asked.metadata, platform.now()).ok_or(ErrorCode::InvalidRequest)?;
    let sealed = session.seal(&settings.keyring, &settings.client_id, &platform.random());
    let made = SessionCreated { session: sealed, expires_at: seconds(session.expires) };
    Ok(Response::json(201, &made))
}
