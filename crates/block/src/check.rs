//! What is checked of a transaction before it runs, without a signature being recovered: everything
//! that its bytes and the block alone tell. Nonce and balance are the kernel's checks, since the
//! transactions before it in the block decide them.

use kernel::TransactionError;
use primitives::BlockNumber;
use thiserror::Error;
use vm::BlockEnvironment;

use crate::{ChainRules, RecoveryError, SOLANA_TYPE, SignedTransaction};

/// Why a transaction may not be in a block.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The block is above the last that may hold it.
    #[error("transaction expired: it is valid up to block {expiry}, this is block {block}")]
    Expired {
        /// The last block that may hold it.
        expiry: BlockNumber,
        /// The block.
        block: BlockNumber,
    },
    /// It names its sender without proof, and the chain asks for proof.
    #[error("transaction has no signature, and chain {0} takes only signed ones")]
    NotSigned(u64),
    /// It could be replayed on other chains.
    #[error("transaction names no chain (EIP-155), and chain {0} takes only those that do")]
    Unprotected(u64),
    /// It names blobs, which the chain does not have.
    #[error("transaction names {0} blobs (EIP-4844), and this chain has none")]
    Blobs(usize),
    /// It has no sender, or asks for what no machine carries out.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// A rule of execution: chain, fee, gas limit, nonce, balance.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

impl ChainRules {
    /// Holds a transaction against the rules of the chain and the block that shall hold it.
    ///
    /// # Errors
    ///
    /// [`CheckError`] naming the first rule that it breaks, with the numbers.
    pub fn check(
        &self,
        transaction: &SignedTransaction,
        block: &BlockEnvironment,
    ) -> Result<(), CheckError> {
        self.check_chain(transaction)?;
        if let Some(expiry) = transaction.expiry().filter(|expiry| *expiry < block.number) {
            return Err(CheckError::Expired { expiry, block: block.number });
        }
        let blobs = transaction.blobs();
        if blobs > 0 {
            return Err(CheckError::Blobs(blobs));
        }
        check_gas(transaction, block)?;
        Ok(())
    }

    fn check_chain(&self, transaction: &SignedTransaction) -> Result<(), CheckError> {
        let expected = self.chain_id;
        match transaction.chain_id() {
            // It names a block of the chain that it is for.
            None if transaction.kind() == SOLANA_TYPE => {}
            None if !self.accepts_unprotected => return Err(CheckError::Unprotected(expected)),
            Some(found) if found != expected => {
                let found = Some(found);
                return Err(TransactionError::WrongChain { found, expected }.into());
            }
            _ => {}
        }
        if transaction.is_impersonated() && !self.accepts_impersonated {
            return Err(CheckError::NotSigned(expected));
        }
        Ok(())
    }
}

fn check_gas(
    transaction: &SignedTransaction,
    block: &BlockEnvironment,
) -> Result<(), TransactionError> {
    let (gas_limit, limit) = (transaction.gas_limit(), block.gas_limit);
    if gas_limit > limit {
        let (gas_limit, limit) = (gas_limit.0, limit.0);
        return Err(TransactionError::AboveBlockGasLimit { gas_limit, limit });
    }
    let (max_fee, priority_fee) = (transaction.max_fee(), transaction.max_priority_fee());
    if priority_fee > max_fee {
        return Err(TransactionError::PriorityFeeTooHigh { priority_fee, max_fee });
    }
    let base_fee: u64 = block.base_fee.0.saturating_to();
    if max_fee < u128::from(base_fee) {
        return Err(TransactionError::FeeTooLow { max_fee, base_fee });
    }
    Ok(())
}
