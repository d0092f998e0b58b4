//! What a worker has grown to after as many requests as a busy day brings.

use crate::{edge::Measured, flow::get, load::run, peer::Shape};

/// After how many requests the memory is read.
pub const REQUESTS: usize = 100_000;

/// Requests between two looks at KV, which is emptied so that it does not grow instead.
const BATCH: usize = 10_000;

/// Leads a worker that was measured to [`REQUESTS`], with the first request of an install over and over, and returns
/// what it has in memory then, in bytes.
pub fn after_many(measured: &mut Measured) -> u64 {
    let Measured { rig, crowd, requests, .. } = measured;
    while *requests < REQUESTS {
        rig.tidy();
        let path = match rig.peer.shape {
            Shape::AtOnce { start, .. } => start.to_owned(),
            Shape::Bounce => String::new(),
        };
        let batch: Vec<Vec<u8>> = if path.is_empty() {
            let (flow, path) = crowd.arrive(rig);
            vec![get(rig, &path, &flow.cookie); BATCH.min(REQUESTS - *requests)]
        } else {
            vec![get(rig, &path, ""); BATCH.min(REQUESTS - *requests)]
        };
        let (run, answers) = run(rig, &batch, 8);
        assert!(answers.iter().all(|answer| matches!(answer.status, 302 | 303)), "{}", rig.peer.name);
        *requests += run.requests;
    }
    rig.resident()
}
