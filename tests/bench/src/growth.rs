//! What an install, a page of the list and a call through the edge cost with ten connections stored, and with many
//! more. Two workers have ten: what lies between them is what this machine cannot tell apart.

use crate::{
    flow::{Crowd, Leg},
    load::{Run, run},
    peer::{self, Peer},
    rig::Rig,
};
use edge::{
    seal::{Keyring, NONCE},
    session::Session,
    record::Record,
    summary::{Status, Summary},
};
use shared::{App, AppId, ConnectionId, Secret, Subject};
use stand_in::{CLIENT_ID, accounts::NIGHT_MARKET};
use std::{collections::BTreeMap, iter};
use tests::{
    clock::wall_clock,
    world::{API_KEY, SEALING_KEYS},
};

/// How many connections are stored, worker by worker.
pub const SIZES: [usize; 4] = [10, 10, 1_000, 100_000];

/// Connections that are really made, and then made again, listed and called: all that the smallest has.
const REAL: usize = 10;

/// Requests of a turn, of each kind: few, so that those who take turns meet the same machine.
const REQUESTS: usize = 40;

/// Turns of a round.
pub const TURNS: usize = 6;

/// Before it counts.
const WARM_UP: usize = 1_000;

/// What is asked of the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// The callback.
    Callback,
    /// `/complete`, in a session: four writes.
    Complete,
    /// The first page of the list, ten connections long.
    List,
    /// A call to Smooch's API with the token attached.
    Call,
}

impl Work {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Callback, Self::Complete, Self::List, Self::Call];

    /// By which it is told.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Complete => "exchange and store",
            Self::List => "page of the list",
            Self::Call => "call through the edge",
        }
    }
}

/// The turns of one worker.
pub type Grown = BTreeMap<Work, Vec<Run>>;

/// Measures the built Worker with each of [`SIZES`].
pub fn measure(rounds: usize, seed: u64, tell: &dyn Fn(&str)) -> Vec<Grown> {
    let ours = peer::all().into_iter().find(|peer| peer.name == peer::OURS).expect("it is among them");
    let mut all: Vec<(Rig, Crowd, Vec<String>, Grown)> = SIZES
        .into_iter()
        .map(|size| {
            tell(&format!("growth: a worker with {size} connections"));
            let (rig, crowd, ids) = grown(ours.clone(), size, seed);
            (rig, crowd, ids, Grown::new())
        })
        .collect();
    let workers = all.len();
    for round in 0..rounds {
        for turn in 0..TURNS * workers {
            // Nobody is always the first.
            let (rig, crowd, ids, turns) = &mut all[(turn + turn / workers) % workers];
            for (work, run) in work(rig, crowd, ids, REQUESTS) {
                turns.entry(work).or_default().push(run);
            }
        }
        tell(&format!("growth: round {} of {rounds}", round + 1));
    }
    all.into_iter().map(|(.., turns)| turns).collect()
}

/// A worker with so many connections, and the ids of those that can be called.
fn grown(ours: Peer, size: usize, seed: u64) -> (Rig, Crowd, Vec<String>) {
    let (rig, mut crowd) = (Rig::start(ours, seed), Crowd::new(seed));
    let keyring = Keyring::parse(SEALING_KEYS).expect("the tests' own keys");
    let app = AppId::parse(NIGHT_MARKET).expect("an app's id");
    let subject = |number: usize| Subject::parse(&format!("user-{number}"));
    let ids = (0..REAL).map(|number| ConnectionId::new(CLIENT_ID, &app, subject(number).as_ref()));
    let ids: Vec<String> = ids.map(|id| id.as_str().to_owned()).collect();
    for number in REAL..size {
        // As the edge itself stores them; each of an app of its own, as most are.
        let app = App {
            id: AppId::parse(&format!("{number:024x}")).expect("an app's id"),
            name: None,
            subdomain: None,
        };
        let subject = subject(number);
        let id = ConnectionId::new(CLIENT_ID, &app.id, subject.as_ref());
        let mut nonce = [0; NONCE];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let record =
            Record { token: Secret::new("held.by.nobody"), metadata: BTreeMap::new(), subdomain: None };
        let sealed = record.seal(&keyring, &id, &nonce);
        let key = keyring.current().to_owned();
        let summary = Summary {
            app,
            subject: subject.clone(),
            status: Status::Connected,
            connected_at: wall_clock(),
            key,
        };
        let metadata = summary.to_metadata();
        let subject = subject.as_ref().map_or("", Subject::as_str);
        for (key, value) in [
            (format!("connection/{}", id.as_str()), sealed.as_str()),
            (format!("subject/{subject}/{}", id.as_str()), ""),
        ] {
            rig.kv().put(&key, value, Some(&metadata), None, wall_clock()).expect("it fits");
        }
    }
    work(&rig, &mut crowd, &ids, WARM_UP);
    let count = rig.kv().keys().iter().filter(|key| key.starts_with("connection/")).count();
    assert_eq!(count, size, "the worker has made what was counted on, and nothing else");
    (rig, crowd, ids)
}

/// So many requests of each kind, one after the other.
fn work(rig: &Rig, crowd: &mut Crowd, ids: &[String], requests: usize) -> Vec<(Work, Run)> {
    let keyring = Keyring::parse(SEALING_KEYS).expect("the tests' own keys");
    let sessions: Vec<String> = (0..REAL)
        .map(|number| {
            let subject = Subject::parse(&format!("user-{number}")).expect("a subject");
            let session =
                Session::new(subject, iter::empty().collect(), wall_clock()).expect("it has no metadata");
            session.seal(&keyring, CLIENT_ID, &[7; NONCE])
        })
        .collect();
    let flows = (0..requests).map(|number| {
        let mut flow = crowd.flow();
        sessions[number % REAL].clone_into(&mut flow.session);
        flow
    });
    let flows: Vec<_> = flows.collect();
    let mut all: Vec<(Work, Run)> = crowd
        .install_all(rig, flows, 1)
        .into_iter()
        .map(|(leg, run)| (if leg == Leg::Callback { Work::Callback } else { Work::Complete }, run))
        .collect();
    let call = |number: usize| {
        format!(
            "/v1/connections/{}/api/v2/apps/{NIGHT_MARKET}/conversations?filter%5BuserExternalId%5D=customer-1",
            ids[number % REAL]
        )
    };
    let lists = vec![v1(rig, "/v1/connections?limit=10"); requests];
    let calls: Vec<Vec<u8>> = (0..requests).map(|number| v1(rig, &call(number))).collect();
    for (work, requests) in [(Work::List, lists), (Work::Call, calls)] {
        let (run, answers) = run(rig, &requests, 1);
        for answer in answers {
            assert_eq!(answer.status, 200, "{work:?}: {}", String::from_utf8_lossy(&answer.body));
        }
        all.push((work, run));
    }
    all
}

fn v1(rig: &Rig, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {API_KEY}\r\n\r\n", rig.host)
        .into_bytes()
}
