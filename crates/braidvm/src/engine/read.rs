//! Reading by execution: calls, simulations, estimates and traces, of which nothing is kept.

use std::sync::Arc;

use kernel::{Checks, Execution, Transaction, TransactionResult};
use primitives::{BlockNumber, Gas};
use state::StateView;

use super::Engine;
use crate::{CallOutput, Deploy, EngineError, Request, interfaces::Resolved};

impl Engine {
    /// Calls a contract on the latest state and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn call(&self, request: &Request) -> Result<CallOutput, EngineError> {
        self.call_over(self.store.latest(), request)
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
        self.call_over(self.store.at(block)?, request)
    }

    /// Runs the making of a contract and keeps nothing.
    ///
    /// # Errors
    ///
    /// As [`deploy`](Self::deploy).
    pub fn simulate_deploy(&self, deploy: &Deploy) -> Result<CallOutput, EngineError> {
        let transaction = self.deploy_transaction(deploy)?;
        let result = self.execution(self.store.latest()).simulate(&transaction)?;
        Ok(self.output(result, None))
    }

    /// The least gas with which the call does what it does.
    ///
    /// # Errors
    ///
    /// [`EngineError::Estimate`] with the reason where the call fails with any gas.
    pub fn estimate(&self, request: &Request) -> Result<Gas, EngineError> {
        let (transaction, _) = self.transaction(request)?;
        self.estimate_transaction(&transaction, request.gas_limit)
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
        let (transaction, _) = self.transaction(request)?;
        let mut execution = self.execution(self.store.latest());
        let options = vm_evm::StructLogOptions::default();
        Ok(execution.session_mut().trace_struct_logs(&unchecked(transaction), &options)?)
    }

    fn call_over(
        &self,
        view: Arc<dyn StateView>,
        request: &Request,
    ) -> Result<CallOutput, EngineError> {
        let (transaction, resolved) = self.transaction(request)?;
        let result = self.execution(view).simulate(&unchecked(transaction))?;
        Ok(self.output(result, Some(&resolved)))
    }

    fn estimate_transaction(
        &self,
        transaction: &Transaction,
        cap: Option<Gas>,
    ) -> Result<Gas, EngineError> {
        let cap = cap.unwrap_or(self.config.chain.gas_limit);
        let mut execution = self.execution(self.store.latest());
        execution.set_tracing(false);
        Ok(execution.estimate_gas(&unchecked(transaction.clone()), cap)?)
    }

    pub(super) fn output(
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

    pub(super) fn execution(&self, view: Arc<dyn StateView>) -> Execution {
        let mut execution = self.kernel().execution(view, &self.next_block());
        execution.set_tracing(self.is_tracing);
        execution
    }
}

/// A call by anyone: whoever it is from need not be able to pay for it.
fn unchecked(transaction: Transaction) -> Transaction {
    Transaction { checks: Checks::NONE, ..transaction }
}
