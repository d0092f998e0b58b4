//! `POST /v1/sessions`: the partner's backend vouches for a user. The caller's key has been checked before.

use crate::{
    edge::Edge,
    http::{Incoming, Response},
    platform::{Platform, seconds},
    problem::Problem,
    session::Session,
};
use serde::{Deserialize, Serialize};
use shared::{ErrorCode, Subject};
use std::collections::BTreeMap;

/// A subject and 512 bytes of metadata, however they are escaped.
const LONGEST: usize = 8 * 1024;

/// Makes a session of `{subject, metadata?}`: answers `{session, expires_at}`. Nothing is stored.
///
/// # Errors
///
/// `invalid_request` for a body of another shape.
pub async fn create(
    edge: &Edge,
    platform: &impl Platform,
    incoming: &mut impl Incoming,
) -> Result<Response, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        subject: Subject,
        #[serde(default)]
        metadata: BTreeMap<String, String>,
    }
    #[derive(Serialize)]
    struct Made {
        session: String,
        expires_at: u64,
    }
    let body = incoming.body(LONGEST).await.map_err(|_| ErrorCode::InvalidRequest)?;
    let asked: Asked = serde_json::from_slice(&body).map_err(|_| ErrorCode::InvalidRequest)?;
    let session =
        Session::new(asked.subject, asked.metadata, platform.now()).ok_or(ErrorCode::InvalidRequest)?;
    let sealed = session.seal(&edge.settings.keyring, &edge.settings.client_id, &platform.random());
    let made = Made { session: sealed, expires_at: seconds(session.expires) };
    Ok(Response::json(201, serde_json::to_string(&made).unwrap_or_default()))
}
