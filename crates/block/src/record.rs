//! A block as the store keeps it, and where its transactions are found.

use alloy_rlp::{Decodable, Encodable};
use borsh::BorshDeserialize;
use primitives::{BlockNumber, Bytes, Hash, TxIndex};
use state::{BlockEntry, StateError, Store};

use crate::{
    Header, Receipt, SignedTransaction,
    codec::{BlockBytes, ReceiptBytes},
    header_hash,
};

/// The version of the format, the first byte of every record.
const RECORD_VERSION: u8 = 1;

/// What index records of transactions begin with.
const INDEX_PREFIX: &[u8] = b"transaction:";

/// What index records of blocks begin with.
const BLOCK_INDEX_PREFIX: &[u8] = b"block:";

/// Header, transactions and receipts of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRecord {
    /// The header.
    pub header: Header,
    /// The transactions in their order.
    pub transactions: Vec<SignedTransaction>,
    /// A receipt for each.
    pub receipts: Vec<Receipt>,
}

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionPlace {
    /// The block.
    pub block: BlockNumber,
    /// The place in it, from 0.
    pub index: TxIndex,
}

impl BlockRecord {
    /// The hash of the block.
    #[must_use]
    pub fn hash(&self) -> Hash {
        header_hash(&self.header)
    }

    /// What the store takes beside the changes of the state.
    #[must_use]
    pub fn entry(&self) -> BlockEntry {
        BlockEntry {
            number: BlockNumber(self.header.number),
            hash: self.hash(),
            record: Some(self.encode()),
            index: self.index(),
        }
    }

    /// The bytes in the store.
    ///
    /// # Panics
    ///
    /// Never: a vector takes all bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut header = Vec::new();
        self.header.encode(&mut header);
        let whole = BlockBytes {
            header,
            transactions: self.transactions.iter().map(|it| it.encode().to_vec()).collect(),
            receipts: self.receipts.iter().map(ReceiptBytes::from).collect(),
        };
        let mut bytes = vec![RECORD_VERSION];
        borsh::to_writer(&mut bytes, &whole).expect("invariant: a vector takes all bytes");
        bytes.into()
    }

    /// The block that `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`StateError::Corrupt`] naming the block and what does not read.
    pub fn decode(number: BlockNumber, bytes: &[u8]) -> Result<Self, StateError> {
        read(bytes)
            .and_then(|record| match record.header.number == number.0 {
                true => Ok(record),
                false => {
                    let found = record.header.number;
                    Err(format!("the header is not that of block {number} but of {found}"))
                }
            })
            .map_err(|reason| StateError::Corrupt { key: format!("block {number}"), reason })
    }

    /// The block that a store holds; nothing where it holds none of this number, such as below the
    /// tip of a state that was loaded without its chain.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store fails or the record does not read.
    pub fn load(store: &dyn Store, number: BlockNumber) -> Result<Option<Self>, StateError> {
        match store.block_record(number)? {
            Some(bytes) => Self::decode(number, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// The number of the block of a hash among those that the store holds; nothing where there is
    /// none. Blocks of a store from before they had index records are searched one by one.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the store fails or its index does not read.
    pub fn number_of(store: &dyn Store, hash: &Hash) -> Result<Option<BlockNumber>, StateError> {
        if let Some(number) = indexed_number(store, hash)? {
            // A rewind leaves index records behind.
            return Ok((store.block_hash(number)? == Some(*hash)).then_some(number));
        }
        let mut below = first_indexed(store)?;
        while let Some(number) = below.0.checked_sub(1).map(BlockNumber) {
            match store.block_hash(number)? {
                Some(found) if found == *hash => return Ok(Some(number)),
                Some(_) => below = number,
                None => break,
            }
        }
        Ok(None)
    }

    /// Index records that lead from the hash of the block to its number, and from the hash of each
    /// transaction to its place.
    #[must_use]
    pub fn index(&self) -> Vec<(Bytes, Bytes)> {
        let entry = |(index, transaction): (usize, &SignedTransaction)| {
            let index = u32::try_from(index).expect("invariant: gas bounds the transactions");
            let mut place = self.header.number.to_be_bytes().to_vec();
            place.extend_from_slice(&index.to_be_bytes());
            (index_key(&transaction.hash()), place.into())
        };
        let number = self.header.number.to_be_bytes().to_vec();
        let block = (block_index_key(&self.hash()), number.into());
        [block].into_iter().chain(self.transactions.iter().enumerate().map(entry)).collect()
    }
}

impl TransactionPlace {
    /// Where the chain of a store holds a transaction; nothing where it does not. An index record
    /// that a rewind left behind leads to no transaction of this hash any more.
    ///
    /// # Errors
    ///
    /// As [`BlockRecord::load`].
    pub fn find(store: &dyn Store, hash: &Hash) -> Result<Option<(Self, BlockRecord)>, StateError> {
        let key = index_key(hash);
        let Some(bytes) = store.index_record(&key)? else { return Ok(None) };
        let place = Self::decode(&bytes).ok_or_else(|| StateError::Corrupt {
            key: format!("index of transaction {hash}"),
            reason: format!("{} bytes are no place in a chain", bytes.len()),
        })?;
        if store.tip().is_none_or(|tip| tip.block < place.block) {
            return Ok(None);
        }
        let Some(block) = BlockRecord::load(store, place.block)? else { return Ok(None) };
        let found = block.transactions.get(place.index.0 as usize);
        let is_there = found.is_some_and(|transaction| transaction.hash() == *hash);
        Ok(is_there.then_some((place, block)))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (block, index) = bytes.split_at_checked(8)?;
        Some(Self {
            block: BlockNumber(u64::from_be_bytes(block.try_into().ok()?)),
            index: TxIndex(u32::from_be_bytes(index.try_into().ok()?)),
        })
    }
}

/// The number that the index has for the hash of a block.
fn indexed_number(store: &dyn Store, hash: &Hash) -> Result<Option<BlockNumber>, StateError> {
    let Some(bytes) = store.index_record(&block_index_key(hash))? else { return Ok(None) };
    let number = bytes[..].try_into().map_err(|_| StateError::Corrupt {
        key: format!("index of block {hash}"),
        reason: format!("{} bytes are no number of a block", bytes.len()),
    })?;
    Ok(Some(BlockNumber(u64::from_be_bytes(number))))
}

/// The first block that has an index record, as all after it have; the one above the tip where none
/// has.
fn first_indexed(store: &dyn Store) -> Result<BlockNumber, StateError> {
    let Some(tip) = store.tip() else { return Ok(BlockNumber(0)) };
    let (mut low, mut high) = (0, tip.block.0.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let is_indexed = match store.block_hash(BlockNumber(middle))? {
            Some(hash) => indexed_number(store, &hash)?.is_some(),
            None => false,
        };
        if is_indexed { high = middle } else { low = middle + 1 }
    }
    Ok(BlockNumber(low))
}

fn block_index_key(hash: &Hash) -> Bytes {
    [BLOCK_INDEX_PREFIX, hash.as_slice()].concat().into()
}

fn index_key(hash: &Hash) -> Bytes {
    [INDEX_PREFIX, hash.as_slice()].concat().into()
}

fn read(bytes: &[u8]) -> Result<BlockRecord, String> {
    let (version, rest) = bytes.split_first().ok_or("it is empty")?;
    if *version != RECORD_VERSION {
        return Err(format!("version {version} is not known, {RECORD_VERSION} is"));
    }
    let whole = BlockBytes::try_from_slice(rest).map_err(|error| error.to_string())?;
    let mut header = whole.header.as_slice();
    let record = BlockRecord {
        header: Header::decode(&mut header).map_err(|error| format!("header: {error}"))?,
        transactions: whole
            .transactions
            .iter()
            .map(|bytes| SignedTransaction::decode(bytes))
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?,
        receipts: whole.receipts.into_iter().map(Receipt::try_from).collect::<Result<_, _>>()?,
    };
    if !header.is_empty() {
        return Err(format!("{} bytes follow the header", header.len()));
    }
    if record.receipts.len() != record.transactions.len() {
        let (transactions, receipts) = (record.transactions.len(), record.receipts.len());
        return Err(format!("it has {transactions} transactions and {receipts} receipts"));
    }
    Ok(record)
}
