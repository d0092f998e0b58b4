//! [`Platform`] on Cloudflare: the clock, randomness, outgoing requests, KV, the queue, rate limiters and the log.

use crate::{deployment::Deployment, js, kv::Kv, outgoing};
use edge::platform::{
    Answer, Document, Entry, FetchError, Forward, Forwarded, KvError, Limit, Millis, Outgoing, Page,
    Platform, Put, QueueError,
};
use js_sys::Date;
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen::JsValue;
use web_sys::ReadableStream;
use worker::{Delay, QueueContentType, RawMessageBuilder};

pub(crate) struct Cloudflare {
    pub(crate) deployment: Rc<Deployment>,
    /// Random bytes of this request that were not used yet. An install draws 46 bytes in three parts. One call for 48
    /// bytes costs as much as one for 10.
    random: RefCell<Vec<u8>>,
}

/// Random bytes that are fetched at once.
const RANDOM_BATCH: usize = 48;

impl Cloudflare {
    pub(crate) const fn new(deployment: Rc<Deployment>) -> Self {
        Self { deployment, random: RefCell::new(Vec::new()) }
    }

    fn kv(&self) -> Result<&Kv, KvError> {
        self.deployment.kv.as_ref().ok_or(KvError::Unavailable)
    }
}

impl Platform for Cloudflare {
    type Stream = ReadableStream;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time since 1970 in whole milliseconds"
    )]
    fn now(&self) -> Millis {
        Date::now() as Millis
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut unused = self.random.borrow_mut();
        if unused.len() < N {
            unused.resize(RANDOM_BATCH.max(N), 0);
            // Without randomness a nonce would repeat, so the request has to fail.
            getrandom::fill(&mut unused).expect("Web Crypto is available in every request");
        }
        let bytes = *unused.last_chunk().expect("the batch has at least the bytes that are asked for");
        let rest = unused.len().saturating_sub(N);
        unused.truncate(rest);
        bytes
    }

    async fn sleep(&self, milliseconds: u32) {
        Delay::from(Duration::from_millis(milliseconds.into())).await;
    }

    async fn fetch(&self, request: Outgoing<'_>) -> Result<Answer, FetchError> {
        outgoing::fetch(&request).await
    }

    async fn load(&self, request: Outgoing<'_>, longest: usize) -> Result<Document, FetchError> {
        outgoing::load(&request, longest).await
    }

    async fn forward(
        &self,
        request: Forward<'_, ReadableStream>,
    ) -> Result<Forwarded<ReadableStream>, FetchError> {
        outgoing::forward(request).await
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        self.kv()?.get(key).await
    }

    async fn kv_put(&self, put: Put<'_>) -> Result<(), KvError> {
        self.kv()?.put(put).await
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.kv()?.delete(key).await
    }

    async fn kv_list(&self, prefix: &str, cursor: Option<&str>, limit: u16) -> Result<Page, KvError> {
        self.kv()?.list(prefix, cursor, limit).await
    }

    async fn enqueue(&self, event: &str) -> Result<(), QueueError> {
        let queue = self.deployment.queue.as_ref().ok_or(QueueError)?;
        let message = RawMessageBuilder::new(JsValue::from_str(event));
        let message = message.build_with_content_type(QueueContentType::Text);
        queue.send_raw(message).await.map_err(|_| QueueError)
    }

    async fn allowed(&self, limit: Limit, key: &str) -> bool {
        let limiter = match limit {
            Limit::Requests => &self.deployment.requests,
            Limit::Hints => &self.deployment.hints,
        };
        let Some(limiter) = limiter else { return true };
        // If the limiter fails, the request is allowed.
        limiter.limit(key.into()).await.map_or(true, |outcome| outcome.success)
    }

    fn log(&self, line: &str) {
        js::log(line);
    }
}
