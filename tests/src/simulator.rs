//! A world in memory: the edge's own code, a stand-in Smooch and a KV namespace as values, one clock, seeded randomness.
//! A whole flow takes less than a millisecond.

mod incoming;
mod platform;
mod queue;

pub use platform::{MAX_HINTS, MAX_REQUESTS, RECEIVER_URL};
pub use queue::{Message, Queue};

use crate::{
    kv::{Fault as KvFault, Kv},
    receiver::Receiver,
    vars::Table,
    world::{Request, Response, Setup, World, seed},
};
use edge::{
    budget::Budgeted,
    delivery::{SCHEDULE, Verdict, deliver},
    fault::Fault,
    settings::Settings,
    sweep::{self, MAX_OPERATIONS},
};
use futures_executor::block_on;
use futures_util::future::join;
use platform::SimulatedPlatform;
use std::{
    cell::RefMut,
    pin::pin,
    rc::Rc,
    sync::MutexGuard,
    task::{Context, Waker},
};

const EDGE: &str = "https://connect.partner.example";
const SMOOCH: &str = "https://smooch.example";

/// A world in memory.
#[derive(Debug)]
pub struct Simulator {
    settings: Rc<Result<Settings, Vec<Fault>>>,
    platform: Rc<SimulatedPlatform>,
}

/// A job of the edge.
#[derive(Clone, Debug)]
pub enum Job {
    /// It answers a request.
    Request(Box<Request>),
    /// It runs its scheduled upkeep once.
    Upkeep,
}

impl From<Request> for Job {
    fn from(request: Request) -> Self {
        Self::Request(Box::new(request))
    }
}

/// A [`Simulator`] as the world of a scenario.
#[must_use]
pub fn in_memory(setup: &Setup) -> Box<dyn World> {
    Box::new(Simulator::new(setup))
}

impl Simulator {
    /// Makes a world from `setup`. Prints its random seed.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let mut options = setup.options.clone();
        options.redirect_uris.push(format!("{EDGE}/callback"));
        let platform = SimulatedPlatform::new(seed(), options, setup.rate_limited);
        let settings = Settings::read(&Table(setup.vars_at(SMOOCH)));
        Self { settings: Rc::new(settings), platform: Rc::new(platform) }
    }

    /// The queue of deliveries.
    #[must_use]
    pub fn queue(&self) -> RefMut<'_, Queue> {
        self.platform.queue.borrow_mut()
    }

    /// The partner's backend, to which events are delivered.
    #[must_use]
    pub fn receiver(&self) -> RefMut<'_, Receiver> {
        self.platform.receiver.borrow_mut()
    }

    /// Hands each due message to the edge once. A message is then acknowledged, put back with its delay, or, after the
    /// last retry, moved to the dead letters.
    pub fn deliver(&mut self) {
        let now = self.now();
        let (due, later): (Vec<_>, Vec<_>) =
            self.queue().messages.drain(..).partition(|message| message.due <= now);
        self.queue().messages = later;
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

    /// Starts a job. The future owns what it needs, so that other jobs can run between its polls.
    fn start(&self, job: Job) -> impl Future<Output = Option<Response>> + use<> {
        let (settings, platform) = (Rc::clone(&self.settings), Rc::clone(&self.platform));
        async move {
            let settings = settings.as_ref().as_ref().map_err(Vec::as_slice);
            match job {
                Job::Request(request) => Some(incoming::answer(settings, &platform, *request).await),
                Job::Upkeep => {
                    sweep::run_once(settings, &Budgeted::new(&*platform, MAX_OPERATIONS)).await;
                    None
                }
            }
        }
    }

    /// Polls a job until `reached` holds, then runs `between`, then lets the job finish. Returns the answer of the job,
    /// if it is a request, and the value of `between`.
    ///
    /// # Panics
    ///
    /// If the job ends before `reached` holds.
    pub fn interleave<T>(
        &mut self,
        job: impl Into<Job>,
        reached: impl Fn(&Self) -> bool,
        between: impl FnOnce(&mut Self) -> T,
    ) -> (Option<Response>, T) {
        let mut job = pin!(self.start(job.into()));
        let mut context = Context::from_waker(Waker::noop());
        while !reached(self) {
            assert!(job.as_mut().poll(&mut context).is_pending(), "the job has ended before that moment");
        }
        let value = between(self);
        (block_on(job), value)
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
        block_on(self.start(request.into())).expect("a request has an answer")
    }

    fn send_and_crash(&mut self, request: Request, prefixes: &[&str], setup: &Setup) {
        for prefix in prefixes {
            self.kv().fail_put(prefix, KvFault::Hang);
        }
        {
            let mut answer = pin!(self.start(request.into()));
            let mut context = Context::from_waker(Waker::noop());
            while self.kv().has_faults() {
                assert!(
                    answer.as_mut().poll(&mut context).is_pending(),
                    "the edge has answered before it wrote {prefixes:?}"
                );
            }
        }
        self.restart(setup);
    }

    fn send_and_disconnect(&mut self, request: Request) {
        // The platform finishes a job that was handed to `waitUntil`, also when the client is gone.
        self.send(request);
    }

    fn send_both(&mut self, one: Request, other: Request) -> [Response; 2] {
        let [one, other] = [one, other].map(|request| self.start(request.into()));
        let (one, other) = block_on(join(one, other));
        [one, other].map(|answer| answer.expect("a request has an answer"))
    }

    fn visit(&mut self, request: Request) -> Response {
        let now = self.now();
        self.smooch().handle(&request, now)
    }

    fn smooch(&self) -> MutexGuard<'_, stand_in::Smooch> {
        self.platform.smooch()
    }

    fn kv(&self) -> MutexGuard<'_, Kv> {
        self.platform.kv()
    }

    fn advance(&mut self, milliseconds: u64) {
        self.platform.advance(milliseconds);
    }

    fn set_clock_back(&mut self, milliseconds: u64) {
        self.platform.now.set(self.now() - milliseconds);
    }

    fn restart(&mut self, setup: &Setup) {
        self.settings = Rc::new(Settings::read(&Table(setup.vars_at(SMOOCH))));
    }

    fn run_upkeep(&mut self) {
        block_on(self.start(Job::Upkeep));
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
