//! `POST /v1/sessions`: the partner's backend vouches for a user. The caller's key has been checked before.

use crate::{
    edge::Edge,
    http::{Incoming, Response},
    platform::{Platform, seconds},
    problem::Problem,
    session::Session,
};
use shared::{ErrorCode, Json, Object, Subject};

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
    let body = incoming.body(LONGEST).await.map_err(|_| ErrorCode::InvalidRequest)?;
    let (subject, metadata) = read(&body).ok_or(ErrorCode::InvalidRequest)?;
    let session = Session::new(subject, metadata, platform.now()).ok_or(ErrorCode::InvalidRequest)?;
    let sealed = session.seal(&edge.settings.keyring, &edge.settings.client_id, &platform.random());
    let made = Object::new().text("session", &sealed).number("expires_at", seconds(session.expires));
    Ok(Response::json(201, made.end()))
}

fn read(body: &[u8]) -> Option<(Subject, Vec<(String, String)>)> {
    let mut asked = Json::parse(body).filter(|asked| asked.has_only(&["subject", "metadata"]))?;
    Some((Subject::parse(&asked.take("subject")?.text()?)?, asked.take("metadata")?.texts()?))
}
