//! The undo entries of records outside the EVM, and their places in revm's journal.

use primitives::{Bytes, EvmAddress, U256};
use revm::context::JournalEntry;
use state::{Delta, Key};

/// One change beside revm's own, and where its marker lies in revm's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undo {
    /// The index of the marker entry in revm's journal.
    pub(crate) position: usize,
    /// What to take back.
    pub(crate) change: Change,
}

/// What was changed, with what it takes to change it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A record was put or removed.
    ///
    /// Action: `open[key]` gets the new value.
    ///
    /// Revert: `open[key]` gets `before` again, or loses its entry where there was none, so that
    /// reads fall through to the view again.
    Record {
        /// The record.
        key: Key,
        /// What the open changes held for it.
        before: Option<Option<Bytes>>,
    },
    /// A counter was changed.
    ///
    /// Action: `counters[key]` becomes the sum of the change that was open and the new one.
    ///
    /// Revert: `counters[key]` gets `before` again. What was asked of the number below stays
    /// known: it holds whatever is taken back.
    Counter {
        /// The counter.
        key: Key,
        /// The change that was open, [`Delta::NONE`] where there was none.
        before: Delta,
    },
    /// Calls of an account have to ask first from here on, or need not any more.
    ///
    /// Action: the account enters the set of guarded ones, or leaves it.
    ///
    /// Revert: it is again in the set, or out of it, as it was.
    Guarded {
        /// The account.
        address: EvmAddress,
        /// Whether it was in the set.
        before: bool,
    },
    /// A record was accessed for the first time in the transaction.
    ///
    /// Action: `key` enters the warm set.
    ///
    /// Revert: it leaves the warm set, and the next access is cold again.
    Warmed {
        /// The record.
        key: Key,
    },
}

/// No account has this address in practice, and reverting a transient word that never was set is
/// without effect, so revm's own revert passes over markers.
const MARKER_ADDRESS: EvmAddress = EvmAddress::new([0xfe; 20]);

/// The entry of revm's journal that stands for an [`Undo`].
pub(crate) const fn marker_entry() -> JournalEntry {
    JournalEntry::TransientStorageChange {
        address: MARKER_ADDRESS,
        key: U256::ZERO,
        had_value: U256::ZERO,
    }
}

/// Whether an entry of revm's journal stands for an [`Undo`].
pub(crate) fn is_marker(entry: &JournalEntry) -> bool {
    matches!(entry, JournalEntry::TransientStorageChange { address, key, had_value }
        if *address == MARKER_ADDRESS && key.is_zero() && had_value.is_zero())
}
