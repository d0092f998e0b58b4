//! A soak test: installs, lists and API calls at a steady rate against the real Worker in workerd, while Smooch and KV fail
//! from time to time. At the end each flow that was answered with "connected" has a usable connection, and every active
//! token belongs to one, except tokens whose answer was lost at Smooch.

use crate::{
    clock::instant,
    kv::Fault as KvFault,
    page::{Fragment, Page},
    workerd::Workerd,
    world::{API_KEY, Response, Setup, World as _, seed},
};
use http::StatusCode;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use serde_json::Value;
use shared::Verifier;
use stand_in::{
    Broken, Endpoint, Fault, Owner,
    accounts::{NIGHT_MARKET, OWNER},
};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Installs per second. With each come a list and two calls.
const RATE: u32 = 8;

/// The number of clients at the same time.
const CLIENTS: u32 = 4;

/// The length of a phase with a fault, and of one without.
const PERIOD: Duration = Duration::from_secs(5);

/// The most attempts of one flow. More than any fault here needs.
const MAX_ATTEMPTS: u32 = 40;

/// The totals of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The ids of connections that were answered with "connected".
    pub connected: BTreeSet<String>,
    /// Flows that ended with an error without a retry.
    pub failed: u32,
    /// Retries of pages.
    pub retries: u32,
    /// Answers of the token endpoint that were lost after a token was issued.
    pub lost: u32,
    /// Lists and API calls with a correct answer.
    pub answered: u32,
}

/// Runs for `length`. `report` gets a line every ten seconds.
///
/// # Panics
///
/// If the edge gives a wrong answer, or if connections and tokens do not match at the end.
pub fn soak(length: Duration, report: &(dyn Fn(&str) + Sync)) -> Totals {
    let mut world = Workerd::new(&Setup { rate_limited: false, ..Setup::smooch() });
    let (totals, seed, began) = (Mutex::new(Totals::default()), seed(), instant());
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (world, totals) = (&world, &totals);
            scope.spawn(move || {
                let client = Client::new(world, seed.wrapping_add(number.into()), number);
                client.run(totals, began, length);
            });
        }
        let (world, totals) = (&world, &totals);
        scope.spawn(move || inject_faults(world, totals, seed, began, length, report));
    });
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    check(&mut world, &totals);
    totals
}

/// A client that connects, lists and calls.
struct Client<'a> {
    world: &'a Workerd,
    agent: ureq::Agent,
    random: Mutex<ChaCha8Rng>,
    number: u32,
}

impl<'a> Client<'a> {
    fn new(world: &'a Workerd, seed: u64, number: u32) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(Duration::from_secs(60))).build().new_agent();
        Self { world, agent, random: Mutex::new(ChaCha8Rng::seed_from_u64(seed)), number }
    }

    fn run(&self, totals: &Mutex<Totals>, began: Instant, length: Duration) {
        let step = Duration::from_secs(1) * CLIENTS / RATE;
        let mut next = began + step * self.number / CLIENTS;
        for round in 0.. {
            if next.duration_since(began) >= length {
                return;
            }
            thread::sleep(next.saturating_duration_since(instant()));
            next += step;
            let id = self.install(totals, &format!("user-{}-{round}", self.number));
            let list = self.v1("/v1/connections?limit=10");
            assert_eq!(list.status(), 200, "the list fails");
            for _call in 0..if id.is_some() { 2 } else { 0 } {
                let path = format!(
                    "/v1/connections/{}/api/v2/apps/{NIGHT_MARKET}/conversations?filter%5BuserExternalId%5D=customer-1",
                    id.as_deref().unwrap_or_default()
                );
                let status = self.v1(&path).status().as_u16();
                assert!([200, 429, 500, 502, 503].contains(&status), "a call has status {status}");
            }
            let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
            totals.answered += if id.is_some() { 3 } else { 1 };
        }
    }

    /// Runs one flow with all its retries. Returns the id of the connection.
    fn install(&self, totals: &Mutex<Totals>, subject: &str) -> Option<String> {
        let mut bytes = [0; 32];
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        let body = format!(r#"{{"subject":"{subject}"}}"#);
        let created = self.send("POST", "/v1/sessions", &[("authorization", &key())], &body);
        let page = Page::with_verifier("main", Verifier::from_bytes(&bytes))
            .with_session(json(&created)["session"].as_str().expect("a session"));
        let link = page.link_between(&self.world.edge(), &self.world.smooch_origin(), false);
        let visit = |request| self.world.smooch().handle(&request, crate::clock::wall_clock());
        let callback = Owner::new(OWNER).allow(&link, "Night Market", visit).expect("the owner can allow");
        let callback = callback.replace(&self.world.edge(), "");
        let mut receipt = Fragment::from_redirect(&self.send("GET", &callback, &[], ""))
            .receipt
            .expect("the callback gives a receipt");
        for _try in 0..MAX_ATTEMPTS {
            let headers =
                [("origin", page.origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            let answer = self.send("POST", "/complete", &headers, &page.form(&receipt));
            let body = json(&answer);
            if answer.status() == 200 {
                let id = body["connection"]["id"].as_str().expect("a connection").to_owned();
                let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                assert!(totals.connected.insert(id.clone()), "{id} was connected twice");
                return Some(id);
            }
            let retries = body["receipt"].as_str().zip(body["retry_after"].as_u64());
            let Some((retry_receipt, after)) = retries else {
                totals.lock().unwrap_or_else(PoisonError::into_inner).failed += 1;
                return None;
            };
            retry_receipt.clone_into(&mut receipt);
            totals.lock().unwrap_or_else(PoisonError::into_inner).retries += 1;
            thread::sleep(Duration::from_secs(after.min(2)));
        }
        panic!("{subject} had to retry {MAX_ATTEMPTS} times");
    }

    fn v1(&self, path: &str) -> Response {
        self.send("GET", path, &[("authorization", &key())], "")
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = http::Request::builder().method(method).uri(self.world.edge() + path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = if body.is_empty() {
            self.agent.run(request.body(()).expect("the request is valid"))
        } else {
            self.agent.run(request.body(body.to_owned()).expect("the request is valid"))
        };
        let (head, mut body) = answer.expect("the edge answers").into_parts();
        http::Response::from_parts(head, body.read_to_vec().expect("the answer is complete"))
    }
}

/// Alternates phases without and with a random fault.
fn inject_faults(
    world: &Workerd,
    totals: &Mutex<Totals>,
    seed: u64,
    began: Instant,
    length: Duration,
    report: &(dyn Fn(&str) + Sync),
) {
    let mut random = ChaCha8Rng::seed_from_u64(!seed);
    let mut next = began + PERIOD;
    for period in 1u32.. {
        thread::sleep(next.min(began + length).saturating_duration_since(instant()));
        if began.elapsed() >= length {
            break;
        }
        next += PERIOD;
        if period % 2 == 1 {
            fail(world, totals, random.next_u32() % 9);
        } else {
            world.smooch().clear_faults();
            let totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
            report(&format!(
                "{:>4} s: {} connected, {} failed, {} retries, {} lists and calls answered",
                began.elapsed().as_secs(),
                totals.connected.len(),
                totals.failed,
                totals.retries,
                totals.answered
            ));
        }
    }
    world.smooch().clear_faults();
}

fn fail(world: &Workerd, totals: &Mutex<Totals>, which: u32) {
    let broken = |how| {
        let mut answer = stand_in::Response::default();
        answer.extensions_mut().insert(how);
        answer
    };
    // More faults than requests in one phase.
    let many = |endpoint, fault: &dyn Fn() -> Fault| {
        for _one in 0..100 {
            world.smooch().on_next(endpoint, fault());
        }
    };
    match which {
        0 => many(Endpoint::Token, &|| Fault::status(StatusCode::TOO_MANY_REQUESTS)),
        1 => many(Endpoint::Token, &|| Fault::status(StatusCode::SERVICE_UNAVAILABLE)),
        2 => many(Endpoint::Token, &|| Fault::status(StatusCode::INTERNAL_SERVER_ERROR)),
        3 => many(Endpoint::Token, &|| Fault::before(broken(Broken::Reset))),
        4 => many(Endpoint::Api, &|| Fault::status(StatusCode::BAD_GATEWAY)),
        5 => many(Endpoint::Api, &|| Fault::before(broken(Broken::Slow(500)))),
        6 => {
            // Only once, because `check` can only count the lost tokens.
            world.smooch().on_next(Endpoint::Token, Fault::after(broken(Broken::Reset)));
            totals.lock().unwrap_or_else(PoisonError::into_inner).lost += 1;
        }
        7 => (0..12).for_each(|_| world.kv().fail_put("connection/", KvFault::Before)),
        _ => (0..12).for_each(|_| world.kv().fail_put("connection/", KvFault::After)),
    }
}

/// Compares the connections with the totals and with the tokens at Smooch.
fn check(world: &mut Workerd, totals: &Totals) {
    // Lets KV's cache expire.
    world.advance(61_000);
    let client = Client::new(world, 0, CLIENTS);
    let (mut listed, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = json(&client.v1(&format!("/v1/connections?limit=1000{cursor}")));
        for shown in page["connections"].as_array().expect("a page of connections") {
            assert_eq!(shown["status"], "connected");
            listed.insert(shown["id"].as_str().expect("an id").to_owned());
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(
        listed, totals.connected,
        "the listed connections are not those that were answered with \"connected\""
    );
    let opened: BTreeSet<String> = listed
        .iter()
        .map(|id| {
            let answer = client.v1(&format!("/v1/connections/{id}/token"));
            json(&answer)["access_token"].as_str().expect("each token is returned").to_owned()
        })
        .collect();
    assert_eq!(opened.len(), listed.len(), "two connections have the same token");
    let smooch = world.smooch();
    let active: BTreeSet<String> =
        smooch.live_tokens().into_iter().map(|token| token.access_token.clone()).collect();
    assert!(opened.is_subset(&active), "a stored token is not active");
    let others = active.len() - opened.len();
    assert!(
        others <= totals.lost as usize,
        "{others} active tokens belong to no connection; {} were lost",
        totals.lost
    );
}

fn key() -> String {
    format!("Bearer {API_KEY}")
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}
