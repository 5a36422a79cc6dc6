//! Why bytes are no transaction, and why a transaction has no sender.

use thiserror::Error;

use crate::SignatureError;

/// Why bytes are no transaction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There is nothing.
    #[error("transaction is empty")]
    Empty,
    /// The bytes are too many.
    #[error("transaction of {bytes} bytes is above the limit of {limit}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The first byte says nothing that is known.
    #[error(
        "transaction type {0:#04x} is unknown; known are legacy, 0x01, 0x02, 0x03, 0x04, 0x42 \
         and 0x44"
    )]
    UnknownType(u8),
    /// Blobs are there (EIP-4844), which no node of this chain would keep.
    #[error(
        "transaction carries its blobs (network form of EIP-4844): blobs are not kept here, \
         send it without them"
    )]
    CarriesBlobs,
    /// The bytes break off, go on too long, or do not read as their type.
    #[error("transaction of type {kind:#04x} does not decode: {reason}")]
    Malformed {
        /// The type.
        kind: u8,
        /// What is wrong.
        reason: String,
    },
    /// A limit of the content is broken.
    #[error("transaction of type {kind:#04x}: {what} of {found} is above the limit of {limit}")]
    Limit {
        /// The type.
        kind: u8,
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The bytes read as a transaction that is written in other bytes.
    #[error("transaction is not in its one canonical encoding")]
    NotCanonical,
}

/// Why a payload cannot be made a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The whole would be too large.
    #[error("transaction of {bytes} bytes is above the limit of {limit}")]
    TooLarge {
        /// How large.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// A limit of the content is broken.
    #[error("{what} of {found} is above the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// It is no message of Solana, or a signer's key is missing.
    #[error("Solana transaction: {0}")]
    Solana(String),
    /// Ethereum's types have no place for it.
    #[error("{0}, which an Ethereum transaction cannot say")]
    NotEthereum(String),
}

/// Why a transaction cannot be made ready to run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// The signature is none.
    #[error("signature is invalid: {0}")]
    Signature(#[from] SignatureError),
    /// A delegation of code without anyone who delegates (EIP-7702).
    #[error("transaction of type 0x04 has no authorizations (EIP-7702)")]
    NoAuthorizations,
    /// The interface of an EVM contract is attached to it when it is there.
    #[error(
        "a deploy for the EVM carries no interface: attach it with a call of the deployer's \
         describe afterwards"
    )]
    InterfaceOfEvm,
    /// No machine of this build publishes modules.
    #[error("modules cannot be published: this node has no machine that takes them")]
    Publish,
}
