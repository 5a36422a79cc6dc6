//! What came of a request.

use abi::Method;
use primitives::{Address, BlockNumber, Bytes, Gas, VmKind};
use vm::{
    Status,
    trace::{CallNode, Event},
};

use crate::{EngineError, Value};

/// What came of a transaction that is part of the chain.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The block it is in.
    pub block: BlockNumber,
    /// How it ended.
    pub status: Status,
    /// Why it failed, in words; nothing where it did not.
    pub reason: Option<String>,
    /// Return or revert data.
    pub output: Bytes,
    /// The method that was called, where it is known.
    pub method: Option<Method>,
    /// The contract it made.
    pub created: Option<Address>,
    /// What it used, refunds taken off.
    pub gas_used: Gas,
    /// What each machine used of it, before refunds; the rest is the transaction's own.
    pub gas_by_vm: Vec<(VmKind, Gas)>,
    /// What it emitted.
    pub events: Vec<Event>,
    /// The frames it ran, where they were recorded.
    pub trace: Option<CallNode>,
}

impl Receipt {
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
        values(self.method.as_ref(), &self.output)
    }

    /// The receipt itself, if it is of a success: for tests.
    ///
    /// # Panics
    ///
    /// Where the transaction failed; the message says why.
    #[must_use]
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        assert!(self.is_success(), "transaction failed: {}", self.reason.unwrap_or_default());
        self
    }

    /// The contract it made: for tests.
    ///
    /// # Panics
    ///
    /// Where it made none.
    #[must_use]
    #[track_caller]
    pub fn expect_contract(self) -> Address {
        self.expect_ok().created.unwrap_or_else(|| panic!("the transaction made no contract"))
    }
}

/// What a read says.
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
    /// What a transaction of this call would use.
    pub gas_used: Gas,
    /// The frames it ran, where they were recorded.
    pub trace: Option<CallNode>,
    /// What it would emit.
    pub events: Vec<Event>,
    /// What each machine used of it.
    pub gas_by_vm: Vec<(VmKind, Gas)>,
    /// The contract it would make.
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
        values(self.method.as_ref(), &self.output)
    }

    /// The output itself, if it is of a success: for tests.
    ///
    /// # Panics
    ///
    /// Where the call failed; the message says why.
    #[must_use]
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        assert!(self.is_success(), "call failed: {}", self.reason.unwrap_or_default());
        self
    }
}

fn values(method: Option<&Method>, output: &[u8]) -> Result<Vec<Value>, EngineError> {
    let Some(method) = method else {
        return Ok(vec![Value::bytes(Bytes::copy_from_slice(output))]);
    };
    method.decode_output(output).map_err(|error| EngineError::Output {
        method: method.signature(),
        reason: error.to_string(),
    })
}
