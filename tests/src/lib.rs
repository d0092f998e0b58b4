//! What the tests stand on: a simulated world and a real one, a page without a browser, and the scenarios that
//! play in both.
#![expect(
    clippy::missing_panics_doc,
    clippy::expect_used,
    reason = "all of this is test code: where it panics, a test has failed"
)]

pub mod kv;
pub mod kv_service;
pub mod page;
pub mod scenarios;
pub mod simulator;
pub mod tools;
pub mod workerd;
pub mod world;
