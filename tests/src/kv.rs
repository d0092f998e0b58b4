//! Workers KV as a value: its limits, its staleness, its errors, and a count of what was asked of it.
//!
//! It is no kinder than the real one: what was read, a miss too, is read again as it was for a minute, whatever
//! was written meanwhile; a key takes one write a second; a page of a list may be empty without being the last.

use edge::platform::Entry;
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
};

/// How long a read is remembered where it was made.
const REMEMBERED_MS: u64 = 60_000;

/// The least time between two writes of a key.
const WRITE_EVERY_MS: u64 = 1_000;

const LONGEST_KEY: usize = 512;
const LONGEST_METADATA: usize = 1_024;
const LONGEST_VALUE: usize = 25 * 1024 * 1024;
const SHORTEST_LIFE_S: u64 = 60;
const MOST_LISTED: usize = 1_000;

/// A namespace.
#[derive(Debug, Default)]
pub struct Kv {
    entries: BTreeMap<String, Stored>,
    reads: BTreeMap<String, (u64, Option<Entry>)>,
    faults: VecDeque<(Operation, String, Fault)>,
    counts: Counts,
    immediate: bool,
}

#[derive(Clone, Debug)]
struct Stored {
    entry: Entry,
    written_ms: u64,
    expires_ms: Option<u64>,
}

/// How many operations were asked for, whatever came of them.
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
    /// All of them together.
    #[must_use]
    pub const fn all(self) -> usize {
        self.gets + self.puts + self.deletes + self.lists
    }
}

/// What can be asked of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// To read a key.
    Get,
    /// To write a key.
    Put,
    /// To delete a key.
    Delete,
    /// To list keys.
    List,
}

/// What goes wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and nothing was done.
    Before,
    /// It fails, and was done all the same.
    After,
    /// Too many writes of a key (429). Nothing was written; a later try may succeed.
    Busy,
    /// The request breaks a rule of KV (413). Nothing was written, and a repetition is refused as well.
    Refused,
    /// No answer ever comes, and nothing was done.
    Never,
}

/// A refusal, with the status that the service's HTTP face gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 400, 413, 414, 429 or 503.
    pub status: u16,
    /// In words.
    pub text: &'static str,
}

/// No answer, not even one that refuses.
pub const SILENCE: Refusal = refusal(0, "nothing comes");

const TOO_LARGE: Refusal = refusal(413, "the value is too large");

const fn refusal(status: u16, text: &'static str) -> Refusal {
    Refusal { status, text }
}

/// One page of keys with their metadata, and where the next begins.
pub type Listed = (Vec<(String, Option<String>)>, Option<String>);

impl Kv {
    /// Reads a key, as remembered if it was read in the last minute.
    ///
    /// # Errors
    ///
    /// For a key that none can be, or by a fault.
    pub fn get(&mut self, key: &str, now_ms: u64) -> Result<Option<Entry>, Refusal> {
        self.counts.gets += 1;
        check_key(key)?;
        let fault = self.next_fault(Operation::Get, key);
        before(fault)?;
        if let Some((read_ms, entry)) = self.reads.get(key).filter(|_| !self.immediate)
            && now_ms.saturating_sub(*read_ms) < REMEMBERED_MS
        {
            return after(fault).map(|()| entry.clone());
        }
        let entry =
            self.entries.get(key).filter(|stored| stored.lives(now_ms)).map(|stored| stored.entry.clone());
        self.reads.insert(key.to_owned(), (now_ms, entry.clone()));
        after(fault).map(|()| entry)
    }

    /// Writes a key, to live for `ttl_s` seconds or for ever.
    ///
    /// # Errors
    ///
    /// Past a limit, twice within a second, or by a fault.
    pub fn put(
        &mut self,
        key: &str,
        value: &str,
        metadata: Option<&str>,
        ttl_s: Option<u64>,
        now_ms: u64,
    ) -> Result<(), Refusal> {
        self.counts.puts += 1;
        check_key(key)?;
        if value.len() > LONGEST_VALUE {
            return Err(refusal(413, "the value is longer than 25 MiB"));
        }
        if metadata.is_some_and(|metadata| metadata.len() > LONGEST_METADATA) {
            return Err(refusal(413, "the metadata are longer than 1,024 bytes"));
        }
        if ttl_s.is_some_and(|ttl_s| ttl_s < SHORTEST_LIFE_S) {
            return Err(refusal(400, "the time to live is under 60 seconds"));
        }
        let fault = self.next_fault(Operation::Put, key);
        before(fault)?;
        let is_early =
            |stored: &Stored| now_ms.saturating_sub(stored.written_ms) < WRITE_EVERY_MS && !self.immediate;
        if self.entries.get(key).is_some_and(is_early) {
            return Err(TOO_MANY);
        }
        let entry = Entry { value: value.to_owned(), metadata: metadata.map(str::to_owned) };
        let expires_ms = ttl_s.map(|ttl_s| now_ms + ttl_s * 1000);
        self.entries.insert(key.to_owned(), Stored { entry, written_ms: now_ms, expires_ms });
        after(fault)
    }

    /// Deletes a key; one that is not there too.
    ///
    /// # Errors
    ///
    /// For a key that none can be, or by a fault.
    pub fn delete(&mut self, key: &str) -> Result<(), Refusal> {
        self.counts.deletes += 1;
        check_key(key)?;
        let fault = self.next_fault(Operation::Delete, key);
        before(fault)?;
        self.entries.remove(key);
        after(fault)
    }

    /// Lists keys that start with `prefix`, at most `limit` of them, after `cursor`. What has expired still
    /// takes its place on a page.
    ///
    /// # Errors
    ///
    /// Past a limit, for a cursor that is none, or by a fault.
    pub fn list(
        &mut self,
        prefix: &str,
        cursor: Option<&str>,
        limit: usize,
        now_ms: u64,
    ) -> Result<Listed, Refusal> {
        self.counts.lists += 1;
        if !(1..=MOST_LISTED).contains(&limit) {
            return Err(refusal(400, "a limit is 1 to 1,000"));
        }
        let fault = self.next_fault(Operation::List, prefix);
        before(fault)?;
        let start = match cursor.filter(|cursor| !cursor.is_empty()) {
            None => Bound::Included(prefix.to_owned()),
            Some(cursor) => Bound::Excluded(read_cursor(cursor).ok_or(refusal(400, "no cursor of ours"))?),
        };
        let matching =
            self.entries.range((start, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(prefix));
        let mut page: Vec<_> = matching.take(limit + 1).collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let cursor = page.last().filter(|_| more).map(|(key, _)| write_cursor(key));
        let live = page.into_iter().filter(|(_, stored)| stored.lives(now_ms));
        let live = live.map(|(key, stored)| (key.clone(), stored.entry.metadata.clone())).collect();
        after(fault).map(|()| (live, cursor))
    }

    /// From now on every read sees the last write, and a key is written as often as one likes: for a caller that knows
    /// nothing of KV and asks a hundred times a second.
    pub const fn be_immediate(&mut self) {
        self.immediate = true;
    }

    /// Queues a fault for the next write of a key that starts with `prefix`.
    pub fn fail_put(&mut self, prefix: &str, fault: Fault) {
        self.fail(Operation::Put, prefix, fault);
    }

    /// Queues a fault for the next operation of that kind on a key, or a prefix, that starts with `prefix`.
    pub fn fail(&mut self, operation: Operation, prefix: &str, fault: Fault) {
        self.faults.push_back((operation, prefix.to_owned(), fault));
    }

    /// Whether faults are left that nothing has met yet.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// What was asked for so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Every key that is there, looked at without the namespace's noticing.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.entries.keys().cloned().collect()
    }

    /// Everything that is there as text: keys, values and metadata.
    #[must_use]
    pub fn dump(&self) -> String {
        let lines: Vec<String> =
            self.entries.iter().map(|(key, stored)| format!("{key} {:?}", stored.entry)).collect();
        lines.join("\n")
    }

    /// Changes a value behind everybody's back.
    pub fn tamper(&mut self, key: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(stored) = self.entries.get_mut(key) {
            change(&mut stored.entry);
        }
    }

    /// Moves an entry to another key behind everybody's back.
    pub fn rename(&mut self, key: &str, other: &str) {
        if let Some(stored) = self.entries.remove(key) {
            self.entries.insert(other.to_owned(), stored);
        }
    }

    fn next_fault(&mut self, operation: Operation, key: &str) -> Option<Fault> {
        let meets = |(of, prefix, _): &(Operation, String, Fault)| {
            *of == operation && key.starts_with(prefix.as_str())
        };
        let index = self.faults.iter().position(meets)?;
        self.faults.remove(index).map(|(.., fault)| fault)
    }
}

impl Stored {
    fn lives(&self, now_ms: u64) -> bool {
        self.expires_ms.is_none_or(|expires_ms| now_ms < expires_ms)
    }
}

const OUT_OF_ORDER: Refusal = refusal(503, "out of order");
const TOO_MANY: Refusal = refusal(429, "more than one write a second");

const fn before(fault: Option<Fault>) -> Result<(), Refusal> {
    match fault {
        Some(Fault::Before) => Err(OUT_OF_ORDER),
        Some(Fault::Busy) => Err(TOO_MANY),
        Some(Fault::Refused) => Err(TOO_LARGE),
        Some(Fault::Never) => Err(SILENCE),
        Some(Fault::After) | None => Ok(()),
    }
}

fn after(fault: Option<Fault>) -> Result<(), Refusal> {
    if fault == Some(Fault::After) { Err(OUT_OF_ORDER) } else { Ok(()) }
}

fn check_key(key: &str) -> Result<(), Refusal> {
    match key {
        "" | "." | ".." => Err(refusal(400, "no key can be that")),
        _ if key.len() > LONGEST_KEY => Err(refusal(414, "the key is longer than 512 bytes")),
        _ => Ok(()),
    }
}

/// A cursor is opaque: the last key, in hexadecimal.
fn write_cursor(key: &str) -> String {
    let digits: Vec<String> = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn read_cursor(cursor: &str) -> Option<String> {
    let pairs = cursor.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Option<Vec<u8>> = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(kv: &mut Kv, key: &str, now_ms: u64) -> Result<(), Refusal> {
        kv.put(key, "v", None, None, now_ms)
    }

    #[test]
    fn what_was_read_is_read_again_for_a_minute() {
        let mut kv = Kv::default();
        assert_eq!(kv.get("a", 0), Ok(None));
        put(&mut kv, "a", 1).unwrap();
        assert_eq!(kv.get("a", 59_999), Ok(None));
        assert!(kv.get("a", 60_000).unwrap().is_some());
    }

    #[test]
    fn a_key_takes_one_write_a_second() {
        let mut kv = Kv::default();
        put(&mut kv, "a", 0).unwrap();
        assert_eq!(put(&mut kv, "a", 999).unwrap_err().status, 429);
        put(&mut kv, "a", 1_000).unwrap();
    }

    #[test]
    fn the_limits_are_the_real_ones() {
        let mut kv = Kv::default();
        assert!(put(&mut kv, &"k".repeat(512), 0).is_ok());
        assert!(put(&mut kv, &"k".repeat(513), 0).is_err());
        assert!(put(&mut kv, "", 0).is_err());
        assert!(kv.put("a", "v", Some(&"m".repeat(1_025)), None, 0).is_err());
        assert!(kv.put("a", "v", None, Some(59), 0).is_err());
        assert!(kv.list("", None, 1_001, 0).is_err());
    }

    #[test]
    fn a_page_may_be_empty_without_being_the_last() {
        let mut kv = Kv::default();
        kv.put("p/1", "v", None, Some(60), 0).unwrap();
        put(&mut kv, "p/2", 0).unwrap();
        put(&mut kv, "q", 0).unwrap();
        let (page, cursor) = kv.list("p/", None, 1, 60_000).unwrap();
        assert!(page.is_empty());
        let (page, cursor) = kv.list("p/", cursor.as_deref(), 1, 60_000).unwrap();
        assert_eq!((page.len(), cursor), (1, None));
    }

    #[test]
    fn a_write_may_fail_before_or_after_it_was_made() {
        let mut kv = Kv::default();
        kv.fail_put("a", Fault::Before);
        kv.fail_put("a", Fault::After);
        assert!(put(&mut kv, "a", 0).is_err());
        assert!(kv.keys().is_empty());
        assert!(put(&mut kv, "a", 0).is_err());
        assert_eq!(kv.keys(), ["a"]);
    }
}
