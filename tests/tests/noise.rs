//! A hundred thousand requests that nobody would send, to the real worker in workerd: each is answered, none of them
//! by a failure of the worker's own, and no instance of it ends.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "where it panics, a test has failed")]

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use serde_json::{Value, json};
use stand_in::accounts::OWNER;
use std::{collections::BTreeMap, fmt::Write as _, thread, time::Duration};
use tests::{
    page::{self, Fragment, Page, get, id_of, session},
    wire::{Answer, Wire},
    workerd::Workerd,
    world::{API_KEY, PARTNER, Setup, World, seed},
};

const REQUESTS: usize = 100_000;

/// As many as there are cores on the smallest machine that runs this.
const SENDERS: usize = 2;

const CONNECTIONS: u8 = 200;

/// What parsers trip over.
const ODD: [&str; 24] = [
    "", "%", "%zz", "%00", "%2f", "%2e%2e", "..", "/", "//", "\\", "?", "#", "&", "=", "&&==", ":", "@", ";",
    "\u{fffd}", "é", "𝒳", "1.", "null", "-1",
];

const METHODS: [&str; 12] =
    ["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "PROPFIND"];

/// A request, before and after something has been done to it.
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

    /// As it goes over the wire: whatever was done to it, it is HTTP, and not refused before the worker sees it.
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

/// Requests about one connection that are answered well, to begin with.
fn good(world: &mut Workerd, number: u8) -> Vec<Request> {
    let made = session(world, &json!({"subject": format!("user-{number}")}));
    let sealed = page::json(&made)["session"].as_str().unwrap().to_owned();
    let page = Page::new("main", number).of(&sealed);
    let callback = page.allow(world, OWNER, "Night Market");
    let receipt = Fragment::of(&get(world, &callback)).receipt.unwrap();
    let form = page.form(&receipt);
    let id = id_of(&page.complete(world, &receipt));
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

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap() % most.max(1)
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Does something to a text, which stays one.
    fn spoil(&mut self, text: &mut String) {
        let letters: Vec<char> = text.chars().collect();
        let (one, other) = (self.below(letters.len() + 1), self.below(letters.len() + 1));
        let (from, to) = (one.min(other), one.max(other));
        let part = |range: &[char]| range.iter().collect::<String>();
        let (before, within, after) =
            (part(&letters[..from]), part(&letters[from..to]), part(&letters[to..]));
        *text = match self.below(6) {
            0 => before + *self.one::<&str>(&ODD) + &after,
            1 => before + &within + *self.one::<&str>(&ODD) + &after,
            2 => before + &within + &within + &after,
            3 => before + &after,
            4 => {
                let letter = char::from_u32(self.0.next_u32() % 0x250).unwrap_or('x');
                format!("{before}{letter}{within}{after}")
            }
            // Long ones are few: they say little and take long.
            _ if self.below(20) == 0 => before + &within.repeat(1 + self.below(200)) + &after,
            _ => before + &within + &after,
        };
        text.truncate(text.char_indices().nth(12_000).map_or(text.len(), |(at, _)| at));
    }

    fn request(&mut self, good: &[Request]) -> Request {
        let mut request = self.one(good).clone();
        for _time in 0..self.below(4) {
            match self.below(8) {
                0 => request.method = (*self.one(&METHODS)).into(),
                1..=3 => self.spoil(&mut request.path),
                4 | 5 => self.spoil(&mut request.body),
                6 if !request.headers.is_empty() => {
                    let which = self.below(request.headers.len());
                    if self.below(3) == 0 {
                        request.headers.remove(which);
                    } else {
                        self.spoil(&mut request.headers[which].1);
                    }
                }
                _ => {
                    let other = self.one(good).clone();
                    request.headers.extend(other.headers);
                    request.body = other.body;
                }
            }
        }
        request
    }
}

/// What a sender has seen: how often each status came.
type Seen = BTreeMap<u16, usize>;

/// Sends until as many have been answered, and looks at each answer.
fn send(host: &str, good: &[Request], mut chance: Chance) -> Seen {
    let mut seen = Seen::new();
    let mut wire = None;
    for _request in 0..REQUESTS / SENDERS {
        let request = chance.request(good);
        let connected = wire.get_or_insert_with(|| Wire::connect(host).unwrap());
        connected.send(&request.bytes()).unwrap();
        let answer = connected.answer(&request.method).unwrap();
        look(&request, &answer);
        *seen.entry(answer.status).or_default() += 1;
        if answer.header("connection").is_some_and(|said| said.contains("close")) {
            wire = None;
        }
    }
    seen
}

/// Nothing is wrong with the edge, whatever is wrong with the request; and whoever asks is told.
fn look(request: &Request, answer: &Answer) {
    let said = || {
        format!(
            "{}\n{}\n{}",
            String::from_utf8_lossy(&request.bytes()),
            format_args!("{} {:?}", answer.status, answer.headers),
            String::from_utf8_lossy(&answer.body)
        )
    };
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    // The platform does not send some methods on, which is as if Smooch were not there.
    let at_smooch = problem["code"] == "smooch_unavailable" && request.path.contains("/api/");
    assert!(answer.status < 500 || at_smooch, "{}", said());
    if answer.header("content-type") == Some("application/problem+json") && request.method != "HEAD" {
        assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{}", said());
    }
}

#[test]
fn a_hundred_thousand_random_requests_find_no_failure_of_the_worker() {
    let mut world = Workerd::new(&Setup { limited: false, ..Setup::smooch() });
    world.kv().be_immediate();
    // Some requests end a connection, and then there must be others.
    let good: Vec<Request> = (0..CONNECTIONS).flat_map(|number| good(&mut world, number)).collect();
    let before = lines(&world).len();
    let (host, seed) = (world.edge().replace("http://", ""), seed());
    let seen = thread::scope(|scope| {
        let send = |number: u64| {
            let chance = Chance(ChaCha8Rng::seed_from_u64(seed.wrapping_add(number)));
            let (host, good) = (&host, &good);
            scope.spawn(move || send(host, good, chance))
        };
        let senders: Vec<_> = (0..SENDERS as u64).map(send).collect();
        let mut all = Seen::new();
        for seen in senders.into_iter().map(|sender| sender.join().unwrap()) {
            for (status, count) in seen {
                *all.entry(status).or_default() += count;
            }
        }
        all
    });

    // An instance that ends takes its line along, and says why in a line that is no JSON.
    let lines = wait_for_lines(&world, before + REQUESTS);
    for line in &lines {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("the worker says {line}"));
        assert!(line["outcome"].is_string());
    }
    assert_eq!(lines.len(), before + REQUESTS, "as many lines as requests");
    // Requests that all fail at the first look would find nothing.
    let count = |status: u16| seen.get(&status).copied().unwrap_or_default();
    for status in [200, 202, 303, 400, 401, 403, 404, 405] {
        assert!(count(status) > 100, "{status} is rare: {seen:?}");
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
