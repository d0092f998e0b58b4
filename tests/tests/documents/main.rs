//! Tests of the documents, the type definitions, the size of the Worker, and the invariants of the sources.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic fails the test"
)]

mod docs;
mod fuzz;
mod invariants;
mod openapi;
mod security;
mod size;
mod types;
