//! A fuzz test over HTTP: a hundred thousand random requests to the real Worker in workerd. Each is answered, none with an
//! internal error, and no wasm instance traps.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use serde_json::{Value, json};
use stand_in::accounts::OWNER;
use std::{collections::BTreeMap, fmt::Write as _, thread, time::Duration};
use tests::{
    page::{self, Fragment, Page, connection_id, create_session, get},
    wire::{Answer, Wire},
    workerd::Workerd,
    world::{API_KEY, PARTNER, Setup, World, seed},
};

const REQUESTS: usize = 100_000;

/// Concurrent connections: the number of cores of a small machine.
const SENDERS: usize = 2;

const CONNECTIONS: u8 = 200;

/// Texts that parsers often handle wrongly.
const TRICKY: [&str; 24] = [
    "", "%", "%zz", "%00", "%2f", "%2e%2e", "..", "/", "//", "\\", "?", "#", "&", "=", "&&==", ":", "@", ";",
    "\u{fffd}", "é", "𝒳", "1.", "null", "-1",
];

const METHODS: [&str; 12] =
    ["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PROPFIND"];

/// A request that can be mutated.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Request {
    fn new(method: &str, path: impl Into<String>) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: String::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The request as bytes. They are valid HTTP after any mutation, so that the Worker sees every request.
    fn bytes(&self) -> Vec<u8> {
        let mut path = String::new();
        for byte in self.path.bytes() {
            match byte {
                b'!'..=b'~' if !b"#\"<>\\^`{|}".contains(&byte) => path.push(byte.into()),
                byte => write!(path, "%{byte:02X}").unwrap(),
            }
        }
        let mut head =
            format!("{} /{} HTTP/1.1\r\nhost: edge\r\n", self.method, path.trim_start_matches('/'));
        for (name, value) in &self.headers {
            let value: String = value.chars().filter(|letter| !letter.is_control()).collect();
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !self.body.is_empty() || self.method == "POST" {
            write!(head, "content-length: {}\r\n", self.body.len()).unwrap();
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend(self.body.as_bytes());
        bytes
    }
}

/// Valid requests about one new connection, as seeds.
fn seeds(world: &mut Workerd, number: u8) -> Vec<Request> {
    let created = create_session(world, &json!({"subject": format!("user-{number}")}));
    let sealed = page::json(&created)["session"].as_str().unwrap().to_owned();
    let page = Page::new("main", number).with_session(&sealed);
    let callback = page.allow(world, OWNER, "Night Market");
    let receipt = Fragment::from_redirect(&get(world, &callback)).receipt.unwrap();
    let form = page.form(&receipt);
    let id = connection_id(&page.complete(world, &receipt));
    let callback = callback.replace(&world.edge(), "");
    let key = format!("Bearer {API_KEY}");
    let v1 = |method: &str, path: &str| Request::new(method, path).with("authorization", &key);
    let json = |request: Request| request.with("content-type", "application/json");
    vec![
        Request::new("GET", callback),
        Request::new("GET", format!("/callback?error=access_denied&state={}", page.state.to_text())),
        Request::new("POST", "/complete")
            .with("origin", PARTNER)
            .with("content-type", "application/x-www-form-urlencoded")
            .body(form),
        Request::new("POST", "/removed").body(r#"{"integrationId":"5deb3bf0e3ad4e0010a3f0c3"}"#),
        Request::new("GET", "/healthz"),
        Request::new("GET", "/embed.json").with("origin", PARTNER),
        Request::new("GET", "/setup.json?site=main&origin=https://nobody.example"),
        json(v1("POST", "/v1/sessions")).body(r#"{"subject":"ann","metadata":{"plan":"pro"}}"#),
        v1("GET", &format!("/v1/connections?subject=user-{number}&limit=10")),
        v1("GET", &format!("/v1/connections/{id}")),
        v1("GET", &format!("/v1/connections/{id}/token")),
        v1("DELETE", &format!("/v1/connections/{id}/x")),
        json(v1("POST", &format!("/v1/connections/{id}/api/v2/apps/x/conversations"))).body(r#"{"a":[1,2]}"#),
        v1("GET", "/v1/events?after=01KAQ0G2M8Z4T9W3C5X7Y1N6QV&limit=5"),
        v1("GET", "/v1/nothing"),
    ]
}

struct Mutator(ChaCha8Rng);

impl Mutator {
    fn random_below(&mut self, most: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % most.max(1)
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.random_below(of.len())]
    }

    /// Mutates a text.
    fn mutate(&mut self, text: &mut String) {
        let letters: Vec<char> = text.chars().collect();
        let (one, other) = (self.random_below(letters.len() + 1), self.random_below(letters.len() + 1));
        let (from, to) = (one.min(other), one.max(other));
        let part = |range: &[char]| range.iter().collect::<String>();
        let (before, within, after) =
            (part(&letters[..from]), part(&letters[from..to]), part(&letters[to..]));
        *text = match self.random_below(6) {
            0 => before + *self.one::<&str>(&TRICKY) + &after,
            1 => before + &within + *self.one::<&str>(&TRICKY) + &after,
            2 => before + &within + &within + &after,
            3 => before + &after,
            4 => {
                let letter = char::from_u32(self.0.next_u32() % 0x250).unwrap_or('x');
                format!("{before}{letter}{within}{after}")
            }
            // Long texts are rare: they find little and take long.
            _ if self.random_below(20) == 0 => before + &within.repeat(1 + self.random_below(200)) + &after,
            _ => before + &within + &after,
        };
        text.truncate(text.char_indices().nth(12_000).map_or(text.len(), |(at, _)| at));
    }

    fn request(&mut self, seeds: &[Request]) -> Request {
        let mut request = self.one(seeds).clone();
        for _time in 0..self.random_below(4) {
            match self.random_below(8) {
                0 => request.method = (*self.one(&METHODS)).into(),
                1..=3 => self.mutate(&mut request.path),
                4 | 5 => self.mutate(&mut request.body),
                6 if !request.headers.is_empty() => {
                    let which = self.random_below(request.headers.len());
                    if self.random_below(3) == 0 {
                        request.headers.remove(which);
                    } else {
                        self.mutate(&mut request.headers[which].1);
                    }
                }
                _ => {
                    let other = self.one(seeds).clone();
                    request.headers.extend(other.headers);
                    request.body = other.body;
                }
            }
        }
        request
    }
}

/// The number of answers by status.
type StatusCounts = BTreeMap<u16, usize>;

/// Sends one sender's share of the requests and checks each answer.
fn send(host: &str, seeds: &[Request], mut mutator: Mutator) -> StatusCounts {
    let mut counts = StatusCounts::new();
    let mut wire = None;
    for _request in 0..REQUESTS / SENDERS {
        let request = mutator.request(seeds);
        let connected = wire.get_or_insert_with(|| Wire::connect(host).unwrap());
        connected.send(&request.bytes()).unwrap();
        let answer = connected.answer(&request.method).unwrap();
        check(&request, &answer);
        *counts.entry(answer.status).or_default() += 1;
        if answer.header("connection").is_some_and(|value| value.contains("close")) {
            wire = None;
        }
    }
    counts
}

/// Checks that the answer is no internal error, and that an error has its code and request id.
fn check(request: &Request, answer: &Answer) {
    let details = || {
        format!(
            "{}\n{}\n{}",
            String::from_utf8_lossy(&request.bytes()),
            format_args!("{} {:?}", answer.status, answer.headers),
            String::from_utf8_lossy(&answer.body)
        )
    };
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    // The platform cannot send some methods. The edge then reports that Smooch is unavailable.
    let at_smooch = problem["code"] == "smooch_unavailable" && request.path.contains("/api/");
    assert!(answer.status < 500 || at_smooch, "{}", details());
    if answer.header("content-type") == Some("application/problem+json") && request.method != "HEAD" {
        assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{}", details());
    }
}

#[test]
fn a_hundred_thousand_random_requests_find_no_failure_of_the_worker() {
    let mut world = Workerd::new(&Setup { rate_limited: false, ..Setup::smooch() });
    world.kv().lift_limits();
    // Some requests remove a connection, so there are many.
    let seeds: Vec<Request> = (0..CONNECTIONS).flat_map(|number| seeds(&mut world, number)).collect();
    let before = lines(&world).len();
    let (host, seed) = (world.edge().replace("http://", ""), seed());
    let counts = thread::scope(|scope| {
        let send = |number: u64| {
            let mutator = Mutator(ChaCha8Rng::seed_from_u64(seed.wrapping_add(number)));
            let (host, seeds) = (&host, &seeds);
            scope.spawn(move || send(host, seeds, mutator))
        };
        let senders: Vec<_> = (0..SENDERS as u64).map(send).collect();
        let mut all = StatusCounts::new();
        for counts in senders.into_iter().map(|sender| sender.join().unwrap()) {
            for (status, count) in counts {
                *all.entry(status).or_default() += count;
            }
        }
        all
    });

    // A trapped instance writes no line for its request, and a line about the trap that is not JSON.
    let lines = wait_for_lines(&world, before + REQUESTS);
    for line in &lines {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("the log has {line}"));
        assert!(line["outcome"].is_string());
    }
    assert_eq!(lines.len(), before + REQUESTS, "the number of log lines is not that of requests");
    // Requests that all fail early would find nothing.
    let count = |status: u16| counts.get(&status).copied().unwrap_or_default();
    for status in [200, 202, 303, 400, 401, 403, 404, 405] {
        assert!(count(status) > 100, "only a few answers have {status}: {counts:?}");
    }
}

fn lines(world: &Workerd) -> Vec<String> {
    world.log().lines().map(str::to_owned).collect()
}

fn wait_for_lines(world: &Workerd, count: usize) -> Vec<String> {
    for _try in 0..100 {
        let lines = lines(world);
        if lines.len() >= count {
            return lines;
        }
        thread::sleep(Duration::from_millis(100));
    }
    lines(world)
}
