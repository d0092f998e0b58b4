//! One peer in bare workerd, with a Smooch and a KV of its own behind it, over sockets.

use crate::{
    bend,
    peer::Peer,
    processor,
    workerd::{config, start},
};
use stand_in::{Options, Server, Smooch, serve, serve_smooch};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tests::wire::{Answer, Wire};
use tests::{clock::wall_clock, kv::Kv, kv_service, tools::Process};

/// A peer that runs.
#[derive(Debug)]
pub struct Rig {
    /// Who it is.
    pub peer: Peer,
    /// Host and port of the worker.
    pub host: String,
    smooch: Arc<Mutex<Smooch>>,
    kv: Arc<Mutex<Kv>>,
    process: Process,
    config: String,
    servers: [Server; 3],
}

impl Rig {
    /// Starts a peer, with a Smooch that gives the same codes and tokens for the same seed.
    #[must_use]
    pub fn start(peer: Peer, seed: u64) -> Self {
        Self::with_flags(peer, seed, &[])
    }

    /// The same with flags for V8.
    #[must_use]
    pub fn with_flags(peer: Peer, seed: u64, flags: &[&str]) -> Self {
        let smooch = Arc::new(Mutex::new(Smooch::new(seed, Options::default())));
        let kv = Arc::new(Mutex::new(Kv::default()));
        // Peers write the same key again and again, and look for what they have just written.
        lock(&kv).be_immediate();
        let smooch_server = serve_smooch(any_port(), Arc::clone(&smooch), wall_clock).expect("a free port");
        let served = Arc::clone(&kv);
        let kv_server =
            serve(any_port(), move |request| kv_service::handle(&mut lock(&served), &request, wall_clock()));
        let kv_server = kv_server.expect("a free port");
        let served = Arc::clone(&smooch);
        let bent = serve(any_port(), move |request| bend::handle(&mut lock(&served), &request, wall_clock()));
        let bent = bent.expect("a free port");
        let config = config(&peer, smooch_server.address(), flags);
        let servers = [smooch_server, kv_server, bent];
        let (process, host) = start(&config, servers[1].address(), servers[2].address());
        Self { peer, host, smooch, kv, process, config, servers }
    }

    /// Ends the worker. What is behind it stays.
    pub fn stop(&mut self) {
        self.process.end();
    }

    /// Starts the worker anew.
    pub fn restart(&mut self) {
        let [_, kv, bent] = &self.servers;
        (self.process, self.host) = start(&self.config, kv.address(), bent.address());
    }

    /// Where the worker is, as a browser says it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// A look into its Smooch.
    pub fn smooch(&self) -> MutexGuard<'_, Smooch> {
        lock(&self.smooch)
    }

    /// A look into its KV.
    pub fn kv(&self) -> MutexGuard<'_, Kv> {
        lock(&self.kv)
    }

    /// Empties KV and forgets what Smooch was asked, so that every round finds the same.
    pub fn tidy(&self) {
        let mut kv = self.kv();
        *kv = Kv::default();
        kv.be_immediate();
        self.smooch().clear_requests();
    }

    /// The id of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process.0.id()
    }

    /// The processor time that the worker has used so far.
    #[must_use]
    pub fn used(&self) -> Duration {
        processor::used(self.process())
    }

    /// The memory that the worker has in use.
    #[must_use]
    pub fn resident(&self) -> u64 {
        processor::resident(self.process())
    }

    /// Asks once, over a connection of its own.
    #[must_use]
    pub fn ask(&self, request: &[u8]) -> Answer {
        let mut wire = Wire::connect(&self.host).expect("the worker listens");
        wire.ask(request).expect("the worker answers")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}
