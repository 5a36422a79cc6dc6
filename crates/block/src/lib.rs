//! Blocks: transactions as they are signed, what is checked before they run, receipts, headers,
//! genesis, and the execution of whole blocks.
//!
//! A transaction reaches a node as bytes ([`SignedTransaction::decode`]), is checked against the
//! rules of the chain ([`ChainRules::check`]), and becomes one with a known sender
//! ([`SignedTransaction::recover`]). [`run`] makes the body of a block of many of them over a
//! state; the [`BlockRecord`] of it is what a store keeps, and [`replay`] runs it again and
//! compares.

mod build;
mod check;
mod codec;
pub mod execution;
pub mod genesis;
mod governance;
mod header;
pub mod limits;
mod receipt;
mod record;
mod recovery;
mod replay;
mod report;
mod rules;
mod signature;
mod suggestion;
mod transaction;

pub use build::{BlockError, OnReceipt, Parent, Proposal, Ran, Skipped, run};
pub use check::CheckError;
pub use genesis::{
    AccountSection, BaseFeeRuleName, BaseFeeSection, ContractSection, Genesis, GenesisError,
    GovernanceSection, PolicyName,
};
pub use header::{Header, header_hash};
pub use receipt::{Receipt, ReceiptStatus};
pub use record::{BlockRecord, TransactionPlace};
pub use recovery::SenderCache;
pub use replay::{Difference, ReplayError, observe, replay};
pub use report::{BlockReport, ContendedRecord, Lane};
pub use rules::{BaseFeeRule, ChainRules, Protocol, ROOT_LAG_BLOCKS_MAX, parameter_record};
pub use signature::{Scheme, SecretKey, SecretKeyError, SignatureError};
pub use suggestion::with_suggestion;
pub use transaction::{
    AccessHint, Action, BRAID_TYPE, DecodeError, EncodeError, IMPERSONATED_TYPE, Payload,
    Recovered, RecoveryError, SOLANA_TYPE, SignedTransaction,
};
