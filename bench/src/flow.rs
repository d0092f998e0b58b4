//! Installs in batches, leg by leg: all flows of a batch make their first request, then all their second. What lies
//! between two requests of a flow, the person at Smooch and the reading of answers, is done between legs and measured
//! with none of them.

use crate::{
    peer::Shape,
    rig::Rig,
    wire::{Answer, Wire},
};
use form_urlencoded::Serializer;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use shared::{Site, State, Verifier};
use stand_in::{Owner, accounts::OWNER};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};
use tests::{
    clock::{instant, wall_clock},
    world::PARTNER,
};

/// The requests of an install, as they are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leg {
    /// Where the Worker makes the state and sends the person to Smooch.
    Start,
    /// The callback, where it bounces only.
    Callback,
    /// Where the code is exchanged and the token stored: our `/complete`, others' callback.
    Finish,
}

/// What one leg of a batch took.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which.
    pub leg: Leg,
    /// How many requests.
    pub requests: usize,
    /// From the first to the last.
    pub took: Duration,
    /// The worker's processor time.
    pub used: Duration,
    /// From each request to its answer.
    pub latencies: Vec<Duration>,
}

/// People who connect, each with an own browser.
#[derive(Debug)]
pub struct Crowd {
    random: ChaCha8Rng,
    owner: Owner,
}

/// A flow on its way.
struct Flow {
    verifier: Verifier,
    state: String,
    cookie: String,
    receipt: String,
}

impl Crowd {
    /// A crowd whose verifiers are the same for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), owner: Owner::new(OWNER) }
    }

    /// Has so many people install, `at_once` of them at a time, and says what each leg took.
    ///
    /// # Panics
    ///
    /// If one of them is not connected in the end.
    pub fn install(&mut self, rig: &Rig, people: usize, at_once: usize) -> Vec<Run> {
        let mut flows: Vec<Flow> = (0..people).map(|_| self.flow()).collect();
        match rig.peer.shape {
            Shape::Bounce => {
                let callbacks = self.callbacks(rig, &flows, "/callback");
                let (callback, answers) = run(rig, Leg::Callback, &callbacks, at_once);
                let forms: Vec<Vec<u8>> = flows
                    .iter_mut()
                    .zip(answers)
                    .map(|(flow, answer)| {
                        assert_eq!(answer.status, 303, "{}: {answer:?}", rig.peer.name);
                        flow.receipt = receipt(&answer);
                        completion(rig, flow)
                    })
                    .collect();
                let (finish, answers) = run(rig, Leg::Finish, &forms, at_once);
                for answer in answers {
                    assert_eq!(
                        answer.status,
                        200,
                        "{}: {}",
                        rig.peer.name,
                        String::from_utf8_lossy(&answer.body)
                    );
                }
                vec![callback, finish]
            }
            Shape::AtOnce { start, callback } => {
                let starts: Vec<Vec<u8>> = flows.iter().map(|_| get(rig, start, "")).collect();
                let (start, answers) = run(rig, Leg::Start, &starts, at_once);
                for (flow, answer) in flows.iter_mut().zip(answers) {
                    assert_eq!(answer.status, 302, "{}: {answer:?}", rig.peer.name);
                    flow.state = parameter(answer.location.as_deref().unwrap_or_default(), "state");
                    flow.cookie = answer.cookies.join("; ");
                }
                let callbacks = self.callbacks(rig, &flows, callback);
                let (finish, answers) = run(rig, Leg::Finish, &callbacks, at_once);
                for answer in answers {
                    assert!(matches!(answer.status, 200 | 302), "{}: {answer:?}", rig.peer.name);
                }
                vec![start, finish]
            }
        }
    }

    fn flow(&mut self) -> Flow {
        let mut bytes = [0; 32];
        self.random.fill_bytes(&mut bytes);
        let verifier = Verifier::from_bytes(&bytes);
        let site = Site::parse("main").expect("a site's name");
        let state = State { site, challenge: verifier.challenge() }.to_text();
        let cookie = format!("state={state}");
        Flow { verifier, state, cookie, receipt: String::new() }
    }

    /// What browsers ask of the worker once their owners have allowed access.
    fn callbacks(&mut self, rig: &Rig, flows: &[Flow], path: &str) -> Vec<Vec<u8>> {
        let mut smooch = rig.smooch();
        smooch.forget_requests();
        let redirect_uri = format!("{}{path}", rig.origin());
        smooch.options_mut().redirect_uris = vec![redirect_uri.clone()];
        flows
            .iter()
            .map(|flow| {
                let link = authorize(&redirect_uri, &flow.state);
                let visit = |request| smooch.handle(&request, wall_clock());
                let back = self.owner.allow(&link, "Night Market", visit).expect("the owner can allow");
                get(rig, &back[rig.origin().len()..], &flow.cookie)
            })
            .collect()
    }
}

/// Sends these requests, so many at once, each over a connection that is kept; the answers are in their order.
///
/// # Panics
///
/// If one is not answered.
#[must_use]
pub fn run(rig: &Rig, leg: Leg, requests: &[Vec<u8>], at_once: usize) -> (Run, Vec<Answer>) {
    let next = AtomicUsize::new(0);
    let mut wires: Vec<Wire> =
        (0..at_once).map(|_| Wire::connect(&rig.host).expect("the worker listens")).collect();
    let (used, began) = (rig.used(), instant());
    let mut answered: Vec<(usize, Duration, Answer)> = thread::scope(|scope| {
        let sending = wires.iter_mut().map(|wire| {
            let next = &next;
            scope.spawn(move || {
                let mut answered = Vec::with_capacity(requests.len() / at_once + 1);
                while let Some((index, request)) = take(next, requests) {
                    let began = instant();
                    let answer = wire.ask(request).expect("the worker answers");
                    answered.push((index, began.elapsed(), answer));
                }
                answered
            })
        });
        let sending: Vec<_> = sending.collect();
        sending.into_iter().flat_map(|one| one.join().expect("no panic")).collect()
    });
    let (took, used) = (began.elapsed(), rig.used() - used);
    answered.sort_by_key(|(index, ..)| *index);
    let latencies = answered.iter().map(|(_, latency, _)| *latency).collect();
    let answers = answered.into_iter().map(|(.., answer)| answer).collect();
    (Run { leg, requests: requests.len(), took, used, latencies }, answers)
}

fn take<'a>(next: &AtomicUsize, requests: &'a [Vec<u8>]) -> Option<(usize, &'a [u8])> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    requests.get(index).map(|request| (index, request.as_slice()))
}

/// A GET as a browser sends it.
#[must_use]
pub fn get(rig: &Rig, path: &str, cookie: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept: */*\r\n{cookie}\r\n", rig.host).into_bytes()
}

/// What the page posts to finish.
fn completion(rig: &Rig, flow: &Flow) -> Vec<u8> {
    let form = Serializer::new(String::new())
        .append_pair("receipt", &flow.receipt)
        .append_pair("verifier", flow.verifier.expose())
        .finish();
    let form = if flow.cookie.is_empty() { form } else { format!("{form}&state={}", flow.state) };
    format!(
        "POST /complete HTTP/1.1\r\nhost: {}\r\norigin: {PARTNER}\r\ncookie: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        rig.host,
        flow.cookie,
        form.len()
    )
    .into_bytes()
}

fn authorize(redirect_uri: &str, state: &str) -> String {
    let query = Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", stand_in::CLIENT_ID)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", state)
        .finish();
    format!("http://smooch.example/oauth/authorize?{query}")
}

fn receipt(bounce: &Answer) -> String {
    let location = bounce.location.as_deref().unwrap_or_default();
    let fragment = location.split_once('#').map_or("", |(_, fragment)| fragment);
    pair(fragment, "smooch.receipt")
}

fn parameter(url: &str, name: &str) -> String {
    pair(url.split_once('?').map_or("", |(_, query)| query), name)
}

fn pair(encoded: &str, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(encoded.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
