//! Compares a store with what it must hold.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use primitives::BlockNumber;
use state::{FjallConfig, FjallStore, Records, Store, commitment::root_of};

use crate::workload::{Block, Expected, INDEX, Workload};

/// Blocks above the tip that must not be there.
const ABOVE: u64 = 4;

/// Bytes of the cache of a store that is looked at once.
const CACHE_BYTES: u64 = 4 << 20;
const TREE_CACHE_BYTES: usize = 1 << 20;

/// Opens the store of a test.
///
/// # Errors
///
/// Those of the store.
pub fn open(path: &Path) -> Result<FjallStore, state::StateError> {
    let config = FjallConfig {
        cache_bytes: CACHE_BYTES,
        tree_cache_bytes: TREE_CACHE_BYTES,
        // What is read is to come from the disk.
        record_cache_bytes: 0,
        create: true,
    };
    FjallStore::open(path, &config)
}

/// Checks that a store is as it was after the steps that were acknowledged, or after the one that
/// was under way as well. Returns how many steps were taken.
///
/// # Errors
///
/// Where it is neither: how it differs from both.
pub fn verify(
    store: &FjallStore,
    workload: &Workload,
    acknowledged: usize,
) -> anyhow::Result<usize> {
    let compare_after = |steps: usize| {
        let expected = workload.after(steps).context("the workload has no such step")?;
        compare(store, expected)
    };
    let Err(first) = compare_after(acknowledged) else { return Ok(acknowledged) };
    let Err(second) = compare_after(acknowledged + 1) else { return Ok(acknowledged + 1) };
    bail!("not the store after {acknowledged} steps: {first:#}; nor after one more: {second:#}")
}

fn compare(store: &FjallStore, expected: &Expected) -> anyhow::Result<()> {
    let tip = expected.chain.last().map(|block| block.tip);
    ensure!(store.tip() == tip, "the tip is {:?} and not {tip:?}", store.tip());
    let retained_from = store.retained_from();
    // What pruning removed may come back with a power cut, never the other way round.
    ensure!(
        retained_from <= expected.retained_from,
        "history begins at {retained_from} and not at {}",
        expected.retained_from
    );
    for block in &expected.chain {
        compare_block(store, block, block.tip.block >= retained_from)
            .with_context(|| format!("block {}", block.tip.block))?;
    }
    match expected.chain.last() {
        Some(last) => {
            let latest = Records::all(&*store.latest()).collect::<Vec<_>>();
            ensure!(root_of(latest, &mut |_| ())? == last.root, "the root is another");
            store.build_tree(last.tip.block)?;
            ensure!(store.root() == last.root, "the tree has another root");
            for (key, value) in &last.records {
                let proof = store.prove(key, last.tip.block)?;
                let proved = proof.verify(&last.root, key.as_bytes(), Some(value));
                proved.with_context(|| format!("the proof of {key:?}"))?;
            }
        }
        None => ensure!(Records::all(&*store.latest()).next().is_none(), "it is not empty"),
    }
    let above = tip.map_or(0, |tip| tip.block.0 + 1);
    for block in (above..above + ABOVE).map(BlockNumber) {
        ensure!(store.block_hash(block)?.is_none(), "block {block} has a hash");
        ensure!(store.block_record(block)?.is_none(), "block {block} has a record");
    }
    let index = store.index_record(INDEX)?;
    ensure!(index == expected.index, "the index has {index:?} and not {:?}", expected.index);
    let mut problems = Vec::new();
    store.check_history(&mut |problem| problems.push(problem))?;
    ensure!(problems.is_empty(), "history: {}", problems.join("; "));
    Ok(())
}

fn compare_block(store: &FjallStore, block: &Block, is_retained: bool) -> anyhow::Result<()> {
    let number = block.tip.block;
    ensure!(store.block_hash(number)? == Some(block.tip.hash), "the hash is another");
    ensure!(store.block_record(number)? == block.record, "the record is another");
    if is_retained {
        let view = store.at(number)?;
        let records = Records::all(&*view).collect::<Result<Vec<_>, _>>()?;
        ensure!(records == block.records, "the state is another");
        ensure!(store.root_at(number)? == block.root, "the root of the tree is another");
    }
    Ok(())
}
