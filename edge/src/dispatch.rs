//! Dispatches a request to its handler, turns errors into responses, and writes the log line. It decides nothing
//! about a flow.

use crate::{
    api, callback, complete, connections,
    fault::Fault,
    feed,
    http::{Body, Incoming, Method, Response, Target},
    log::{Line, Report},
    page_check,
    platform::{Limit, Platform},
    problem::Problem,
    public, removal, remove_url,
    route::Route,
    sessions,
    settings::Settings,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use shared::ErrorCode;

/// The period of the rate limiter, in seconds.
const LIMIT_PERIOD: u32 = 60;

/// Responds to a request and writes its log line. `settings` are the settings of the deployment or their faults. With
/// faults, `/healthz` names them, `/callback` redirects with the error, and the other routes respond with
/// `misconfigured`.
///
/// 1. Find the route.
/// 2. Call its handler, and turn an error into a response.
/// 3. Add the headers that depend on the route and the status. A response to HEAD has no body.
/// 4. Write the log line.
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
        problem.response(&request_id).into_streamable()
    });
    if route == Some(Route::Complete) {
        let origin = incoming.header("origin");
        response = complete::with_cors_headers(settings.ok(), &target, origin.as_deref(), response);
    }
    let is_from_smooch = matches!(route, Some(Route::Api(..))) && report.outcome.is_empty();
    if !is_from_smooch {
        response = with_error_headers(route.as_ref(), response);
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

/// Adds the header that HTTP requires for the status.
fn with_error_headers<S>(route: Option<&Route>, response: Response<S>) -> Response<S> {
    match (response.status, route) {
        // RFC 9110 §15.5.6: a 405 lists the methods that the route allows.
        (405, Some(route)) => response.with("allow", route.allow()),
        // RFC 9110 §11.6.1: a 401 names the scheme. RFC 6750 §3: with at least one parameter.
        (401, _) => response.with("www-authenticate", "Bearer realm=\"v1\""),
        _ => response,
    }
}

/// The faults of the settings: all of them, or those of the setting SITES.
fn faults<'a>(settings: Result<&'a Settings, &'a [Fault]>) -> &'a [Fault] {
    match settings {
        Ok(settings) => settings.sites.faults(),
        Err(faults) => faults,
    }
}

/// Responds to a request to a route:
///
/// 1. Reject a method that the route does not allow.
/// 2. Without settings respond with `misconfigured`. `/healthz` names the faults; the callback redirects to a page for
///    the person.
/// 3. Check the API key. A wrong key counts against the rate limit of the caller's address.
/// 4. Call the handler.
async fn answer<P: Platform>(
    settings: Result<&Settings, &[Fault]>,
    platform: &P,
    target: &Target<'_>,
    route: &Route,
    incoming: &mut impl Incoming<Stream = P::Stream>,
    report: &mut Report,
) -> Result<Response<P::Stream>, Problem> {
    if !route.allows(target.method) {
        return Err(ErrorCode::MethodNotAllowed.into());
    }
    let settings = match (settings, route) {
        (Ok(settings), _) => settings,
        (Err(faults), Route::Health) => return public::health(faults).map(Response::into_streamable),
        (Err(_), Route::Callback) => {
            return Ok(callback::redirect_with_error_to_install(target, ErrorCode::Misconfigured, report)
                .into_streamable());
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
            Ok(remove_url::removed(platform, report).await)
        }
        Route::Health => public::health(settings.sites.faults()),
        Route::Embed => Ok(public::embed(settings)),
        Route::Setup => {
            limit(platform, "setup", incoming).await?;
            page_check::check(settings, platform, target, report).await
        }
        Route::Sessions => sessions::create(settings, platform, incoming).await,
        Route::Connections => connections::list(platform, target.query).await,
        Route::Connection(id) if target.method == Method::Delete => {
            removal::remove(settings, platform, id, report).await
        }
        Route::Connection(id) => connections::show(settings, platform, id, report).await,
        Route::Token(id) => connections::token(settings, platform, id, report).await,
        Route::Events => feed::list(platform, target.query, report).await,
        Route::UnknownV1 => Err(ErrorCode::NotFound.into()),
    };
    response.map(Response::into_streamable)
}

/// Counts one request of the caller's address. `name` separates the counts of different routes.
///
/// # Errors
///
/// `rate_limited` if the address has made too many requests.
async fn limit(platform: &impl Platform, name: &str, incoming: &impl Incoming) -> Result<(), Problem> {
    // Cloudflare sets this header and drops one that the caller sent.
    let address = incoming.header("cf-connecting-ip").unwrap_or_default();
    let key = [name, ":", &address].concat();
    if platform.allowed(Limit::Requests, &key).await {
        Ok(())
    } else {
        Err(Problem::from(ErrorCode::RateLimited).retry_after(LIMIT_PERIOD))
    }
}
