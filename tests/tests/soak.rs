//! A minute of load with faults; `make soak` has ten.

use std::time::Duration;
use tests::soak::soak;

#[test]
fn after_a_minute_of_faults_the_books_balance() {
    let books = soak(Duration::from_secs(60), &|_| {});
    // One in which nothing happened would show nothing.
    assert!(books.connected.len() > 100 && books.answered > 300, "{books:?}");
    assert!(books.again + books.failed > 0, "no fault was met: {books:?}");
}
