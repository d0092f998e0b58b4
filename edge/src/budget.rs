//! A platform with a budget of requests. When the budget is used up, each further request fails as if the other side
//! did not answer. So a run never reaches Cloudflare's limit of subrequests in the middle of its work.

use crate::platform::{
    Answer, Document, Entry, FetchError, Forward, Forwarded, KvError, Limit, Millis, Outgoing, Page,
    Platform, Put, QueueError,
};
use std::cell::Cell;

/// A platform, and the number of requests that may still be sent through it.
#[derive(Debug)]
pub struct Budgeted<'a, P> {
    platform: &'a P,
    budget: u32,
    left: Cell<u32>,
}

impl<'a, P: Platform> Budgeted<'a, P> {
    /// Limits `platform` to `budget` requests to KV, to the queue and to other hosts.
    #[must_use]
    pub const fn new(platform: &'a P, budget: u32) -> Self {
        Self { platform, budget, left: Cell::new(budget) }
    }

    /// `platform` with a budget that is never used up. Handlers use it so that the generic code of this crate is
    /// compiled only for `Budgeted`, and not a second time for the platform itself: 5 KB of the Worker, gzip.
    #[must_use]
    pub const fn unlimited(platform: &'a P) -> Self {
        Self::new(platform, u32::MAX)
    }

    /// The number of requests that may still be sent.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.left.get()
    }

    /// The number of requests that were sent.
    #[must_use]
    pub const fn spent(&self) -> u32 {
        self.budget.saturating_sub(self.left.get())
    }

    fn spend<E>(&self, error: E) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or(error)?;
        self.left.set(left);
        Ok(())
    }
}

impl<P: Platform> Platform for Budgeted<'_, P> {
    type Stream = P::Stream;

    fn now(&self) -> Millis {
        self.platform.now()
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        self.platform.random()
    }

    async fn sleep(&self, milliseconds: u32) {
        self.platform.sleep(milliseconds).await;
    }

    async fn fetch(&self, request: Outgoing<'_>) -> Result<Answer, FetchError> {
        self.spend(FetchError::Lost)?;
        self.platform.fetch(request).await
    }

    async fn load(&self, request: Outgoing<'_>, longest: usize) -> Result<Document, FetchError> {
        self.spend(FetchError::Lost)?;
        self.platform.load(request, longest).await
    }

    async fn forward(&self, request: Forward<'_, P::Stream>) -> Result<Forwarded<P::Stream>, FetchError> {
        self.spend(FetchError::Lost)?;
        self.platform.forward(request).await
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        self.spend(KvError::Unavailable)?;
        self.platform.kv_get(key).await
    }

    async fn kv_put(&self, put: Put<'_>) -> Result<(), KvError> {
        self.spend(KvError::Unavailable)?;
        self.platform.kv_put(put).await
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.spend(KvError::Unavailable)?;
        self.platform.kv_delete(key).await
    }

    async fn kv_list(&self, prefix: &str, cursor: Option<&str>, limit: u16) -> Result<Page, KvError> {
        self.spend(KvError::Unavailable)?;
        self.platform.kv_list(prefix, cursor, limit).await
    }

    async fn enqueue(&self, event: &str) -> Result<(), QueueError> {
        self.spend(QueueError)?;
        self.platform.enqueue(event).await
    }

    async fn allowed(&self, limit: Limit, key: &str) -> bool {
        self.platform.allowed(limit, key).await
    }

    fn log(&self, line: &str) {
        self.platform.log(line);
    }
}
