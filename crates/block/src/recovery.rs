//! Senders of many transactions at once: the dearest step before execution, spread over threads and
//! done once for each transaction.

use std::thread;

use parking_lot::Mutex;
use primitives::{Address, Hash};
use schnellru::{ByLength, LruMap};

use crate::{
    Recovered, RecoveryError, SignedTransaction,
    limits::{RECOVERY_BATCH_MIN, RECOVERY_THREADS_MAX, SENDER_CACHE_ENTRIES},
};

/// Senders by the hash of their transaction, the ones used last at most
/// [`SENDER_CACHE_ENTRIES`] many.
pub struct SenderCache(Mutex<LruMap<Hash, Address>>);

impl std::fmt::Debug for SenderCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SenderCache").field("senders", &self.0.lock().len()).finish()
    }
}

impl Default for SenderCache {
    fn default() -> Self {
        Self(Mutex::new(LruMap::new(ByLength::new(SENDER_CACHE_ENTRIES))))
    }
}

impl SenderCache {
    /// A cache without senders.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`SignedTransaction::recover`], by what is known where it is known.
    ///
    /// # Errors
    ///
    /// As [`SignedTransaction::recover`].
    pub fn recover(&self, transaction: &SignedTransaction) -> Result<Recovered, RecoveryError> {
        let hash = transaction.hash();
        let known = self.0.lock().get(&hash).copied();
        if let Some(sender) = known {
            return transaction.with_sender(sender);
        }
        let sender = transaction.sender()?;
        self.0.lock().insert(hash, sender);
        transaction.with_sender(sender)
    }

    /// The transactions with their senders, in their order, by at most `threads` threads. The
    /// result does not depend on how many there are.
    #[must_use]
    pub fn recover_all(
        &self,
        transactions: &[SignedTransaction],
        threads: usize,
    ) -> Vec<Result<Recovered, RecoveryError>> {
        let threads = threads.clamp(1, RECOVERY_THREADS_MAX);
        let share = transactions.len().div_ceil(threads).max(RECOVERY_BATCH_MIN);
        let recover = |part: &[SignedTransaction]| -> Vec<_> {
            part.iter().map(|transaction| self.recover(transaction)).collect()
        };
        if transactions.len() <= share {
            return recover(transactions);
        }
        let results = thread::scope(|scope| {
            let parts = transactions.chunks(share);
            let workers: Vec<_> = parts.map(|part| scope.spawn(move || recover(part))).collect();
            let join = |worker: thread::ScopedJoinHandle<'_, Vec<_>>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().flat_map(join).collect::<Vec<_>>()
        });
        assert_eq!(results.len(), transactions.len(), "each transaction has one result");
        results
    }
}
