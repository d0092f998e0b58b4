//! Every scenario, by the real worker in workerd.

use tests::{workerd::Workerd, world::World};

macro_rules! play {
    ($($module:ident::$name:ident,)*) => {$(
        #[test]
        fn $name() {
            tests::scenarios::$module::$name(&|setup| Box::new(Workerd::new(setup)) as Box<dyn World>);
        }
    )*};
}

tests::every_scenario!(play);
