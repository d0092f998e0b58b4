//! The one file that names the platform: Cloudflare Workers, by way of the `worker` crate.
//!
//! It converts and does nothing else. Settings, sealing keys and the KV handle are kept from request to
//! request; no future ever is.

use crate::{
    delivery::{Verdict, deliver},
    edge::{Edge, handle, sweep_once},
    http::{self, Body, BodyError},
    platform::{
        Answer, Document, Entry, FetchError, Forward, Forwarded, KvError, LONGEST_ANSWER, Limit, Millis,
        Outgoing, Page, Platform, Put, QueueError,
    },
    settings::{Fault, Vars},
};
use futures_util::{FutureExt as _, TryStreamExt as _};
use serde_json::Value;
use std::{cell::RefCell, future::Future, rc::Rc, time::Duration};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::ReadableStream;
use worker::{
    AbortSignal, ByteStream, Context, Date, Delay, Env, Fetch, Headers, Queue, QueueContentType,
    QueueRetryOptionsBuilder, RateLimiter, RawMessageBuilder, Request, Response, ResponseBody,
    ScheduleContext, ScheduledEvent, console_log, event,
    kv::KvStore,
    worker_sys::{Message, MessageBatch},
};

/// The binding of the KV namespace.
const CONNECTIONS: &str = "CONNECTIONS";

/// The binding of the queue of deliveries, which is needed only where events are delivered.
const EVENTS: &str = "EVENTS";

/// The bindings of the rate limiters; without them nothing is limited.
const REQUESTS: &str = "LIMIT_REQUESTS";
const HINTS: &str = "LIMIT_HINTS";

/// What is kept from request to request.
struct Kept {
    edge: Result<Edge, Vec<Fault>>,
    kv: Option<KvStore>,
    queue: Option<Queue>,
    requests: Option<RateLimiter>,
    hints: Option<RateLimiter>,
}

thread_local! {
    static KEPT: RefCell<Option<Rc<Kept>>> = const { RefCell::new(None) };
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let kept = kept(&env);
    let (method, url) = (request.inner().method(), request.inner().url());
    let changes_nothing = matches!(method.as_str(), "GET" | "HEAD");
    let answer = async move {
        let workers = Workers(Rc::clone(&kept));
        let edge = kept.edge.as_ref().map_err(Vec::as_slice);
        into_worker(handle(edge, &workers, &method, &url, &mut Incoming(request)).await)
    };
    if changes_nothing { answer.await } else { finish(&context, answer).await }
}

/// Has the platform finish what may change something. By itself it cancels all work for a client that is gone, and a token
/// that has been exchanged and not stored would be lost with it.
async fn finish(
    context: &Context,
    answer: impl Future<Output = worker::Result<Response>> + 'static,
) -> worker::Result<Response> {
    let place = Rc::new(RefCell::new(None));
    let filled = Rc::clone(&place);
    let done = answer.map(move |answer| drop(filled.replace(Some(answer)))).shared();
    context.wait_until(done.clone());
    done.await;
    place.take().unwrap_or_else(|| Err("the answer was taken".into()))
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    let kept = kept(&env);
    let workers = Workers(Rc::clone(&kept));
    sweep_once(kept.edge.as_ref().map_err(Vec::as_slice), &workers).await;
}

/// The consumer of the queue. It is what `#[event(queue)]` makes, and knows how often a message was tried, which the
/// `worker` crate does not tell. A message that is neither acknowledged nor retried, because this fails, comes again.
#[wasm_bindgen(wasm_bindgen_futures = ::worker::wasm_bindgen_futures)]
#[expect(unreachable_pub, reason = "what JavaScript calls is public, and its module is not")]
pub async fn queue(batch: MessageBatch, env: Env, _context: JsValue) -> Result<(), JsValue> {
    let kept = kept(&env);
    let workers = Workers(Rc::clone(&kept));
    // One after the other: a receiver that was away is not met by all at once.
    for message in batch.messages()? {
        let attempts = js_sys::Reflect::get(&message, &JsValue::from_str("attempts"))?;
        let attempts = serde_wasm_bindgen::from_value(attempts).unwrap_or(1);
        let message = Message::from(message);
        let body = message.body()?.as_string().unwrap_or_default();
        let edge = kept.edge.as_ref().map_err(Vec::as_slice);
        match deliver(edge, &workers, &body, attempts).await {
            Verdict::Done => message.ack()?,
            Verdict::Again(seconds) => {
                let options = QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build();
                message.retry(serde_wasm_bindgen::to_value(&options)?)?;
            }
        }
    }
    Ok(())
}

fn kept(env: &Env) -> Rc<Kept> {
    KEPT.with_borrow_mut(|kept| {
        let fresh = || {
            let (vars, mut missing) = (Bindings(env), Vec::new());
            let kv = env.kv(CONNECTIONS).ok();
            if kv.is_none() {
                missing.push((CONNECTIONS.into(), "is missing: a KV namespace must be bound to it"));
            }
            let wanted = vars.var("EVENTS_URL").is_some();
            let queue = if wanted { env.queue(EVENTS).ok() } else { None };
            if wanted && queue.is_none() {
                missing
                    .push((EVENTS.into(), "is missing: EVENTS_URL is set, so a queue must be bound to it"));
            }
            let edge = match Edge::new(&vars) {
                edge if missing.is_empty() => edge,
                edge => Err(edge.err().unwrap_or_default().into_iter().chain(missing).collect()),
            };
            let limiter = |name| env.rate_limiter(name).ok();
            Rc::new(Kept { edge, kv, queue, requests: limiter(REQUESTS), hints: limiter(HINTS) })
        };
        Rc::clone(kept.get_or_insert_with(fresh))
    })
}

fn into_worker(response: http::Response<ReadableStream>) -> worker::Result<Response> {
    let headers = Headers::new();
    for (name, value) in &response.headers {
        headers.set(name, value)?;
    }
    let builder = Response::builder().with_status(response.status).with_headers(headers);
    Ok(match response.body {
        Body::Text(text) if text.is_empty() => builder.empty(),
        Body::Text(text) => builder.fixed(text.into_bytes()),
        Body::Stream(stream) => builder.stream(stream),
    })
}

struct Bindings<'a>(&'a Env);

impl Vars for Bindings<'_> {
    fn var(&self, name: &str) -> Option<Value> {
        let value = js_sys::Reflect::get(self.0, &JsValue::from_str(name)).ok()?;
        // What cannot be read is not the same as unset: as null it is refused, by the setting's name.
        if value.is_undefined() {
            None
        } else {
            Some(serde_wasm_bindgen::from_value(value).unwrap_or_default())
        }
    }
}

struct Incoming(Request);

impl http::Incoming for Incoming {
    type Stream = ReadableStream;

    fn headers(&self) -> Vec<(String, String)> {
        self.0.headers().entries().collect()
    }

    fn stream(&mut self) -> Option<ReadableStream> {
        self.0.inner().body()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).ok().flatten()
    }

    async fn body(&mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        if self.0.inner().body().is_none() {
            return Ok(Vec::new());
        }
        let stream = self.0.stream().map_err(|_| BodyError::Broken)?;
        read(stream, limit).await.map_err(|_| BodyError::Broken)?.ok_or(BodyError::TooLong)
    }
}

/// Reads a stream to its end, or `None` as soon as it is longer than `limit`.
async fn read(stream: ByteStream, limit: usize) -> worker::Result<Option<Vec<u8>>> {
    let (body, is_cut) = beginning(stream, limit).await?;
    Ok((!is_cut).then_some(body))
}

/// Reads the first `limit` bytes of a stream, and whether there are more.
async fn beginning(mut stream: ByteStream, limit: usize) -> worker::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    while let Some(chunk) = stream.try_next().await? {
        let room = limit - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

struct Workers(Rc<Kept>);

impl Workers {
    fn kv(&self) -> Result<&KvStore, KvError> {
        self.0.kv.as_ref().ok_or(KvError::Unavailable)
    }
}

impl Platform for Workers {
    type Stream = ReadableStream;

    fn now(&self) -> Millis {
        Date::now().as_millis()
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // To go on with bytes that are not random would be worse than to fail this request.
        getrandom::fill(&mut bytes).expect("Web Crypto is there in every request");
        bytes
    }

    fn sleep(&self, milliseconds: u32) -> impl Future<Output = ()> {
        Delay::from(Duration::from_millis(milliseconds.into()))
    }

    async fn fetch(&self, request: Outgoing<'_>) -> Result<Answer, FetchError> {
        let signal = web_sys::AbortSignal::timeout_with_u32(request.timeout);
        let sendable = sendable(
            request.method,
            request.url,
            request.headers.iter().copied(),
            request.body.map(JsValue::from_str),
        );
        let mut response = send(sendable.map_err(|_| FetchError::Lost)?, signal).await?;
        let retry_after = response.headers().get("retry-after").ok().flatten();
        let body = match response.stream() {
            Ok(stream) => read(stream, LONGEST_ANSWER).await.map_err(|_| FetchError::Lost)?,
            // An answer without a body has no stream.
            Err(_) => Some(Vec::new()),
        };
        Ok(Answer {
            status: response.status_code(),
            retry_after: retry_after.and_then(|seconds| seconds.trim().parse().ok()),
            body: body.ok_or(FetchError::TooLong(response.status_code()))?,
        })
    }

    async fn load(&self, request: Outgoing<'_>, longest: usize) -> Result<Document, FetchError> {
        let signal = web_sys::AbortSignal::timeout_with_u32(request.timeout);
        let sendable = sendable(
            request.method,
            request.url,
            request.headers.iter().copied(),
            request.body.map(JsValue::from_str),
        );
        let mut answer = send(sendable.map_err(|_| FetchError::Lost)?, signal).await?;
        let (body, is_cut) = match answer.stream() {
            Ok(stream) => beginning(stream, longest).await.map_err(|_| FetchError::Lost)?,
            // An answer without a body has no stream.
            Err(_) => (Vec::new(), false),
        };
        let headers = answer.headers().entries().collect();
        Ok(Document { status: answer.status_code(), headers, body, is_cut })
    }

    async fn forward(
        &self,
        request: Forward<'_, ReadableStream>,
    ) -> Result<Forwarded<ReadableStream>, FetchError> {
        let signal = web_sys::AbortSignal::timeout_with_u32(request.timeout);
        let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request = sendable(request.method, request.url, headers, request.body.map(JsValue::from));
        let answer = send(request.map_err(|_| FetchError::Lost)?, signal).await?;
        let body = match answer.body() {
            ResponseBody::Stream(stream) => Some(stream.clone()),
            ResponseBody::Empty | ResponseBody::Body(_) => None,
        };
        Ok(Forwarded { status: answer.status_code(), headers: answer.headers().entries().collect(), body })
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        let (value, metadata) = self.kv()?.get(key).text_with_metadata::<Value>().await.map_err(kv_error)?;
        Ok(value.map(|value| Entry { value, metadata: metadata.map(|metadata| metadata.to_string()) }))
    }

    async fn kv_put(&self, put: Put<'_>) -> Result<(), KvError> {
        let mut builder = self.kv()?.put(put.key, put.value).map_err(kv_error)?;
        if let Some(metadata) = put.metadata {
            let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
            builder = builder.metadata(metadata).map_err(kv_error)?;
        }
        if let Some(ttl) = put.ttl {
            builder = builder.expiration_ttl(ttl.into());
        }
        builder.execute().await.map_err(kv_error)
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.kv()?.delete(key).await.map_err(kv_error)
    }

    async fn kv_list(&self, prefix: &str, cursor: Option<&str>, limit: u16) -> Result<Page, KvError> {
        let mut builder = self.kv()?.list().prefix(prefix.into()).limit(limit.into());
        if let Some(cursor) = cursor {
            builder = builder.cursor(cursor.into());
        }
        let page = builder.execute().await.map_err(kv_error)?;
        let keys =
            page.keys.into_iter().map(|key| (key.name, key.metadata.map(|metadata| metadata.to_string())));
        Ok(Page { keys: keys.collect(), cursor: page.cursor.filter(|_| !page.list_complete) })
    }

    async fn enqueue(&self, event: &str) -> Result<(), QueueError> {
        let message = RawMessageBuilder::new(JsValue::from_str(event));
        let message = message.build_with_content_type(QueueContentType::Text);
        let queue = self.0.queue.as_ref().ok_or(QueueError)?;
        queue.send_raw(message).await.map_err(|_| QueueError)
    }

    async fn allowed(&self, limit: Limit, key: &str) -> bool {
        let limiter = match limit {
            Limit::Requests => &self.0.requests,
            Limit::Hints => &self.0.hints,
        };
        let Some(limiter) = limiter else { return true };
        // A limiter that does not answer must not close the door.
        limiter.limit(key.into()).await.map_or(true, |outcome| outcome.success)
    }

    fn log(&self, line: &str) {
        console_log!("{line}");
    }
}

fn sendable<'a>(
    method: &str,
    url: &str,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    body: Option<JsValue>,
) -> worker::Result<Request> {
    let headers = Headers::new();
    headers.set("user-agent", concat!("add-to-smooch/", env!("CARGO_PKG_VERSION")))?;
    for (name, value) in pairs {
        headers.set(name, value)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(method);
    init.set_headers(&headers.0);
    // Redirects are followed by default, and would take a secret along to a host that no setting names.
    init.set_redirect(web_sys::RequestRedirect::Manual);
    if let Some(body) = body {
        init.set_body(&body);
    }
    Ok(web_sys::Request::new_with_str_and_init(url, &init)?.into())
}

async fn send(request: Request, signal: web_sys::AbortSignal) -> Result<Response, FetchError> {
    let answer = Fetch::Request(request).send_with_signal(&AbortSignal::from(signal)).await;
    answer.map_err(|_| FetchError::Lost)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn kv_error(error: worker::kv::KvError) -> KvError {
    // KV's status stands in words alone: "KV PUT failed: 413 Payload Too Large".
    let text = error.to_string();
    let status = text.split("failed: ").nth(1).and_then(|rest| rest.get(..3)?.parse().ok());
    match status {
        Some(status @ (400 | 413 | 414)) => KvError::Refused(status),
        Some(_) | None => KvError::Unavailable,
    }
}
