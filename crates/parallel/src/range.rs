//! Scans: which keys were written at all, in their order.

use std::{collections::BTreeSet, ops::Bound};

use state::{Key, ScanEntry};

use crate::sync::{AtomicBool, Mutex, Ordering};

/// A range that was read, and what was found in it: a later check finds a record that has come or
/// gone as well as one that has changed.
#[derive(Debug, Clone)]
pub(crate) struct RangeRead {
    pub(crate) prefix: Vec<u8>,
    pub(crate) from: Vec<u8>,
    pub(crate) limit: usize,
    pub(crate) found: Vec<ScanEntry>,
}

/// The keys that were written, once a first scan has asked for them. Few blocks scan, and the
/// others do not pay for the order.
#[derive(Debug, Default)]
pub(crate) struct WrittenKeys {
    is_watched: AtomicBool,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    /// Whether the keys of before the first scan are among them.
    is_complete: bool,
    keys: BTreeSet<Key>,
}

impl WrittenKeys {
    /// Begins to note keys, if that has not begun. `written` gives those of before; it takes the
    /// locks under which [`note`](Self::note) is called, so that no key falls between.
    pub(crate) fn watch(&self, written: impl FnOnce() -> Vec<Key>) {
        if self.noted.lock().is_complete {
            return;
        }
        self.is_watched.store(true, Ordering::SeqCst);
        let written = written();
        let mut noted = self.noted.lock();
        noted.keys.extend(written);
        noted.is_complete = true;
    }

    /// Notes a key, where someone wants to know.
    pub(crate) fn note(&self, key: &Key) {
        if self.is_watched.load(Ordering::SeqCst) {
            let mut noted = self.noted.lock();
            if !noted.keys.contains(key) {
                noted.keys.insert(key.clone());
            }
        }
    }

    /// The keys that start with `prefix`, from `from` on.
    pub(crate) fn range(&self, prefix: &[u8], from: &[u8]) -> Vec<Key> {
        let noted = self.noted.lock();
        let start = Bound::Included(prefix.max(from));
        let keys = noted.keys.range::<[u8], _>((start, Bound::Unbounded));
        keys.take_while(|key| key.as_bytes().starts_with(prefix)).cloned().collect()
    }
}
