//! How the execution of a block on many threads went, for people who ask why it is not faster.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use primitives::{BlockNumber, Gas, Hash};
use state::Key;

use crate::{
    BlockRecord,
    execution::{Policy, Simulated, Statistics, simulate},
};

/// What was observed while a stored block ran again, each transaction for itself, on one thread
/// and on many.
///
/// Edges, critical path and the dependencies by record follow from the block. Whatever else is told
/// differs from run to run.
#[derive(Debug, Clone)]
pub struct BlockReport {
    /// The block.
    pub block: BlockNumber,
    /// Its hash.
    pub hash: Hash,
    /// How many transactions it has.
    pub transactions: usize,
    /// Gas of all of them.
    pub gas_used: Gas,
    /// What one thread did, of which all that was read is known for certain.
    pub alone: Arc<Statistics>,
    /// What many threads did.
    pub together: Arc<Statistics>,
}

/// A record by which transactions of a block depend on one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContendedRecord {
    /// The record.
    pub key: Key,
    /// Transactions that read of it what an earlier one of the block wrote.
    pub dependencies: u64,
    /// Attempts that turned out to have read something else of it than was there in the end.
    pub conflicts: u64,
}

/// What one thread did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lane {
    /// The transactions whose final attempt ran on it.
    pub transactions: usize,
    /// Their gas.
    pub gas: Gas,
    /// How long the attempts took.
    pub busy: Duration,
}

impl BlockReport {
    pub(crate) fn new(
        record: &BlockRecord,
        alone: Arc<Statistics>,
        together: Arc<Statistics>,
    ) -> Self {
        for observed in [&alone.observed, &together.observed] {
            assert_eq!(observed.len(), record.transactions.len(), "each ran for itself");
        }
        Self {
            block: BlockNumber(record.header.number),
            hash: record.hash(),
            transactions: record.transactions.len(),
            gas_used: Gas(record.header.gas_used),
            alone,
            together,
        }
    }

    /// Pairs of transactions of which the later one read what the earlier one wrote.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.alone.observed.iter().map(|it| it.reads_from.len()).sum()
    }

    /// Gas of the dearest chain of transactions of which each reads what the one before it wrote:
    /// however many threads there are, they run one after another.
    #[must_use]
    pub fn critical_path(&self) -> Gas {
        let path = Gas(self.alone.critical_path(|observed| observed.weight));
        assert!(path <= self.gas_used, "a chain of transactions is a part of the block");
        path
    }

    /// The records that made transactions wait or run again, those with most dependencies and
    /// conflicts first.
    #[must_use]
    pub fn contended(&self) -> Vec<ContendedRecord> {
        let mut counts: BTreeMap<&Key, (u64, u64)> = BTreeMap::new();
        for key in self.alone.observed.iter().flat_map(|it| &it.shared) {
            counts.entry(key).or_default().0 += 1;
        }
        for (key, conflicts) in &self.together.conflicts {
            counts.entry(key).or_default().1 += conflicts;
        }
        let record = |(key, (dependencies, conflicts)): (&Key, _)| {
            let key = key.clone();
            ContendedRecord { key, dependencies, conflicts }
        };
        let mut all: Vec<_> = counts.into_iter().map(record).collect();
        // Sorting is stable, so that equals stay in the order of their keys.
        all.sort_by_key(|it| std::cmp::Reverse(it.dependencies.saturating_add(it.conflicts)));
        all
    }

    /// What each thread did, in the order of their numbers.
    #[must_use]
    pub fn lanes(&self) -> Vec<Lane> {
        let mut lanes = vec![Lane::default(); self.together.workers];
        for observed in &self.together.observed {
            let Some(lane) = lanes.get_mut(observed.worker) else { continue };
            lane.transactions += 1;
            lane.gas = lane.gas.saturating_add(Gas(observed.weight));
            lane.busy = lane.busy.saturating_add(observed.duration);
        }
        lanes
    }

    /// What so many threads would make of the block, by simulation of what was observed of one.
    ///
    /// # Panics
    ///
    /// Where there is no thread.
    #[must_use]
    pub fn simulated(&self, workers: usize, policy: Policy) -> Simulated {
        simulate(&self.alone.observed, workers, policy)
    }
}
