//! A load that goes on: installs, lists and calls through the edge at a steady rate, by the real worker in workerd, while
//! Smooch and KV fail now and then. In the end the books are checked: who was told "connected" is, and opens; and no
//! token lives that no connection has, but for those whose answer was lost at Smooch, which nobody can know of.

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

/// Installs a second. With each come a list and two calls.
const RATE: u32 = 8;

/// People at once.
const PEOPLE: u32 = 4;

/// How long Smooch is well, and how long it is not.
const PERIOD: Duration = Duration::from_secs(5);

/// More than any fault here lasts: a page asks again as often as it is told to.
const TRIES: u32 = 40;

/// What came of it all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Connections that somebody was told of.
    pub connected: BTreeSet<String>,
    /// Flows that ended with an error that cannot be tried again.
    pub failed: u32,
    /// How often a page had to ask again.
    pub again: u32,
    /// Answers of the token endpoint that were lost after a token was made.
    pub lost: u32,
    /// Lists and calls through the edge that were answered as they should be.
    pub answered: u32,
}

/// Runs for `length`, and tells how it gets on every ten seconds.
///
/// # Panics
///
/// If the books do not balance, or the edge answers otherwise than it should.
pub fn soak(length: Duration, tell: &(dyn Fn(&str) + Sync)) -> Books {
    let mut world = Workerd::new(&Setup { limited: false, ..Setup::smooch() });
    let (books, seed, began) = (Mutex::new(Books::default()), seed(), instant());
    thread::scope(|scope| {
        for number in 0..PEOPLE {
            let (world, books) = (&world, &books);
            scope.spawn(move || {
                let person = Person::new(world, seed.wrapping_add(number.into()), number);
                person.go_on(books, began, length);
            });
        }
        let (world, books) = (&world, &books);
        scope.spawn(move || fail_now_and_then(world, books, seed, began, length, tell));
    });
    let books = books.into_inner().unwrap_or_else(PoisonError::into_inner);
    check(&mut world, &books);
    books
}

/// One of those who connect, list and call.
struct Person<'a> {
    world: &'a Workerd,
    agent: ureq::Agent,
    random: Mutex<ChaCha8Rng>,
    number: u32,
}

impl<'a> Person<'a> {
    fn new(world: &'a Workerd, seed: u64, number: u32) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(Duration::from_secs(60))).build().new_agent();
        Self { world, agent, random: Mutex::new(ChaCha8Rng::seed_from_u64(seed)), number }
    }

    fn go_on(&self, books: &Mutex<Books>, began: Instant, length: Duration) {
        let step = Duration::from_secs(1) * PEOPLE / RATE;
        let mut next = began + step * self.number / PEOPLE;
        for round in 0.. {
            if next.duration_since(began) >= length {
                return;
            }
            thread::sleep(next.saturating_duration_since(instant()));
            next += step;
            let id = self.install(books, &format!("user-{}-{round}", self.number));
            let list = self.v1("/v1/connections?limit=10");
            assert_eq!(list.status(), 200, "a list");
            for _call in 0..if id.is_some() { 2 } else { 0 } {
                let path = format!(
                    "/v1/connections/{}/api/v2/apps/{NIGHT_MARKET}/conversations?filter%5BuserExternalId%5D=customer-1",
                    id.as_deref().unwrap_or_default()
                );
                let status = self.v1(&path).status().as_u16();
                assert!([200, 429, 500, 502, 503].contains(&status), "a call: {status}");
            }
            let mut books = books.lock().unwrap_or_else(PoisonError::into_inner);
            books.answered += if id.is_some() { 3 } else { 1 };
        }
    }

    /// One flow to its end, as the page has it: it asks again as long as it is told to.
    fn install(&self, books: &Mutex<Books>, subject: &str) -> Option<String> {
        let mut bytes = [0; 32];
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        let body = format!(r#"{{"subject":"{subject}"}}"#);
        let made = self.send("POST", "/v1/sessions", &[("authorization", &key())], &body);
        let page = Page::with_verifier("main", Verifier::from_bytes(&bytes))
            .of(json(&made)["session"].as_str().expect("a session"));
        let link = page.link_between(&self.world.edge(), &self.world.smooch_origin(), false);
        let visit = |request| self.world.smooch().handle(&request, crate::clock::wall_clock());
        let callback = Owner::new(OWNER).allow(&link, "Night Market", visit).expect("the owner can allow");
        let callback = callback.replace(&self.world.edge(), "");
        let mut receipt = Fragment::of(&self.send("GET", &callback, &[], "")).receipt.expect("a receipt");
        for _try in 0..TRIES {
            let headers =
                [("origin", page.origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            let answer = self.send("POST", "/complete", &headers, &page.form(&receipt));
            let said = json(&answer);
            if answer.status() == 200 {
                let id = said["connection"]["id"].as_str().expect("a connection").to_owned();
                let mut books = books.lock().unwrap_or_else(PoisonError::into_inner);
                assert!(books.connected.insert(id.clone()), "{id} was connected twice");
                return Some(id);
            }
            let again = said["receipt"].as_str().zip(said["retry_after"].as_u64());
            let Some((held, after)) = again else {
                books.lock().unwrap_or_else(PoisonError::into_inner).failed += 1;
                return None;
            };
            held.clone_into(&mut receipt);
            books.lock().unwrap_or_else(PoisonError::into_inner).again += 1;
            thread::sleep(Duration::from_secs(after.min(2)));
        }
        panic!("{subject} was told to ask again {TRIES} times");
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
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body.to_owned()).expect("a request"))
        };
        let (head, mut body) = answer.expect("the edge answers").into_parts();
        http::Response::from_parts(head, body.read_to_vec().expect("the answer is whole"))
    }
}

/// Well and unwell in turn: each time another fault, for those who come then.
fn fail_now_and_then(
    world: &Workerd,
    books: &Mutex<Books>,
    seed: u64,
    began: Instant,
    length: Duration,
    tell: &(dyn Fn(&str) + Sync),
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
            fail(world, books, random.next_u32() % 9);
        } else {
            world.smooch().clear_faults();
            let books = books.lock().unwrap_or_else(PoisonError::into_inner);
            tell(&format!(
                "{:>4} s: {} connected, {} failed, {} asked again, {} lists and calls answered",
                began.elapsed().as_secs(),
                books.connected.len(),
                books.failed,
                books.again,
                books.answered
            ));
        }
    }
    world.smooch().clear_faults();
}

fn fail(world: &Workerd, books: &Mutex<Books>, which: u32) {
    let broken = |how| {
        let mut answer = stand_in::Response::default();
        answer.extensions_mut().insert(how);
        answer
    };
    // For as many as come in this time, and some more.
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
            // Once: a token that was made and never came is told apart from all others by its number alone.
            world.smooch().on_next(Endpoint::Token, Fault::after(broken(Broken::Reset)));
            books.lock().unwrap_or_else(PoisonError::into_inner).lost += 1;
        }
        7 => (0..12).for_each(|_| world.kv().fail_put("connection/", KvFault::Before)),
        _ => (0..12).for_each(|_| world.kv().fail_put("connection/", KvFault::After)),
    }
}

/// All that was promised is there, and nothing else.
fn check(world: &mut Workerd, books: &Books) {
    // What has just been written is seen everywhere.
    world.pass(61_000);
    let person = Person::new(world, 0, PEOPLE);
    let (mut listed, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = json(&person.v1(&format!("/v1/connections?limit=1000{cursor}")));
        for shown in page["connections"].as_array().expect("a page of connections") {
            assert_eq!(shown["status"], "connected");
            listed.insert(shown["id"].as_str().expect("an id").to_owned());
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(listed, books.connected, "who was told \"connected\" is listed, and nobody else");
    let opened: BTreeSet<String> = listed
        .iter()
        .map(|id| {
            let answer = person.v1(&format!("/v1/connections/{id}/token"));
            json(&answer)["access_token"].as_str().expect("each opens").to_owned()
        })
        .collect();
    assert_eq!(opened.len(), listed.len(), "each has a token of its own");
    let smooch = world.smooch();
    let live: BTreeSet<String> =
        smooch.live_tokens().into_iter().map(|token| token.access_token.clone()).collect();
    assert!(opened.is_subset(&live), "a token that is kept is dead");
    let others = live.len() - opened.len();
    assert!(others <= books.lost as usize, "{others} tokens live that nobody has; {} were lost", books.lost);
}

fn key() -> String {
    format!("Bearer {API_KEY}")
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}
