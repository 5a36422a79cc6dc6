//! What an executor is given to do.

use std::{ops::ControlFlow, sync::Arc};

use alloy_primitives::keccak256;
use kernel::Transaction;

use super::{listener::Listener, outcome::Outcome};
use crate::AccessHint;

/// The transactions of a block, and what is known of them before they run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The transactions in their order.
    pub(super) transactions: Arc<[Transaction]>,
    /// For each transaction, what it says it will change; none for those beyond the end. What a
    /// hint says decides who waits for whom, never what comes of it.
    pub(super) hints: Arc<[Vec<u64>]>,
    /// The same in the words of the transactions, for who reads ahead.
    pub(super) named: Arc<[Vec<AccessHint>]>,
    /// Whether the trees of calls are recorded, for which transactions run one after another.
    pub(super) is_traced: bool,
    /// Who hears of the outcomes.
    pub(super) listener: Option<Listener>,
}

impl Job {
    /// The same with what each of the transactions says it will touch.
    #[must_use]
    pub fn with_hints<'a>(mut self, hints: impl Iterator<Item = &'a [AccessHint]>) -> Self {
        self.named = hints.map(<[_]>::to_vec).collect();
        self.hints = self.named.iter().map(|hints| numbers(hints)).collect();
        self
    }

    /// The same with or without trees of calls.
    #[must_use]
    pub const fn with_tracing(mut self, is_traced: bool) -> Self {
        self.is_traced = is_traced;
        self
    }

    /// The same with somebody who hears of the outcomes, and may end the block.
    #[must_use]
    pub fn with_listener(mut self, listener: Listener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// The same with nobody but a listener that ends the block where it has ended with `outcomes`.
    pub(super) fn ending_as(&self, outcomes: &[Outcome]) -> Self {
        let is_reached = |it: &&Outcome| !matches!(it, Outcome::NotReached);
        let reached = outcomes.iter().take_while(is_reached).count();
        let is_cut = reached < outcomes.len();
        Self { listener: is_cut.then(|| Listener::ending_after(reached)), ..self.clone() }
    }

    /// Tells whoever listens, and hears whether the block ends there.
    pub(super) fn tell(&self, index: usize, outcome: &Outcome) -> ControlFlow<()> {
        let listener = self.listener.as_ref();
        listener.map_or(ControlFlow::Continue(()), |listener| listener.hear(index, outcome))
    }

    pub(super) fn named(&self, index: usize) -> &[AccessHint] {
        self.named.get(index).map_or(&[], Vec::as_slice)
    }

    pub(super) fn hints(&self, index: usize) -> &[u64] {
        self.hints.get(index).map_or(&[], Vec::as_slice)
    }
}

impl From<Arc<[Transaction]>> for Job {
    fn from(transactions: Arc<[Transaction]>) -> Self {
        let (hints, named) = (Arc::default(), Arc::default());
        Self { transactions, hints, named, is_traced: false, listener: None }
    }
}

/// A number for each record that is said to be written. An address without keys says nothing of
/// its records: its contract may change any of them, or different ones each time.
fn numbers(hints: &[AccessHint]) -> Vec<u64> {
    let written = hints.iter().filter(|hint| hint.is_written);
    let places = written.flat_map(|hint| hint.keys.iter().map(|key| (&hint.address, key)));
    let number = |(address, key): (&primitives::Address, &primitives::Bytes)| {
        let hash = keccak256([address.as_bytes().as_slice(), key].concat());
        hash.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    places.map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_read_makes_nobody_wait() {
        let hint = |is_written, key: u8| AccessHint {
            address: primitives::Address::new([3; 32]),
            keys: vec![vec![key].into()],
            is_written,
        };
        let all = [vec![hint(true, 1)], vec![hint(false, 1)], vec![hint(true, 1), hint(true, 2)]];
        let job = Job::from(Arc::from([])).with_hints(all.iter().map(Vec::as_slice));
        assert_eq!((job.hints(0).len(), job.hints(1).len(), job.hints(2).len()), (1, 0, 2));
        assert_eq!(job.hints(0)[0], job.hints(2)[0]);
        assert_ne!(job.hints(2)[0], job.hints(2)[1]);
        assert!(job.hints(3).is_empty());
    }
}
