//! What the tests stand on: a simulated world and a real one, a page without a browser, the scenarios that play in
//! both, and the stage that the demo and the browser tests share.
#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "all of this is test code: where it panics, a test has failed"
)]

pub mod browser;
pub mod clock;
pub mod faults;
pub mod kv;
pub mod kv_service;
pub mod page;
pub mod partner;
pub mod play;
pub mod receiver;
pub mod scenarios;
pub mod simulator;
pub mod soak;
pub mod stage;
pub mod tools;
pub mod vars;
pub mod walk;
pub mod wire;
pub mod workerd;
pub mod world;
pub mod wrangler;
