//! One transaction after another on one journal.

use std::sync::Arc;

use kernel::{Execution, Kernel, Transaction};
use state::{Key, StateView, WriteSet};
use vm::BlockEnvironment;

use super::{
    gas::BlockGas,
    job::Job,
    outcome::{BlockStatistics, Executed, ExecutionError, Outcome},
};

pub(super) fn execute(
    kernel: &Kernel,
    view: &Arc<dyn StateView>,
    block: &BlockEnvironment,
    job: &Job,
) -> Result<Executed, ExecutionError> {
    let mut gas = BlockGas::new(block.gas_limit);
    let mut execution = kernel.execution(Arc::clone(view), block);
    execution.set_tracing(job.is_traced);
    let mut outcomes = Vec::with_capacity(job.transactions.len());
    for (index, transaction) in job.transactions.iter().enumerate() {
        let outcome = step(&mut execution, &mut gas, (index, transaction))?;
        let goes_on = job.tell(index, &outcome).is_continue();
        outcomes.push(outcome);
        if !goes_on {
            break;
        }
    }
    outcomes.resize(job.transactions.len(), Outcome::NotReached);
    let changes = execution.close().map_err(|error| host_error(0, error))?;
    assert!(changes.credits.is_empty(), "serial execution pays directly");
    let mut writes = changes.writes;
    let blind = unread(&writes, changes.reads.records.keys());
    forget_unchanged(&mut writes, blind, &**view)?;
    let statistics = BlockStatistics::default();
    Ok(Executed { outcomes, writes, gas_used: gas.used(), statistics })
}

/// Runs one transaction if it fits.
pub(super) fn step(
    execution: &mut Execution,
    gas: &mut BlockGas,
    (index, transaction): (usize, &Transaction),
) -> Result<Outcome, ExecutionError> {
    if let Err(error) = gas.admit(transaction) {
        return Ok(Outcome::Skipped(error));
    }
    match execution.transact(transaction) {
        Ok(result) => {
            gas.spend(result.gas_used);
            Ok(Outcome::Included(result))
        }
        Err(error) if error.is_host_fault() => Err(host_error(index, error)),
        Err(error) => Ok(Outcome::Skipped(error)),
    }
}

pub(super) fn host_error(index: usize, error: kernel::TransactionError) -> ExecutionError {
    match error {
        kernel::TransactionError::State(error) => ExecutionError::State(error),
        error => ExecutionError::Host { index, error },
    }
}

/// The keys of `writes` that are not among those that were read. Both are in order.
pub(super) fn unread<'a>(writes: &WriteSet, reads: impl Iterator<Item = &'a Key>) -> Vec<Key> {
    let mut reads = reads.peekable();
    let is_unread = |key: &&Key| {
        while reads.next_if(|read| read < key).is_some() {}
        reads.next_if(|read| read == key).is_none()
    };
    writes.iter().map(|(key, _)| key).filter(is_unread).cloned().collect()
}

/// Takes out of `writes` those of `keys` that are what `view` holds: a machine may put what was
/// there without having read it.
fn forget_unchanged(
    writes: &mut WriteSet,
    keys: Vec<Key>,
    view: &dyn StateView,
) -> Result<(), ExecutionError> {
    for key in keys {
        let before = view.read(&key)?;
        if writes.get(&key).is_some_and(|change| change == before.as_ref()) {
            writes.forget(&key);
        }
    }
    Ok(())
}
