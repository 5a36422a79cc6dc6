//! The tree of the commitment beside the jellyfish Merkle tree of the crate `jmt`, both in memory;
//! and what proofs cost. The tree works on one thread, as the peer does, and on two.

use std::{cell::RefCell, collections::HashMap};

use braidvm::{
    B256, Bytes,
    rooms::{
        primitives::keccak256,
        proof::{Proof, path_of},
        state::bench::BareTree,
    },
};
use jmt::{
    KeyHash, OwnedValue, Sha256Jmt, Version,
    storage::{LeafNode, Node, NodeKey, TreeReader, TreeUpdateBatch},
};

use super::{Bench, Goal, Pair, clock::Clock, host_failure, micros_each, thousands_per_second};
use crate::failure::Failure;

/// Keys of both trees.
const KEYS: u64 = 1_000_000;
/// Keys that one batch of the load puts.
const KEYS_PER_LOAD: u64 = 50_000;
/// Keys that one block changes.
const CHANGES: u64 = 2_000;
/// Blocks of one round.
const BLOCKS: u64 = 10;
/// How many times faster than the peer.
const UPDATES_MIN: f64 = 10.0;
/// Proofs of one round, and how long one may take to make and to verify, in microseconds.
const PROOFS: u64 = 2_000;
const PROOF_MAX_US: f64 = 100.0;

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let (mut tree, mut peer) = (BareTree::default(), Peer::default());
    let bar = bench.output.progress("filling the trees", KEYS);
    for start in (0..KEYS).step_by(KEYS_PER_LOAD as usize) {
        let values: Vec<_> = (start..start + KEYS_PER_LOAD).map(|at| value(at, 0)).collect();
        tree.put(&values, 1).map_err(host_failure)?;
        peer.put(&values)?;
        bar.inc(KEYS_PER_LOAD);
    }
    bar.finish_and_clear();
    let (mut round, mut peer_round) = (1, 1);
    let rows = [
        ("tree of 1M keys, 2000 changed at a time", 1),
        ("the same on two threads, beside one", 2),
    ];
    for (name, threads) in rows {
        let mut put = |values: &[_]| tree.put(values, threads).map(|_| ()).map_err(host_failure);
        bench.measure(Pair {
            name,
            unit: "k keys/s",
            goal: Goal::AtLeast(UPDATES_MIN),
            this: &mut || per_second(&mut round, &mut put),
            peer: &mut || per_second(&mut peer_round, |values| peer.put(values)),
        })?;
    }
    proofs(bench, &mut tree)
}

fn per_second(
    next: &mut u64,
    mut put: impl FnMut(&[(B256, Bytes)]) -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let blocks: Vec<Vec<_>> = (*next..*next + BLOCKS)
        .map(|block| (0..CHANGES).map(|at| value(key_of(block, at), block)).collect())
        .collect();
    *next += BLOCKS;
    let clock = Clock::start();
    for values in &blocks {
        put(values)?;
    }
    Ok(thousands_per_second(BLOCKS * CHANGES, clock.elapsed()))
}

/// Nothing to compare with: the bound stands in the peer's place, and there is one round.
fn proofs(bench: &mut Bench<'_>, tree: &mut BareTree) -> Result<(), Failure> {
    let keys: Vec<u64> = (0..PROOFS).map(|at| at * (KEYS / PROOFS)).collect();
    let values: Vec<_> = keys.iter().map(|key| value(*key, u64::MAX)).collect();
    let root = tree.put(&values, 1).map_err(host_failure)?;
    let clock = Clock::start();
    let proofs: Result<Vec<Proof>, _> = values.iter().map(|(path, _)| tree.prove(path)).collect();
    let proofs = proofs.map_err(host_failure)?;
    let made_us = micros_each(PROOFS, clock.elapsed());
    let clock = Clock::start();
    for ((key, (_, value)), proof) in keys.iter().zip(&values).zip(&proofs) {
        proof.verify(&root, &key.to_be_bytes(), Some(value)).map_err(host_failure)?;
    }
    let verified_us = micros_each(PROOFS, clock.elapsed());
    for (name, time_us) in [("making a proof", made_us), ("verifying a proof", verified_us)] {
        let figures = (time_us, PROOF_MAX_US, time_us / PROOF_MAX_US);
        bench.push(name, "us", figures, Goal::AtMost(1.0))?;
    }
    Ok(())
}

fn value(key: u64, block: u64) -> (B256, Bytes) {
    let bytes = keccak256([key.to_be_bytes(), block.to_be_bytes()].concat());
    (path_of(&key.to_be_bytes()), Bytes::copy_from_slice(bytes.as_slice()))
}

/// The keys that a block changes, each once: steps of a prime walk over all of them.
const fn key_of(block: u64, at: u64) -> u64 {
    const STEP: u64 = 7_919;
    (block % KEYS * CHANGES + at) % KEYS * STEP % KEYS
}

/// The peer and its version.
#[derive(Default)]
pub(super) struct Peer {
    store: PeerStore,
    version: Version,
}

impl Peer {
    /// Puts the values of one version and works out its root.
    pub(super) fn put(&mut self, values: &[(B256, Bytes)]) -> Result<(), Failure> {
        let set = values.iter().map(|(path, value)| (KeyHash(path.0), Some(value.to_vec())));
        let (_, update) = Sha256Jmt::new(&self.store)
            .put_value_set(set, self.version)
            .map_err(|error| Failure::Host(anyhow::anyhow!("jmt: {error}")))?;
        self.store.keep(update);
        self.version += 1;
        Ok(())
    }
}

/// The nodes and values of the peer's last version.
#[derive(Default)]
struct PeerStore {
    nodes: RefCell<HashMap<NodeKey, Node>>,
    values: RefCell<HashMap<KeyHash, Option<OwnedValue>>>,
}

impl PeerStore {
    fn keep(&self, update: TreeUpdateBatch) {
        let mut nodes = self.nodes.borrow_mut();
        for (key, node) in update.node_batch.nodes() {
            nodes.insert(key.clone(), node.clone());
        }
        let mut values = self.values.borrow_mut();
        for ((_, key), value) in update.node_batch.values() {
            values.insert(*key, value.clone());
        }
        for stale in &update.stale_node_index_batch {
            nodes.remove(&stale.node_key);
        }
    }
}

impl TreeReader for PeerStore {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<Node>> {
        Ok(self.nodes.borrow().get(key).cloned())
    }

    fn get_value_option(
        &self,
        _max_version: Version,
        key: KeyHash,
    ) -> anyhow::Result<Option<OwnedValue>> {
        Ok(self.values.borrow().get(&key).cloned().flatten())
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}
