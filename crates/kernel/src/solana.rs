//! Transactions of Solana: what they are to the kernel, and what makes each valid but once. They do
//! not count: they are valid while a block that they name is recent, or until a nonce account
//! advances.

use journal::Journal;
use primitives::{Address, Bytes, Hash, U256, Wei};
use state::{Key, Namespace, StateError};
use vm::BlockEnvironment;
use vm_evm::{Anchor, Fee, Transaction, TransactionError};
use vm_svm::{AccountRecord, BLOCK_HASHES, BRIDGE, Nonce};

pub use vm_svm::{SolanaMessage, SolanaTransaction};

/// Marks of the same payer that are out of date and that each transaction takes away: more than it
/// makes, so that they do not grow in number.
const MARKS_REMOVED: usize = 2;

/// What makes a transaction valid that has an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The block that it names, which is recent.
    Recent { number: u64 },
    /// The nonce account whose value it names.
    Nonce { account: Address, nonce: Nonce },
}

/// The hashes of the last blocks, the latest first, read once for a block.
pub(crate) type Recent = Vec<(u64, Hash)>;

/// A transaction of Solana in the kernel's words. Its signatures have been checked.
#[must_use]
pub fn solana_transaction(transaction: &SolanaTransaction, hash: Hash) -> Transaction {
    let message = transaction.message();
    Transaction {
        hash,
        from: message.payer(),
        to: Some(BRIDGE),
        input: message.input(),
        gas_limit: message.gas_limit(),
        fee: Fee::Tip { priority_fee: Wei(U256::from(message.priority_fee())) },
        cosigners: message.signers().skip(1).collect(),
        anchor: Some(Anchor {
            hash: message.recent_hash(),
            message_hash: message.hash(),
            nonce_account: message.nonce_account(),
        }),
        ..Transaction::default()
    }
}

/// Holds an anchor against the state: nothing is written.
pub(crate) fn admit(
    journal: &mut Journal,
    recent: &Recent,
    (transaction, anchor): (&Transaction, &Anchor),
) -> Result<Admission, TransactionError> {
    // A block whose hash is not known has zeros for it.
    let is_named = |hash: &Hash| *hash == anchor.hash && !hash.is_zero();
    if let Some((number, _)) = recent.iter().find(|(_, hash)| is_named(hash)) {
        let key = mark(&transaction.from, *number, anchor);
        return match journal.record(&key)? {
            Some(_) => Err(TransactionError::AlreadyProcessed(anchor.message_hash)),
            None => Ok(Admission::Recent { number: *number }),
        };
    }
    let unknown = TransactionError::BlockNotRecent { hash: anchor.hash, blocks: BLOCK_HASHES };
    let Some(account) = anchor.nonce_account else { return Err(unknown) };
    let record = journal.record(&account_key(&account))?;
    let nonce = record.and_then(|bytes| Nonce::read(&AccountRecord::decode(&bytes)?));
    let Some(nonce) = nonce.filter(|nonce| nonce.value == anchor.hash) else {
        return Err(unknown);
    };
    let is_signed =
        nonce.authority == transaction.from || transaction.cosigners.contains(&nonce.authority);
    let parent = recent.first().map_or(Hash::ZERO, |(_, hash)| *hash);
    if !is_signed || nonce.value == Nonce::value_after(&parent) {
        return Err(TransactionError::NonceNotUsable(account));
    }
    Ok(Admission::Nonce { account, nonce })
}

/// Writes down that a transaction has been processed, whether or not it succeeded.
pub(crate) fn settle(
    journal: &mut Journal,
    recent: &Recent,
    (transaction, anchor, admission): (&Transaction, &Anchor, &Admission),
    is_success: bool,
) -> Result<(), StateError> {
    match admission {
        Admission::Recent { number } => {
            let oldest = recent.last().map_or(0, |(number, _)| *number);
            forget(journal, &transaction.from, oldest)?;
            let key = mark(&transaction.from, *number, anchor);
            journal.set_record(key, Some(Bytes::from_static(&[1])));
        }
        // Where the transaction succeeded, its first instruction has advanced the nonce.
        Admission::Nonce { .. } if is_success => {}
        Admission::Nonce { account, nonce } => {
            let parent = recent.first().map_or(Hash::ZERO, |(_, hash)| *hash);
            let record = nonce.record_after(&parent);
            journal.set_record(account_key(account), Some(record.encode().into()));
        }
    }
    Ok(())
}

/// The hashes of the blocks that a transaction of this block may name.
pub(crate) fn recent(
    journal: &mut Journal,
    block: &BlockEnvironment,
) -> Result<Recent, StateError> {
    let first = block.number.0.saturating_sub(BLOCK_HASHES);
    let numbers = (first..block.number.0).rev();
    numbers.map(|number| Ok((number, journal.block_hash(number)?))).collect()
}

/// Takes away marks of a payer that name blocks before `oldest`.
fn forget(journal: &mut Journal, payer: &Address, oldest: u64) -> Result<(), StateError> {
    let prefix = Key::kv(&BRIDGE, payer.as_bytes());
    let found = journal.scan(prefix.as_bytes(), prefix.as_bytes(), MARKS_REMOVED)?;
    let limit = Key::kv(&BRIDGE, &[payer.as_bytes().as_slice(), &oldest.to_be_bytes()].concat());
    for (entry, _) in found.into_iter().filter(|(key, _)| *key < limit) {
        journal.set_record(entry, None);
    }
    Ok(())
}

/// Where it is written down that a transaction was processed.
fn mark(payer: &Address, number: u64, anchor: &Anchor) -> Key {
    let number = number.to_be_bytes();
    let parts = [payer.as_bytes().as_slice(), &number, anchor.message_hash.as_slice()];
    Key::kv(&BRIDGE, &parts.concat())
}

fn account_key(account: &Address) -> Key {
    Key::new(Namespace::SvmAccount, account, &[])
}
