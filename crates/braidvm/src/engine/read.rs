//! Reading by execution: calls, simulations, estimates and traces, of which nothing is kept.

use std::sync::Arc;

use kernel::{Checks, Execution, Transaction, TransactionResult};
use primitives::{BlockNumber, Gas};
use state::StateView;

use super::Engine;
use crate::{CallOutput, Deploy, EngineError, Request, StateAt, interfaces::Resolved};

impl Engine {
    /// The state after the last block, to read and to call.
    #[must_use]
    pub fn latest(&self) -> StateAt<'_> {
        StateAt::new(self, self.tip(), self.store.latest())
    }

    /// The state after an earlier block, to read and to call.
    ///
    /// # Errors
    ///
    /// [`EngineError::State`] naming the window of blocks that are held where this one is not.
    pub fn at(&self, block: BlockNumber) -> Result<StateAt<'_>, EngineError> {
        Ok(StateAt::new(self, block, self.store.at(block)?))
    }

    /// Calls a contract on the latest state and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn call(&self, request: &Request) -> Result<CallOutput, EngineError> {
        self.latest().call(request)
    }

    /// Calls a contract on the state after an earlier block and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and where the block is not held.
    pub fn call_at(
        &self,
        block: BlockNumber,
        request: &Request,
    ) -> Result<CallOutput, EngineError> {
        self.at(block)?.call(request)
    }

    /// Runs the making of a contract and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`deploy`](Self::deploy).
    pub fn simulate_deploy(&self, deploy: &Deploy) -> Result<CallOutput, EngineError> {
        let transaction = self.deploy_transaction(deploy)?;
        let result = self.execution(self.store.latest())?.simulate(&transaction)?;
        Ok(self.output(result, None))
    }

    /// The least gas with which the call does what it does.
    ///
    /// # Errors
    ///
    /// [`EngineError::Estimate`] with the reason where the call fails with any gas.
    pub fn estimate(&self, request: &Request) -> Result<Gas, EngineError> {
        self.latest().estimate(request)
    }

    /// The least gas with which the contract is made.
    ///
    /// # Errors
    ///
    /// [`EngineError::Estimate`] with the reason where the constructor fails with any gas.
    pub fn estimate_deploy(&self, deploy: &Deploy) -> Result<Gas, EngineError> {
        let transaction = self.deploy_transaction(deploy)?;
        self.estimate_transaction(&transaction, deploy.gas_limit)
    }

    /// Every instruction of the EVM that a call runs, as `debug_traceTransaction` shows them.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the request is not valid, the host failed, or the trace is too large.
    pub fn trace_struct_logs(&self, request: &Request) -> Result<serde_json::Value, EngineError> {
        self.latest().trace_struct_logs(request)
    }

    fn estimate_transaction(
        &self,
        transaction: &Transaction,
        cap: Option<Gas>,
    ) -> Result<Gas, EngineError> {
        let cap = cap.unwrap_or(self.rules.gas_limit);
        let mut execution = self.execution(self.store.latest())?;
        execution.set_tracing(false);
        Ok(execution.estimate_gas(&unchecked(transaction.clone()), cap)?)
    }

    pub(crate) fn output(
        &self,
        result: TransactionResult,
        resolved: Option<&Resolved>,
    ) -> CallOutput {
        let interface = resolved.and_then(|resolved| resolved.interface.clone());
        CallOutput {
            reason: crate::interfaces::reason(&result, interface.as_deref()),
            status: result.status,
            output: result.output,
            method: resolved.and_then(|resolved| resolved.method.clone()),
            created: result.created,
            gas_used: result.gas_used,
            gas_by_vm: result.gas_by_vm.iter().collect(),
            events: result.events,
            trace: result.trace.map(|trace| *trace),
        }
    }

    pub(super) fn execution(&self, view: Arc<dyn StateView>) -> Result<Execution, EngineError> {
        self.execution_after(self.tip(), view)
    }

    /// Transactions over `view` in the block that follows `parent`.
    pub(crate) fn execution_after(
        &self,
        parent: BlockNumber,
        view: Arc<dyn StateView>,
    ) -> Result<Execution, EngineError> {
        let block = self.block_after(parent, view.as_ref())?;
        let mut execution = self.kernel().execution(view, &block);
        execution.set_tracing(self.is_tracing);
        Ok(execution)
    }
}

/// A call by anyone: whoever it is from need not be able to pay for it.
pub(crate) fn unchecked(transaction: Transaction) -> Transaction {
    Transaction { checks: Checks::NONE, ..transaction }
}
