//! The test harness of one peer: bare workerd, a stand-in Smooch and a KV of its own, connected by sockets.
//!
//! It never measures; it only starts, stops and inspects.

use crate::{
    peer::Peer,
    processor, vendor_api,
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

/// A running peer.
#[derive(Debug)]
pub struct Harness {
    /// The peer.
    pub peer: Peer,
    /// Host and port of the worker, as `127.0.0.1:8787`.
    pub host: String,
    smooch: Arc<Mutex<Smooch>>,
    kv: Arc<Mutex<Kv>>,
    process: Process,
    config: String,
    servers: [Server; 3],
}

impl Harness {
    /// Starts a peer. The stand-in issues the same codes and tokens for the same seed.
    #[must_use]
    pub fn start(peer: Peer, seed: u64) -> Self {
        Self::with_flags(peer, seed, &[])
    }

    /// Starts a peer with flags for V8.
    #[must_use]
    pub fn with_flags(peer: Peer, seed: u64, flags: &[&str]) -> Self {
        let smooch = Arc::new(Mutex::new(Smooch::new(seed, Options::default())));
        let kv = Arc::new(Mutex::new(Kv::default()));
        // Peers write the same key repeatedly and read their own writes.
        lock(&kv).lift_limits();
        let smooch_server = serve_smooch(any_port(), Arc::clone(&smooch), wall_clock).expect("a free port");
        let shared = Arc::clone(&kv);
        let kv_server =
            serve(any_port(), move |request| kv_service::handle(&mut lock(&shared), &request, wall_clock()));
        let kv_server = kv_server.expect("a free port");
        let shared = Arc::clone(&smooch);
        let vendor =
            serve(any_port(), move |request| vendor_api::handle(&mut lock(&shared), &request, wall_clock()));
        let vendor = vendor.expect("a free port");
        let config = config(&peer, smooch_server.address(), flags);
        let servers = [smooch_server, kv_server, vendor];
        let (process, host) = start(&config, servers[1].address(), servers[2].address());
        Self { peer, host, smooch, kv, process, config, servers }
    }

    /// Stops the worker. The stand-in and KV keep running.
    pub fn stop(&mut self) {
        self.process.kill();
    }

    /// Starts the worker again, as a new process.
    pub fn restart(&mut self) {
        let [_, kv, vendor] = &self.servers;
        (self.process, self.host) = start(&self.config, kv.address(), vendor.address());
    }

    /// The origin of the worker.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The stand-in Smooch.
    pub fn smooch(&self) -> MutexGuard<'_, Smooch> {
        lock(&self.smooch)
    }

    /// The KV.
    pub fn kv(&self) -> MutexGuard<'_, Kv> {
        lock(&self.kv)
    }

    /// Empties KV and the stand-in's request log, so that every round starts with the same state.
    pub fn reset(&self) {
        let mut kv = self.kv();
        *kv = Kv::default();
        kv.lift_limits();
        self.smooch().clear_requests();
    }

    /// The process id of the worker.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.0.id()
    }

    /// The processor time of the worker so far.
    #[must_use]
    pub fn cpu_time(&self) -> Duration {
        processor::cpu_time(self.process_id())
    }

    /// The resident memory of the worker, in bytes.
    #[must_use]
    pub fn resident_memory(&self) -> u64 {
        processor::resident_memory(self.process_id())
    }

    /// Sends one request over a new connection.
    #[must_use]
    pub fn send(&self, request: &[u8]) -> Answer {
        let mut wire = Wire::connect(&self.host).expect("the worker listens");
        wire.ask(request).expect("the worker responds")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}
