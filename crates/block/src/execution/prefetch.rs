//! Reading ahead: while a block runs, threads read what its transactions name, so that a store
//! whose records lie on a disk is asked for many of them at once.
//!
//! What is read ahead is what the state holds, so a hint that is wrong costs time and nothing else.

use std::{
    collections::HashMap,
    hash::BuildHasher,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Builder},
};

use foldhash::fast::RandomState;
use kernel::Transaction;
use parking_lot::Mutex;
use primitives::{Address, B256, Bytes, Hash};
use state::{Key, Namespace, ScanEntry, StateError, StateView, record::AccountRecord};

use super::job::Job;
use crate::AccessHint;

/// Records of a block that are read ahead.
const RECORDS_MAX: usize = 1 << 16;

/// Bytes of records after which nothing more is read ahead; what is being read then still counts.
const BYTES_MAX: usize = 64 << 20;

/// Transactions that a thread takes at once.
const BATCH: usize = 4;

/// Transactions for each thread, below which it is not worth its start.
const TRANSACTIONS_PER_THREAD: usize = 8;

/// Parts of what was read with a lock of their own.
const SHARDS: usize = 64;

/// Runs `execute` over the state of `view`, while at most so many threads read ahead of `job`. They
/// are gone when this returns.
pub(super) fn ahead<R>(
    view: &Arc<dyn StateView>,
    job: &Job,
    threads: usize,
    execute: impl FnOnce(&Arc<dyn StateView>) -> R,
) -> R {
    let threads = threads.min(job.transactions.len() / TRANSACTIONS_PER_THREAD);
    if threads == 0 {
        return execute(view);
    }
    let warm = Arc::new(WarmView::new(Arc::clone(view)));
    let state: Arc<dyn StateView> = Arc::<WarmView>::clone(&warm);
    thread::scope(|scope| {
        let over = Over(&warm.is_over);
        for _ in 0..threads {
            let fetch = || warm.fetch(job);
            if Builder::new().name("prefetch".to_owned()).spawn_scoped(scope, fetch).is_err() {
                // Those that the system gives read ahead, or none.
                break;
            }
        }
        let result = execute(&state);
        drop(over);
        result
    })
}

/// Ends the reading, also where the execution panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Shard = HashMap<Key, Option<Bytes>, RandomState>;

/// A view of which some records have been read.
#[derive(Debug)]
struct WarmView {
    base: Arc<dyn StateView>,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    next: AtomicUsize,
    records: AtomicUsize,
    bytes: AtomicUsize,
    is_over: AtomicBool,
}

impl WarmView {
    fn new(base: Arc<dyn StateView>) -> Self {
        let hasher = RandomState::default();
        let shard = || Mutex::new(Shard::with_hasher(hasher.clone()));
        let shards = (0..SHARDS).map(|_| shard()).collect();
        let (next, records, bytes) = <(AtomicUsize, AtomicUsize, AtomicUsize)>::default();
        Self { base, hasher, shards, next, records, bytes, is_over: AtomicBool::new(false) }
    }

    /// Reads what transactions name that no other thread has taken.
    fn fetch(&self, job: &Job) {
        loop {
            let first = self.next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= job.transactions.len() {
                return;
            }
            for (index, transaction) in job.transactions.iter().enumerate().skip(first).take(BATCH)
            {
                if self.fetch_named(transaction, job.named(index)).is_none() {
                    return;
                }
            }
        }
    }

    /// Reads what one transaction names; nothing where it is time to end.
    fn fetch_named(&self, transaction: &Transaction, hints: &[AccessHint]) -> Option<()> {
        self.take(Key::account(&home(&transaction.from)))?;
        if let Some(to) = &transaction.to {
            self.fetch_contract(to)?;
        }
        for entry in &transaction.access_list {
            self.fetch_contract(&entry.address)?;
            for slot in &entry.slots {
                self.take(Key::slot(&home(&entry.address), slot))?;
            }
        }
        for hint in hints {
            self.fetch_contract(&hint.address)?;
            for key in &hint.keys {
                // Which of them it is depends on the machine of the contract.
                self.take(Key::kv(&hint.address, key))?;
                if key.is_empty() {
                    self.take(Key::new(Namespace::SvmAccount, &hint.address, &[]))?;
                }
                self.take(Key::counter(&hint.address, key))?;
                if let Ok(slot) = B256::try_from(key.as_ref()) {
                    self.take(Key::slot(&home(&hint.address), &slot))?;
                }
            }
        }
        Some(())
    }

    /// Reads an account and its code.
    fn fetch_contract(&self, address: &Address) -> Option<()> {
        let key = Key::account(&home(address));
        let record = self.take(key.clone())?;
        let account = record.and_then(|bytes| AccountRecord::decode(&key, &bytes).ok());
        if let Some(account) = account.filter(|account| !account.code_hash.is_empty()) {
            self.take(Key::code(&account.code_hash))?;
        }
        Some(())
    }

    /// The record at `key`, which is kept; nothing where it is time to end.
    fn take(&self, key: Key) -> Option<Option<Bytes>> {
        let is_full = self.records.load(Ordering::Relaxed) >= RECORDS_MAX
            || self.bytes.load(Ordering::Relaxed) >= BYTES_MAX;
        if is_full || self.is_over.load(Ordering::Relaxed) {
            return None;
        }
        if let Some(known) = self.shard(&key).lock().get(&key) {
            return Some(known.clone());
        }
        // Whoever needs the record meets the error where there is one.
        let record = self.base.read(&key).ok()?;
        self.records.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(record.as_ref().map_or(0, |it| it.len()), Ordering::Relaxed);
        self.shard(&key).lock().insert(key, record.clone());
        Some(record)
    }

    fn shard(&self, key: &Key) -> &Mutex<Shard> {
        // The maps inside take the low and the highest bits.
        let shard = (self.hasher.hash_one(key) >> 32) % SHARDS as u64;
        &self.shards[shard as usize]
    }
}

/// The identity under which the account of another is kept.
fn home(address: &Address) -> Address {
    Address::from_evm(address.evm_alias())
}

impl StateView for WarmView {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        let known = self.shard(key).lock().get(key).cloned();
        known.map_or_else(|| self.base.read(key), Ok)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        self.base.scan(prefix, from, limit)
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        self.base.block_hash(number)
    }
}

#[cfg(test)]
mod tests {
    use kernel::AccessEntry;
    use primitives::CodeHash;
    use state::{EmptyView, Overlay, WriteSet};

    use super::*;

    fn address(number: u8) -> Address {
        let mut bytes = [0; 32];
        bytes[12..].fill(number);
        Address::new(bytes)
    }

    fn world() -> (Arc<dyn StateView>, CodeHash) {
        let code_hash = CodeHash::of(b"code");
        let mut records = WriteSet::new();
        records.put(Key::code(&code_hash), b"code".to_vec());
        let record = AccountRecord { code_hash, ..AccountRecord::default() };
        records.put(Key::account(&address(2)), record.encode());
        records.put(Key::kv(&address(2), b"key"), vec![7]);
        records.put(Key::slot(&address(3), &B256::repeat_byte(1)), vec![8]);
        (Arc::new(Overlay::new(Arc::new(EmptyView), records)), code_hash)
    }

    fn transaction() -> Transaction {
        let slots = vec![B256::repeat_byte(1)];
        Transaction {
            from: address(1),
            to: Some(address(2)),
            access_list: vec![AccessEntry { address: address(3), slots }],
            ..Transaction::default()
        }
    }

    fn kept(view: &WarmView) -> HashMap<Key, Option<Bytes>> {
        view.shards.iter().flat_map(|shard| shard.lock().clone()).collect()
    }

    #[test]
    fn what_a_transaction_names_is_read_ahead_and_is_what_the_state_holds() {
        let (base, code_hash) = world();
        let hint = AccessHint {
            address: address(2),
            keys: vec![b"key".to_vec().into()],
            is_written: false,
        };
        let hints = [hint];
        let job = Job::from(Arc::from([transaction()])).with_hints([&hints[..]].into_iter());
        let warm = WarmView::new(Arc::clone(&base));
        warm.fetch(&job);
        let kept = kept(&warm);
        let named = [
            Key::account(&address(1)),
            Key::account(&address(2)),
            Key::code(&code_hash),
            Key::kv(&address(2), b"key"),
            Key::slot(&address(3), &B256::repeat_byte(1)),
        ];
        assert!(named.iter().all(|key| kept.contains_key(key)), "{kept:?}");
        for (key, record) in &kept {
            assert_eq!(*record, base.read(key).expect("memory"));
            assert_eq!(warm.read(key).expect("memory"), *record);
        }
    }

    #[test]
    fn it_ends_where_it_has_read_enough_or_the_block_is_over() {
        let job = Job::from(Arc::from([transaction()]));
        let full = WarmView::new(world().0);
        full.records.store(RECORDS_MAX - 1, Ordering::Relaxed);
        full.fetch(&job);
        assert_eq!(kept(&full).len(), 1);
        let late = WarmView::new(world().0);
        drop(Over(&late.is_over));
        late.fetch(&job);
        assert!(kept(&late).is_empty());
    }
}
