//! Measures the edge with ten stored connections and with many more: installs, pages of the list and proxied API calls.
//!
//! Two workers have ten connections. The difference between them is the noise of the machine. It never compares peers.

use crate::{
    flow::{Phase, Visitors},
    harness::Harness,
    load::{Run, run},
    peer::{self, Peer},
};
use edge::{
    record::Record,
    seal::{Keyring, NONCE},
    session::Session,
    summary::{Status, Summary},
};
use shared::{App, AppId, ConnectionId, Secret, Subject};
use stand_in::{CLIENT_ID, accounts::NIGHT_MARKET};
use std::{collections::BTreeMap, iter};
use tests::{
    clock::wall_clock,
    world::{API_KEY, SEALING_KEYS},
};

/// The number of stored connections of each worker.
pub const SIZES: [usize; 4] = [10, 10, 1_000, 100_000];

/// The number of connections that installs create. The measured requests use these; the smallest worker has no others.
const INSTALLED: usize = 10;

/// Requests per turn and operation. The number is small, so all workers of a round run under the same conditions.
const REQUESTS: usize = 40;

/// Turns of each worker per round.
pub const TURNS: usize = 6;

/// Requests of each operation before the measurement.
const WARM_UP: usize = 1_000;

/// A measured operation of the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// The callback.
    Callback,
    /// `/complete` with a session: four KV writes.
    Complete,
    /// The first page of the list, with ten connections.
    List,
    /// A proxied call to Smooch's API.
    Call,
}

impl Operation {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Callback, Self::Complete, Self::List, Self::Call];

    /// The name in the tables.
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

/// The runs of one worker, one per turn.
pub type RunsByOperation = BTreeMap<Operation, Vec<Run>>;

/// Measures the built Worker with each of [`SIZES`].
pub fn measure(rounds: usize, seed: u64, progress: &dyn Fn(&str)) -> Vec<RunsByOperation> {
    let ours = peer::all().into_iter().find(|peer| peer.name == peer::OURS).expect("the edge is a peer");
    let mut all: Vec<(Harness, Visitors, Vec<String>, RunsByOperation)> = SIZES
        .into_iter()
        .map(|size| {
            progress(&format!("growth: starting a worker with {size} connections"));
            let (harness, visitors, ids) = start_with_connections(ours.clone(), size, seed);
            (harness, visitors, ids, RunsByOperation::new())
        })
        .collect();
    let workers = all.len();
    for round in 0..rounds {
        for turn in 0..TURNS * workers {
            // The order rotates, so no worker is always the first.
            let (harness, visitors, ids, runs) = &mut all[(turn + turn / workers) % workers];
            for (operation, run) in run_operations(harness, visitors, ids, REQUESTS) {
                runs.entry(operation).or_default().push(run);
            }
        }
        progress(&format!("growth: round {} of {rounds}", round + 1));
    }
    all.into_iter().map(|(.., runs)| runs).collect()
}

/// Starts a worker with `size` connections. Returns also the ids of those with a valid token.
fn start_with_connections(ours: Peer, size: usize, seed: u64) -> (Harness, Visitors, Vec<String>) {
    let (harness, mut visitors) = (Harness::start(ours, seed), Visitors::new(seed));
    let keyring = Keyring::parse(SEALING_KEYS).expect("the tests' keys are valid");
    let app = AppId::parse(NIGHT_MARKET).expect("the app id is valid");
    let subject = |number: usize| Subject::parse(&format!("user-{number}"));
    let ids = (0..INSTALLED).map(|number| ConnectionId::new(CLIENT_ID, &app, subject(number).as_ref()));
    let ids: Vec<String> = ids.map(|id| id.as_str().to_owned()).collect();
    for number in INSTALLED..size {
        // The same entries that the edge writes. Each connection has its own app, as most real ones do.
        let app = App {
            id: AppId::parse(&format!("{number:024x}")).expect("the app id is valid"),
            name: None,
            subdomain: None,
        };
        let subject = subject(number);
        let id = ConnectionId::new(CLIENT_ID, &app.id, subject.as_ref());
        let mut nonce = [0; NONCE];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let record = Record { token: Secret::new("not.a.token"), metadata: BTreeMap::new(), subdomain: None };
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
            harness
                .kv()
                .put(&key, value, Some(&metadata), None, wall_clock())
                .expect("the entry is within the limits of KV");
        }
    }
    run_operations(&harness, &mut visitors, &ids, WARM_UP);
    let count = harness.kv().keys().iter().filter(|key| key.starts_with("connection/")).count();
    assert_eq!(count, size, "the worker has the expected number of connections");
    (harness, visitors, ids)
}

/// Sends `requests` requests of each operation, one at a time. Returns a run per operation.
fn run_operations(
    harness: &Harness,
    visitors: &mut Visitors,
    ids: &[String],
    requests: usize,
) -> Vec<(Operation, Run)> {
    let keyring = Keyring::parse(SEALING_KEYS).expect("the tests' keys are valid");
    let sessions: Vec<String> = (0..INSTALLED)
        .map(|number| {
            let subject = Subject::parse(&format!("user-{number}")).expect("the subject is valid");
            let session = Session::new(subject, iter::empty().collect(), wall_clock())
                .expect("a session without metadata is valid");
            session.seal(&keyring, CLIENT_ID, &[7; NONCE])
        })
        .collect();
    let flows = (0..requests).map(|number| {
        let mut flow = visitors.flow();
        sessions[number % INSTALLED].clone_into(&mut flow.session);
        flow
    });
    let flows: Vec<_> = flows.collect();
    let mut all: Vec<(Operation, Run)> = visitors
        .install_all(harness, flows, 1)
        .into_iter()
        .map(|(phase, run)| {
            (if phase == Phase::Callback { Operation::Callback } else { Operation::Complete }, run)
        })
        .collect();
    let call_path = |number: usize| {
        format!(
            "/v1/connections/{}/api/v2/apps/{NIGHT_MARKET}/conversations?filter%5BuserExternalId%5D=customer-1",
            ids[number % INSTALLED]
        )
    };
    let lists = vec![api_request(harness, "/v1/connections?limit=10"); requests];
    let calls: Vec<Vec<u8>> = (0..requests).map(|number| api_request(harness, &call_path(number))).collect();
    for (operation, requests) in [(Operation::List, lists), (Operation::Call, calls)] {
        let (run, responses) = run(harness, &requests, 1);
        for response in responses {
            assert_eq!(response.status, 200, "{operation:?}: {}", String::from_utf8_lossy(&response.body));
        }
        all.push((operation, run));
    }
    all
}

fn api_request(harness: &Harness, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {API_KEY}\r\n\r\n", harness.host)
        .into_bytes()
}
