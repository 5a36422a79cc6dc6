//! What more threads would make of a run that was observed, by simulation of discrete events.
//!
//! The figures are simulated: every stretch takes as long as it took, whoever runs it. Memory,
//! caches, locks and the cost of scheduling are left out.

use std::{cmp::Reverse, collections::BTreeSet, collections::BinaryHeap, time::Duration};

use crate::Observed;

/// How stretches are scheduled in a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// What a stretch reads from is known before, and it waits for that.
    PerfectKnowledge,
    /// Stretches run in their order as soon as a thread is free, and again where what they read
    /// from ended after they had begun (Block-STM).
    Optimistic,
}

/// What a simulation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulated {
    /// Threads.
    pub workers: usize,
    /// From the first beginning to the last end.
    pub makespan: Duration,
    /// What one thread takes.
    pub serial: Duration,
    /// Attempts in vain.
    pub reexecutions: u64,
}

/// Plays a run on so many threads.
///
/// # Panics
///
/// Where there is no thread.
#[must_use]
pub fn simulate(observed: &[Observed], workers: usize, policy: Policy) -> Simulated {
    assert!(workers > 0, "someone has to work");
    let mut play = Play::new(observed, policy);
    let mut now = 0;
    let mut running: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    loop {
        while running.len() < workers
            && let Some(index) = play.next(now)
        {
            running.push(Reverse((now + play.durations[index], index)));
        }
        let Some(Reverse((end, index))) = running.pop() else { break };
        now = end;
        play.ended(index, now);
    }
    assert!(play.ready.is_empty(), "everything has ended");
    Simulated {
        workers,
        makespan: Duration::from_nanos(now),
        serial: Duration::from_nanos(play.durations.iter().sum()),
        reexecutions: play.reexecutions,
    }
}

/// The state of a simulation. Times are in nanoseconds.
struct Play<'a> {
    policy: Policy,
    observed: &'a [Observed],
    durations: Vec<u64>,
    readers: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    began: Vec<u64>,
    /// When the last attempt ended; nothing where one is running or none has run.
    ended: Vec<Option<u64>>,
    has_run: Vec<bool>,
    reexecutions: u64,
}

impl<'a> Play<'a> {
    fn new(observed: &'a [Observed], policy: Policy) -> Self {
        let count = observed.len();
        let nanos = |it: &Observed| u64::try_from(it.duration.as_nanos()).unwrap_or(u64::MAX >> 16);
        let mut readers = vec![Vec::new(); count];
        for (reader, it) in observed.iter().enumerate() {
            for source in &it.reads_from {
                assert!((*source as usize) < reader, "a stretch reads from those below it");
                readers[*source as usize].push(reader);
            }
        }
        Self {
            policy,
            observed,
            durations: observed.iter().map(nanos).collect(),
            readers,
            ready: (0..count).collect(),
            began: vec![0; count],
            ended: vec![None; count],
            has_run: vec![false; count],
            reexecutions: 0,
        }
    }

    /// Begins the lowest stretch that may run.
    fn next(&mut self, now: u64) -> Option<usize> {
        let may_run = |index: &&usize| match self.policy {
            Policy::PerfectKnowledge => self.sources(**index).all(|it| self.ended[it].is_some()),
            // What runs again has left estimates, which stop whoever meets them.
            Policy::Optimistic => {
                self.sources(**index).all(|it| self.ended[it].is_some() || !self.has_run[it])
            }
        };
        let index = self.ready.iter().find(may_run).copied()?;
        self.ready.remove(&index);
        self.began[index] = now;
        Some(index)
    }

    fn ended(&mut self, index: usize, now: u64) {
        self.has_run[index] = true;
        let began = self.began[index];
        let is_valid = self.sources(index).all(|it| self.ended[it].is_some_and(|end| end <= began));
        if !is_valid {
            self.run_again(index);
            return;
        }
        self.ended[index] = Some(now);
        let readers = std::mem::take(&mut self.readers[index]);
        for reader in &readers {
            if self.ended[*reader].is_some() && self.began[*reader] < now {
                self.run_again(*reader);
            }
        }
        self.readers[index] = readers;
    }

    fn run_again(&mut self, index: usize) {
        self.reexecutions += 1;
        self.ended[index] = None;
        self.ready.insert(index);
    }

    fn sources(&self, index: usize) -> impl Iterator<Item = usize> {
        self.observed[index].reads_from.iter().map(|source| *source as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(reads_from: &[u32]) -> Observed {
        Observed {
            reads_from: reads_from.to_vec(),
            weight: 1,
            duration: Duration::from_nanos(10),
            worker: 0,
            began: Duration::ZERO,
            records: (1, 1),
            shared: Vec::new(),
        }
    }

    fn makespan(observed: &[Observed], workers: usize, policy: Policy) -> u128 {
        simulate(observed, workers, policy).makespan.as_nanos()
    }

    #[test]
    fn what_is_independent_is_shared_out() {
        let all = vec![observed(&[]); 8];
        for policy in [Policy::PerfectKnowledge, Policy::Optimistic] {
            assert_eq!(makespan(&all, 1, policy), 80);
            assert_eq!(makespan(&all, 4, policy), 20);
            assert_eq!(makespan(&all, 64, policy), 10);
        }
    }

    #[test]
    fn a_chain_is_as_long_as_it_is() {
        let chain: Vec<_> = (0..6)
            .map(|at: u32| observed(&at.checked_sub(1).map_or(vec![], |it| vec![it])))
            .collect();
        assert_eq!(makespan(&chain, 8, Policy::PerfectKnowledge), 60);
        let optimistic = simulate(&chain, 8, Policy::Optimistic);
        assert_eq!(optimistic.makespan.as_nanos(), 60);
        assert!(optimistic.reexecutions > 0);
    }

    #[test]
    fn knowledge_is_never_worse() {
        let all: Vec<_> = (0..40u32)
            .map(|at| observed(&if at % 3 == 2 { vec![at - 2] } else { vec![] }))
            .collect();
        for workers in [2, 4, 8] {
            let known = makespan(&all, workers, Policy::PerfectKnowledge);
            assert!(known <= makespan(&all, workers, Policy::Optimistic));
        }
    }
}
