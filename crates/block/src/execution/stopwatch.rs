//! Who measures how long transactions take. The clock is the caller's; nothing here reads one.

use core::fmt::Debug;

use kernel::Transaction;

/// Is told when a transaction begins and ends to run, on the thread that runs it.
///
/// Attempts of parallel execution that are in vain are told as well, so one transaction may be told
/// several times. What it does decides nothing of the block.
pub trait Stopwatch: Send + Sync + Debug {
    /// A moment, in whatever unit the clock has.
    fn now(&self) -> u64;

    /// The transaction at `index` among those that were admitted has run since `began`.
    fn stop(&self, index: usize, transaction: &Transaction, began: u64);
}
