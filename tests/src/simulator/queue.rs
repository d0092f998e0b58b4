//! The queue of deliveries, as a value.

use edge::platform::Millis;

/// The queue of deliveries.
#[derive(Debug, Default)]
pub struct Queue {
    /// Messages that wait for their delivery.
    pub messages: Vec<Message>,
    /// Messages whose last attempt has failed.
    pub dead_letters: Vec<String>,
    /// Makes every send to the queue fail.
    pub is_closed: bool,
}

/// A message in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The event as JSON.
    pub body: String,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The time of the next attempt.
    pub due: Millis,
}
