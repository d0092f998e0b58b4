//! A platform with a budget of requests. Once it is used up, each further request fails as if the other side did not answer,
//! so a run never meets Cloudflare's limit of subrequests in the middle of its work.

use crate::platform::{
    Answer, Document, Entry, FetchError, Forward, Forwarded, KvError, Millis, Outgoing, Page, Platform, Put,
    QueueError,
};
use std::cell::Cell;

/// Another platform, and how many requests may still be made.
#[derive(Debug)]
pub struct Budgeted<'a, P> {
    platform: &'a P,
    most: u32,
    left: Cell<u32>,
}

impl<'a, P: Platform> Budgeted<'a, P> {
    /// `platform` with at most `most` requests, to KV and elsewhere.
    #[must_use]
    pub const fn new(platform: &'a P, most: u32) -> Self {
        Self { platform, most, left: Cell::new(most) }
    }

    /// `platform` with a budget that is never used up. With it the generic code of this crate is compiled once, for
    /// `Budgeted`, and not a second time for the platform itself: 5 KB of the Worker, gzip.
    #[must_use]
    pub const fn unlimited(platform: &'a P) -> Self {
        Self::new(platform, u32::MAX)
    }

    /// How many are left.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.left.get()
    }

    /// How many were made.
    #[must_use]
    pub const fn spent(&self) -> u32 {
        self.most.saturating_sub(self.left.get())
    }

    fn spend<E>(&self, refusal: E) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or(refusal)?;
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

    async fn allowed(&self, limit: crate::platform::Limit, key: &str) -> bool {
        self.platform.allowed(limit, key).await
    }

    fn log(&self, line: &str) {
        self.platform.log(line);
    }
}
