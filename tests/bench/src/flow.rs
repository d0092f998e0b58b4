//! Installs in batches, phase by phase: all flows of a batch send their first request, then all send their second.
//!
//! The work between two requests of a flow, such as the person's clicks at Smooch, runs between phases and is never measured.

use crate::{
    harness::Harness,
    load::{Run, run},
    peer::Shape,
};
use form_urlencoded::Serializer;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use shared::{Site, State, Verifier};
use stand_in::{Owner, accounts::OWNER};
use tests::wire::Answer;
use tests::{clock::wall_clock, world::PARTNER};

/// The app that every person connects.
const APP: &str = "Night Market";

/// A request of an install.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The Worker makes the state and redirects the person to Smooch.
    Start,
    /// The callback, if it only redirects to the page.
    Callback,
    /// The request that exchanges the code and stores the token: `/complete`, or the callback of other peers.
    Finish,
}

impl Phase {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Start, Self::Callback, Self::Finish];
}

/// People who connect, each with their own browser.
#[derive(Debug)]
pub struct Visitors {
    random: ChaCha8Rng,
    owner: Owner,
}

/// The state of a flow, as the browser has it.
#[derive(Clone, Debug)]
pub struct Flow {
    verifier: Verifier,
    /// The `state` of the authorization request.
    pub state: String,
    /// The `Cookie` header, or an empty text.
    pub cookie: String,
    /// The receipt from the callback's redirect.
    pub receipt: String,
    /// The session of the partner's user, or an empty text.
    pub session: String,
}

impl Visitors {
    /// People whose verifiers are the same for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), owner: Owner::new(OWNER) }
    }

    /// Runs installs of `people` over `concurrency` connections. Returns a run per phase.
    ///
    /// # Panics
    ///
    /// If an install fails.
    pub fn install(&mut self, harness: &Harness, people: usize, concurrency: usize) -> Vec<(Phase, Run)> {
        let flows = (0..people).map(|_| self.flow()).collect();
        self.install_all(harness, flows, concurrency)
    }

    /// Runs installs of these flows over `concurrency` connections. Returns a run per phase.
    pub fn install_all(
        &mut self,
        harness: &Harness,
        mut flows: Vec<Flow>,
        concurrency: usize,
    ) -> Vec<(Phase, Run)> {
        let mut runs = Vec::new();
        if let Shape::ExchangeInCallback { start, .. } = harness.peer.shape {
            let starts: Vec<Vec<u8>> = flows.iter().map(|_| get(harness, start, "")).collect();
            let (start, responses) = run(harness, &starts, concurrency);
            flows.iter_mut().zip(responses).for_each(|(flow, response)| flow.started(harness, &response));
            runs.push((Phase::Start, start));
        }
        let callbacks: Vec<Vec<u8>> = self
            .allow(harness, &flows)
            .iter()
            .zip(&flows)
            .map(|(path, flow)| get(harness, path, &flow.cookie))
            .collect();
        let finishes = match harness.peer.shape {
            Shape::ExchangeInCallback { .. } => callbacks,
            Shape::ExchangeByPage => {
                let (callback, responses) = run(harness, &callbacks, concurrency);
                flows
                    .iter_mut()
                    .zip(responses)
                    .for_each(|(flow, response)| flow.returned(harness, &response));
                runs.push((Phase::Callback, callback));
                flows.iter().map(|flow| flow.completion(harness)).collect()
            }
        };
        let (finish, responses) = run(harness, &finishes, concurrency);
        for response in responses {
            assert!(harness.peer.shape.connected(&response), "{}: {response:?}", harness.peer.name);
        }
        runs.push((Phase::Finish, finish));
        runs
    }

    /// Runs a new flow up to Smooch's redirect. Returns the flow, and the path and query of the callback.
    pub fn authorize(&mut self, harness: &Harness) -> (Flow, String) {
        let mut flow = self.flow();
        if let Shape::ExchangeInCallback { start, .. } = harness.peer.shape {
            flow.started(harness, &harness.send(&get(harness, start, "")));
        }
        let path = self.allow(harness, std::slice::from_ref(&flow)).remove(0);
        (flow, path)
    }

    /// A new flow that has sent no request.
    pub fn flow(&mut self) -> Flow {
        let mut bytes = [0; 32];
        self.random.fill_bytes(&mut bytes);
        let verifier = Verifier::from_bytes(&bytes);
        let site = Site::parse("main").expect("the site's name is valid");
        let state = State { site, challenge: verifier.challenge() }.to_text();
        let cookie = format!("state={state}");
        Flow { verifier, state, cookie, receipt: String::new(), session: String::new() }
    }

    /// An attacker who has the callback URL of another flow, but not the cookie and the verifier of its browser.
    pub fn attacker(&mut self, flow: &Flow) -> Flow {
        Flow { cookie: String::new(), state: flow.state.clone(), ..self.flow() }
    }

    /// Allows access for each flow. Returns the path and query of each callback.
    pub fn allow(&mut self, harness: &Harness, flows: &[Flow]) -> Vec<String> {
        let path = match harness.peer.shape {
            Shape::ExchangeByPage => "/callback",
            Shape::ExchangeInCallback { callback, .. } => callback,
        };
        let redirect_uri = format!("{}{path}", harness.origin());
        let mut smooch = harness.smooch();
        smooch.clear_requests();
        smooch.options_mut().redirect_uris = vec![redirect_uri.clone()];
        let mut allow = |flow: &Flow| {
            let link = authorize_url(&redirect_uri, &flow.state);
            let visit = |request| smooch.handle(&request, wall_clock());
            let back = self.owner.allow(&link, APP, visit).expect("the owner can allow");
            back[harness.origin().len()..].to_owned()
        };
        flows.iter().map(&mut allow).collect()
    }
}

impl Flow {
    /// Reads the redirect to Smooch: state and cookies.
    fn started(&mut self, harness: &Harness, response: &Answer) {
        assert_eq!(response.status, 302, "{}: {response:?}", harness.peer.name);
        let location = response.header("location").unwrap_or_default();
        self.state = parameter(location.split_once('?').map_or("", |(_, query)| query), "state");
        self.cookie = response.cookies().collect::<Vec<_>>().join("; ");
    }

    /// Reads the callback's redirect to the page: the receipt.
    pub fn returned(&mut self, harness: &Harness, response: &Answer) {
        assert_eq!(response.status, 303, "{}: {response:?}", harness.peer.name);
        let location = response.header("location").unwrap_or_default();
        self.receipt =
            parameter(location.split_once('#').map_or("", |(_, fragment)| fragment), "smooch.receipt");
    }

    /// The request with which the page finishes the flow.
    #[must_use]
    pub fn completion(&self, harness: &Harness) -> Vec<u8> {
        let mut form = Serializer::new(String::new());
        form.append_pair("receipt", &self.receipt).append_pair("verifier", self.verifier.expose());
        for name in ["session", "started_session"] {
            if !self.session.is_empty() {
                form.append_pair(name, &self.session);
            }
        }
        // A peer with the state in a cookie compares the cookie with this field.
        form.append_pair("state", &self.state);
        let form = form.finish();
        let cookie = cookie(&self.cookie);
        format!(
            "POST /complete HTTP/1.1\r\nhost: {}\r\norigin: {PARTNER}\r\n{cookie}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            harness.host,
            form.len()
        )
        .into_bytes()
    }
}

/// A GET request as a browser sends it.
#[must_use]
pub fn get(harness: &Harness, path: &str, cookies: &str) -> Vec<u8> {
    let cookie = cookie(cookies);
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept: */*\r\n{cookie}\r\n", harness.host).into_bytes()
}

fn cookie(cookies: &str) -> String {
    if cookies.is_empty() { String::new() } else { format!("cookie: {cookies}\r\n") }
}

fn authorize_url(redirect_uri: &str, state: &str) -> String {
    let query = Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", stand_in::CLIENT_ID)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", state)
        .finish();
    format!("http://smooch.example/oauth/authorize?{query}")
}

fn parameter(encoded: &str, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(encoded.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
