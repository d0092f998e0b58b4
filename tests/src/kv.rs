//! Workers KV as a value, with its limits, its eventual consistency, injected errors and a count of operations.
//!
//! It is as strict as the real service. A read is cached for a minute, also a miss, whatever is written meanwhile. A key
//! takes one write per second. A page of a list may be empty without being the last.

mod fault;
#[cfg(test)]
mod tests;

pub use fault::{Fault, NO_ANSWER, Operation, Rejection};

use edge::platform::Entry;
use fault::{TOO_MANY_WRITES, rejection};
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
};

/// The time for which a read is cached.
const CACHE_MS: u64 = 60_000;

/// The least time between two writes of a key.
const WRITE_INTERVAL_MS: u64 = 1_000;

/// The documented limits, in bytes, seconds and keys.
const MAX_KEY: usize = 512;
const MAX_METADATA: usize = 1_024;
const MAX_VALUE: usize = 25 * 1024 * 1024;
const MIN_TTL_S: u64 = 60;
const MAX_LIST: usize = 1_000;

/// A namespace.
#[derive(Debug, Default)]
pub struct Kv {
    entries: BTreeMap<String, Stored>,
    cache: BTreeMap<String, (u64, Option<Entry>)>,
    faults: VecDeque<(Operation, String, Fault)>,
    counts: Counts,
    is_unlimited: bool,
}

#[derive(Clone, Debug)]
struct Stored {
    entry: Entry,
    written_ms: u64,
    expires_ms: Option<u64>,
}

/// The number of operations, successful or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reads of a key.
    pub gets: usize,
    /// Writes of a key.
    pub puts: usize,
    /// Deletions of a key.
    pub deletes: usize,
    /// Pages of keys.
    pub lists: usize,
}

impl Counts {
    /// All operations.
    #[must_use]
    pub const fn all(self) -> usize {
        self.gets + self.puts + self.deletes + self.lists
    }
}

/// One page of keys with their metadata, and the cursor of the next page.
pub type ListPage = (Vec<(String, Option<String>)>, Option<String>);

impl Kv {
    /// Reads a key, from the cache if it was read in the last minute.
    ///
    /// # Errors
    ///
    /// For an invalid key, or by an injected fault.
    pub fn get(&mut self, key: &str, now_ms: u64) -> Result<Option<Entry>, Rejection> {
        self.counts.gets += 1;
        check_key(key)?;
        let fault = self.next_fault(Operation::Get, key);
        fault::before(fault)?;
        if let Some((read_ms, entry)) = self.cache.get(key).filter(|_| !self.is_unlimited)
            && now_ms.saturating_sub(*read_ms) < CACHE_MS
        {
            return fault::after(fault).map(|()| entry.clone());
        }
        let entry =
            self.entries.get(key).filter(|stored| stored.is_alive(now_ms)).map(|stored| stored.entry.clone());
        self.cache.insert(key.to_owned(), (now_ms, entry.clone()));
        fault::after(fault).map(|()| entry)
    }

    /// Writes a key. It expires after `ttl_s` seconds, or never.
    ///
    /// # Errors
    ///
    /// Past a limit, for a second write within a second, or by an injected fault.
    pub fn put(
        &mut self,
        key: &str,
        value: &str,
        metadata: Option<&str>,
        ttl_s: Option<u64>,
        now_ms: u64,
    ) -> Result<(), Rejection> {
        self.counts.puts += 1;
        check_key(key)?;
        if value.len() > MAX_VALUE {
            return Err(rejection(413, "the value is longer than 25 MiB"));
        }
        if metadata.is_some_and(|metadata| metadata.len() > MAX_METADATA) {
            return Err(rejection(413, "the metadata is longer than 1,024 bytes"));
        }
        if ttl_s.is_some_and(|ttl_s| ttl_s < MIN_TTL_S) {
            return Err(rejection(400, "the TTL is under 60 seconds"));
        }
        let fault = self.next_fault(Operation::Put, key);
        fault::before(fault)?;
        let is_early = |stored: &Stored| {
            now_ms.saturating_sub(stored.written_ms) < WRITE_INTERVAL_MS && !self.is_unlimited
        };
        if self.entries.get(key).is_some_and(is_early) {
            return Err(TOO_MANY_WRITES);
        }
        let entry = Entry { value: value.to_owned(), metadata: metadata.map(str::to_owned) };
        let expires_ms = ttl_s.map(|ttl_s| now_ms + ttl_s * 1000);
        self.entries.insert(key.to_owned(), Stored { entry, written_ms: now_ms, expires_ms });
        fault::after(fault)
    }

    /// Deletes a key. A missing key is no error.
    ///
    /// # Errors
    ///
    /// For an invalid key, or by an injected fault.
    pub fn delete(&mut self, key: &str) -> Result<(), Rejection> {
        self.counts.deletes += 1;
        check_key(key)?;
        let fault = self.next_fault(Operation::Delete, key);
        fault::before(fault)?;
        self.entries.remove(key);
        fault::after(fault)
    }

    /// Lists keys that start with `prefix`, after `cursor`, at most `limit` of them. An expired key takes up room on a
    /// page and is left out.
    ///
    /// # Errors
    ///
    /// Past a limit, for an unknown cursor, or by an injected fault.
    pub fn list(
        &mut self,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
        now_ms: u64,
    ) -> Result<ListPage, Rejection> {
        self.counts.lists += 1;
        if !(1..=MAX_LIST).contains(&limit) {
            return Err(rejection(400, "the limit is not 1 to 1,000"));
        }
        let fault = self.next_fault(Operation::List, prefix);
        fault::before(fault)?;
        let start = match cursor.filter(|cursor| !cursor.is_empty()) {
            None => Bound::Included(prefix.to_owned()),
            Some(cursor) => {
                Bound::Excluded(read_cursor(cursor).ok_or(rejection(400, "the cursor is invalid"))?)
            }
        };
        let matching =
            self.entries.range((start, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(prefix));
        let mut page: Vec<_> = matching.take(limit + 1).collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let cursor = page.last().filter(|_| more).map(|(key, _)| write_cursor(key));
        let live = page.into_iter().filter(|(_, stored)| stored.is_alive(now_ms));
        let live = live.map(|(key, stored)| (key.clone(), stored.entry.metadata.clone())).collect();
        fault::after(fault).map(|()| (live, cursor))
    }

    /// Turns the cache and the limit on writes off, for a test that sends hundreds of requests per second.
    pub const fn lift_limits(&mut self) {
        self.is_unlimited = true;
    }

    /// Makes the next write of a key that starts with `prefix` fail.
    pub fn fail_put(&mut self, prefix: &str, fault: Fault) {
        self.fail(Operation::Put, prefix, fault);
    }

    /// Makes the next operation of that kind fail whose key, or listed prefix, starts with `prefix`. Faults are queued.
    pub fn fail(&mut self, operation: Operation, prefix: &str, fault: Fault) {
        self.faults.push_back((operation, prefix.to_owned(), fault));
    }

    /// Returns true while injected faults are left.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The operations so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Every key. This counts as no operation.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.entries.keys().cloned().collect()
    }

    /// All keys, values and metadata as text.
    #[must_use]
    pub fn dump(&self) -> String {
        let lines: Vec<String> =
            self.entries.iter().map(|(key, stored)| format!("{key} {:?}", stored.entry)).collect();
        lines.join("\n")
    }

    /// Changes an entry directly, without the limits and the cache.
    pub fn tamper(&mut self, key: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(stored) = self.entries.get_mut(key) {
            change(&mut stored.entry);
        }
    }

    /// Moves an entry to another key directly.
    pub fn rename(&mut self, key: &str, other: &str) {
        if let Some(stored) = self.entries.remove(key) {
            self.entries.insert(other.to_owned(), stored);
        }
    }

    fn next_fault(&mut self, operation: Operation, key: &str) -> Option<Fault> {
        let matches = |(of, prefix, _): &(Operation, String, Fault)| {
            *of == operation && key.starts_with(prefix.as_str())
        };
        let index = self.faults.iter().position(matches)?;
        self.faults.remove(index).map(|(.., fault)| fault)
    }
}

impl Stored {
    fn is_alive(&self, now_ms: u64) -> bool {
        self.expires_ms.is_none_or(|expires_ms| now_ms < expires_ms)
    }
}

fn check_key(key: &str) -> Result<(), Rejection> {
    match key {
        "" | "." | ".." => Err(rejection(400, "the key is invalid")),
        _ if key.len() > MAX_KEY => Err(rejection(414, "the key is longer than 512 bytes")),
        _ => Ok(()),
    }
}

/// A cursor is the last key of its page in hexadecimal. Callers treat it as opaque.
fn write_cursor(key: &str) -> String {
    let digits: Vec<String> = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn read_cursor(cursor: &str) -> Option<String> {
    let pairs = cursor.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Option<Vec<u8>> = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}
