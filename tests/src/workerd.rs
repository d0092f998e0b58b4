//! A world with the real Worker in workerd: the files that are deployed, byte for byte, with our KV and our Smooch behind
//! them.

mod config;
mod process;

use crate::{
    clock::wall_clock,
    kv::{Fault as KvFault, Kv},
    kv_service,
    world::{Request, Response, Setup, World, seed},
};
use process::{Instance, start};
use stand_in::{Endpoint, Fault, Server, Smooch, serve, serve_smooch};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// The time that Smooch takes for the request of a client that disconnects.
const SLOW_MS: u64 = 1_500;

/// The time that a line of the log may take to arrive.
const LOG_TIMEOUT: Duration = Duration::from_secs(5);

/// A world with the real Worker.
#[derive(Debug)]
pub struct Workerd {
    instance: Instance,
    smooch_origin: String,
    smooch: Arc<Mutex<Smooch>>,
    kv: Arc<Mutex<Kv>>,
    log: Arc<Mutex<String>>,
    /// The number of jobs that the edge was given. Each writes one line to the log.
    jobs: usize,
    /// The milliseconds by which the clocks of Smooch and KV are ahead of the wall clock.
    ahead: Arc<AtomicU64>,
    agent: ureq::Agent,
    /// Smooch and KV.
    servers: [Server; 2],
}

/// A [`Workerd`] as the world of a scenario.
#[must_use]
pub fn in_workerd(setup: &Setup) -> Box<dyn World> {
    Box::new(Workerd::new(setup))
}

impl Workerd {
    /// Makes a world from `setup`. Builds the Worker first if it is out of date.
    ///
    /// # Panics
    ///
    /// If the Worker cannot be built or workerd cannot be started. The message says what to run.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let ahead = Arc::new(AtomicU64::new(0));
        let smooch = Arc::new(Mutex::new(Smooch::new(seed(), setup.options.clone())));
        let kv = Arc::new(Mutex::new(Kv::default()));
        let smooch_server =
            serve_smooch(any_port(), Arc::clone(&smooch), clock(&ahead)).expect("a port is free");
        let (served, now) = (Arc::clone(&kv), clock(&ahead));
        let kv_server = serve(any_port(), move |request| {
            kv_service::handle(&mut served.lock().unwrap_or_else(PoisonError::into_inner), &request, now())
        });
        let kv_server = kv_server.expect("a port is free");
        let smooch_origin = format!("http://{}", smooch_server.address());

        let log = Arc::new(Mutex::new(String::new()));
        let instance = start(setup, &smooch_origin, kv_server.address(), &log);
        smooch
            .lock()
            .expect("no other thread has the lock")
            .register_redirect_uri(format!("{}/callback", instance.edge));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let servers = [smooch_server, kv_server];
        Self { instance, smooch_origin, smooch, kv, log, jobs: 0, ahead, agent, servers }
    }

    /// The number of log lines. The Worker's lines are JSON.
    fn line_count(&self) -> usize {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.lines().filter(|line| line.starts_with('{')).count()
    }
}

impl World for Workerd {
    fn edge(&self) -> String {
        self.instance.edge.clone()
    }

    fn smooch_origin(&self) -> String {
        self.smooch_origin.clone()
    }

    fn send(&mut self, request: Request) -> Response {
        self.jobs += 1;
        let (head, body) = request.into_parts();
        let answer = if body.is_empty() {
            self.agent.run(http::Request::from_parts(head, ()))
        } else {
            self.agent.run(http::Request::from_parts(head, body))
        };
        whole(answer)
    }

    fn send_and_crash(&mut self, request: Request, prefixes: &[&str], setup: &Setup) {
        for prefix in prefixes {
            self.kv().fail_put(prefix, KvFault::Hang);
        }
        let agent = self.agent.clone();
        let sent = thread::spawn(move || agent.run(request).is_ok());
        while self.kv().has_faults() {
            assert!(!sent.is_finished(), "the edge has answered before it wrote {prefixes:?}");
            thread::sleep(Duration::from_millis(5));
        }
        self.instance.process.kill();
        assert!(!sent.join().expect("no panic"), "a Worker that was killed does not answer");
        self.restart(setup);
    }

    fn send_and_disconnect(&mut self, request: Request) {
        self.smooch().on_next(Endpoint::Token, Fault::slow(SLOW_MS));
        // The log of earlier requests must have arrived, or a line of theirs would be taken for the line of this one.
        drop(self.log());
        let lines = self.line_count();
        let (mut head, body) = request.into_parts();
        head.headers.insert("x-url", head.uri.to_string().parse().expect("a URI is a valid header"));
        head.uri = self.instance.trigger.parse().expect("the trigger's URL is valid");
        let answer = whole(self.agent.run(http::Request::from_parts(head, body)));
        assert_eq!(answer.body(), b"aborted", "the edge has answered before the client disconnected");
        let mut waited = Duration::ZERO;
        while self.line_count() == lines && waited < LOG_TIMEOUT {
            thread::sleep(Duration::from_millis(20));
            waited += Duration::from_millis(20);
        }
        assert!(waited < LOG_TIMEOUT, "the edge has not finished the request of a client that is gone");
        self.jobs += 1;
    }

    fn send_both(&mut self, one: Request, other: Request) -> [Response; 2] {
        self.jobs += 2;
        let agent = &self.agent;
        thread::scope(|scope| {
            [one, other]
                .map(|request| scope.spawn(move || whole(agent.run(request))))
                .map(|answer| answer.join().expect("no panic"))
        })
    }

    fn visit(&mut self, request: Request) -> Response {
        let now = clock(&self.ahead)();
        self.smooch().handle(&request, now)
    }

    fn smooch(&self) -> MutexGuard<'_, Smooch> {
        self.smooch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kv(&self) -> MutexGuard<'_, Kv> {
        self.kv.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&mut self, milliseconds: u64) {
        self.ahead.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn set_clock_back(&mut self, milliseconds: u64) {
        self.ahead.fetch_sub(milliseconds, Ordering::Relaxed);
    }

    fn restart(&mut self, setup: &Setup) {
        // The old instance runs until the new one has started, and ends when it is dropped here.
        self.instance = start(setup, &self.smooch_origin, self.servers[1].address(), &self.log);
        let callback = format!("{}/callback", self.instance.edge);
        self.smooch().register_redirect_uri(callback);
    }

    fn run_upkeep(&mut self) {
        self.jobs += 1;
        let answer = self.agent.get(&self.instance.trigger).call().expect("the trigger answers");
        let outcome = answer.into_body().read_to_string().expect("the trigger's answer is complete");
        assert_eq!(outcome, "ok", "the scheduled handler has failed");
    }

    fn is_simulated(&self) -> bool {
        false
    }

    fn now(&self) -> u64 {
        wall_clock()
    }

    fn log(&self) -> String {
        // Each job writes one line, which arrives through a pipe a moment later.
        let mut waited = Duration::ZERO;
        loop {
            if self.line_count() >= self.jobs || waited > LOG_TIMEOUT {
                return self.log.lock().unwrap_or_else(PoisonError::into_inner).clone();
            }
            thread::sleep(Duration::from_millis(5));
            waited += Duration::from_millis(5);
        }
    }
}

/// Reads the whole answer.
fn whole(answer: Result<http::Response<ureq::Body>, ureq::Error>) -> Response {
    let (head, mut body) = answer.expect("the edge answers").into_parts();
    http::Response::from_parts(head, body.read_to_vec().expect("the answer is complete"))
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A clock that is ahead of the wall clock.
fn clock(ahead: &Arc<AtomicU64>) -> impl Fn() -> u64 + Send + Sync + 'static {
    let ahead = Arc::clone(ahead);
    move || wall_clock().wrapping_add(ahead.load(Ordering::Relaxed))
}
