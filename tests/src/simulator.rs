//! A world in memory: the edge's own code, a Smooch and a KV as values, one clock, seeded randomness. A whole
//! flow takes less than a millisecond.

use crate::{
    kv::{Fault as KvFault, Kv, Refusal, SILENCE},
    receiver::Receiver,
    vars::Table,
    world::{Request, Response, Setup, World, seed},
};
use edge::{
    budget::Budgeted,
    delivery::{SCHEDULE, Verdict, deliver},
    dispatch::handle,
    fault::Fault,
    http::{Body, BodyError, Incoming},
    platform::{
        Answer, Document, Entry, FetchError, Forward, Forwarded, KvError, LONGEST_ANSWER, Limit, Millis,
        Outgoing, Page, Platform, Put, QueueError,
    },
    settings::Settings,
    sweep::{self, MAX_OPERATIONS},
};
use futures_executor::block_on;
use futures_util::future::join;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use stand_in::{Broken, Smooch};
use std::{
    cell::{Cell, RefCell, RefMut},
    collections::BTreeMap,
    future::{pending, poll_fn},
    mem,
    pin::pin,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// 2026-01-05, 10:00 UTC.
const START: Millis = 1_767_607_200_000;

/// As `wrangler.toml` has it.
pub const MOST_REQUESTS: u32 = 60;

/// As `wrangler.toml` has it.
pub const MOST_HINTS: u32 = 1;

const EDGE: &str = "https://connect.partner.example";
const SMOOCH: &str = "https://smooch.example";

/// Where the partner's backend receives events, in this world.
pub const RECEIVER: &str = "https://backend.partner.example/events?from=edge";

/// A world in memory.
#[derive(Debug)]
pub struct Simulator {
    settings: Rc<Result<Settings, Vec<Fault>>>,
    platform: Rc<Simulated>,
}

#[derive(Debug)]
struct Simulated {
    now: Cell<Millis>,
    random: RefCell<ChaCha8Rng>,
    smooch: Arc<Mutex<Smooch>>,
    kv: Mutex<Kv>,
    log: RefCell<String>,
    /// Whether the rate limiters are there, and what they have counted.
    limited: bool,
    counted: RefCell<BTreeMap<(Millis, String), u32>>,
    queue: RefCell<Queue>,
    receiver: RefCell<Receiver>,
}

/// The queue of deliveries, and what the platform does with it.
#[derive(Debug, Default)]
pub struct Queue {
    /// What waits to be delivered.
    pub messages: Vec<Message>,
    /// What nobody took, to the last attempt.
    pub dead_letters: Vec<String>,
    /// Whether it takes no more messages.
    pub is_closed: bool,
}

/// A message in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The event.
    pub body: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try it next.
    pub due: Millis,
}

/// What the edge does.
#[derive(Clone, Debug)]
pub enum Work {
    /// It answers a request.
    Answer(Box<Request>),
    /// It sweeps once.
    Sweep,
}

impl From<Request> for Work {
    fn from(request: Request) -> Self {
        Self::Answer(Box::new(request))
    }
}

impl Simulator {
    /// A world as `setup` says, with a seed that it prints.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let seed = seed();
        let mut options = setup.options.clone();
        options.redirect_uris.push(format!("{EDGE}/callback"));
        let platform = Simulated {
            now: Cell::new(START),
            random: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
            smooch: Arc::new(Mutex::new(Smooch::new(seed, options))),
            kv: Mutex::default(),
            log: RefCell::default(),
            limited: setup.limited,
            counted: RefCell::default(),
            queue: RefCell::default(),
            receiver: RefCell::default(),
        };
        let settings = Settings::read(&Table(setup.vars_at(SMOOCH)));
        Self { settings: Rc::new(settings), platform: Rc::new(platform) }
    }

    /// The queue of deliveries.
    #[must_use]
    pub fn queue(&self) -> RefMut<'_, Queue> {
        self.platform.queue.borrow_mut()
    }

    /// The partner's backend that events are delivered to.
    #[must_use]
    pub fn receiver(&self) -> RefMut<'_, Receiver> {
        self.platform.receiver.borrow_mut()
    }

    /// Does one thing. What it needs it has by itself, so others can be done meanwhile.
    fn work(&self, work: Work) -> impl Future<Output = Option<Response>> + use<> {
        let (settings, platform) = (Rc::clone(&self.settings), Rc::clone(&self.platform));
        async move {
            let settings = settings.as_ref().as_ref().map_err(Vec::as_slice);
            match work {
                Work::Answer(request) => Some(answer(settings, &platform, *request).await),
                Work::Sweep => {
                    sweep::run_once(settings, &Budgeted::new(&*platform, MAX_OPERATIONS)).await;
                    None
                }
            }
        }
    }

    /// Has the edge do one thing, and once that has come to `moment`, plays `meanwhile` before it goes on.
    ///
    /// # Panics
    ///
    /// If it ends before that.
    pub fn amid<T>(
        &mut self,
        one: impl Into<Work>,
        moment: impl Fn(&Self) -> bool,
        meanwhile: impl FnOnce(&mut Self) -> T,
    ) -> (Option<Response>, T) {
        let mut one = pin!(self.work(one.into()));
        let mut context = Context::from_waker(Waker::noop());
        while !moment(self) {
            assert!(one.as_mut().poll(&mut context).is_pending(), "it has ended before that moment");
        }
        let meanwhile = meanwhile(self);
        (block_on(one), meanwhile)
    }

    /// Delivers once what is due, as the platform does: done with, to be tried again, or after the last retry a dead
    /// letter.
    pub fn deliver(&mut self) {
        let now = self.now();
        let (due, later) = self.queue().messages.drain(..).partition(|message| message.due <= now);
        self.queue().messages = later;
        let due: Vec<Message> = due;
        for Message { body, attempts, .. } in due {
            let attempts = attempts + 1;
            let settings = self.settings.as_ref().as_ref().map_err(Vec::as_slice);
            match block_on(deliver(settings, &*self.platform, &body, attempts)) {
                Verdict::Acknowledge => {}
                Verdict::Retry(_) if attempts as usize > SCHEDULE.len() => {
                    self.queue().dead_letters.push(body);
                }
                Verdict::Retry(seconds) => {
                    let due = self.now() + u64::from(seconds) * 1000;
                    self.queue().messages.push(Message { body, attempts, due });
                }
            }
        }
    }
}

impl World for Simulator {
    fn edge(&self) -> String {
        EDGE.into()
    }

    fn smooch_origin(&self) -> String {
        SMOOCH.into()
    }

    fn send(&mut self, request: Request) -> Response {
        block_on(self.work(request.into())).expect("an answer")
    }

    fn send_and_die(&mut self, request: Request, prefixes: &[&str], setup: &Setup) {
        for prefix in prefixes {
            self.kv().fail_put(prefix, KvFault::Never);
        }
        {
            let mut answer = pin!(self.work(request.into()));
            let mut context = Context::from_waker(Waker::noop());
            while self.kv().has_faults() {
                assert!(
                    answer.as_mut().poll(&mut context).is_pending(),
                    "it has answered before it wrote {prefixes:?}"
                );
            }
        }
        self.restart(setup);
    }

    fn send_and_leave(&mut self, request: Request) {
        // The platform finishes what it was told to, whoever waits for it.
        self.send(request);
    }

    fn send_both(&mut self, one: Request, other: Request) -> [Response; 2] {
        let both = [one, other].map(|request| self.work(request.into()));
        let [one, other] = both;
        let (one, other) = block_on(join(one, other));
        [one, other].map(|answer| answer.expect("an answer"))
    }

    fn visit(&mut self, request: Request) -> Response {
        let now = self.now();
        self.smooch().handle(&request, now)
    }

    fn smooch(&self) -> MutexGuard<'_, Smooch> {
        self.platform.smooch()
    }

    fn kv(&self) -> MutexGuard<'_, Kv> {
        self.platform.kv()
    }

    fn pass(&mut self, milliseconds: u64) {
        self.platform.pass(milliseconds);
    }

    fn set_back(&mut self, milliseconds: u64) {
        self.platform.now.set(self.now() - milliseconds);
    }

    fn restart(&mut self, setup: &Setup) {
        self.settings = Rc::new(Settings::read(&Table(setup.vars_at(SMOOCH))));
    }

    fn sweep(&mut self) {
        block_on(self.work(Work::Sweep));
    }

    fn is_simulated(&self) -> bool {
        true
    }

    fn now(&self) -> u64 {
        self.platform.now.get()
    }

    fn log(&self) -> String {
        self.platform.log.borrow().clone()
    }
}

impl Simulated {
    fn smooch(&self) -> MutexGuard<'_, Smooch> {
        self.smooch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kv(&self) -> MutexGuard<'_, Kv> {
        self.kv.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&self, milliseconds: u64) {
        self.now.set(self.now.get() + milliseconds);
    }
}

impl Simulated {
    /// Carries a request to Smooch, or to the receiver of events, and the answer back, or breaks on the way as a fault says.
    fn carry<'a>(
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
        let request = request.body(body.unwrap_or_default()).expect("the edge's requests are requests");
        let response = if url == RECEIVER {
            self.receiver.borrow_mut().handle(&request)
        } else {
            self.smooch().handle(&request, self.now.get())
        };
        match response.extensions().get::<Broken>() {
            None => {}
            Some(Broken::Reset) => return Err(FetchError::Lost),
            Some(Broken::Slow(milliseconds)) if *milliseconds < timeout.into() => {
                self.pass(*milliseconds);
            }
            Some(Broken::Hang | Broken::Slow(_)) => {
                self.pass(timeout.into());
                return Err(FetchError::Lost);
            }
        }
        Ok(response)
    }
}

async fn answer(settings: Result<&Settings, &[Fault]>, platform: &Simulated, request: Request) -> Response {
    let (method, url) = (request.method().to_string(), request.uri().to_string());
    let mut incoming = Sent(request);
    let answer = handle(settings, platform, &method, &url, &mut incoming).await;
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name.as_ref(), value);
    }
    let body = match answer.body {
        Body::Text(text) => text.into_bytes(),
        Body::Stream(bytes) => bytes,
    };
    response.body(body).expect("the edge's headers are headers")
}

struct Sent(Request);

impl Incoming for Sent {
    type Stream = Vec<u8>;

    fn headers(&self) -> Vec<(String, String)> {
        pairs(self.0.headers())
    }

    fn stream(&mut self) -> Option<Vec<u8>> {
        let body = self.0.body().clone();
        (!body.is_empty()).then_some(body)
    }

    fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> =
            self.0.headers().get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        // As the platform joins a header that came twice (RFC 9110 §5.3).
        (!values.is_empty()).then(|| values.join(", "))
    }

    async fn body(&mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        if self.0.body().len() > limit { Err(BodyError::TooLong) } else { Ok(self.0.body().clone()) }
    }
}

fn pairs(headers: &http::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

impl Platform for Simulated {
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
        self.pass(milliseconds.into());
        others_first().await;
    }

    async fn fetch(&self, outgoing: Outgoing<'_>) -> Result<Answer, FetchError> {
        others_first().await;
        let headers = outgoing.headers.iter().copied();
        let body = outgoing.body.map(|body| body.as_bytes().to_vec());
        let response = self.carry(outgoing.method, outgoing.url, headers, body, outgoing.timeout);
        others_first().await;
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
        let response = self.carry(outgoing.method, outgoing.url, headers, None, outgoing.timeout)?;
        let (status, headers) = (response.status().as_u16(), pairs(response.headers()));
        let mut body = response.into_body();
        let is_cut = body.len() > longest;
        body.truncate(longest);
        Ok(Document { status, headers, body, is_cut })
    }

    async fn forward(&self, forward: Forward<'_, Vec<u8>>) -> Result<Forwarded<Vec<u8>>, FetchError> {
        let headers = forward.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let response = self.carry(forward.method, forward.url, headers, forward.body, forward.timeout)?;
        let (status, headers) = (response.status().as_u16(), pairs(response.headers()));
        let body = response.into_body();
        Ok(Forwarded { status, headers, body: (!body.is_empty()).then_some(body) })
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        others_first().await;
        let read = self.kv().get(key, self.now.get());
        answered(read).await
    }

    async fn kv_put(&self, put: Put<'_>) -> Result<(), KvError> {
        others_first().await;
        let ttl = put.ttl.map(Into::into);
        let done = self.kv().put(put.key, put.value, put.metadata, ttl, self.now.get());
        answered(done).await
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        others_first().await;
        let done = self.kv().delete(key);
        answered(done).await
    }

    async fn kv_list(&self, prefix: &str, cursor: Option<&str>, limit: u16) -> Result<Page, KvError> {
        others_first().await;
        let listed = self.kv().list(prefix, cursor, limit.into(), self.now.get());
        let (keys, cursor) = answered(listed).await?;
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
        if !self.limited {
            return true;
        }
        let most = match limit {
            Limit::Requests => MOST_REQUESTS,
            Limit::Hints => MOST_HINTS,
        };
        let minute = self.now.get() / 60_000;
        let mut counted = self.counted.borrow_mut();
        let count = counted.entry((minute, format!("{limit:?} {key}"))).or_insert(0);
        *count += 1;
        *count <= most
    }

    fn log(&self, line: &str) {
        let mut log = self.log.borrow_mut();
        log.push_str(line);
        log.push('\n');
    }
}

/// Lets whatever else is under way go on, as waiting for a network does.
async fn others_first() {
    let mut waited = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// What KV said, once it has come over a network.
async fn answered<T>(done: Result<T, Refusal>) -> Result<T, KvError> {
    match done {
        Err(refusal) if refusal == SILENCE => pending().await,
        done => {
            others_first().await;
            done.map_err(refused)
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn refused(refusal: Refusal) -> KvError {
    match refusal.status {
        status @ (400 | 413 | 414) => KvError::Refused(status),
        _ => KvError::Unavailable,
    }
}
