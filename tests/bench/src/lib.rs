//! The benchmark: compares the edge and the embed with alternatives, in one run on one machine.
//!
//! A complete run writes `docs/benchmarks.md`. It never uses the network beyond loopback.
#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a terminal program: a panic is a failed run, and no figure is near 2^52"
)]

pub mod bound;
pub mod bundle;
pub mod button;
pub mod cold_start;
pub mod edge;
pub mod figures;
pub mod flow;
pub mod growth;
pub mod harness;
pub mod load;
pub mod machine;
pub mod memory;
pub mod peer;
pub mod plot;
pub mod probe;
pub mod processor;
pub mod profile;
pub mod report;
pub mod size;
pub mod vendor_api;
pub mod workerd;
