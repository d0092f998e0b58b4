//! Marks a connection as revoked, after Smooch has rejected its token.

use crate::{
    event::EventKind,
    event_writer::{EventError, append_event},
    platform::Platform,
    record::Stored,
    settings::Settings,
    store,
    summary::Status,
};

/// Marks a connection as revoked:
///
/// 1. Check that it was not replaced since it was read.
/// 2. Append the event. If that fails, leave the connection unchanged so that the next check retries. After step 3 no
///    check would append the event.
/// 3. Store the new status.
///
/// # Errors
///
/// [`EventError::NotStored`] if the connection was replaced, or KV failed. [`EventError::NotQueued`] if only the
/// delivery fails; the connection is marked then.
pub(crate) async fn mark_revoked(
    settings: &Settings,
    platform: &impl Platform,
    stored: &Stored,
) -> Result<(), EventError> {
    store::check_unchanged(&store::list_app(platform, &stored.summary.app.id).await?, stored)?;
    let revoked = stored.with_status(Status::Revoked);
    let appended = append_event(settings, platform, EventKind::Revoked, &revoked).await;
    if let Err(EventError::NotStored(error)) = appended {
        return Err(error.into());
    }
    store::change(platform, &revoked).await?;
    appended
}
