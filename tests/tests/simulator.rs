//! Every scenario, in memory.

use tests::{simulator::Simulator, world::World};

macro_rules! play {
    ($($module:ident::$name:ident,)*) => {$(
        #[test]
        fn $name() {
            tests::scenarios::$module::$name(&|setup| Box::new(Simulator::new(setup)) as Box<dyn World>);
        }
    )*};
}

tests::every_scenario!(play);
tests::every_simulated_scenario!(play);
