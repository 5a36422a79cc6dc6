//! The durable store: how soon it works again, and what a block costs beside the bare medium.
//!
//! Time is on the wall here, because most of it is spent in waiting for the disk.

use std::{path::Path, time::Instant};

use braidvm::{
    Address, BlockNumber, Bytes, Hash,
    rooms::state::{
        BlockCommit, FjallConfig, FjallStore, Key, Store, WriteSet,
        bench::{ColdStart, cold_start},
    },
};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{Bench, Goal, Pair, host_failure};
use crate::failure::Failure;

/// Records of the store that is opened.
const RECORDS: u64 = 1_000_000;
/// How soon it shall work again, in milliseconds.
const COLD_START_MAX_MS: f64 = 100.0;
/// Records that one block changes.
const WRITES: u64 = 2_000;
/// Records that the blocks choose from.
const WRITES_FROM: u64 = 20_000;
/// Blocks of one round.
const BLOCKS: u64 = 10;
/// How much longer than the peer a block may take. It reads what each record was, works out the
/// root, and writes history, the list of changed keys and the pages of the tree besides; the peer
/// writes the records only.
const COMMIT_MAX: f64 = 3.0;

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    starts(bench, &folder.path().join("start"))?;
    commits(bench, folder.path())
}

/// Nothing to compare with: the bound stands in the peer's place, and there is one round.
fn starts(bench: &mut Bench<'_>, path: &Path) -> Result<(), Failure> {
    let bar = bench.output.progress("filling the store", RECORDS);
    let measured = cold_start(path, RECORDS, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    let ColdStart { reopen_after_crash, reopen, .. } = measured.map_err(host_failure)?;
    let names = ["opening 1M records after a crash", "opening 1M records"];
    for (name, time) in names.into_iter().zip([reopen_after_crash, reopen]) {
        let time_ms = time.as_secs_f64() * 1_000.0;
        let figures = (time_ms, COLD_START_MAX_MS, time_ms / COLD_START_MAX_MS);
        bench.push(name, "ms", figures, Goal::AtMost(1.0))?;
    }
    Ok(())
}

fn commits(bench: &mut Bench<'_>, folder: &Path) -> Result<(), Failure> {
    let store = FjallStore::open(folder.join("blocks"), &FjallConfig::default());
    let store = store.map_err(host_failure)?;
    let database = Database::builder(folder.join("bare")).open().map_err(host_failure)?;
    let keyspace = database.keyspace("state", KeyspaceCreateOptions::default);
    let keyspace = keyspace.map_err(host_failure)?;
    let (mut block, mut batch) = (0, 0);
    bench.measure(Pair {
        name: "durable block of 2000 records",
        unit: "ms/block",
        goal: Goal::AtMost(COMMIT_MAX),
        this: &mut || millis_a_block(&mut block, |number, writes| commit(&store, number, writes)),
        peer: &mut || {
            millis_a_block(&mut batch, |_, writes| write_bare(&database, &keyspace, writes))
        },
    })
}

fn millis_a_block(
    next: &mut u64,
    mut work: impl FnMut(u64, WriteSet) -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let blocks: Vec<_> = (*next..*next + BLOCKS).map(|number| (number, writes(number))).collect();
    *next += BLOCKS;
    let started = Instant::now();
    for (number, writes) in blocks {
        work(number, writes)?;
    }
    Ok(started.elapsed().as_secs_f64() * 1_000.0 / BLOCKS as f64)
}

fn commit(store: &FjallStore, number: u64, writes: WriteSet) -> Result<(), Failure> {
    let hash = hash_of(number, 0);
    let block = BlockCommit { number: BlockNumber(number), hash, writes, ..BlockCommit::default() };
    store.commit(block).map_err(host_failure)
}

fn write_bare(database: &Database, keyspace: &Keyspace, writes: WriteSet) -> Result<(), Failure> {
    let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
    for (key, value) in writes.iter() {
        if let Some(value) = value {
            batch.insert(keyspace, key.as_bytes(), &value[..]);
        }
    }
    batch.commit().map_err(host_failure)
}

/// What a block writes: 32 bytes each at hashed keys, some of them new, most of them not.
fn writes(block: u64) -> WriteSet {
    let contract = Address::new([1; 32]);
    let change = |at: u64| {
        let slot = hash_of(0, (block * WRITES / 2 + at) % WRITES_FROM);
        let value = Bytes::copy_from_slice(hash_of(block + 1, at).as_slice());
        (Key::slot(&contract, &slot), Some(value))
    };
    (0..WRITES).map(change).collect()
}

fn hash_of(block: u64, at: u64) -> Hash {
    let bytes = [block.to_be_bytes(), at.to_be_bytes()].concat();
    braidvm::rooms::primitives::keccak256(bytes)
}
