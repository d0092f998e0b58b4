//! The parts that the tests share: the world in memory ([`simulator`]) and the world with the real Worker ([`workerd`]), a
//! partner's page without a browser ([`page`]), the browsers, and the three servers of the demo ([`environment`]).
#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "this is test code: a panic fails the test"
)]

pub mod browser;
pub mod clock;
pub mod environment;
pub mod faults;
pub mod fixtures;
pub mod kv;
pub mod kv_service;
pub mod page;
pub mod partner;
pub mod receiver;
pub mod simulator;
pub mod soak;
pub mod tools;
pub mod vars;
pub mod walkthrough;
pub mod wire;
pub mod workerd;
pub mod world;
pub mod wrangler;
