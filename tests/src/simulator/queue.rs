//! The queue of deliveries, with the retries that Cloudflare Queues makes.

use super::Simulator;
use crate::world::World as _;
use edge::{
    delivery::{SCHEDULE, Verdict, deliver},
    platform::Millis,
};
use futures_executor::block_on;

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

impl Simulator {
    /// Hands each due message to the edge once. A message is then acknowledged, put back with its delay, or, after the
    /// last retry, moved to the dead letters.
    pub fn deliver(&mut self) {
        let now = self.now();
        let (due, later): (Vec<_>, Vec<_>) =
            self.queue().messages.drain(..).partition(|message| message.due <= now);
        self.queue().messages = later;
        for Message { body, attempts, .. } in due {
            let attempts = attempts + 1;
            let settings = self.settings.as_ref().as_ref().map_err(Vec::as_slice);
            match block_on(deliver(settings, &*self.platform, &body, attempts)) {
                Verdict::Acknowledge => {}
                Verdict::Retry(_) if attempts as usize > SCHEDULE.len() => {
                    self.queue().dead_letters.push(body);
                }
                Verdict::Retry(seconds) => {
                    let due = self.now() + u64::from(seconds) * 1000;
                    self.queue().messages.push(Message { body, attempts, due });
                }
            }
        }
    }
}
