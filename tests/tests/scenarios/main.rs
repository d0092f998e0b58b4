//! The scenarios: what the edge promises to pages, partners and owners, each written once.
//!
//! [`scenario!`] makes two tests of a function: `…::in_memory` runs it in the simulator, and `…::in_workerd` runs it
//! against the built Worker. [`scenario_in_memory!`] makes only the first, for a scenario whose clock jumps over days.
//! Both are used as attributes: `#[apply(scenario)]`.
#![expect(clippy::indexing_slicing, clippy::panic, reason = "a panic fails the test")]

/// Makes the tests `in_memory` and `in_workerd` of a function.
macro_rules! scenario {
    ($(#[$attribute:meta])* fn $name:ident($start:ident: Start<'_>) $body:block) => {
        $(#[$attribute])*
        fn $name($start: Start<'_>) $body

        mod $name {
            #[test]
            fn in_memory() {
                super::$name(&tests::simulator::in_memory);
            }

            #[test]
            fn in_workerd() {
                super::$name(&tests::workerd::in_workerd);
            }
        }
    };
}

/// Makes the test `in_memory` of a function. The real Worker's clock does not jump.
macro_rules! scenario_in_memory {
    ($(#[$attribute:meta])* fn $name:ident($start:ident: Start<'_>) $body:block) => {
        $(#[$attribute])*
        fn $name($start: Start<'_>) $body

        mod $name {
            #[test]
            fn in_memory() {
                super::$name(&tests::simulator::in_memory);
            }
        }
    };
}

mod api;
mod attacks;
mod callback;
mod complete;
mod escrow;
mod events;
mod faults;
mod install;
mod log;
mod removal;
mod secrets;
mod sessions;
mod settings;
mod setup;
mod upkeep;
mod v1;
