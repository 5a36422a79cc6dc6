//! Headers: Ethereum's shape and hash, so that Ethereum's clients can check them.

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, constants::EMPTY_WITHDRAWALS};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Bloom, U256};
use primitives::{Bytes, Hash};
use vm::BlockEnvironment;

use crate::{Receipt, SignedTransaction};

/// A header as Ethereum has it since Prague. `state_root` is Braid's own root over all records,
/// and `extra_data` commits to all that Braid's receipts say (at genesis: to the rules of the
/// chain).
pub use alloy_consensus::Header;

/// The hash of a block: keccak256 over the RLP of its header.
#[must_use]
pub fn header_hash(header: &Header) -> Hash {
    header.hash_slow()
}

/// The header of a block whose transactions have run.
pub(crate) fn header(
    environment: &BlockEnvironment,
    (parent_hash, state_root): (Hash, Hash),
    transactions: &[SignedTransaction],
    receipts: &[Receipt],
) -> Header {
    debug_assert_eq!(transactions.len(), receipts.len(), "a transaction has one receipt");
    let encoded: Vec<_> = transactions.iter().map(SignedTransaction::encode).collect();
    let mut logs_bloom = Bloom::default();
    receipts.iter().for_each(|receipt| logs_bloom.accrue_bloom(&receipt.bloom()));
    Header {
        parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: environment.beneficiary.evm_alias(),
        state_root,
        transactions_root: alloy_trie::root::ordered_trie_root_encoded(&encoded),
        receipts_root: Receipt::root(receipts),
        logs_bloom,
        difficulty: U256::ZERO,
        number: environment.number.0,
        gas_limit: environment.gas_limit.0,
        gas_used: receipts.last().map_or(0, |receipt| receipt.cumulative_gas.0),
        timestamp: environment.timestamp_s,
        extra_data: Bytes::copy_from_slice(Receipt::commitment(receipts).as_slice()),
        mix_hash: environment.prevrandao,
        base_fee_per_gas: Some(environment.base_fee.0.saturating_to()),
        withdrawals_root: Some(EMPTY_WITHDRAWALS),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(environment.excess_blob_gas),
        parent_beacon_block_root: Some(Hash::ZERO),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}
