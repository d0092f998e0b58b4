//! `POST /complete`: the page proves that it started the flow, and the edge exchanges the code, identifies the app,
//! and seals and stores the token.
//!
//! Once the edge has a token, it stores it, returns it in an escrow receipt, or revokes it. It leaves an expired token
//! valid only if the app has a connection in use.

mod expired;
mod problems;
mod replay;
mod token;

use crate::{
    event_writer::{EventError, append_connected_event},
    http::{Incoming, Response, Target},
    log::Report,
    platform::{KvError, Platform},
    problem::Problem,
    proof::{Completion, Proven, prove},
    receipt::Held,
    record::{Record, Stored},
    settings::Settings,
    smooch::{self, TokenStatus},
    store,
    summary::{ConnectionView, Status, Summary},
};
use futures_util::future::join;
use problems::{identify_problem, storage_problem};
use replay::{Replay, find_replay};
use serde::Serialize;
use shared::{App, ConnectionId, ErrorCode, Secret};
use token::{ObtainedToken, obtain_token};

/// Maximum length of the form in bytes: enough for the longest receipt, a verifier and two sessions.
const MAX_FORM: usize = 16 * 1024;

/// Finishes a flow:
///
/// 1. Parse the form.
/// 2. Prove that this page started the flow.
/// 3. If an earlier attempt may have completed the flow, look it up and repeat its response. Otherwise do not query KV
///    before the exchange.
/// 4. Exchange the code for a token, or take the token from the escrow receipt.
/// 5. Ask Smooch for the token's app. If an earlier attempt has done that, ask if the token is still active.
/// 6. Seal and store the connection. If that fails, respond with an escrow receipt.
/// 7. Append the event and mark the flow as completed. If that fails, the connection is made nevertheless.
/// 8. Respond with the connection.
///
/// # Errors
///
/// A [`Problem`]. The page can retry with the receipt of a problem that has one.
pub async fn complete(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    incoming: &mut impl Incoming,
    report: &mut Report,
) -> Result<Response, Problem> {
    let body = incoming.body(MAX_FORM).await.map_err(|_| ErrorCode::InvalidRequest)?;
    let origin = incoming.header("origin");
    let proven = prove(settings, target, origin.as_deref(), Completion::parse(&body)?, platform.now())?;
    report.site = Some(proven.receipt.binding.site().into());
    report.steps.push("proven");

    // RFC 6749 §4.1.2: a server may revoke the tokens of a code that is used twice. A retry says so in the form, or
    // has an escrow receipt.
    if proven.again || matches!(proven.receipt.held, Held::Token { .. }) {
        match find_replay(platform, &proven, report).await? {
            Replay::Completed(id, summary) => return Ok(connected(&id, &summary, report)),
            // The flow was completed, and the connection was removed since. It must not come back.
            Replay::Removed => return Err(ErrorCode::CodeRejected.into()),
            Replay::None => {}
        }
    }
    let obtained = match obtain_token(settings, platform, &proven, report).await {
        // A concurrent attempt may have used the code and completed the flow meanwhile.
        Err(problem) if problem.code == ErrorCode::CodeRejected => {
            return match find_replay(platform, &proven, report).await? {
                Replay::Completed(id, summary) => Ok(connected(&id, &summary, report)),
                Replay::Removed | Replay::None => Err(problem),
            };
        }
        obtained => obtained?,
    };
    let app = identify(settings, platform, &proven, &obtained, report).await?;
    report.steps.push("identified");

    let stored = seal_connection(settings, platform, &proven, obtained.token.clone(), app);
    if let Err(error) = store::put(platform, &stored).await {
        let app = Some(stored.summary.app.clone());
        let receipt = obtained.escrow_receipt(settings, platform, &proven, app, report);
        return Err(storage_problem(error, receipt, report));
    }
    report.steps.push("stored");
    let flow = proven.flow();
    let (event, completed) = join(
        append_connected_event(settings, platform, &stored),
        store::put_completed(platform, &flow, &stored.id),
    )
    .await;
    let note = event.err().map(EventError::message).or(completed.err().map(KvError::message));
    report.note = note.or(report.note);
    Ok(connected(&stored.id, &stored.summary, report))
}

/// The app of a token. If it is known from an earlier attempt, it checks that the token is still active: it may have
/// been revoked together with another connection of the app.
async fn identify(
    settings: &Settings,
    platform: &impl Platform,
    proven: &Proven,
    obtained: &ObtainedToken,
    report: &mut Report,
) -> Result<App, Problem> {
    let ObtainedToken { token, app, .. } = obtained;
    let Some(app) = app.clone() else {
        return smooch::identify(settings, platform, token, report).await.map_err(|error| {
            let receipt = obtained.escrow_receipt(settings, platform, proven, None, report);
            identify_problem(error, receipt, report)
        });
    };
    match smooch::token_status(settings, platform, token, &app, report).await {
        TokenStatus::Refused => Err(ErrorCode::CodeRejected.into()),
        TokenStatus::Active | TokenStatus::Unknown => Ok(app),
    }
}

/// The connection to store.
fn seal_connection(
    settings: &Settings,
    platform: &impl Platform,
    proven: &Proven,
    token: Secret,
    app: App,
) -> Stored {
    let keyring = &settings.keyring;
    let subject = proven.session.as_ref().map(|session| session.subject.clone());
    let metadata = proven.session.as_ref().map(|session| session.metadata.clone()).unwrap_or_default();
    let id = ConnectionId::new(&settings.client_id, &app.id, subject.as_ref());
    let connected_at = platform.now();
    let record = Record { token, metadata, subdomain: app.subdomain.clone() };
    let sealed = record.seal(keyring, &id, &platform.random());
    let summary =
        Summary { app, subject, status: Status::Connected, connected_at, key: keyring.current().into() };
    Stored { id, summary, sealed }
}

fn connected(id: &ConnectionId, summary: &Summary, report: &mut Report) -> Response {
    #[derive(Serialize)]
    struct Connected<'a> {
        status: &'static str,
        connection: ConnectionView<'a>,
    }
    report.outcome = "connected";
    report.connection = Some(id.as_str().into());
    let body = Connected { status: "connected", connection: ConnectionView::new(id, summary) };
    Response::json(200, &body)
}

/// Adds the CORS headers that let the page read the response.
///
/// An unknown origin gets `*`, so a page whose origin is missing in the settings can read the problem that says so.
/// Such a problem contains no receipt: the origin check fails before any problem with a receipt.
#[must_use]
pub fn with_cors_headers<S>(
    settings: Option<&Settings>,
    target: &Target<'_>,
    origin: Option<&str>,
    response: Response<S>,
) -> Response<S> {
    let is_site = |origin: &str| settings.is_some_and(|settings| settings.sites.has_origin(origin));
    let known = origin.filter(|origin| target.is_own_origin(origin) || is_site(origin));
    response.with("access-control-allow-origin", known.unwrap_or("*")).with("vary", "origin")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        receipt::{Binding, Receipt},
        seal::{Keyring, NONCE},
        session::{MAX_METADATA, Session},
    };
    use shared::{AppId, State, Subdomain, Subject, Verifier, push_parameter};

    // A form that is too long would be rejected, and the token in its receipt would be lost.
    #[test]
    fn the_longest_form_is_accepted() {
        let keyring =
            Keyring::parse("k123456789012345:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
        let verifier = Verifier::from_bytes(&[7; 32]);
        let state = format!("1.{}.{}", "s".repeat(32), verifier.challenge().as_str());
        let subject = Subject::parse(&"a".repeat(128));
        let app = App {
            id: AppId::parse(&"a".repeat(64)).unwrap(),
            name: App::tidy_name(&"\"".repeat(500)),
            subdomain: Subdomain::parse(&"a".repeat(63)),
        };
        let held =
            Held::Token { token: Secret::new("t".repeat(4096)), app: Some(app), subject: subject.clone() };
        let binding = Binding::Browser(State::parse(&state).unwrap());
        let receipt = Receipt { binding, held, issued: u64::MAX };
        // A control character takes six bytes in JSON.
        let metadata = [("n".to_owned(), "\u{1}".repeat(MAX_METADATA - 1))].into();
        let session = Session::new(subject.unwrap(), metadata, 1).unwrap();
        let session = session.seal(&keyring, "shoplifter", &[1; NONCE]);
        let mut form = String::new();
        push_parameter(&mut form, "receipt", &receipt.seal(&keyring, "shoplifter", &[1; NONCE]));
        push_parameter(&mut form, "verifier", verifier.expose());
        push_parameter(&mut form, "session", &session);
        push_parameter(&mut form, "started_session", &session);
        push_parameter(&mut form, "again", "1");
        assert!(form.len() <= MAX_FORM, "{}", form.len());
    }
}
