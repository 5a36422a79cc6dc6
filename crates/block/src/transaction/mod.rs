//! Transactions as they are signed: bytes that begin with their type (EIP-2718).
//!
//! Ethereum's own types are read and written as Ethereum does. Type [`BRAID_TYPE`] is Braid's, for
//! what Ethereum's cannot say: identities of 32 bytes, contracts of other machines, an expiry,
//! other schemes of signature. Type [`IMPERSONATED_TYPE`] has a sender and no signature; only a
//! chain for development takes it. Type [`SOLANA_TYPE`] holds a transaction as Solana's clients
//! write and sign it.
//!
//! A transaction has one encoding: what does not encode to the very bytes that it was read from is
//! refused.

mod braid;
mod error;
mod ethereum;
mod payload;
mod solana;
mod wire;

use alloy_consensus::{EthereumTxEnvelope, TxEip4844};
use kernel::Transaction;
use primitives::{Address, BlockNumber, Bytes, Gas, Hash, keccak256};

use crate::{SecretKey, limits::TRANSACTION_BYTES_MAX, signature::Signature};

use self::solana::Solana;
pub use error::{DecodeError, EncodeError, RecoveryError};

pub use payload::{AccessHint, Action, Payload};

/// The first byte of a transaction in Braid's own form.
pub const BRAID_TYPE: u8 = 0x42;

/// The first byte of a transaction that names its sender and proves nothing.
pub const IMPERSONATED_TYPE: u8 = 0x43;

/// The first byte of a transaction in Solana's own form.
pub const SOLANA_TYPE: u8 = 0x44;

/// Ethereum's envelope without blobs.
type Envelope = EthereumTxEnvelope<TxEip4844>;

/// A transaction with its signature, as it stands in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    bytes: Bytes,
    hash: Hash,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Ethereum(Box<Envelope>),
    Braid(Box<Payload>, Authority),
    Solana(Box<Solana>),
}

/// In whose name a transaction of Braid's own form speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authority {
    Signed(Signature),
    Impersonated(Address),
}

/// A transaction whose sender is known, ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The transaction as the kernel runs it, with all checks.
    pub transaction: Transaction,
    /// The first byte of its encoding; 0 for a legacy transaction.
    pub kind: u8,
    /// The last block that may hold it.
    pub expiry: Option<BlockNumber>,
    /// What it says it will touch. A hint costs nothing and promises nothing.
    pub hints: Vec<AccessHint>,
    /// Bytes of its encoding.
    pub bytes: usize,
}

impl SignedTransaction {
    /// The transaction that `bytes` are, to their last byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for bytes that are too many, of an unknown type, or not the one encoding of
    /// a transaction.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > TRANSACTION_BYTES_MAX {
            return Err(DecodeError::TooLarge { bytes: bytes.len(), limit: TRANSACTION_BYTES_MAX });
        }
        let content = match bytes.first() {
            None => return Err(DecodeError::Empty),
            Some(&kind @ (BRAID_TYPE | IMPERSONATED_TYPE)) => {
                braid::decode(kind, bytes.get(1..).unwrap_or_default())?
            }
            Some(&SOLANA_TYPE) => {
                Content::Solana(Box::new(Solana::decode(bytes.get(1..).unwrap_or_default())?))
            }
            Some(_) => Content::Ethereum(Box::new(ethereum::decode(bytes)?)),
        };
        let transaction = Self::new(content);
        if transaction.bytes.as_ref() != bytes {
            return Err(DecodeError::NotCanonical);
        }
        Ok(transaction)
    }

    /// A message of Solana with the signatures of those whom it asks for, out of `keys`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Solana`] where it is no message, or a key is missing.
    pub fn sign_solana(message: &[u8], keys: &[SecretKey]) -> Result<Self, EncodeError> {
        finish(Content::Solana(Box::new(Solana::sign(message, keys)?)))
    }

    /// Its bytes, the type first.
    #[must_use]
    pub const fn encode(&self) -> &Bytes {
        &self.bytes
    }

    /// keccak256 over its bytes: what it is called by.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// The first byte of its encoding; 0 for a legacy transaction.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match &self.content {
            Content::Ethereum(envelope) => envelope.tx_type() as u8,
            Content::Braid(_, authority) => authority.kind(),
            Content::Solana(_) => SOLANA_TYPE,
        }
    }

    /// What a transaction of Braid's own form says; nothing for Ethereum's.
    #[must_use]
    pub fn payload(&self) -> Option<&Payload> {
        match &self.content {
            Content::Ethereum(_) | Content::Solana(_) => None,
            Content::Braid(payload, _) => Some(payload),
        }
    }

    /// The chain that it is signed for; nothing for a legacy transaction from before EIP-155, and
    /// for one of Solana, which names a block of its chain.
    #[must_use]
    pub fn chain_id(&self) -> Option<u64> {
        match &self.content {
            Content::Ethereum(envelope) => alloy_consensus::Transaction::chain_id(&**envelope),
            Content::Braid(payload, _) => Some(payload.chain_id),
            Content::Solana(_) => None,
        }
    }

    /// The nonce of its sender; 0 for one of Solana, which has none.
    #[must_use]
    pub fn nonce(&self) -> u64 {
        match &self.content {
            Content::Ethereum(envelope) => alloy_consensus::Transaction::nonce(&**envelope),
            Content::Braid(payload, _) => payload.nonce,
            Content::Solana(_) => 0,
        }
    }

    /// What it may use.
    #[must_use]
    pub fn gas_limit(&self) -> Gas {
        match &self.content {
            Content::Ethereum(envelope) => {
                Gas(alloy_consensus::Transaction::gas_limit(&**envelope))
            }
            Content::Braid(payload, _) => payload.gas_limit,
            Content::Solana(transaction) => transaction.gas_limit(),
        }
    }

    /// Wei for a unit of gas at most, base fee and tip together. One of Solana sets no limit to the
    /// base fee.
    #[must_use]
    pub fn max_fee(&self) -> u128 {
        match &self.content {
            Content::Ethereum(envelope) => {
                alloy_consensus::Transaction::max_fee_per_gas(&**envelope)
            }
            Content::Braid(payload, _) => payload.max_fee,
            Content::Solana(_) => u128::MAX,
        }
    }

    /// Wei for a unit of gas that goes to the fee recipient at most; the whole price where the
    /// type knows no base fee.
    #[must_use]
    pub fn max_priority_fee(&self) -> u128 {
        match &self.content {
            Content::Ethereum(envelope) => {
                alloy_consensus::Transaction::priority_fee_or_price(&**envelope)
            }
            Content::Braid(payload, _) => payload.max_priority_fee,
            Content::Solana(transaction) => transaction.priority_fee(),
        }
    }

    /// How many blobs it names (EIP-4844).
    #[must_use]
    pub fn blobs(&self) -> usize {
        match &self.content {
            Content::Ethereum(envelope) => {
                alloy_consensus::Transaction::blob_versioned_hashes(&**envelope)
                    .map_or(0, <[Hash]>::len)
            }
            Content::Braid(..) | Content::Solana(_) => 0,
        }
    }

    /// The last block that may hold it.
    #[must_use]
    pub fn expiry(&self) -> Option<BlockNumber> {
        self.payload().and_then(|payload| payload.expiry)
    }

    /// Whether it names its sender without proof.
    #[must_use]
    pub fn is_impersonated(&self) -> bool {
        matches!(self.content, Content::Braid(_, Authority::Impersonated(_)))
    }

    /// In whose name it speaks: recovered from the signature, which is then proven.
    ///
    /// # Errors
    ///
    /// [`RecoveryError::Signature`] where the signature is none.
    pub fn sender(&self) -> Result<Address, RecoveryError> {
        match &self.content {
            Content::Ethereum(envelope) => Ok(ethereum::sender(envelope)?),
            Content::Braid(payload, Authority::Signed(signature)) => {
                Ok(signature.signer(&payload.signing_hash())?)
            }
            Content::Braid(_, Authority::Impersonated(sender)) => Ok(*sender),
            Content::Solana(transaction) => Ok(transaction.sender()?),
        }
    }

    /// The transaction with its sender, ready to be checked and run.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`] where the signature is none, or where no machine carries out what it asks
    /// for.
    pub fn recover(&self) -> Result<Recovered, RecoveryError> {
        self.with_sender(self.sender()?)
    }

    /// As [`recover`](Self::recover), with a sender that is known.
    pub(crate) fn with_sender(&self, sender: Address) -> Result<Recovered, RecoveryError> {
        let transaction = match &self.content {
            Content::Ethereum(envelope) => {
                ethereum::check(envelope)?;
                ethereum::transaction(envelope, sender, self.hash)
            }
            Content::Braid(payload, _) => payload.transaction(sender, self.hash)?,
            Content::Solana(transaction) => transaction.transaction(self.hash),
        };
        let hints = match &self.content {
            Content::Ethereum(_) => Vec::new(),
            Content::Braid(payload, _) => payload.hints.clone(),
            Content::Solana(transaction) => transaction.hints(),
        };
        Ok(Recovered {
            transaction,
            kind: self.kind(),
            expiry: self.expiry(),
            hints,
            bytes: self.bytes.len(),
        })
    }

    fn new(content: Content) -> Self {
        let bytes = match &content {
            Content::Ethereum(envelope) => ethereum::encode(envelope),
            Content::Braid(payload, authority) => braid::encode(payload, authority),
            Content::Solana(transaction) => transaction.encode(),
        };
        Self { hash: keccak256(&bytes), bytes, content }
    }
}

impl Payload {
    /// The payload in the name of the owner of `key`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where the payload breaks a limit.
    pub fn sign(self, key: &SecretKey) -> Result<SignedTransaction, EncodeError> {
        self.check()?;
        let signature = key.sign(&self.signing_hash());
        finish(Content::Braid(Box::new(self), Authority::Signed(signature)))
    }

    /// The payload in the name of anyone, for a chain that asks for no proof.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn impersonate(self, sender: Address) -> Result<SignedTransaction, EncodeError> {
        self.check()?;
        finish(Content::Braid(Box::new(self), Authority::Impersonated(sender)))
    }

    /// The payload as an Ethereum transaction of type 2 (EIP-1559) in the name of the owner of
    /// `key`, so that every Ethereum tool reads it.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NotEthereum`] for what only Braid's own form can say: an expiry, hints,
    /// an identity of 32 bytes, an action that Ethereum does not know, or another key.
    pub fn sign_as_ethereum(self, key: &SecretKey) -> Result<SignedTransaction, EncodeError> {
        self.check()?;
        finish(Content::Ethereum(Box::new(ethereum::sign(self, key)?)))
    }
}

impl Authority {
    const fn kind(&self) -> u8 {
        match self {
            Self::Signed(_) => BRAID_TYPE,
            Self::Impersonated(_) => IMPERSONATED_TYPE,
        }
    }
}

fn finish(content: Content) -> Result<SignedTransaction, EncodeError> {
    let transaction = SignedTransaction::new(content);
    let bytes = transaction.bytes.len();
    if bytes > TRANSACTION_BYTES_MAX {
        return Err(EncodeError::TooLarge { bytes, limit: TRANSACTION_BYTES_MAX });
    }
    debug_assert_eq!(SignedTransaction::decode(&transaction.bytes).as_ref(), Ok(&transaction));
    Ok(transaction)
}
