//! Blocks: transactions as they are signed, what is checked before they run, receipts, headers,
//! genesis, and the execution of whole blocks.
//!
//! A transaction reaches a node as bytes ([`SignedTransaction::decode`]), becomes one with a known
//! sender ([`SignedTransaction::recover`]), and is checked against the rules of the chain.

pub mod limits;
mod recovery;
mod signature;
mod transaction;

pub use recovery::SenderCache;
pub use signature::{Scheme, SecretKey, SecretKeyError, SignatureError};
pub use transaction::{
    AccessHint, Action, BRAID_TYPE, DecodeError, EncodeError, IMPERSONATED_TYPE, Payload,
    Recovered, RecoveryError, SignedTransaction,
};
