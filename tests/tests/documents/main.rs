//! Tests of the documents, the type definitions, the size of the Worker, and the invariants of the sources.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic fails the test"
)]

mod docs;
mod embed;
mod fuzz;
mod invariants;
mod openapi;
mod security;
mod size;
mod types;

/// The error codes that only the client reports.
const CLIENT_CODES: [&str; 5] =
    ["access_denied", "wrong_browser", "unsupported", "window_closed", "edge_unreachable"];
