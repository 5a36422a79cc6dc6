//! What came of a transaction, as a node keeps it and as Ethereum's clients know it.

use alloy_consensus::{Eip658Value, Receipt as EthereumReceipt, ReceiptWithBloom};
use alloy_primitives::{Bloom, Log};
use alloy_rlp::Encodable;
use kernel::{Transaction, TransactionResult};
use primitives::{Address, Bytes, Gas, Hash, TxIndex, VmKind, Wei, keccak256};
use vm::{Status, trace::Event};

use crate::{Recovered, codec, limits::RECEIPT_OUTPUT_BYTES_MAX};

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// It did what was asked.
    Success,
    /// Its first frame gave up by itself.
    Revert,
    /// Its first frame was ended.
    Halt,
}

/// What came of a transaction that is part of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub transaction_hash: Hash,
    /// Its place in the block.
    pub index: TxIndex,
    /// The first byte of its encoding; 0 for a legacy transaction.
    pub kind: u8,
    /// Who sent it.
    pub from: Address,
    /// Whom it called; nothing for the making of an EVM contract.
    pub to: Option<Address>,
    /// How it ended.
    pub status: ReceiptStatus,
    /// Why it failed, in words, where the data alone tells. It is no part of the commitment: words
    /// may be put better one day.
    pub reason: Option<String>,
    /// Return or revert data, at most [`RECEIPT_OUTPUT_BYTES_MAX`] bytes of it.
    pub output: Bytes,
    /// Bytes of the whole output.
    pub output_bytes: u64,
    /// What it used, refunds taken off.
    pub gas_used: Gas,
    /// What it and those before it in the block used.
    pub cumulative_gas: Gas,
    /// What it paid for a unit of gas.
    pub gas_price: Wei,
    /// What each machine used of it, before refunds.
    pub gas_by_vm: Vec<(VmKind, Gas)>,
    /// The contract that it made.
    pub created: Option<Address>,
    /// What it emitted, in order.
    pub events: Vec<Event>,
}

impl ReceiptStatus {
    /// The name for people: `success`, `revert` or `halt`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Revert => "revert",
            Self::Halt => "halt",
        }
    }

    const fn of(status: &Status) -> Self {
        match status {
            Status::Success => Self::Success,
            Status::Revert => Self::Revert,
            Status::Halt(_) => Self::Halt,
        }
    }
}

impl Receipt {
    /// The receipt of a transaction at its place in a block, after others that used gas.
    pub(crate) fn new(
        recovered: &Recovered,
        result: &TransactionResult,
        (index, gas_before, base_fee): (TxIndex, Gas, Wei),
    ) -> Self {
        let Transaction { hash, from, to, fee, .. } = &recovered.transaction;
        let kept = result.output.len().min(RECEIPT_OUTPUT_BYTES_MAX);
        Self {
            transaction_hash: *hash,
            index,
            kind: recovered.kind,
            from: *from,
            to: *to,
            status: ReceiptStatus::of(&result.status),
            reason: reason(result),
            output: result.output.slice(..kept),
            output_bytes: result.output.len() as u64,
            gas_used: result.gas_used,
            cumulative_gas: gas_before.saturating_add(result.gas_used),
            gas_price: fee.effective(base_fee),
            gas_by_vm: result.gas_by_vm.iter().collect(),
            created: result.created,
            events: result.events.clone(),
        }
    }

    /// The receipt as Ethereum's clients know it: type, status, gas, bloom and logs (EIP-2718).
    #[must_use]
    pub fn to_ethereum(&self) -> Vec<u8> {
        let receipt = EthereumReceipt {
            status: Eip658Value::Eip658(self.status == ReceiptStatus::Success),
            cumulative_gas_used: self.cumulative_gas.0,
            logs: self.logs(),
        };
        let mut bytes = Vec::new();
        if self.kind != 0 {
            bytes.push(self.kind);
        }
        ReceiptWithBloom { logs_bloom: self.bloom(), receipt }.encode(&mut bytes);
        bytes
    }

    /// The filter over addresses and topics of its events.
    #[must_use]
    pub fn bloom(&self) -> Bloom {
        self.logs().iter().collect()
    }

    /// The root of receipts as an Ethereum header carries it.
    #[must_use]
    pub fn root(receipts: &[Self]) -> Hash {
        let encoded: Vec<_> = receipts.iter().map(Self::to_ethereum).collect();
        alloy_trie::root::ordered_trie_root_encoded(&encoded)
    }

    /// keccak256 over everything that receipts say, so that what Ethereum's form leaves out is
    /// committed to as well.
    #[must_use]
    pub fn commitment(receipts: &[Self]) -> Hash {
        keccak256(codec::committed_receipts(receipts))
    }

    fn logs(&self) -> Vec<Log> {
        let log = |event: &Event| {
            let (topics, data) = (event.topics.clone(), event.data.clone());
            Log::new_unchecked(event.address.evm_alias(), topics, data)
        };
        self.events.iter().map(log).collect()
    }
}

/// Why a transaction failed, as far as its data alone tells.
fn reason(result: &TransactionResult) -> Option<String> {
    match &result.status {
        Status::Success => None,
        Status::Revert => Some(abi::decode_revert(&result.output, None).to_string()),
        Status::Halt(reason) => Some(reason.to_string()),
    }
}
