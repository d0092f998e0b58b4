//! Outgoing requests. [`send`] is the only place that sends one.

use crate::{
    js::{Fields, object},
    request::{fits, pairs, read},
};
use edge::platform::{Answer, Document, FetchError, Forward, Forwarded, LONGEST_ANSWER, Outgoing};
use js_sys::futures::JsFuture;
use serde::Serialize;
use wasm_bindgen::JsCast;
use web_sys::{AbortSignal, ReadableStream, RequestInit, Response, WorkerGlobalScope};

/// The `User-Agent` of all requests. Workers do not send one by default.
const USER_AGENT: (&str, &str) = ("user-agent", concat!("add-to-smooch/", env!("CARGO_PKG_VERSION")));

/// The second argument of `fetch`, without the body of a forwarded request.
#[derive(Serialize)]
struct Init<'a> {
    method: &'a str,
    headers: Fields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    /// `fetch` follows redirects by default and would send the token or the client secret to a host that no setting
    /// names.
    redirect: &'static str,
}

/// The body of an outgoing request. Text is sent with its `Content-Length`: some token endpoints reject chunked bodies.
enum OutgoingBody<'a> {
    Empty,
    Text(&'a str),
    Stream(&'a ReadableStream),
}

/// Sends a request and gives up after `timeout` milliseconds, the body's time included.
#[expect(clippy::disallowed_methods, reason = "all requests are sent here, and none follows a redirect")]
async fn send<'a>(
    method: &str,
    url: &str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: OutgoingBody<'_>,
    timeout: u32,
) -> Result<Response, FetchError> {
    let text = match body {
        OutgoingBody::Text(text) => Some(text),
        OutgoingBody::Empty | OutgoingBody::Stream(_) => None,
    };
    let headers = Fields([USER_AGENT].into_iter().chain(headers).collect());
    let init =
        object(&Init { method, headers, body: text, redirect: "manual" }).unchecked_into::<RequestInit>();
    init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout)));
    if let OutgoingBody::Stream(stream) = body {
        init.set_body_opt_readable_stream(Some(stream));
    }
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = JsFuture::from(global.fetch_with_str_and_init(url, &init)).await;
    response.map(JsCast::unchecked_into).map_err(|_| FetchError::Lost)
}

/// Sends a request and reads its body. It stops reading after the chunk that exceeds `limit` bytes.
async fn call(request: &Outgoing<'_>, limit: usize) -> Result<(Response, Vec<u8>), FetchError> {
    let body = request.body.map_or(OutgoingBody::Empty, OutgoingBody::Text);
    let headers = request.headers.iter().copied();
    let response = send(request.method, request.url, headers, body, request.timeout).await?;
    let Some(stream) = response.body() else { return Ok((response, Vec::new())) };
    let whole = if fits(&response.headers(), limit) { response.array_buffer().ok() } else { None };
    let body = read(stream, whole, limit).await.map_err(|_| FetchError::Lost)?;
    Ok((response, body))
}

/// Sends a request and reads its whole response.
pub(crate) async fn fetch(request: &Outgoing<'_>) -> Result<Answer, FetchError> {
    let (response, body) = call(request, LONGEST_ANSWER).await?;
    let status = response.status();
    if body.len() > LONGEST_ANSWER {
        return Err(FetchError::TooLong(status));
    }
    // RFC 9110 §10.2.3 also allows a date. A date is treated as no `Retry-After`.
    let seconds = || response.headers().get("retry-after").ok().flatten()?.trim().parse().ok();
    let retry_after = if response.ok() { None } else { seconds() };
    Ok(Answer { status, retry_after, body })
}

/// Sends a request and reads at most `longest` bytes of its response.
pub(crate) async fn load(request: &Outgoing<'_>, longest: usize) -> Result<Document, FetchError> {
    let (response, mut body) = call(request, longest).await?;
    let is_cut = body.len() > longest;
    body.truncate(longest);
    Ok(Document { status: response.status(), headers: pairs(&response.headers()), body, is_cut })
}

/// Forwards a request of the partner's backend, and returns Smooch's response. Both bodies are streamed.
pub(crate) async fn forward(
    request: Forward<'_, ReadableStream>,
) -> Result<Forwarded<ReadableStream>, FetchError> {
    let Forward { method, url, headers, body, timeout } = request;
    let body = body.as_ref().map_or(OutgoingBody::Empty, OutgoingBody::Stream);
    let headers = headers.iter().map(|(name, value)| (&**name, &**value));
    let response = send(method, url, headers, body, timeout).await?;
    Ok(Forwarded { status: response.status(), headers: pairs(&response.headers()), body: response.body() })
}
