//! Reading the state as it stood at one moment.

use core::fmt;

use primitives::{Bytes, U256};

use crate::{Key, StateError, number};

/// One record that a scan found.
pub type ScanEntry = (Key, Bytes);

/// The state at one moment: reads never see a later write.
///
/// A view is shared by everything that reads one state; what a transaction has open lies in its
/// journal, above the view.
pub trait StateView: Send + Sync + fmt::Debug {
    /// The record at `key`, or nothing where there is none.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store failed or the attempt was withdrawn.
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError>;

    /// Whether the number in a [counter](crate::Namespace::Counter) is `amount` or more.
    ///
    /// A view in which records still change need not count this as reading the record: only the
    /// answer has to stay as it is.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); [`StateError::Corrupt`] where the record is no number.
    fn number_at_least(&self, key: &Key, amount: U256) -> Result<bool, StateError> {
        Ok(number::decode(key, self.read(key)?.as_ref())? >= amount)
    }

    /// At most `limit` records whose keys start with `prefix` and are not below `from`, in the
    /// order of their keys.
    ///
    /// `from` starts with `prefix` itself, or equals it for the whole range.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError>;

    /// The hash of an earlier block, or nothing where it is not among those remembered.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn block_hash(&self, number: u64) -> Result<Option<primitives::Hash>, StateError>;
}

/// A state without records.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyView;

impl StateView for EmptyView {
    fn read(&self, _key: &Key) -> Result<Option<Bytes>, StateError> {
        Ok(None)
    }

    fn scan(
        &self,
        _prefix: &[u8],
        _from: &[u8],
        _limit: usize,
    ) -> Result<Vec<ScanEntry>, StateError> {
        Ok(Vec::new())
    }

    fn block_hash(&self, _number: u64) -> Result<Option<primitives::Hash>, StateError> {
        Ok(None)
    }
}
