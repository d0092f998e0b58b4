//! The platform of the simulated edge: the requests that it sends, its KV, queue, rate limits, clock and randomness.

use super::queue::{Message, Queue};
use crate::{
    kv::{Kv, NO_ANSWER, Rejection},
    receiver::Receiver,
    world::Response,
};
use edge::platform::{
    Answer, Document, Entry, FetchError, Forward, Forwarded, KvError, LONGEST_ANSWER, Limit, Millis,
    Outgoing, Page, Platform, Put, QueueError,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use stand_in::{Broken, Options, Smooch};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::{pending, poll_fn},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

/// 2026-01-05, 10:00 UTC.
const START: Millis = 1_767_607_200_000;

/// The limit of `LIMIT_REQUESTS` in `wrangler.toml`: requests per minute and client address.
pub const MAX_REQUESTS: u32 = 60;

/// The limit of `LIMIT_HINTS` in `wrangler.toml`: removal hints that are recorded, per minute.
pub const MAX_HINTS: u32 = 1;

/// The URL at which the partner's backend receives events in this world.
pub const RECEIVER_URL: &str = "https://backend.partner.example/events?from=edge";

#[derive(Debug)]
pub(super) struct SimulatedPlatform {
    pub(super) now: Cell<Millis>,
    pub(super) log: RefCell<String>,
    pub(super) queue: RefCell<Queue>,
    pub(super) receiver: RefCell<Receiver>,
    random: RefCell<ChaCha8Rng>,
    smooch: Arc<Mutex<Smooch>>,
    kv: Mutex<Kv>,
    rate_limited: bool,
    /// The number of requests per minute and rate limit key.
    request_counts: RefCell<BTreeMap<(Millis, String), u32>>,
}

impl SimulatedPlatform {
    pub(super) fn new(seed: u64, options: Options, rate_limited: bool) -> Self {
        Self {
            now: Cell::new(START),
            log: RefCell::default(),
            queue: RefCell::default(),
            receiver: RefCell::default(),
            random: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
            smooch: Arc::new(Mutex::new(Smooch::new(seed, options))),
            kv: Mutex::default(),
            rate_limited,
            request_counts: RefCell::default(),
        }
    }

    pub(super) fn smooch(&self) -> MutexGuard<'_, Smooch> {
        self.smooch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn kv(&self) -> MutexGuard<'_, Kv> {
        self.kv.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advance(&self, milliseconds: u64) {
        self.now.set(self.now.get() + milliseconds);
    }

    /// Sends a request to Smooch or to the receiver of events and returns the answer, or fails as an injected fault says.
    fn exchange<'a>(
        &self,
        method: &str,
        url: &str,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: Option<Vec<u8>>,
        timeout: u32,
    ) -> Result<Response, FetchError> {
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = &body {
            request = request.header("content-length", body.len());
        }
        let request = request.body(body.unwrap_or_default()).expect("the edge's requests are valid");
        let response = if url == RECEIVER_URL {
            self.receiver.borrow_mut().handle(&request)
        } else {
            self.smooch().handle(&request, self.now.get())
        };
        match response.extensions().get::<Broken>() {
            None => {}
            Some(Broken::Reset) => return Err(FetchError::Lost),
            Some(Broken::Slow(milliseconds)) if *milliseconds < timeout.into() => {
                self.advance(*milliseconds);
            }
            Some(Broken::Hang | Broken::Slow(_)) => {
                self.advance(timeout.into());
                return Err(FetchError::Lost);
            }
        }
        Ok(response)
    }
}

impl Platform for SimulatedPlatform {
    type Stream = Vec<u8>;

    fn now(&self) -> Millis {
        self.now.get()
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.borrow_mut().fill_bytes(&mut bytes);
        bytes
    }

    async fn sleep(&self, milliseconds: u32) {
        self.advance(milliseconds.into());
        let_others_run().await;
    }

    async fn fetch(&self, outgoing: Outgoing<'_>) -> Result<Answer, FetchError> {
        let_others_run().await;
        let headers = outgoing.headers.iter().copied();
        let body = outgoing.body.map(|body| body.as_bytes().to_vec());
        let response = self.exchange(outgoing.method, outgoing.url, headers, body, outgoing.timeout);
        let_others_run().await;
        let response = response?;
        if response.body().len() > LONGEST_ANSWER {
            return Err(FetchError::TooLong(response.status().as_u16()));
        }
        let retry_after =
            response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer { status: response.status().as_u16(), retry_after, body: response.into_body() })
    }

    async fn load(&self, outgoing: Outgoing<'_>, longest: usize) -> Result<Document, FetchError> {
        let headers = outgoing.headers.iter().copied();
        let response = self.exchange(outgoing.method, outgoing.url, headers, None, outgoing.timeout)?;
        let (status, headers) = (response.status().as_u16(), header_pairs(response.headers()));
        let mut body = response.into_body();
        let is_cut = body.len() > longest;
        body.truncate(longest);
        Ok(Document { status, headers, body, is_cut })
    }

    async fn forward(&self, forward: Forward<'_, Vec<u8>>) -> Result<Forwarded<Vec<u8>>, FetchError> {
        let headers = forward.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let response = self.exchange(forward.method, forward.url, headers, forward.body, forward.timeout)?;
        let (status, headers) = (response.status().as_u16(), header_pairs(response.headers()));
        let body = response.into_body();
        Ok(Forwarded { status, headers, body: (!body.is_empty()).then_some(body) })
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        let_others_run().await;
        let read = self.kv().get(key, self.now.get());
        kv_result(read).await
    }

    async fn kv_put(&self, put: Put<'_>) -> Result<(), KvError> {
        let_others_run().await;
        let ttl = put.ttl.map(Into::into);
        let done = self.kv().put(put.key, put.value, put.metadata, ttl, self.now.get());
        kv_result(done).await
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        let_others_run().await;
        let done = self.kv().delete(key);
        kv_result(done).await
    }

    async fn kv_list(&self, prefix: &str, cursor: Option<&str>, limit: u16) -> Result<Page, KvError> {
        let_others_run().await;
        let listed = self.kv().list(prefix, cursor, limit.into(), self.now.get());
        let (keys, cursor) = kv_result(listed).await?;
        Ok(Page { keys, cursor })
    }

    async fn enqueue(&self, event: &str) -> Result<(), QueueError> {
        let mut queue = self.queue.borrow_mut();
        if queue.is_closed {
            return Err(QueueError);
        }
        queue.messages.push(Message { body: event.into(), attempts: 0, due: self.now.get() });
        Ok(())
    }

    async fn allowed(&self, limit: Limit, key: &str) -> bool {
        if !self.rate_limited {
            return true;
        }
        let max = match limit {
            Limit::Requests => MAX_REQUESTS,
            Limit::Hints => MAX_HINTS,
        };
        let minute = self.now.get() / 60_000;
        let mut counts = self.request_counts.borrow_mut();
        let count = counts.entry((minute, format!("{limit:?} {key}"))).or_insert(0);
        *count += 1;
        *count <= max
    }

    fn log(&self, line: &str) {
        let mut log = self.log.borrow_mut();
        log.push_str(line);
        log.push('\n');
    }
}

/// Yields to other jobs once, as an await on the network does.
async fn let_others_run() {
    let mut has_yielded = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if mem::replace(&mut has_yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// The result of a KV operation after its way over the network. An operation that hangs never returns.
async fn kv_result<T>(done: Result<T, Rejection>) -> Result<T, KvError> {
    match done {
        Err(rejection) if rejection == NO_ANSWER => pending().await,
        done => {
            let_others_run().await;
            done.map_err(kv_error)
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
fn kv_error(rejection: Rejection) -> KvError {
    match rejection.status {
        status @ (400 | 413 | 414) => KvError::Refused(status),
        _ => KvError::Unavailable,
    }
}

/// The headers as names and values.
pub(super) fn header_pairs(headers: &http::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
