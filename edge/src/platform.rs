//! What the edge needs from the world, as one trait: time, randomness, outgoing requests, KV and a log.
//!
//! The Worker implements it on Cloudflare's platform, the tests on a simulator. Nothing else in this crate
//! touches either.

use std::future::Future;
use thiserror::Error;

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;

/// Whole seconds since 1970, as they are told (RFC 7519's `NumericDate`).
#[must_use]
pub const fn seconds(at: Millis) -> u64 {
    at / 1000
}

/// The world, as the edge sees it.
pub trait Platform {
    /// A body that is passed on and never looked at.
    type Stream;

    /// The time now.
    fn now(&self) -> Millis;

    /// Bytes from a cryptographic source.
    fn random<const N: usize>(&self) -> [u8; N];

    /// Lets `milliseconds` pass.
    fn sleep(&self, milliseconds: u32) -> impl Future<Output = ()>;

    /// Sends a request once. Redirects are returned and not followed: a followed one would carry a secret to
    /// a host that no setting names.
    fn fetch(&self, request: Outgoing<'_>) -> impl Future<Output = Result<Answer, FetchError>>;

    /// Loads the beginning of a document: `longest` bytes, and the rest is not waited for. Redirects are returned and
    /// not followed.
    fn load(
        &self,
        request: Outgoing<'_>,
        longest: usize,
    ) -> impl Future<Output = Result<Document, FetchError>>;

    /// Passes a request on and its answer back, bodies as they come. Redirects are returned and not followed.
    fn forward(
        &self,
        request: Forward<'_, Self::Stream>,
    ) -> impl Future<Output = Result<Forwarded<Self::Stream>, FetchError>>;

    /// Reads a value and its metadata. A miss may be remembered for a minute, so no key is read before it is
    /// written.
    fn kv_get(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, KvError>>;

    /// Writes a value over whatever stands there.
    fn kv_put(&self, put: Put<'_>) -> impl Future<Output = Result<(), KvError>>;

    /// Deletes a key. One that is not there is no error.
    fn kv_delete(&self, key: &str) -> impl Future<Output = Result<(), KvError>>;

    /// Reads one page of keys that start with `prefix`, in order, with their metadata. `limit` is 1 to 1,000.
    fn kv_list(
        &self,
        prefix: &str,
        cursor: Option<&str>,
        limit: u16,
    ) -> impl Future<Output = Result<Page, KvError>>;

    /// Puts an event on the queue of deliveries.
    fn enqueue(&self, event: &str) -> impl Future<Output = Result<(), QueueError>>;

    /// Whether one more is allowed under a limit, for this key of it. Without the platform's limiter all are.
    fn allowed(&self, limit: Limit, key: &str) -> impl Future<Output = bool>;

    /// Writes one line to the log.
    fn log(&self, line: &str);
}

/// A limit on how often something may happen. How often stands in the deployment's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// What anybody may ask without a key, for each address: `/complete`, `/removed`, `/setup.json`, and wrong keys.
    Requests,
    /// How often the Remove URL may cost a write.
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
    /// The body, sent with its length and not in chunks, which some token endpoints refuse.
    pub body: Option<&'a str>,
    /// After how many milliseconds to give up.
    pub timeout: u32,
}

/// A request that is passed on. `Debug` is not implemented: it carries a token.
#[expect(missing_debug_implementations, reason = "it carries a token")]
pub struct Forward<'a, S> {
    /// The method, as the caller sent it.
    pub method: &'a str,
    /// The absolute URL.
    pub url: &'a str,
    /// Headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The body, if there is one.
    pub body: Option<S>,
    /// After how many milliseconds to give up, the body's time included.
    pub timeout: u32,
}

/// What came back of a request that was passed on.
#[derive(Debug)]
pub struct Forwarded<S> {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<S>,
}

/// What came back, whole.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, where it was said and is a number (RFC 9110 §10.2.3).
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// A document, or its beginning.
#[derive(Debug)]
pub struct Document {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case. One that came twice may stand here once, with commas.
    pub headers: Vec<(String, String)>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// Whether it is only the beginning.
    pub is_cut: bool,
}

impl Document {
    /// A header's value; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The longest answer that is read. What Smooch sends is under 2 KiB.
pub const LONGEST_ANSWER: usize = 64 * 1024;

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// Nobody knows what became of the request: it timed out, or there was no connection, or it broke. Workers do
    /// not tell these apart.
    #[error("the answer was lost")]
    Lost,
    /// The answer, of this status, is longer than [`LONGEST_ANSWER`].
    #[error("the answer is too long")]
    TooLong(u16),
}

/// The queue has not taken an event, or has and could not say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the queue did not take the event")]
pub struct QueueError;

/// A write to KV.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    /// At most 512 bytes.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
    /// JSON, at most 1,024 bytes.
    pub metadata: Option<&'a str>,
    /// Seconds to live, at least 60; `None` is for ever.
    pub ttl: Option<u32>,
}

/// A value in KV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: String,
    /// Its metadata, JSON.
    pub metadata: Option<String>,
}

/// A page of keys. It may be empty without being the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Each key, with its metadata as JSON.
    pub keys: Vec<(String, Option<String>)>,
    /// Where the next page begins; `None` after the last.
    pub cursor: Option<String>,
}

/// Why KV did not do it, or did and could not say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", self.says())]
pub enum KvError {
    /// The request breaks a rule of KV's: asked again, it is refused again.
    Refused(u16),
    /// KV is not there, or not now.
    Unavailable,
    /// What is to be changed is not what was read any more.
    Changed,
}

impl KvError {
    /// What it says in the log.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Refused(_) => "KV refused the request",
            Self::Unavailable => "KV did not answer",
            Self::Changed => "the connection was made again meanwhile",
        }
    }
}
