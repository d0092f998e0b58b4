//! Installs in batches, leg by leg: all flows of a batch make their first request, then all their second. What lies
//! between two requests of a flow, the person at Smooch and the reading of answers, is done between legs and measured
//! with none of them.

use crate::{
    load::{Run, run},
    peer::Shape,
    rig::Rig,
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

/// The app that everybody connects.
const APP: &str = "Night Market";

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

impl Leg {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Start, Self::Callback, Self::Finish];
}

/// People who connect, each with a browser of their own.
#[derive(Debug)]
pub struct Crowd {
    random: ChaCha8Rng,
    owner: Owner,
}

/// A flow on its way.
#[derive(Clone, Debug)]
pub struct Flow {
    verifier: Verifier,
    /// The state that goes to Smooch and comes back.
    pub state: String,
    /// What the browser says in `Cookie`; empty for nothing.
    pub cookie: String,
    /// What the callback's bounce brought.
    pub receipt: String,
    /// Whose connection it will be; empty for nobody's.
    pub session: String,
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
    pub fn install(&mut self, rig: &Rig, people: usize, at_once: usize) -> Vec<(Leg, Run)> {
        let flows = (0..people).map(|_| self.flow()).collect();
        self.install_all(rig, flows, at_once)
    }

    /// The same for flows that are known.
    pub fn install_all(&mut self, rig: &Rig, mut flows: Vec<Flow>, at_once: usize) -> Vec<(Leg, Run)> {
        let mut runs = Vec::new();
        if let Shape::AtOnce { start, .. } = rig.peer.shape {
            let starts: Vec<Vec<u8>> = flows.iter().map(|_| get(rig, start, "")).collect();
            let (start, answers) = run(rig, &starts, at_once);
            flows.iter_mut().zip(answers).for_each(|(flow, answer)| flow.sent_away(rig, &answer));
            runs.push((Leg::Start, start));
        }
        let callbacks: Vec<Vec<u8>> = self
            .allow(rig, &flows)
            .iter()
            .zip(&flows)
            .map(|(path, flow)| get(rig, path, &flow.cookie))
            .collect();
        let finishes = match rig.peer.shape {
            Shape::AtOnce { .. } => callbacks,
            Shape::Bounce => {
                let (callback, answers) = run(rig, &callbacks, at_once);
                flows.iter_mut().zip(answers).for_each(|(flow, answer)| flow.bounced(rig, &answer));
                runs.push((Leg::Callback, callback));
                flows.iter().map(|flow| flow.completion(rig)).collect()
            }
        };
        let (finish, answers) = run(rig, &finishes, at_once);
        for answer in answers {
            assert!(rig.peer.shape.connected(&answer), "{}: {answer:?}", rig.peer.name);
        }
        runs.push((Leg::Finish, finish));
        runs
    }

    /// One person's flow, up to where Smooch sends them back: it, and the callback's path.
    pub fn arrive(&mut self, rig: &Rig) -> (Flow, String) {
        let mut flow = self.flow();
        if let Shape::AtOnce { start, .. } = rig.peer.shape {
            flow.sent_away(rig, &rig.ask(&get(rig, start, "")));
        }
        let path = self.allow(rig, std::slice::from_ref(&flow)).remove(0);
        (flow, path)
    }

    /// A flow that has not started.
    pub fn flow(&mut self) -> Flow {
        let mut bytes = [0; 32];
        self.random.fill_bytes(&mut bytes);
        let verifier = Verifier::from_bytes(&bytes);
        let site = Site::parse("main").expect("a site's name");
        let state = State { site, challenge: verifier.challenge() }.to_text();
        let cookie = format!("state={state}");
        Flow { verifier, state, cookie, receipt: String::new(), session: String::new() }
    }

    /// Somebody who has the address that another flow comes back to, and nothing that its browser keeps.
    pub fn stranger(&mut self, flow: &Flow) -> Flow {
        Flow { cookie: String::new(), state: flow.state.clone(), ..self.flow() }
    }

    /// Has each flow's owner allow access: the path and query of the callback that Smooch sends them to.
    pub fn allow(&mut self, rig: &Rig, flows: &[Flow]) -> Vec<String> {
        let path = match rig.peer.shape {
            Shape::Bounce => "/callback",
            Shape::AtOnce { callback, .. } => callback,
        };
        let redirect_uri = format!("{}{path}", rig.origin());
        let mut smooch = rig.smooch();
        smooch.clear_requests();
        smooch.options_mut().redirect_uris = vec![redirect_uri.clone()];
        let mut allow = |flow: &Flow| {
            let link = authorize(&redirect_uri, &flow.state);
            let visit = |request| smooch.handle(&request, wall_clock());
            let back = self.owner.allow(&link, APP, visit).expect("the owner can allow");
            back[rig.origin().len()..].to_owned()
        };
        flows.iter().map(&mut allow).collect()
    }
}

impl Flow {
    /// Takes up what the worker's start says.
    fn sent_away(&mut self, rig: &Rig, answer: &Answer) {
        assert_eq!(answer.status, 302, "{}: {answer:?}", rig.peer.name);
        let location = answer.header("location").unwrap_or_default();
        self.state = pair(location.split_once('?').map_or("", |(_, query)| query), "state");
        self.cookie = answer.cookies().collect::<Vec<_>>().join("; ");
    }

    /// Takes up what the callback's bounce says.
    pub fn bounced(&mut self, rig: &Rig, answer: &Answer) {
        assert_eq!(answer.status, 303, "{}: {answer:?}", rig.peer.name);
        let location = answer.header("location").unwrap_or_default();
        self.receipt = pair(location.split_once('#').map_or("", |(_, fragment)| fragment), "smooch.receipt");
    }

    /// What the page posts to finish.
    #[must_use]
    pub fn completion(&self, rig: &Rig) -> Vec<u8> {
        let mut form = Serializer::new(String::new());
        form.append_pair("receipt", &self.receipt).append_pair("verifier", self.verifier.expose());
        for name in ["session", "started_session"] {
            if !self.session.is_empty() {
                form.append_pair(name, &self.session);
            }
        }
        // A peer that keeps the state in a cookie holds it against the one that the page knows.
        form.append_pair("state", &self.state);
        let form = form.finish();
        let cookie = cookie(&self.cookie);
        format!(
            "POST /complete HTTP/1.1\r\nhost: {}\r\norigin: {PARTNER}\r\n{cookie}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            rig.host,
            form.len()
        )
        .into_bytes()
    }
}

/// A GET as a browser sends it.
#[must_use]
pub fn get(rig: &Rig, path: &str, cookies: &str) -> Vec<u8> {
    let cookie = cookie(cookies);
    format!("GET {path} HTTP/1.1\r\nhost: {}\r\naccept: */*\r\n{cookie}\r\n", rig.host).into_bytes()
}

fn cookie(cookies: &str) -> String {
    if cookies.is_empty() { String::new() } else { format!("cookie: {cookies}\r\n") }
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

fn pair(encoded: &str, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(encoded.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
