//! The one place that names the platform: Cloudflare Workers, by way of a few functions in JavaScript.
//!
//! It converts and does nothing else. Settings and sealing keys are kept from request to request; no future ever is.

mod task;
mod verbs;

use crate::{
    budget::Budgeted,
    delivery::{Verdict, deliver},
    edge::{Edge, handle, sweep_once},
    http::{self, Body, BodyError, Response, UNCACHED},
    platform::{
        Answer, Document, Entry, FetchError, Forward, Forwarded, KvError, LONGEST_ANSWER, Limit, Millis,
        Outgoing, Page, Platform, Put, QueueError,
    },
    settings::{Fault, Vars},
    sweep::MOST_OPERATIONS,
};
use rlsf::SmallGlobalTlsf;
use shared::Json;
use std::{cell::RefCell, rc::Rc};
use task::{Desk, FAILED, Task, Told};
use wasm_bindgen::prelude::wasm_bindgen;

/// Half as large as the standard library's, and as quick.
#[global_allocator]
static ALLOCATOR: SmallGlobalTlsf = SmallGlobalTlsf::new();

/// The binding of the KV namespace.
const CONNECTIONS: &str = "CONNECTIONS";

/// The binding of the queue of deliveries, which is needed only where events are delivered.
const EVENTS: &str = "EVENTS";

/// The bindings of the rate limiters; without them nothing is limited.
const REQUESTS: &str = "LIMIT_REQUESTS";
const HINTS: &str = "LIMIT_HINTS";

/// What is kept from request to request: the settings, and which bindings there are.
struct Kept {
    edge: Result<Edge, Vec<Fault>>,
    kv: bool,
    queue: bool,
    limits: [bool; 2],
}

thread_local! {
    static KEPT: RefCell<Option<Rc<Kept>>> = const { RefCell::new(None) };
}

/// A request.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "what JavaScript calls is public, and its module is not")]
pub fn fetch(now: f64, method: String, url: String) -> Option<Task> {
    Task::begin(now, |desk| async move {
        let workers = Workers { kept: kept(), desk };
        let edge = workers.kept.edge.as_ref().map_err(Vec::as_slice);
        // Nothing counts here. It is for the sweep, and what both do would be there twice if they did it with two types.
        let platform = Budgeted::new(&workers, u32::MAX);
        respond(&handle(edge, &platform, &method, &url, &mut Incoming(&workers.desk)).await);
    })
}

/// The minute's sweep.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "what JavaScript calls is public, and its module is not")]
pub fn scheduled(now: f64) -> Option<Task> {
    Task::begin(now, |desk| async move {
        let workers = Workers { kept: kept(), desk };
        let platform = Budgeted::new(&workers, MOST_OPERATIONS);
        sweep_once(workers.kept.edge.as_ref().map_err(Vec::as_slice), &platform).await;
    })
}

/// A message of the queue. The number that comes of it is in how many seconds to deliver it again, negative for not.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "what JavaScript calls is public, and its module is not")]
pub fn deliver_one(now: f64, body: String, attempts: u32) -> Option<Task> {
    Task::begin(now, |desk| async move {
        let workers = Workers { kept: kept(), desk };
        let edge = workers.kept.edge.as_ref().map_err(Vec::as_slice);
        let platform = Budgeted::new(&workers, u32::MAX);
        verbs::done(match deliver(edge, &platform, &body, attempts).await {
            Verdict::Done => -1,
            Verdict::Again(seconds) => i32::try_from(seconds).unwrap_or(i32::MAX),
        });
    })
}

fn kept() -> Rc<Kept> {
    KEPT.with_borrow_mut(|kept| {
        let fresh = || {
            verbs::keep_headers(&lines(UNCACHED.into_iter()));
            let mut missing = Vec::new();
            let kv = verbs::bound(CONNECTIONS);
            if !kv {
                missing.push((CONNECTIONS.into(), "is missing: a KV namespace must be bound to it"));
            }
            let wanted = Bindings.var("EVENTS_URL").is_some();
            let queue = wanted && verbs::bound(EVENTS);
            if wanted && !queue {
                missing
                    .push((EVENTS.into(), "is missing: EVENTS_URL is set, so a queue must be bound to it"));
            }
            let edge = match Edge::new(&Bindings) {
                edge if missing.is_empty() => edge,
                edge => Err(edge.err().unwrap_or_default().into_iter().chain(missing).collect()),
            };
            Rc::new(Kept { edge, kv, queue, limits: [REQUESTS, HINTS].map(verbs::bound) })
        };
        Rc::clone(kept.get_or_insert_with(fresh))
    })
}

struct Bindings;

impl Vars for Bindings {
    fn var(&self, name: &str) -> Option<Json> {
        verbs::setting(name).map(|json| Json::parse(json.as_bytes()).unwrap_or(Json::Null))
    }
}

/// A body that JavaScript holds: the request's on its way out, the answer's on its way back.
struct Stream;

fn respond(response: &Response<Stream>) {
    let body = match &response.body {
        Body::Text(text) => Some(text.as_str()),
        Body::Stream(Stream) => None,
    };
    // To copy three headers costs half of what it costs to set them, of which each callback had a tenth.
    let headers = response.headers.iter().map(|(name, value)| (&**name, &**value));
    let uncached = headers.clone().filter(|header| UNCACHED.contains(header)).count() == UNCACHED.len();
    let own = headers.filter(|header| !uncached || !UNCACHED.contains(header));
    verbs::respond(response.status, uncached, &lines(own), body);
}

/// Names and values, one a line.
fn lines<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::with_capacity(256);
    for (name, value) in pairs {
        text.extend([name, "\n", value, "\n"]);
    }
    text
}

/// What [`lines`] wrote, or JavaScript.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut lines = text.split('\n');
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        pairs.push((name.into(), value.into()));
    }
    pairs
}

struct Incoming<'a>(&'a Desk);

impl http::Incoming for Incoming<'_> {
    type Stream = Stream;

    fn headers(&self) -> Vec<(String, String)> {
        pairs(&verbs::headers())
    }

    fn stream(&mut self) -> Option<Stream> {
        verbs::has_body().then_some(Stream)
    }

    fn header(&self, name: &str) -> Option<String> {
        verbs::header(name)
    }

    async fn body(&mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        match self.0.ask(|ticket| verbs::body(ticket, bytes(limit))).await {
            Told { number: FAILED, .. } => Err(BodyError::Broken),
            Told { bytes, .. } => {
                Some(bytes.unwrap_or_default()).filter(|body| body.len() <= limit).ok_or(BodyError::TooLong)
            }
        }
    }
}

struct Workers {
    kept: Rc<Kept>,
    desk: Rc<Desk>,
}

impl Workers {
    async fn call(&self, request: Outgoing<'_>, limit: usize, headers_too: bool) -> Told {
        let Outgoing { method, url, headers, body, timeout } = request;
        let headers = lines([USER_AGENT].into_iter().chain(headers.iter().copied()));
        let limit = bytes(limit);
        let begin = |ticket| verbs::call(ticket, method, url, &headers, body, timeout, limit, headers_too);
        self.desk.ask(begin).await
    }

    async fn kv(&self, begin: impl FnOnce(u32)) -> Result<Told, KvError> {
        if !self.kept.kv {
            return Err(KvError::Unavailable);
        }
        match self.desk.ask(begin).await {
            Told { number: FAILED, text, .. } => Err(kv_error(&text.unwrap_or_default())),
            told => Ok(told),
        }
    }
}

impl Platform for Workers {
    type Stream = Stream;

    fn now(&self) -> Millis {
        self.desk.now()
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        self.desk.random()
    }

    async fn sleep(&self, milliseconds: u32) {
        self.desk.ask(|ticket| verbs::sleep(ticket, milliseconds)).await;
    }

    fn resolve(&self, base: &str, reference: &str) -> Option<String> {
        verbs::resolve(base, reference)
    }

    async fn fetch(&self, request: Outgoing<'_>) -> Result<Answer, FetchError> {
        let told = self.call(request, LONGEST_ANSWER, false).await;
        // What fails has no status.
        let status = u16::try_from(told.number).map_err(|_| FetchError::Lost)?;
        let retry_after = told.text.and_then(|seconds| seconds.trim().parse().ok());
        let body = told.bytes.unwrap_or_default();
        if body.len() > LONGEST_ANSWER {
            return Err(FetchError::TooLong(status));
        }
        Ok(Answer { status, retry_after, body })
    }

    async fn load(&self, request: Outgoing<'_>, longest: usize) -> Result<Document, FetchError> {
        let told = self.call(request, longest, true).await;
        let status = u16::try_from(told.number).map_err(|_| FetchError::Lost)?;
        let mut body = told.bytes.unwrap_or_default();
        let is_cut = body.len() > longest;
        body.truncate(longest);
        Ok(Document { status, headers: pairs(&told.text.unwrap_or_default()), body, is_cut })
    }

    async fn forward(&self, request: Forward<'_, Stream>) -> Result<Forwarded<Stream>, FetchError> {
        let Forward { method, url, headers, body, timeout } = request;
        let ours = headers.iter().all(|(name, _)| name != USER_AGENT.0).then_some(USER_AGENT);
        let headers = lines(ours.into_iter().chain(headers.iter().map(|(name, value)| (&**name, &**value))));
        let told = self
            .desk
            .ask(|ticket| verbs::forward(ticket, method, url, &headers, body.is_some(), timeout))
            .await;
        let status = u16::try_from(told.number).map_err(|_| FetchError::Lost)?;
        let headers = pairs(&told.text.unwrap_or_default());
        Ok(Forwarded { status, headers, body: told.bytes.map(|_| Stream) })
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        let Told { bytes, text: metadata, .. } = self.kv(|ticket| verbs::kv_get(ticket, key)).await?;
        Ok(bytes.map(|bytes| Entry { value: String::from_utf8_lossy(&bytes).into_owned(), metadata }))
    }

    async fn kv_put(&self, put: Put<'_>) -> Result<(), KvError> {
        let Put { key, value, metadata, ttl } = put;
        self.kv(|ticket| verbs::kv_put(ticket, key, value, metadata, ttl)).await.map(|_| ())
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.kv(|ticket| verbs::kv_delete(ticket, key)).await.map(|_| ())
    }

    async fn kv_list(&self, prefix: &str, cursor: Option<&str>, limit: u16) -> Result<Page, KvError> {
        let told = self.kv(|ticket| verbs::kv_list(ticket, prefix, cursor, limit)).await?;
        read_page(&told.text.unwrap_or_default()).ok_or(KvError::Unavailable)
    }

    async fn enqueue(&self, event: &str) -> Result<(), QueueError> {
        if !self.kept.queue {
            return Err(QueueError);
        }
        let told = self.desk.ask(|ticket| verbs::enqueue(ticket, event)).await;
        if told.number == FAILED { Err(QueueError) } else { Ok(()) }
    }

    async fn allowed(&self, limit: Limit, key: &str) -> bool {
        let [requests, hints] = self.kept.limits;
        let (there, limiter) = match limit {
            Limit::Requests => (requests, REQUESTS),
            Limit::Hints => (hints, HINTS),
        };
        // A limiter that does not answer must not close the door.
        !there || self.desk.ask(|ticket| verbs::allowed(ticket, limiter, key)).await.number != 0
    }

    fn log(&self, line: &str) {
        verbs::log(line);
    }
}

/// A limit as it crosses.
fn bytes(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// Outgoing requests have none of their own.
const USER_AGENT: (&str, &str) = ("user-agent", concat!("add-to-smooch/", env!("CARGO_PKG_VERSION")));

fn read_page(text: &str) -> Option<Page> {
    let mut page = Json::parse(text.as_bytes())?;
    let Json::List(listed) = page.take("keys")? else { return None };
    let key = |mut key: Json| Some((key.take("name")?.text()?, key.take("metadata")?.maybe_text()?));
    Some(Page {
        keys: listed.into_iter().map(key).collect::<Option<_>>()?,
        cursor: page.take("cursor")?.maybe_text()?,
    })
}

fn kv_error(text: &str) -> KvError {
    // KV's status stands in words alone: "KV PUT failed: 413 Payload Too Large".
    let status = text.split(' ').find_map(|word| word.parse().ok());
    match status {
        Some(status @ (400 | 413 | 414)) => KvError::Refused(status),
        Some(_) | None => KvError::Unavailable,
    }
}
