//! `POST /complete`: the page proves that it set out, and the edge exchanges, identifies, seals and stores.
//!
//! Nothing is lost: once there is a token, every way out either stores it, or hands it back in a receipt that
//! can be tried again, or revokes it.

use crate::{
    http::{Incoming, Response, Target},
    log::Report,
    platform::{Millis, Platform},
    problem::Problem,
    proof::{Completion, Proven, prove},
    receipt::{Held, Receipt},
    settings::Settings,
    smooch::{self, ExchangeError, IdentifyError, Life},
    store::{self, ReadError, Record, Stored},
    summary::{Shown, Status, Summary},
};
use serde::Serialize;
use shared::{App, ConnectionId, ErrorCode, Secret};

/// A receipt, a verifier and two sessions, with room to spare.
const LONGEST_FORM: usize = 16 * 1024;

/// When to try again, where Smooch did not say: long enough to matter, short enough to wait for.
const RETRY: u32 = 2;

/// The longest wait that a person is asked for; a code does not live longer.
const LONGEST_RETRY: u32 = 60;

/// A token that is in our hands and nowhere else yet.
struct Earned {
    token: Secret,
    /// The app it is for, where an earlier try has found out.
    app: Option<App>,
    /// Since when it is held.
    since: Millis,
}

/// Finishes a flow:
///
/// 1. read the form;
/// 2. prove that this page set out;
/// 3. if an earlier try may have been completed, ask, and give its answer;
/// 4. exchange the code for a token, unless an earlier try has one in escrow;
/// 5. ask which app it is for, or, where an earlier try has found out, whether the token still lives;
/// 6. seal and store it;
/// 7. answer.
///
/// # Errors
///
/// A [`Problem`]; one that carries a receipt can be tried again with it.
pub async fn complete(
    settings: &Settings,
    platform: &impl Platform,
    target: &Target<'_>,
    incoming: &mut impl Incoming,
    report: &mut Report,
) -> Result<Response, Problem> {
    let body = incoming.body(LONGEST_FORM).await.map_err(|_| ErrorCode::InvalidRequest)?;
    let origin = incoming.header("origin");
    let proven = prove(settings, target, origin.as_deref(), Completion::parse(&body)?, platform.now())?;
    report.site = Some(proven.receipt.binding.site().into());
    report.steps.push("proven");

    // A page that asks again says so, or has a token in escrow, and only then is KV asked before Smooch: a server
    // may end the tokens of a code that it sees twice (RFC 6749 §4.1.2).
    if proven.again || matches!(proven.receipt.held, Held::Token { .. }) {
        match earlier(platform, &proven, report).await? {
            Earlier::Completed(answer) => return Ok(answer),
            // What was connected by it and removed since is not made again.
            Earlier::Gone => return Err(ErrorCode::CodeRejected.into()),
            Earlier::NotCompleted => {}
        }
    }
    let earned = match token_of(settings, platform, &proven, report).await {
        // An earlier try may have been completed while this one was on its way.
        Err(problem) if problem.code == ErrorCode::CodeRejected => {
            return match earlier(platform, &proven, report).await? {
                Earlier::Completed(answer) => Ok(answer),
                Earlier::Gone | Earlier::NotCompleted => Err(problem),
            };
        }
        earned => earned?,
    };

    let app = match earned.app.clone() {
        // It was ended while it was held, with another connection of its app perhaps.
        Some(app) if smooch::life(settings, platform, &earned.token, &app, report).await == Life::Dead => {
            return Err(ErrorCode::CodeRejected.into());
        }
        Some(app) => app,
        None => smooch::identify(settings, platform, &earned.token, report).await.map_err(|error| {
            let receipt = earned.escrow(settings, platform, &proven, None, report);
            identify_problem(error, receipt, report)
        })?,
    };
    report.steps.push("identified");

    let stored = sealed(settings, platform, &proven, earned.token.clone(), app);
    store::put(platform, &stored).await.map_err(|error| {
        report.note = Some(error.says());
        let receipt = earned.escrow(settings, platform, &proven, Some(stored.summary.app.clone()), report);
        Problem::from(ErrorCode::StorageUnavailable).retry(RETRY, receipt)
    })?;
    report.steps.push("stored");
    if let Err(error) = store::note_connected(settings, platform, &stored, &proven.flow()).await {
        report.note = Some(error.says());
    }
    Ok(connected(&stored.id, &stored.summary, report))
}

/// The token of a proven flow: the one in escrow, or what its code is good for.
async fn token_of(
    settings: &Settings,
    platform: &impl Platform,
    proven: &Proven,
    report: &mut Report,
) -> Result<Earned, Problem> {
    let expired = proven.receipt.is_expired(platform.now());
    match &proven.receipt.held {
        Held::Token { token, app, .. } if expired => {
            Err(give_up(settings, platform, proven, token, app.clone(), report).await)
        }
        Held::Token { token, app, .. } => {
            Ok(Earned { token: token.clone(), app: app.clone(), since: proven.receipt.issued })
        }
        Held::Code { .. } if expired => Err(ErrorCode::ReceiptExpired.into()),
        Held::Code { code, redirect_uri } => {
            let verifier = proven.verifier.as_ref();
            let token = smooch::exchange(settings, platform, code, redirect_uri.as_deref(), verifier, report)
                .await
                .map_err(|error| exchange_problem(error, proven, report))?;
            report.steps.push("exchanged");
            Ok(Earned { token, app: None, since: platform.now() })
        }
    }
}

impl Earned {
    /// A receipt that holds the token, for whoever may finish this flow.
    fn escrow(
        &self,
        settings: &Settings,
        platform: &impl Platform,
        proven: &Proven,
        app: Option<App>,
        report: &mut Report,
    ) -> String {
        report.steps.push("held in escrow");
        let subject = proven.session.as_ref().map(|session| session.subject.clone());
        let held = Held::Token { token: self.token.clone(), app, subject };
        let receipt = Receipt { binding: proven.receipt.binding.clone(), held, issued: self.since };
        receipt.seal(&settings.keyring, &settings.client_id, &platform.random())
    }
}

/// The same answer, readable by the page that asked. A page of no site of ours reads the problem too, and
/// finds out that its origin is not in the settings; it carries nothing else, as no receipt was opened for it.
#[must_use]
pub fn readable<S>(
    settings: Option<&Settings>,
    target: &Target<'_>,
    origin: Option<&str>,
    response: Response<S>,
) -> Response<S> {
    let have = |origin: &str| settings.is_some_and(|settings| settings.sites.has_origin(origin));
    let known = origin.filter(|origin| target.is_own(origin) || have(origin));
    response.with("access-control-allow-origin", known.unwrap_or("*")).with("vary", "origin")
}

/// The connection as it will be stored.
fn sealed(settings: &Settings, platform: &impl Platform, proven: &Proven, token: Secret, app: App) -> Stored {
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

/// What an earlier try of this very flow came to.
enum Earlier {
    /// It was completed, and its answer was lost on the way.
    Completed(Response),
    /// It was completed, and the connection is not there any more.
    Gone,
    /// There was none, or it was not completed.
    NotCompleted,
}

async fn earlier(platform: &impl Platform, proven: &Proven, report: &mut Report) -> Result<Earlier, Problem> {
    let unavailable = || Problem::from(ErrorCode::StorageUnavailable).retry(RETRY, proven.sealed.clone());
    let Some(id) = store::completed(platform, &proven.flow()).await.map_err(|_| unavailable())? else {
        return Ok(Earlier::NotCompleted);
    };
    let summary = match store::look(platform, &id).await {
        Ok(summary) => summary,
        Err(ReadError::Unavailable(_)) => return Err(unavailable()),
        Err(ReadError::NotFound) => return Ok(Earlier::Gone),
        // To be made again, and so mended.
        Err(ReadError::Closed(_) | ReadError::Unreadable) => return Ok(Earlier::NotCompleted),
    };
    if summary.subject.as_ref() != proven.session.as_ref().map(|session| &session.subject) {
        return Err(ErrorCode::SessionMismatch.into());
    }
    report.steps.push("answered again");
    Ok(Earlier::Completed(connected(&id, &summary, report)))
}

fn exchange_problem(error: ExchangeError, proven: &Proven, report: &mut Report) -> Problem {
    match error {
        ExchangeError::CodeRejected => ErrorCode::CodeRejected.into(),
        ExchangeError::ClientRejected => ErrorCode::ClientRejected.into(),
        ExchangeError::NotSpent(after) => {
            Problem::from(ErrorCode::SmoochUnavailable).retry(wait(after), proven.sealed.clone())
        }
        ExchangeError::Unknown => ErrorCode::SmoochUnavailable.into(),
        ExchangeError::Malformed(why) => {
            report.note = Some(why);
            ErrorCode::SmoochMalformed.into()
        }
    }
}

fn identify_problem(error: IdentifyError, escrow: String, report: &mut Report) -> Problem {
    match error {
        IdentifyError::Unavailable(after) => {
            Problem::from(ErrorCode::SmoochUnavailable).retry(wait(after), escrow)
        }
        IdentifyError::Refused => Problem::from(ErrorCode::SmoochMalformed).retry(RETRY, escrow),
        IdentifyError::Malformed(why) => {
            report.note = Some(why);
            Problem::from(ErrorCode::SmoochMalformed).retry(RETRY, escrow)
        }
    }
}

/// A token that nobody came back for in time is not connected any more: it is ended. Unless its app has a
/// connection in use: one authorization covers an app whole, so to end the one would end the other, and there is none to
/// end that is not in use.
async fn give_up(
    settings: &Settings,
    platform: &impl Platform,
    proven: &Proven,
    token: &Secret,
    app: Option<App>,
    report: &mut Report,
) -> Problem {
    let later = |code: ErrorCode, after| Problem::from(code).retry(wait(after), proven.sealed.clone());
    let app = match app {
        Some(app) => app,
        None => match smooch::identify(settings, platform, token, report).await {
            Ok(app) => app,
            Err(IdentifyError::Unavailable(after)) => return later(ErrorCode::SmoochUnavailable, after),
            // A token that Smooch does not know is dead.
            Err(IdentifyError::Refused) => return ErrorCode::ReceiptExpired.into(),
            Err(IdentifyError::Malformed(why)) => {
                // Without its app nobody can say whether it may be ended: it stays held.
                report.note = Some(why);
                return later(ErrorCode::SmoochMalformed, None);
            }
        },
    };
    match store::of_app(platform, &app.id).await {
        Ok(connections) if !connections.iter().any(|(_, summary)| summary.status == Status::Connected) => {}
        Ok(_) => {
            report.steps.push("left to the app's connections");
            return ErrorCode::ReceiptExpired.into();
        }
        Err(_) => return later(ErrorCode::StorageUnavailable, None),
    }
    if let Err(why) = smooch::revoke(settings, platform, token, &app, report).await {
        report.note = Some(why);
        return later(ErrorCode::SmoochUnavailable, None);
    }
    report.steps.push("revoked");
    ErrorCode::ReceiptExpired.into()
}

fn wait(after: Option<u32>) -> u32 {
    after.unwrap_or(RETRY).clamp(1, LONGEST_RETRY)
}

fn connected(id: &ConnectionId, summary: &Summary, report: &mut Report) -> Response {
    #[derive(Serialize)]
    struct Connected<'a> {
        status: &'static str,
        connection: Shown<'a>,
    }
    report.outcome = "connected";
    report.connection = Some(id.as_str().into());
    let body = Connected { status: "connected", connection: Shown::new(id, summary) };
    Response::json(200, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        receipt::Binding,
        seal::{Keyring, NONCE},
        session::{MOST_METADATA, Session},
    };
    use shared::{AppId, State, Subdomain, Subject, Verifier, push_parameter};

    #[test]
    fn the_longest_form_is_read_or_a_held_token_would_be_lost() {
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
        let metadata = [("n".to_owned(), "\u{1}".repeat(MOST_METADATA - 1))].into();
        let session = Session::new(subject.unwrap(), metadata, 1).unwrap();
        let session = session.seal(&keyring, "shoplifter", &[1; NONCE]);
        let mut form = String::new();
        push_parameter(&mut form, "receipt", &receipt.seal(&keyring, "shoplifter", &[1; NONCE]));
        push_parameter(&mut form, "verifier", verifier.expose());
        push_parameter(&mut form, "session", &session);
        push_parameter(&mut form, "started_session", &session);
        push_parameter(&mut form, "again", "1");
        assert!(form.len() <= LONGEST_FORM, "{}", form.len());
    }
}
