//! Which contracts had callers that got into each other's way, so that the next block knows it
//! before it runs. What is remembered decides who waits for whom, never what comes of it.

use kernel::Transaction;
use parallel::Statistics;
use parking_lot::Mutex;
use primitives::Address;
use schnellru::{ByLength, LruMap};

/// Contracts that are remembered.
const CONTRACTS_MAX: u32 = 64;

/// Blocks after which a contract is tried again: its callers may go apart.
const BLOCKS: u32 = 16;

/// The contracts, with the number of blocks for which each is still remembered.
pub(super) struct Crowds(Mutex<LruMap<Address, u32>>);

impl std::fmt::Debug for Crowds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crowds").field("contracts", &self.0.lock().len()).finish()
    }
}

impl Default for Crowds {
    fn default() -> Self {
        Self(Mutex::new(LruMap::new(ByLength::new(CONTRACTS_MAX))))
    }
}

impl Crowds {
    /// What is remembered, for one more block.
    pub(super) fn known(&self) -> Vec<Address> {
        let mut all = self.0.lock();
        let known: Vec<Address> = all.iter().map(|(address, _)| *address).collect();
        for address in &known {
            match all.peek_mut(address) {
                Some(left) if *left > 1 => *left -= 1,
                _ => drop(all.remove(address)),
            }
        }
        known
    }

    /// Remembers whom most of `transactions` call, if most of them could not run at once.
    pub(super) fn learn(&self, transactions: &[Transaction], statistics: &Statistics) {
        if 2 * statistics.contended <= statistics.stretches {
            return;
        }
        if let Some(address) = most_called(transactions) {
            self.0.lock().insert(address, BLOCKS);
        }
    }
}

/// Whom more than half of the transactions call.
fn most_called(transactions: &[Transaction]) -> Option<Address> {
    let called = || transactions.iter().filter_map(|it| it.to);
    // Whoever has the majority outlives all others, each of which takes away one vote.
    let (candidate, _) = called().fold((None, 0usize), |(candidate, votes), to| match votes {
        0 => (Some(to), 1),
        _ if candidate == Some(to) => (candidate, votes + 1),
        _ => (candidate, votes - 1),
    });
    let count = called().filter(|to| Some(*to) == candidate).count();
    candidate.filter(|_| 2 * count > transactions.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(of: &[u8]) -> Vec<Transaction> {
        let call = |number: &u8| Transaction {
            to: (*number > 0).then(|| Address::new([*number; 32])),
            ..Transaction::default()
        };
        of.iter().map(call).collect()
    }

    #[test]
    fn a_contract_is_remembered_for_some_blocks_where_most_callers_had_to_wait() {
        let crowds = Crowds::default();
        let statistics =
            |contended| Statistics { stretches: 10, contended, ..Statistics::default() };
        crowds.learn(&calls(&[3, 3, 3]), &statistics(5));
        assert!(crowds.known().is_empty(), "half of them could run at once");
        crowds.learn(&calls(&[3, 4, 0, 3]), &statistics(10));
        assert!(crowds.known().is_empty(), "nobody is called by more than half");
        crowds.learn(&calls(&[4, 3, 3, 0, 3]), &statistics(6));
        for _ in 0..BLOCKS {
            assert_eq!(crowds.known(), [Address::new([3; 32])]);
        }
        assert!(crowds.known().is_empty());
    }
}
