//! What Cloudflare's platform does, as far as this crate uses it: the functions of `edge/js/platform.js`, which work
//! for the request that is being handled.
//!
//! Written by hand and narrow: what costs time is to cross into JavaScript, and what costs room is to hold its objects.
//! Those that take a ticket begin something and return; what comes of it arrives later, with the ticket.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    /// A setting, as JSON.
    pub(super) fn setting(name: &str) -> Option<String>;
    /// Whether there is a binding of this name.
    pub(super) fn bound(name: &str) -> bool;
    /// Fills the bytes from a cryptographic source.
    pub(super) fn random(bytes: &mut [u8]);
    /// Writes a line to the log.
    pub(super) fn log(line: &str);
    /// Lets time pass.
    pub(super) fn sleep(ticket: u32, milliseconds: u32);

    /// A header of the request.
    pub(super) fn header(name: &str) -> Option<String>;
    /// All headers of the request: names and values, one a line.
    pub(super) fn headers() -> String;
    /// Whether the request has a body.
    pub(super) fn has_body() -> bool;
    /// Reads the request's body: comes back with its bytes, of which one is more than `limit` if there are more.
    pub(super) fn body(ticket: u32, limit: u32);

    /// What a reference stands for on a page, as a browser reads it.
    pub(super) fn resolve(base: &str, reference: &str) -> Option<String>;
    /// Sends a request: comes back with the status, `Retry-After` or all headers, and the body as [`body`] has it.
    pub(super) fn call(
        ticket: u32,
        method: &str,
        url: &str,
        headers: &str,
        body: Option<&str>,
        timeout: u32,
        limit: u32,
        headers_too: bool,
    );
    /// Sends a request, with the body of the one that came or with none: comes back with the status, the headers, and
    /// bytes if there is a body, which is not among them.
    pub(super) fn forward(ticket: u32, method: &str, url: &str, headers: &str, with_body: bool, timeout: u32);

    /// Reads a key: comes back with its metadata and its value.
    pub(super) fn kv_get(ticket: u32, key: &str);
    /// Writes a key.
    pub(super) fn kv_put(ticket: u32, key: &str, value: &str, metadata: Option<&str>, ttl: Option<u32>);
    /// Deletes a key.
    pub(super) fn kv_delete(ticket: u32, key: &str);
    /// Lists keys: comes back with `{keys: [{name, metadata?}, …], cursor?}`, metadata as JSON in a text.
    pub(super) fn kv_list(ticket: u32, prefix: &str, cursor: Option<&str>, limit: u16);

    /// Puts a text on the queue.
    pub(super) fn enqueue(ticket: u32, text: &str);
    /// Comes back with whether a limiter allows one more.
    pub(super) fn allowed(ticket: u32, limiter: &str, key: &str);

    /// Keeps headers that many answers have.
    pub(super) fn keep_headers(headers: &str);
    /// Answers the request, perhaps with the headers that are kept; without a body of ours, with that of the answer to
    /// [`forward`].
    pub(super) fn respond(status: u16, kept: bool, headers: &str, body: Option<&str>);
    /// Says what came of anything else.
    pub(super) fn done(number: i32);
}
