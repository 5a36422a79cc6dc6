//! The bytes of receipts and blocks in the store: Borsh, behind a byte for the version.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Address, B256, Bytes, Gas, TxIndex, U256, VmKind, Wei};
use vm::trace::Event;

use crate::{Receipt, ReceiptStatus};

/// What the commitment of a header covers. The order is part of the chain and never changes.
#[derive(BorshSerialize, BorshDeserialize)]
struct CommittedBytes {
    transaction_hash: [u8; 32],
    index: u32,
    kind: u8,
    from: [u8; 32],
    to: Option<[u8; 32]>,
    status: u8,
    output: Vec<u8>,
    output_bytes: u64,
    gas_used: u64,
    cumulative_gas: u64,
    gas_price: [u8; 32],
    gas_by_vm: Vec<(u8, u64)>,
    created: Option<[u8; 32]>,
    events: Vec<EventBytes>,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct EventBytes {
    address: [u8; 32],
    topics: Vec<[u8; 32]>,
    data: Vec<u8>,
}

/// A receipt in the store.
#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) struct ReceiptBytes {
    committed: CommittedBytes,
    reason: Option<String>,
}

/// A block in the store.
#[derive(BorshSerialize, BorshDeserialize)]
pub(crate) struct BlockBytes {
    pub(crate) header: Vec<u8>,
    pub(crate) transactions: Vec<Vec<u8>>,
    pub(crate) receipts: Vec<ReceiptBytes>,
}

/// What the commitment of receipts is the hash of.
pub(crate) fn committed_receipts(receipts: &[Receipt]) -> Vec<u8> {
    let whole: Vec<_> = receipts.iter().map(committed).collect();
    borsh::to_vec(&whole).expect("invariant: a vector takes all bytes")
}

impl From<&Receipt> for ReceiptBytes {
    fn from(receipt: &Receipt) -> Self {
        Self { committed: committed(receipt), reason: receipt.reason.clone() }
    }
}

impl TryFrom<ReceiptBytes> for Receipt {
    type Error = String;

    fn try_from(bytes: ReceiptBytes) -> Result<Self, String> {
        let ReceiptBytes { committed: it, reason } = bytes;
        Ok(Self {
            transaction_hash: B256::new(it.transaction_hash),
            index: TxIndex(it.index),
            kind: it.kind,
            from: Address::new(it.from),
            to: it.to.map(Address::new),
            status: status(it.status)?,
            reason,
            output: it.output.into(),
            output_bytes: it.output_bytes,
            gas_used: Gas(it.gas_used),
            cumulative_gas: Gas(it.cumulative_gas),
            gas_price: Wei(U256::from_le_bytes(it.gas_price)),
            gas_by_vm: it.gas_by_vm.into_iter().map(gas_of_machine).collect::<Result<_, _>>()?,
            created: it.created.map(Address::new),
            events: it.events.into_iter().map(event).collect(),
        })
    }
}

fn committed(receipt: &Receipt) -> CommittedBytes {
    CommittedBytes {
        transaction_hash: receipt.transaction_hash.0,
        index: receipt.index.0,
        kind: receipt.kind,
        from: *receipt.from.as_bytes(),
        to: receipt.to.map(|to| *to.as_bytes()),
        status: match receipt.status {
            ReceiptStatus::Success => 0,
            ReceiptStatus::Revert => 1,
            ReceiptStatus::Halt => 2,
        },
        output: receipt.output.to_vec(),
        output_bytes: receipt.output_bytes,
        gas_used: receipt.gas_used.0,
        cumulative_gas: receipt.cumulative_gas.0,
        gas_price: receipt.gas_price.0.to_le_bytes(),
        gas_by_vm: receipt.gas_by_vm.iter().map(|(kind, gas)| (kind.code(), gas.0)).collect(),
        created: receipt.created.map(|created| *created.as_bytes()),
        events: receipt.events.iter().map(event_bytes).collect(),
    }
}

fn status(code: u8) -> Result<ReceiptStatus, String> {
    match code {
        0 => Ok(ReceiptStatus::Success),
        1 => Ok(ReceiptStatus::Revert),
        2 => Ok(ReceiptStatus::Halt),
        other => Err(format!("status {other} of a receipt is unknown")),
    }
}

fn gas_of_machine((code, gas): (u8, u64)) -> Result<(VmKind, Gas), String> {
    let kind = VmKind::from_code(code).ok_or_else(|| format!("machine {code} is unknown"))?;
    Ok((kind, Gas(gas)))
}

fn event_bytes(event: &Event) -> EventBytes {
    EventBytes {
        address: *event.address.as_bytes(),
        topics: event.topics.iter().map(|topic| topic.0).collect(),
        data: event.data.to_vec(),
    }
}

fn event(bytes: EventBytes) -> Event {
    Event {
        address: Address::new(bytes.address),
        topics: bytes.topics.into_iter().map(B256::new).collect(),
        data: Bytes::from(bytes.data),
    }
}
