//! Where and when a transaction runs. There is no other clock and no other randomness.

use primitives::{Address, B256, BlockNumber, Gas, Hash, Wei};

/// The block and the transaction around a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// The block.
    pub block: BlockEnvironment,
    /// The transaction.
    pub transaction: TransactionEnvironment,
}

/// What code may know of the block it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockEnvironment {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The height.
    pub number: BlockNumber,
    /// Seconds since 1970, as the block says.
    pub timestamp_s: u64,
    /// Who receives the fees.
    pub beneficiary: Address,
    /// Gas of the whole block.
    pub gas_limit: Gas,
    /// The base fee of a unit of gas (EIP-1559).
    pub base_fee: Wei,
    /// The randomness of the block (EIP-4399).
    pub prevrandao: B256,
    /// The excess blob gas of the block (EIP-4844).
    pub excess_blob_gas: u64,
}

impl Default for BlockEnvironment {
    fn default() -> Self {
        Self {
            chain_id: 31337,
            number: BlockNumber(1),
            timestamp_s: 1,
            beneficiary: Address::ZERO,
            gas_limit: Gas(30_000_000),
            base_fee: Wei::ZERO,
            prevrandao: B256::ZERO,
            excess_blob_gas: 0,
        }
    }
}

/// What code may know of the transaction it runs in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransactionEnvironment {
    /// Who signed it.
    pub origin: Address,
    /// Who else signed it, where its form has several signers: transactions of Solana.
    pub cosigners: Vec<Address>,
    /// What a unit of gas costs its sender.
    pub gas_price: Wei,
    /// Its hash, zero where it is a simulation.
    pub hash: Hash,
}
