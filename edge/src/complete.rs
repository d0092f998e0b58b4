//! `POST /complete`: the page proves that it set out, and the edge exchanges, identifies, seals and stores.
//!
//! Nothing is lost: once there is a token, every way out either stores it, or hands it back in a receipt that
//! can be tried again, or revokes it.

use crate::{
    edge::Edge,
    http::{Incoming, Response, Target},
    log::Report,
    platform::Platform,
    problem::Problem,
    proof::{Completion, Proven, prove},
    receipt::{Held, Receipt},
    smooch::{self, ExchangeError, IdentifyError},
    store::{self, Record, Stored},
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

/// Finishes a flow:
///
/// 1. read the form;
/// 2. prove that this page set out;
/// 3. exchange the code for a token, unless an earlier try has one in escrow;
/// 4. ask which app it is for;
/// 5. seal and store it;
/// 6. answer.
///
/// # Errors
///
/// A [`Problem`]; one that carries a receipt can be tried again with it.
pub async fn complete(
    edge: &Edge,
    platform: &impl Platform,
    target: &Target<'_>,
    incoming: &mut impl Incoming,
    report: &mut Report,
) -> Result<Response, Problem> {
    let body = incoming.body(LONGEST_FORM).await.map_err(|_| ErrorCode::InvalidRequest)?;
    let origin = incoming.header("origin");
    let proven = prove(edge, target, origin.as_deref(), Completion::parse(&body)?, platform.now())?;
    report.site = Some(proven.receipt.binding.site().into());
    report.steps.push("proven");

    let (token, app, issued) = match &proven.receipt.held {
        Held::Token { token, app } => {
            if proven.receipt.is_expired(platform.now()) {
                return Err(give_up(edge, platform, token, app.as_ref(), report).await);
            }
            (token.clone(), app.clone(), proven.receipt.issued)
        }
        Held::Code { .. } if proven.receipt.is_expired(platform.now()) => {
            return Err(ErrorCode::ReceiptExpired.into());
        }
        Held::Code { code, redirect_uri } => {
            let verifier = proven.verifier.as_ref();
            match smooch::exchange(edge, platform, code, redirect_uri.as_deref(), verifier, report).await {
                Ok(token) => (token, None, platform.now()),
                Err(ExchangeError::CodeRejected) => return first_answer(platform, &proven, report).await,
                Err(error) => return Err(exchange_problem(error, &proven, report)),
            }
        }
    };
    report.steps.push("exchanged");

    let escrow = |app: Option<App>| {
        let held = Held::Token { token: token.clone(), app };
        let receipt = Receipt { binding: proven.receipt.binding.clone(), held, issued };
        receipt.seal(&edge.settings.keyring, &edge.settings.client_id, &platform.random())
    };
    let app = match app {
        Some(app) => app,
        None => match smooch::identify(edge, platform, &token, report).await {
            Ok(app) => app,
            Err(error) => {
                let (code, after) = match error {
                    IdentifyError::Unavailable(after) => (ErrorCode::SmoochUnavailable, after),
                    IdentifyError::Refused => (ErrorCode::SmoochMalformed, None),
                    IdentifyError::Malformed(why) => {
                        report.note = Some(why.into());
                        (ErrorCode::SmoochMalformed, None)
                    }
                };
                report.steps.push("held in escrow");
                return Err(Problem::from(code).retry(wait(after), escrow(None)));
            }
        },
    };
    report.steps.push("identified");

    let stored = sealed(edge, platform, &proven, token.clone(), app);
    if let Err(error) = store::put(platform, &stored).await {
        report.note = Some(error.0);
        report.steps.push("held in escrow");
        let receipt = escrow(Some(stored.summary.app));
        return Err(Problem::from(ErrorCode::StorageUnavailable).retry(RETRY, receipt));
    }
    report.steps.push("stored");
    if let Err(error) = store::note_connected(platform, &stored, proven.flow().as_deref()).await {
        report.note = Some(error.0);
    }
    Ok(connected(&stored.id, &stored.summary, report))
}

/// The same answer, readable by the page that asked. A page of no site of ours reads the problem too, and
/// finds out that its origin is not in the settings; it carries nothing else, as no receipt was opened for it.
#[must_use]
pub fn readable(edge: &Edge, target: &Target<'_>, origin: Option<&str>, response: Response) -> Response {
    let known = origin.filter(|origin| target.is_own(origin) || edge.settings.sites.have(origin));
    response.with("access-control-allow-origin", known.unwrap_or("*")).with("vary", "origin")
}

/// The connection as it will be stored.
fn sealed(edge: &Edge, platform: &impl Platform, proven: &Proven, token: Secret, app: App) -> Stored {
    let keyring = &edge.settings.keyring;
    let subject = proven.session.as_ref().map(|session| session.subject.clone());
    let metadata = proven.session.as_ref().map(|session| session.metadata.clone()).unwrap_or_default();
    let id = ConnectionId::new(&edge.settings.client_id, &app.id, subject.as_ref());
    let connected_at = store::seconds(platform.now());
    let summary =
        Summary { app, subject, status: Status::Connected, connected_at, key: keyring.current().into() };
    let sealed = Record { token, metadata }.seal(keyring, &id, &platform.random());
    Stored { id, summary, sealed }
}

/// Smooch says that the code is spent. If this very flow spent it, and only the answer was lost on the way, the
/// person gets that answer now.
async fn first_answer(
    platform: &impl Platform,
    proven: &Proven,
    report: &mut Report,
) -> Result<Response, Problem> {
    let rejected = || Problem::from(ErrorCode::CodeRejected);
    let flow = proven.flow().ok_or_else(rejected)?;
    let id = store::completed(platform, &flow).await.ok().flatten().ok_or_else(rejected)?;
    let stored = store::get(platform, &id).await.map_err(|_| rejected())?;
    report.steps.push("answered again");
    Ok(connected(&stored.id, &stored.summary, report))
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
            report.note = Some(why.into());
            ErrorCode::SmoochMalformed.into()
        }
    }
}

/// A token that nobody came back for in time is not connected any more: it is ended.
async fn give_up(
    edge: &Edge,
    platform: &impl Platform,
    token: &Secret,
    app: Option<&App>,
    report: &mut Report,
) -> Problem {
    match smooch::revoke(edge, platform, token, app, report).await {
        Ok(()) => report.steps.push("revoked"),
        Err(why) => report.note = Some(why.into()),
    }
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
    Response::json(200, serde_json::to_string(&body).unwrap_or_default())
}
