//! The settings and binding handles of the deployment. They are made at the first request of an instance (cold start)
//! and kept.

use crate::{kv::Kv, vars::EnvVars};
use edge::{fault::Fault, settings::Settings, vars::Vars as _};
use std::{cell::RefCell, rc::Rc};
use worker::{Env, Queue, RateLimiter};

/// The binding of the KV namespace.
const CONNECTIONS: &str = "CONNECTIONS";

/// The binding of the queue of deliveries. It is needed only if `EVENTS_URL` is set.
const EVENTS: &str = "EVENTS";

/// The bindings of the rate limiters. A limiter that is not bound limits nothing.
const LIMIT_REQUESTS: &str = "LIMIT_REQUESTS";
const LIMIT_HINTS: &str = "LIMIT_HINTS";

pub(crate) struct Deployment {
    settings: Result<Settings, Vec<Fault>>,
    pub(crate) kv: Option<Kv>,
    pub(crate) queue: Option<Queue>,
    pub(crate) requests: Option<RateLimiter>,
    pub(crate) hints: Option<RateLimiter>,
}

thread_local! {
    static DEPLOYMENT: RefCell<Option<Rc<Deployment>>> = const { RefCell::new(None) };
}

impl Deployment {
    /// The deployment of this instance. An instance sees only one `env`.
    pub(crate) fn of(env: &Env) -> Rc<Self> {
        DEPLOYMENT.with_borrow_mut(|kept| Rc::clone(kept.get_or_insert_with(|| Rc::new(Self::read(env)))))
    }

    pub(crate) fn settings(&self) -> Result<&Settings, &[Fault]> {
        self.settings.as_ref().map_err(Vec::as_slice)
    }

    fn read(env: &Env) -> Self {
        let vars = EnvVars(env);
        let mut faults = Vec::new();
        let kv = env.get_binding(CONNECTIONS).ok();
        if kv.is_none() {
            faults.push(Fault::new(CONNECTIONS, "is missing: a KV namespace must be bound to it"));
        }
        let delivers = vars.var("EVENTS_URL").is_some();
        let queue = if delivers { env.queue(EVENTS).ok() } else { None };
        if delivers && queue.is_none() {
            faults.push(Fault::new(EVENTS, "is missing: EVENTS_URL is set, so a queue must be bound to it"));
        }
        let settings = match Settings::read(&vars) {
            Ok(settings) if faults.is_empty() => Ok(settings),
            Ok(_) => Err(faults),
            Err(mut all) => {
                all.append(&mut faults);
                Err(all)
            }
        };
        let [requests, hints] = [LIMIT_REQUESTS, LIMIT_HINTS].map(|name| env.rate_limiter(name).ok());
        Self { settings, kv, queue, requests, hints }
    }
}
