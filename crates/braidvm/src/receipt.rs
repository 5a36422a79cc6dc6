//! What came of a request.

use std::ops::Deref;

use abi::Method;
use primitives::{Address, BlockNumber, Bytes, Gas, Hash, TxIndex, VmKind};
use vm::{
    Status,
    trace::{CallNode, Event},
};

use crate::{EngineError, Value};

/// What came of a transaction that is part of the chain: where it stands, and what its call did.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The block it is in.
    pub block: BlockNumber,
    /// The hash of the block.
    pub block_hash: Hash,
    /// The hash of the transaction.
    pub transaction: Hash,
    /// The place of the transaction in the block, from 0.
    pub index: TxIndex,
    /// What the call did.
    pub call: CallOutput,
}

impl Receipt {
    /// The receipt itself, if it is of a success: for tests.
    ///
    /// # Panics
    ///
    /// Where the transaction failed; the message says why.
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        let reason = self.reason.as_deref().unwrap_or_default();
        assert!(self.is_success(), "transaction failed: {reason}");
        self
    }

    /// The contract it made: for tests.
    ///
    /// # Panics
    ///
    /// Where it made none.
    #[track_caller]
    pub fn expect_contract(self) -> Address {
        self.expect_ok().created.unwrap_or_else(|| panic!("the transaction made no contract"))
    }
}

/// A receipt reads as what its call did.
impl Deref for Receipt {
    type Target = CallOutput;

    fn deref(&self) -> &CallOutput {
        &self.call
    }
}

/// What a call did, or would do.
#[derive(Debug, Clone)]
pub struct CallOutput {
    /// How it ended.
    pub status: Status,
    /// Why it failed, in words; nothing where it did not.
    pub reason: Option<String>,
    /// Return or revert data.
    pub output: Bytes,
    /// The method that was called, where it is known.
    pub method: Option<Method>,
    /// What it used, refunds taken off.
    pub gas_used: Gas,
    /// The frames it ran, where they were recorded.
    pub trace: Option<CallNode>,
    /// What it emitted.
    pub events: Vec<Event>,
    /// What each machine used of it, before refunds; the rest is the transaction's own.
    pub gas_by_vm: Vec<(VmKind, Gas)>,
    /// The contract it made.
    pub created: Option<Address>,
}

impl CallOutput {
    /// Whether it did what was asked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// The results by the method that was called.
    ///
    /// # Errors
    ///
    /// [`EngineError::Output`] where they do not read as the method says.
    pub fn values(&self) -> Result<Vec<Value>, EngineError> {
        let Some(method) = &self.method else {
            return Ok(vec![Value::bytes(self.output.clone())]);
        };
        method.decode_output(&self.output).map_err(|error| EngineError::Output {
            method: method.signature(),
            reason: error.to_string(),
        })
    }

    /// The output itself, if it is of a success: for tests.
    ///
    /// # Panics
    ///
    /// Where the call failed; the message says why.
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        assert!(self.is_success(), "call failed: {}", self.reason.unwrap_or_default());
        self
    }
}
