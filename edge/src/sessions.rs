//! `POST /v1/sessions`: makes a session for a user of the partner. [`crate::dispatch`] has checked the API key.

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

/// Maximum length of the body in bytes: enough for a subject and 512 bytes of metadata in any JSON escaping.
const MAX_BODY: usize = 8 * 1024;

/// Makes a session. It stores nothing.
///
/// 1. Parse the body: `{subject, metadata?}`.
/// 2. Make a session that starts now, and seal it.
/// 3. Respond with 201 and `{session, expires_at}`.
///
/// # Errors
///
/// `invalid_request` if the body does not have this shape, or the metadata are too long.
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
    let body = incoming.body(MAX_BODY).await.map_err(|_| ErrorCode::InvalidRequest)?;
    let request: SessionRequest = from_json(&body).ok_or(ErrorCode::InvalidRequest)?;
    let session =
        Session::new(request.subject, request.metadata, platform.now()).ok_or(ErrorCode::InvalidRequest)?;
    let sealed = session.seal(&settings.keyring, &settings.client_id, &platform.random());
    let created = SessionCreated { session: sealed, expires_at: seconds(session.expires) };
    Ok(Response::json(201, &created))
}
