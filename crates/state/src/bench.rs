//! Measuring the durable store, for the example of this crate and the command line.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::map::HashMap;
use parking_lot::Mutex;
use primitives::{Address, B256, BlockNumber, Bytes, Hash};
use proof::{Prefix, Proof};

use crate::{
    BlockCommit, FjallConfig, FjallStore, Key, Records, StateError, Store, WriteSet,
    commitment::{root_of, value_hash},
    tree::{self, Change, Page, Update},
};

/// A tree in memory and nothing else, to measure changing it and proving from it.
#[derive(Debug, Default)]
pub struct BareTree {
    pages: Pages,
}

#[derive(Debug, Default)]
struct Pages {
    pages: HashMap<Prefix, Arc<Page>>,
    spares: Mutex<Vec<Arc<Page>>>,
}

impl tree::Pages for Pages {
    fn page(&self, id: &Prefix) -> Result<Option<Arc<Page>>, StateError> {
        Ok(self.pages.get(id).cloned())
    }

    fn spare(&self) -> Option<Arc<Page>> {
        self.spares.lock().pop()
    }
}

impl BareTree {
    /// Puts values at the paths of their keys, each once, and returns the root. One thread does all
    /// the work, or several where `threads` says so.
    ///
    /// # Errors
    ///
    /// Never: memory does not fail.
    pub fn put(&mut self, values: &[(B256, Bytes)], threads: usize) -> Result<Hash, StateError> {
        let change = |(path, value): &(B256, Bytes)| Change {
            path: *path,
            value_hash: Some(value_hash(value)),
        };
        let mut changes: Vec<Change> = values.iter().map(change).collect();
        changes.sort_unstable_by_key(|change| change.path);
        let Update { root, pages } = tree::update(&self.pages, &changes, threads)?;
        let Pages { pages: kept, spares } = &mut self.pages;
        for change in pages {
            let replaced = match change.page {
                Some(page) => kept.insert(change.id, page),
                None => kept.remove(&change.id),
            };
            spares.get_mut().extend(replaced);
        }
        spares.get_mut().truncate(SPARES_MAX);
        Ok(root)
    }

    /// Proves what stands at a path.
    ///
    /// # Errors
    ///
    /// Never: memory does not fail.
    pub fn prove(&self, path: &B256) -> Result<Proof, StateError> {
        tree::prove(&self.pages, path)
    }
}

/// Records that one block of the load writes.
const RECORDS_PER_BLOCK: u64 = 50_000;

/// Pages that the tree in memory keeps to use their memory again.
const SPARES_MAX: usize = 1 << 12;

/// What a cold start costs.
#[derive(Debug, Clone, Copy)]
pub struct ColdStart {
    /// Records that were loaded.
    pub records: u64,
    /// Loading them in durable blocks.
    pub load: Duration,
    /// Opening the store again after it was left as a crash leaves it.
    pub reopen_after_crash: Duration,
    /// Opening the store again after it was closed.
    pub reopen: Duration,
    /// The first read after that.
    pub first_read: Duration,
    /// One block of a single write after that.
    pub first_commit: Duration,
    /// Computing the root of all records from scratch.
    pub root: Duration,
}

/// Fills a new store in `path` with `records` small records, leaves it as a crash would, without
/// putting anything in order, and measures how long it takes until it works again; then once more
/// after closing it. `progress` hears
/// how many records have been loaded.
///
/// # Errors
///
/// [`StateError`] where the store failed.
///
/// # Panics
///
/// Where the store does not hold what was put into it.
pub fn cold_start(
    path: &Path,
    records: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<ColdStart, StateError> {
    let config = FjallConfig::default();
    let started = Instant::now();
    let store = FjallStore::open(path, &config)?;
    let mut block = 0;
    let mut loaded = 0;
    while loaded < records {
        let end = (loaded + RECORDS_PER_BLOCK).min(records);
        let writes = (loaded..end).map(record).collect();
        store.commit(block_of(block, writes))?;
        (loaded, block) = (end, block + 1);
        progress(loaded);
    }
    let load = started.elapsed();
    drop(store);

    let started = Instant::now();
    let store = FjallStore::open(path, &config)?;
    let reopen_after_crash = started.elapsed();
    store.close()?;

    let started = Instant::now();
    let store = FjallStore::open(path, &config)?;
    let reopen = started.elapsed();
    let started = Instant::now();
    let (key, value) = record(records / 2);
    let found = store.latest().read(&key)?;
    let first_read = started.elapsed();
    assert_eq!(found, value.filter(|_| records > 0), "the store holds what was put into it");
    let started = Instant::now();
    store.commit(block_of(block, std::iter::once(record(records)).collect()))?;
    let first_commit = started.elapsed();
    let started = Instant::now();
    root_of(Records::all(&*store.latest()), &mut |_| ())?;
    let root = started.elapsed();
    Ok(ColdStart { records, load, reopen_after_crash, reopen, first_read, first_commit, root })
}

fn block_of(number: u64, writes: WriteSet) -> BlockCommit {
    let hash = Hash::new(*blake3::hash(&number.to_be_bytes()).as_bytes());
    BlockCommit { number: BlockNumber(number), hash, writes, ..BlockCommit::default() }
}

/// A record as a token contract has them: 32 bytes at a hashed key.
fn record(index: u64) -> (Key, Option<primitives::Bytes>) {
    let hash = blake3::hash(&index.to_be_bytes());
    let key = Key::slot(&Address::new([1; 32]), &Hash::new(*hash.as_bytes()));
    (key, Some(primitives::Bytes::copy_from_slice(hash.as_bytes())))
}
