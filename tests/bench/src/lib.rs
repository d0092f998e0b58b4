//! What the edge and the embed cost, measured beside what people would pick instead: one run, one machine, everything
//! side by side. It ends in `docs/benchmarks.md`.
#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a program for the terminal: where it panics, the run has failed, and no figure of it is near 2^52"
)]

pub mod bend;
pub mod bound;
pub mod bundle;
pub mod button;
pub mod cold;
pub mod edge;
pub mod figures;
pub mod flow;
pub mod growth;
pub mod load;
pub mod machine;
pub mod memory;
pub mod peer;
pub mod plot;
pub mod probe;
pub mod processor;
pub mod profile;
pub mod report;
pub mod rig;
pub mod weight;
pub mod workerd;
