//! Measures a worker's memory after as many requests as on a busy day. It never restarts the worker.

use crate::{edge::Measured, flow::get, load::run, peer::Shape};

/// Number of requests before memory is read.
pub const REQUESTS: usize = 100_000;

/// Requests per batch. KV is emptied before each batch, so that only the worker's memory grows.
const BATCH: usize = 10_000;

/// Repeats the first request of an install until the worker has had [`REQUESTS`] requests. Returns its resident memory, in
/// bytes.
pub fn after_many_requests(measured: &mut Measured) -> u64 {
    let Measured { harness, visitors, requests, .. } = measured;
    while *requests < REQUESTS {
        harness.reset();
        let path = match harness.peer.shape {
            Shape::ExchangeInCallback { start, .. } => start.to_owned(),
            Shape::ExchangeByPage => String::new(),
        };
        let batch: Vec<Vec<u8>> = if path.is_empty() {
            let (flow, path) = visitors.authorize(harness);
            vec![get(harness, &path, &flow.cookie); BATCH.min(REQUESTS - *requests)]
        } else {
            vec![get(harness, &path, ""); BATCH.min(REQUESTS - *requests)]
        };
        let (run, responses) = run(harness, &batch, 8);
        assert!(
            responses.iter().all(|response| matches!(response.status, 302 | 303)),
            "{}",
            harness.peer.name
        );
        *requests += run.requests;
    }
    harness.resident_memory()
}
