//! The chain as it is: blocks, transactions, receipts, and running them again.

use std::num::NonZero;

use block::{
    BlockRecord, BlockReport, Difference, Header, Parent, Receipt as StoredReceipt, ReplayError,
    SignedTransaction, TransactionPlace,
};
use primitives::{BlockNumber, Hash};
use state::StateError;

use super::Engine;
use crate::{EngineError, THREADS_MAX};

/// A transaction of the chain, with its place and its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTransaction {
    /// Where it stands.
    pub place: TransactionPlace,
    /// The hash of its block.
    pub block_hash: Hash,
    /// The transaction.
    pub transaction: SignedTransaction,
    /// What came of it.
    pub receipt: StoredReceipt,
}

impl Engine {
    /// A block: header, transactions and receipts.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] where the block is not held.
    pub fn block(&self, number: BlockNumber) -> Result<BlockRecord, EngineError> {
        let found = BlockRecord::load(self.store.as_ref(), number)?;
        Ok(found.ok_or_else(|| StateError::NotHeld {
            block: number.0,
            reason: match self.store.tip() {
                Some(tip) if tip.block < number => format!("the tip is block {}", tip.block),
                _ => "the chain was loaded without it".to_owned(),
            },
        })?)
    }

    /// The block of a hash, if the chain has one among those it holds.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownBlock`] where there is none.
    pub fn block_by_hash(&self, hash: &Hash) -> Result<BlockRecord, EngineError> {
        match BlockRecord::number_of(self.store.as_ref(), hash)? {
            Some(number) => self.block(number),
            None => Err(EngineError::UnknownBlock(*hash)),
        }
    }

    /// A transaction of the chain by its hash.
    ///
    /// # Errors
    ///
    /// [`EngineError::UnknownTransaction`] where no block of the chain holds it.
    pub fn find_transaction(&self, hash: &Hash) -> Result<FoundTransaction, EngineError> {
        let unknown = || EngineError::UnknownTransaction(*hash);
        let found = TransactionPlace::find(self.store.as_ref(), hash)?;
        let (place, mut record) = found.ok_or_else(unknown)?;
        let block_hash = record.hash();
        let index = place.index.0 as usize;
        if index >= record.transactions.len().min(record.receipts.len()) {
            return Err(unknown());
        }
        Ok(FoundTransaction {
            place,
            block_hash,
            transaction: record.transactions.swap_remove(index),
            receipt: record.receipts.swap_remove(index),
        })
    }

    /// Runs a block again on the state of its parent: nothing where all is equal, or the first
    /// difference.
    ///
    /// # Errors
    ///
    /// [`EngineError::Replay`] where the block or the state of its parent is not held.
    pub fn replay(&self, number: BlockNumber) -> Result<Option<Difference>, EngineError> {
        let store = self.store.as_ref();
        Ok(block::replay(&self.executor, &self.senders, &self.rules, store, number)?)
    }

    /// Runs a stored block again, each transaction for itself, on one thread and on so many, and
    /// tells what depends on what and how the threads were used.
    ///
    /// # Errors
    ///
    /// [`EngineError::Replay`] where the block or the state of its parent is not held, or gives
    /// something else than it did.
    pub fn block_statistics(
        &self,
        number: BlockNumber,
        threads: NonZero<usize>,
    ) -> Result<BlockReport, EngineError> {
        let kernel = (self.executor.kernel(), threads.get().min(THREADS_MAX));
        Ok(block::observe(kernel, &self.senders, &self.rules, self.store.as_ref(), number)?)
    }

    /// A block that another follows. A chain that was loaded from a dump has no headers; its time
    /// goes on from the genesis.
    pub(super) fn parent(&self, number: BlockNumber) -> Parent {
        let known = self.store.block_hash(number).ok().flatten();
        let header = self.block(number).map_or_else(
            |_| Header {
                number: number.0,
                timestamp: self.rules.genesis_timestamp_s.saturating_add(number.0),
                gas_limit: self.rules.gas_limit.0,
                gas_used: self.rules.gas_limit.0 / 2,
                base_fee_per_gas: Some(self.rules.base_fee.initial()),
                ..Header::default()
            },
            |record| record.header,
        );
        Parent { hash: known.unwrap_or_default(), header }
    }
}

impl From<ReplayError> for EngineError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Block(error) => error.into(),
            error => Self::Replay(error),
        }
    }
}
