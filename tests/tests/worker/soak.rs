//! A minute of load with faults. `make soak` runs ten minutes.

use std::time::Duration;
use tests::soak::soak;

#[test]
fn after_a_minute_of_load_with_faults_every_token_is_accounted_for() {
    let totals = soak(Duration::from_secs(60), &|_| {});
    // A run without traffic or without faults would prove nothing.
    assert!(totals.connected.len() > 100 && totals.answered > 300, "{totals:?}");
    assert!(totals.retries + totals.failed > 0, "no request met a fault: {totals:?}");
}
