//! The trait through which the edge reaches the world: time, randomness, outgoing requests, KV, the queue, rate
//! limits and the log.
//!
//! The Worker implements it on Cloudflare's platform, the tests in a simulator. No other module of this crate does
//! I/O, reads a clock or draws randomness.

use std::future::Future;
use thiserror::Error;

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;

/// Whole seconds since 1970-01-01 UTC (`NumericDate` of RFC 7519 §2), the unit of all times in responses and events.
#[must_use]
pub const fn seconds(at: Millis) -> u64 {
    at / 1000
}

/// The environment that the edge runs in.
pub trait Platform {
    /// A body that is streamed through without being read.
    type Stream;

    /// The time now.
    fn now(&self) -> Millis;

    /// Bytes from a cryptographic source.
    fn random<const N: usize>(&self) -> [u8; N];

    /// Waits for `milliseconds`.
    fn sleep(&self, milliseconds: u32) -> impl Future<Output = ()>;

    /// Sends a request once and reads the whole response. Redirects are returned and not followed: following one would
    /// send a secret to a host that no setting names.
    ///
    /// # Errors
    ///
    /// [`FetchError::Lost`] if there is no response in time, [`FetchError::TooLong`] if it exceeds [`LONGEST_ANSWER`].
    fn fetch(&self, request: Outgoing<'_>) -> impl Future<Output = Result<Answer, FetchError>>;

    /// Sends a request once and reads at most `longest` bytes of the response's body. Redirects are returned and not
    /// followed.
    ///
    /// # Errors
    ///
    /// [`FetchError::Lost`] if there is no response in time.
    fn load(
        &self,
        request: Outgoing<'_>,
        longest: usize,
    ) -> impl Future<Output = Result<Document, FetchError>>;

    /// Sends a request and returns its response, both with streamed bodies. Redirects are returned and not followed.
    ///
    /// # Errors
    ///
    /// [`FetchError::Lost`] if there is no response in time.
    fn forward(
        &self,
        request: Forward<'_, Self::Stream>,
    ) -> impl Future<Output = Result<Forwarded<Self::Stream>, FetchError>>;

    /// Reads a value and its metadata. KV is eventually consistent: the result may be up to a minute old. A cached miss
    /// can hide a new key for a minute, so code that looks for a new key lists.
    ///
    /// # Errors
    ///
    /// [`KvError::Refused`] or [`KvError::Unavailable`], as for every operation on KV.
    fn kv_get(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, KvError>>;

    /// Writes a value. An existing value under the key is overwritten.
    ///
    /// # Errors
    ///
    /// As [`Platform::kv_get`].
    fn kv_put(&self, put: Put<'_>) -> impl Future<Output = Result<(), KvError>>;

    /// Deletes a key. Deleting a key that does not exist succeeds.
    ///
    /// # Errors
    ///
    /// As [`Platform::kv_get`].
    fn kv_delete(&self, key: &str) -> impl Future<Output = Result<(), KvError>>;

    /// Lists one page of the keys that start with `prefix`, in lexicographic order, with their metadata. `limit` is 1
    /// to 1,000. In contrast to [`Platform::kv_get`], a list is not cached.
    ///
    /// # Errors
    ///
    /// As [`Platform::kv_get`].
    fn kv_list(
        &self,
        prefix: &str,
        cursor: Option<&str>,
        limit: u16,
    ) -> impl Future<Output = Result<Page, KvError>>;

    /// Adds a message, the JSON of an event, to the queue of deliveries.
    ///
    /// # Errors
    ///
    /// [`QueueError`] if the queue did not confirm it.
    fn enqueue(&self, event: &str) -> impl Future<Output = Result<(), QueueError>>;

    /// Counts one more use of `key` under a rate limit and returns `false` if there were too many. Without a rate
    /// limiter in the deployment it returns `true`.
    fn allowed(&self, limit: Limit, key: &str) -> impl Future<Output = bool>;

    /// Writes one line to the log.
    fn log(&self, line: &str);
}

/// A rate limit. The deployment's `wrangler.toml` says how many uses per period it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Requests without a valid API key, per route and address: `/complete`, `/removed`, `/setup.json`, and wrong
    /// keys.
    Requests,
    /// Writes to KV that calls of the Remove URL cause.
    Hints,
}

/// An outgoing request. `Debug` is not implemented: it carries secrets.
#[expect(missing_debug_implementations, reason = "it carries secrets")]
pub struct Outgoing<'a> {
    /// The method, in capitals.
    pub method: &'static str,
    /// The absolute URL.
    pub url: &'a str,
    /// Headers, names in lower case.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body, sent with its length and not in chunks, which some token endpoints reject.
    pub body: Option<&'a str>,
    /// The timeout in milliseconds.
    pub timeout: u32,
}

/// A request of the partner's backend that is passed on to Smooch. `Debug` is not implemented: it carries a token.
#[expect(missing_debug_implementations, reason = "it carries a token")]
pub struct Forward<'a, S> {
    /// The method, exactly as the caller sent it.
    pub method: &'a str,
    /// The absolute URL.
    pub url: &'a str,
    /// Headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The body, if there is one.
    pub body: Option<S>,
    /// The timeout in milliseconds. It includes the transfer of the body.
    pub timeout: u32,
}

/// Smooch's response to a [`Forward`].
#[derive(Debug)]
pub struct Forwarded<S> {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<S>,
}

/// A response to an [`Outgoing`] request, read completely.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds (RFC 9110 §10.2.3). `None` if the header is absent or is a date.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response to an [`Outgoing`] request, of which at most a given number of bytes was read.
#[derive(Debug)]
pub struct Document {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case. Repeated headers may be joined with commas (RFC 9110 §5.3).
    pub headers: Vec<(String, String)>,
    /// The body, possibly cut off at the end.
    pub body: Vec<u8>,
    /// `true` if the body was longer than what was read.
    pub is_cut: bool,
}

impl Document {
    /// The value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The longest response that [`Platform::fetch`] reads, in bytes. Smooch's responses are under 2 KiB.
pub const LONGEST_ANSWER: usize = 64 * 1024;

/// An outgoing request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The request timed out, or the connection failed or broke; Workers do not distinguish these. The other side may
    /// have processed the request.
    #[error("the answer was lost")]
    Lost,
    /// The response, with this status, is longer than [`LONGEST_ANSWER`].
    #[error("the answer is too long")]
    TooLong(u16),
}

/// The queue did not confirm a message. The message may have been added nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the queue did not take the event")]
pub struct QueueError;

/// A write to KV.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    /// The key, at most 512 bytes.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
    /// Metadata: JSON, at most 1,024 bytes.
    pub metadata: Option<&'a str>,
    /// Time to live in seconds, at least 60. `None`: the entry does not expire.
    pub ttl: Option<u32>,
}

/// A value in KV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: String,
    /// The metadata, as JSON.
    pub metadata: Option<String>,
}

/// A page of a key list. A page can be empty and not be the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Each key with its metadata as JSON.
    pub keys: Vec<(String, Option<String>)>,
    /// The cursor of the next page; `None` on the last page.
    pub cursor: Option<String>,
}

/// An operation on KV failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", self.message())]
pub enum KvError {
    /// KV rejected the request with this status, because it breaks one of KV's rules. It would reject a retry too.
    Refused(u16),
    /// KV did not answer, or failed. The operation may have been carried out.
    Unavailable,
    /// The connection that was to be changed was replaced or deleted after it was read.
    Changed,
}

impl KvError {
    /// The text for the log.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Refused(_) => "KV refused the request",
            Self::Unavailable => "KV did not answer",
            Self::Changed => "the connection was replaced or deleted meanwhile",
        }
    }
}
