//! Takes a request to its handler, turns errors into answers, and writes the log line. It decides nothing about a flow.

use crate::{
    api, callback, complete, connections,
    fault::Fault,
    feed,
    http::{Body, Incoming, Method, Response, Target},
    log::{Line, Report},
    platform::{Limit, Platform},
    problem::Problem,
    public, removal,
    route::Route,
    sessions,
    settings::Settings,
    setup, sweep,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use shared::ErrorCode;

/// The window of the rate limiter, in seconds.
const MINUTE: u32 = 60;

/// Answers a request. `settings` are the settings of the deployment, or their faults: then every route answers
/// `misconfigured`, and nothing else happens.
pub async fn handle<P: Platform>(
    settings: Result<&Settings, &[Fault]>,
    platform: &P,
    method: &str,
    url: &str,
    incoming: &mut impl Incoming<Stream = P::Stream>,
) -> Response<P::Stream> {
    let started = platform.now();
    let target = Target::new(method, url);
    let request_id = Base64UrlUnpadded::encode_string(&platform.random::<12>());
    let mut report = Report::default();
    let route = Route::parse(target.path);
    let result = match &route {
        Some(route) => answer(settings, platform, &target, route, incoming, &mut report).await,
        None => Err(ErrorCode::NotFound.into()),
    };
    let mut response = result.unwrap_or_else(|problem| {
        report.outcome = problem.code.as_str();
        problem.response(&request_id).widen()
    });
    if route == Some(Route::Complete) {
        let origin = incoming.header("origin");
        response = complete::readable(settings.ok(), &target, origin.as_deref(), response);
    }
    match (response.status, &route) {
        // Smooch's answers pass unchanged.
        (_, Some(Route::Api(..))) if report.outcome.is_empty() => {}
        // RFC 9110 §15.5.6: a 405 lists the methods that the route takes.
        (405, Some(route)) => response = response.with("allow", route.allow()),
        // RFC 9110 §11.6.1: a 401 names the scheme. RFC 6750 §3: with at least one parameter.
        (401, _) => response = response.with("www-authenticate", "Bearer realm=\"v1\""),
        _ => {}
    }
    if target.method == Method::Head {
        response.body = Body::Text(String::new());
    }
    let outcome = if report.outcome.is_empty() { "ok" } else { report.outcome };
    let line = Line {
        time: started,
        request_id: &request_id,
        route: route.as_ref().map_or("", Route::name),
        outcome,
        status: response.status,
        site: report.site.as_deref(),
        key: report.key.as_deref(),
        connection: report.connection.as_deref(),
        steps: &report.steps,
        note: report.note,
        settings: if outcome == ErrorCode::Misconfigured.as_str() { faults(settings) } else { &[] },
        milliseconds: platform.now().saturating_sub(started),
        upstream_milliseconds: report.upstream,
    };
    platform.log(&line.text());
    response
}

/// The faults of the settings: all of them, or those of the closed sites.
fn faults<'a>(settings: Result<&'a Settings, &'a [Fault]>) -> &'a [Fault] {
    match settings {
        Ok(settings) => settings.sites.faults(),
        Err(faults) => faults,
    }
}

/// Answers a request to a route:
///
/// 1. refuse a method that the route does not take;
/// 2. without settings answer `misconfigured`: `/healthz` names the faults, the callback tells the person on a page;
/// 3. check the API key, or count the caller's address against the rate limit;
/// 4. call the handler.
async fn answer<P: Platform>(
    settings: Result<&Settings, &[Fault]>,
    platform: &P,
    target: &Target<'_>,
    route: &Route,
    incoming: &mut impl Incoming<Stream = P::Stream>,
    report: &mut Report,
) -> Result<Response<P::Stream>, Problem> {
    if !route.takes(target.method) {
        return Err(ErrorCode::MethodNotAllowed.into());
    }
    let settings = match (settings, route) {
        (Ok(settings), _) => settings,
        (Err(faults), Route::Health) => return public::health(faults).map(Response::widen),
        (Err(_), Route::Callback) => {
            return Ok(callback::tell_here(target, ErrorCode::Misconfigured, report).widen());
        }
        (Err(_), _) => return Err(ErrorCode::Misconfigured.into()),
    };
    if route.needs_key() {
        let authorization = incoming.header("authorization").unwrap_or_default();
        let Some(caller) = settings.api_keys.caller(&authorization) else {
            limit(platform, "key", incoming).await?;
            return Err(ErrorCode::Unauthorized.into());
        };
        report.key = Some(caller.into());
    }
    if let Route::Connection(id) | Route::Token(id) | Route::Api(id, _) = route {
        report.connection = Some(id.as_str().into());
    }
    let response = match route {
        Route::Api(id, path) => {
            return api::call(settings, platform, target, (id, path), incoming, report).await;
        }
        Route::Callback => Ok(callback::callback(settings, platform, target, report)),
        Route::Complete => {
            limit(platform, "complete", incoming).await?;
            complete::complete(settings, platform, target, incoming, report).await
        }
        Route::Removed => {
            limit(platform, "removed", incoming).await?;
            Ok(sweep::hinted(platform, report).await)
        }
        Route::Health => public::health(settings.sites.faults()),
        Route::Embed => Ok(public::embed(settings)),
        Route::Setup => {
            limit(platform, "setup", incoming).await?;
            setup::check(settings, platform, target, report).await
        }
        Route::Sessions => sessions::create(settings, platform, incoming).await,
        Route::Connections => connections::list(platform, target.query).await,
        Route::Connection(id) if target.method == Method::Delete => {
            removal::remove(settings, platform, id, report).await
        }
        Route::Connection(id) => connections::show(settings, platform, id, report).await,
        Route::Token(id) => connections::token(settings, platform, id, report).await,
        Route::Events => feed::show(platform, target.query, report).await,
        Route::UnknownV1 => Err(ErrorCode::NotFound.into()),
    };
    response.map(Response::widen)
}

/// Counts one call of `what` by the caller's address.
///
/// # Errors
///
/// `rate_limited` if the address has made too many.
async fn limit(platform: &impl Platform, what: &str, incoming: &impl Incoming) -> Result<(), Problem> {
    // Cloudflare sets this header itself and drops the caller's.
    let address = incoming.header("cf-connecting-ip").unwrap_or_default();
    let key = [what, ":", &address].concat();
    if platform.allowed(Limit::Requests, &key).await {
        Ok(())
    } else {
        Err(Problem::from(ErrorCode::RateLimited).later(MINUTE))
    }
}
