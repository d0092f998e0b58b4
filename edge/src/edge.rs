//! The edge as a whole: takes a request to its handler, turns what comes of it into an answer, and writes the
//! line in the log.

use crate::{
    api,
    budget::Budgeted,
    callback, complete, connections, feed,
    http::{Body, Incoming, Method, Response, Target},
    log::{Line, Report},
    platform::{Limit, Platform},
    problem::Problem,
    public, removal,
    route::Route,
    sessions,
    settings::{Fault, Settings, Vars},
    setup,
    sweep::{self, Swept},
};
use shared::{ErrorCode, Object, to_base64url};

/// An edge with its settings, kept from request to request.
#[derive(Debug)]
pub struct Edge {
    /// The settings.
    pub settings: Settings,
}

impl Edge {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn new(vars: &impl Vars) -> Result<Self, Vec<Fault>> {
        Ok(Self { settings: Settings::read(vars)? })
    }

    /// What a marketplace integration says of itself on every call to Smooch.
    pub(crate) fn marketplace_headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.settings.marketplace.iter().flat_map(|said| {
            [
                ("x-zendesk-marketplace-name", said.name.as_str()),
                ("x-zendesk-marketplace-organization-id", said.organization_id.as_str()),
                ("x-zendesk-marketplace-bot-id", said.bot_id.as_str()),
            ]
        })
    }
}

/// Answers a request. With wrong settings every route but `/healthz` says so, and nothing else is tried.
pub async fn handle<P: Platform>(
    edge: Result<&Edge, &[Fault]>,
    platform: &P,
    method: &str,
    url: &str,
    incoming: &mut impl Incoming<Stream = P::Stream>,
) -> Response<P::Stream> {
    let started = platform.now();
    let target = Target::new(method, url);
    let request_id = to_base64url(&platform.random::<12>());
    let mut report = Report::default();
    let route = Route::parse(target.path);
    let result = match &route {
        Some(Route::Callback) => bounce(edge, platform, &target, &mut report).map(Response::widen),
        Some(route) => dispatch(edge, platform, &target, route, incoming, &mut report).await,
        None => Err(ErrorCode::NotFound.into()),
    };
    let mut response = result.unwrap_or_else(|problem| {
        report.outcome = problem.code.as_str();
        problem.response(&request_id).widen()
    });
    if route == Some(Route::Complete) {
        response = complete::readable(edge.ok(), &target, incoming.header("origin").as_deref(), response);
    }
    match (response.status, &route) {
        // What Smooch answers is passed on as it is.
        (_, Some(Route::Api(..))) if report.outcome.is_empty() => {}
        (405, Some(route)) => response = response.with("allow", route.allow()),
        // RFC 9110 §11.6.1: whoever says 401 says how to do better; RFC 6750 §3: with a parameter.
        (401, _) => response = response.with("www-authenticate", "Bearer realm=\"v1\""),
        _ => {}
    }
    if target.method == Method::Head {
        response.body = Body::Text(String::new());
    }
    let line = Line {
        time: started,
        request_id: &request_id,
        route: route.as_ref().map_or("", Route::name),
        outcome: if report.outcome.is_empty() { "ok" } else { report.outcome },
        status: response.status,
        site: report.site.as_deref(),
        key: report.key.as_deref(),
        connection: report.connection.as_deref(),
        steps: &report.steps,
        note: report.note,
        milliseconds: platform.now().saturating_sub(started),
        upstream_milliseconds: report.upstream,
    };
    platform.log(&line.text());
    response
}

/// The callback, which waits for nothing. It is not among the others because V8 compiles a function when it is first called,
/// and theirs is a quarter of all that a first callback would have to wait for.
fn bounce(
    edge: Result<&Edge, &[Fault]>,
    platform: &impl Platform,
    target: &Target<'_>,
    report: &mut Report,
) -> Result<Response, Problem> {
    if !Route::Callback.takes(target.method) {
        return Err(ErrorCode::MethodNotAllowed.into());
    }
    Ok(match edge {
        Ok(edge) => callback::callback(edge, platform, target, report),
        Err(_) => callback::tell_here(target, ErrorCode::Misconfigured, report),
    })
}

async fn dispatch<P: Platform>(
    edge: Result<&Edge, &[Fault]>,
    platform: &P,
    target: &Target<'_>,
    route: &Route,
    incoming: &mut impl Incoming<Stream = P::Stream>,
    report: &mut Report,
) -> Result<Response<P::Stream>, Problem> {
    if !route.takes(target.method) {
        return Err(ErrorCode::MethodNotAllowed.into());
    }
    let edge = match (edge, route) {
        (Ok(edge), _) => edge,
        (Err(faults), Route::Health) => return Err(public::ill(faults)),
        (Err(_), _) => return Err(ErrorCode::Misconfigured.into()),
    };
    if route.needs_key() {
        let authorization = incoming.header("authorization").unwrap_or_default();
        let Some(caller) = edge.settings.api_keys.caller(&authorization) else {
            limit(platform, "key", incoming).await?;
            return Err(ErrorCode::Unauthorized.into());
        };
        report.key = Some(caller.into());
    }
    if let Route::Connection(id) | Route::Token(id) | Route::Api(id, _) = route {
        report.connection = Some(id.as_str().into());
    }
    let response = match route {
        Route::Api(id, path) => return api::call(edge, platform, target, (id, path), incoming, report).await,
        Route::Complete => {
            limit(platform, "complete", incoming).await?;
            complete::complete(edge, platform, target, incoming, report).await
        }
        Route::Removed => {
            limit(platform, "removed", incoming).await?;
            removed(platform, report).await
        }
        Route::Health => Ok(public::well()),
        Route::Embed => Ok(public::embed(edge)),
        Route::Setup => {
            limit(platform, "setup", incoming).await?;
            setup::check(edge, platform, target, report).await
        }
        Route::Sessions => sessions::create(edge, platform, incoming).await,
        Route::Connections => connections::list(platform, target.query).await,
        Route::Connection(id) if target.method == Method::Delete => {
            removal::remove(edge, platform, id, report).await
        }
        Route::Connection(id) => connections::show(edge, platform, id, report).await,
        Route::Token(id) => connections::token(edge, platform, id, report).await,
        Route::Events => feed::show(platform, target.query, report).await,
        // The callback has been answered by then.
        Route::UnknownV1 | Route::Callback => Err(ErrorCode::NotFound.into()),
    };
    response.map(Response::widen)
}

/// As long as the limiter counts.
const MINUTE: u32 = 60;

/// Lets an address ask so often and no more.
async fn limit(platform: &impl Platform, what: &str, incoming: &impl Incoming) -> Result<(), Problem> {
    // Cloudflare sets it, over whatever the caller said.
    let address = incoming.header("cf-connecting-ip").unwrap_or_default();
    let key = [what, ":", &address].concat();
    if platform.allowed(Limit::Requests, &key).await {
        Ok(())
    } else {
        Err(Problem::from(ErrorCode::RateLimited).later(MINUTE))
    }
}

/// `POST /removed`: Smooch's Remove URL. Anybody may call it and say anything, so nothing of it is read or believed;
/// the sweep asks Smooch itself, soon.
async fn removed(platform: &impl Platform, report: &mut Report) -> Result<Response, Problem> {
    if platform.allowed(Limit::Hints, "removed").await
        && let Err(error) = sweep::hint(platform).await
    {
        report.note = Some(error.says());
    }
    Ok(Response::empty(202))
}

/// One run of the sweep, with its line in the log.
pub async fn sweep_once<P: Platform>(edge: Result<&Edge, &[Fault]>, platform: &Budgeted<'_, P>) {
    let time = platform.now();
    let (outcome, swept) = match edge {
        Ok(edge) => ("ok", sweep::sweep(edge, platform).await),
        Err(_) => (ErrorCode::Misconfigured.as_str(), Swept::default()),
    };
    let Swept { checked, revoked, removed, resealed, noted, left, operations } = swept;
    let line = Object::new()
        .number("time", time)
        .text("route", "sweep")
        .text("outcome", outcome)
        .number("checked", checked.into())
        .number("revoked", revoked.into())
        .number("removed", removed.into())
        .number("resealed", resealed.into())
        .number("noted", noted.into())
        .number("left", left.into())
        .number("operations", operations.into());
    platform.log(&line.end());
}
