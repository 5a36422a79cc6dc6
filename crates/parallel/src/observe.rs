//! What happened in a run, for people and for the simulator. None of it influences a result.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use state::Key;

use crate::memory::{Conflict, Index, Memory, Origin, Reads, Seen};

/// How a run went. It differs from run to run.
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    /// Threads that took part.
    pub workers: usize,
    /// Stretches that the transactions were cut into.
    pub stretches: usize,
    /// Attempts at stretches that were in vain.
    pub reexecutions: u64,
    /// Stretches that ran in one go, one after another, since attempts at those before them were in
    /// vain.
    pub contended: usize,
    /// Where attempts were found to have read something else, and how often.
    pub conflicts: BTreeMap<Key, u64>,
    /// Every stretch in its order, where observation was asked for.
    pub observed: Vec<Observed>,
}

/// The final attempt at a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The earlier stretches of which it read something, in their order.
    pub reads_from: Vec<u32>,
    /// What it weighs: its gas.
    pub weight: u64,
    /// How long the attempt took.
    pub duration: Duration,
    /// The thread it ran on: its lane.
    pub worker: usize,
    /// When it began, from the start of the run.
    pub began: Duration,
    /// How many records it read and set.
    pub records: (usize, usize),
    /// The records of which it read what earlier stretches wrote, in their order.
    pub shared: Vec<Key>,
}

/// When and where an attempt ran; nothing where nobody observes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    pub(crate) worker: usize,
    pub(crate) began: Duration,
    pub(crate) duration: Duration,
}

/// Takes the time, where someone wants to know it.
#[derive(Debug)]
pub(crate) struct Watch {
    start: Option<Instant>,
}

impl Watch {
    pub(crate) fn new(is_observed: bool) -> Self {
        Self { start: is_observed.then(Instant::now) }
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.start.is_some()
    }

    pub(crate) fn begin(&self, worker: usize) -> Timing {
        let began = self.start.map(|start| start.elapsed()).unwrap_or_default();
        Timing { worker, began, duration: Duration::ZERO }
    }

    pub(crate) fn end(&self, timing: &mut Timing) {
        if let Some(start) = self.start {
            timing.duration = start.elapsed().saturating_sub(timing.began);
        }
    }
}

impl Statistics {
    /// The longest chain of stretches of which each reads what the one before it wrote, in the
    /// measure of `cost`: no number of threads is faster.
    pub fn critical_path(&self, cost: impl Fn(&Observed) -> u64) -> u64 {
        let mut ends: Vec<u64> = Vec::with_capacity(self.observed.len());
        for observed in &self.observed {
            let before = observed.reads_from.iter().filter_map(|from| ends.get(*from as usize));
            ends.push(before.max().copied().unwrap_or(0).saturating_add(cost(observed)));
        }
        ends.into_iter().max().unwrap_or(0)
    }

    pub(crate) fn count_conflict(&mut self, conflict: Conflict) {
        let key = match conflict {
            Conflict::Record(key) => Some(key),
            Conflict::Range(prefix) => Key::from_bytes(&prefix),
        };
        if let Some(key) = key {
            *self.conflicts.entry(key).or_insert(0) += 1;
        }
    }
}

/// The stretches that wrote what was read.
pub(crate) fn sources(reads: &Reads) -> Vec<Index> {
    let mut sources: Vec<_> =
        reads.records.iter().filter_map(|read| source(&read.origin)).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The records that were read as earlier stretches wrote them.
pub(crate) fn shared(reads: &Reads, memory: &Memory) -> Vec<Key> {
    let is_shared = |read: &&Seen| source(&read.origin).is_some();
    let keys = reads.records.iter().filter(is_shared).map(|read| memory.key(read.cell));
    // A record may be read several times.
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

const fn source(origin: &Origin) -> Option<Index> {
    match origin {
        Origin::Version(stamp) | Origin::Resolved(Some(stamp)) => Some(stamp.index),
        Origin::Base | Origin::Resolved(None) => None,
    }
}
