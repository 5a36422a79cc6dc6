//! Making a block of transactions over the state of its parent.

use std::{fmt, ops::ControlFlow, sync::Arc};

use kernel::TransactionResult;
use parking_lot::Mutex;
use primitives::{Gas, Hash, TxIndex, Wei};
use state::{StateError, StateView, WriteSet};
use thiserror::Error;
use vm::BlockEnvironment;

use crate::{
    BlockRecord, ChainRules, CheckError, Header, Receipt, Recovered, SenderCache,
    SignedTransaction,
    execution::{BlockStatistics, ExecutionError, Executor, Job, Listener, Outcome},
    header::header,
};

/// The block that a new one follows.
#[derive(Debug, Clone)]
pub struct Parent {
    /// Its hash.
    pub hash: Hash,
    /// Its header.
    pub header: Header,
}

/// What a block shall be made of.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// The rules of the chain.
    pub rules: ChainRules,
    /// The hash of the block before.
    pub parent_hash: Hash,
    /// What code sees of the block.
    pub environment: BlockEnvironment,
    /// The transactions in their order. Those that may not be in it are left out.
    pub transactions: &'a [SignedTransaction],
    /// Threads that recover senders.
    pub threads: usize,
    /// Whether the results have trees of calls, for which transactions run one after another.
    pub is_traced: bool,
    /// Who hears of the receipts while the block still runs, and may end it.
    pub on_receipt: Option<OnReceipt>,
}

/// Is told each receipt of a block, in their order and once, as soon as it is final; later
/// transactions may still be running. On [`ControlFlow::Break`] the block ends with this one.
///
/// It is called on whichever thread made the receipt final, and the block waits for it.
#[derive(Clone)]
pub struct OnReceipt(Arc<Mutex<Hear>>);

type Hear = dyn FnMut(&Receipt) -> ControlFlow<()> + Send;

/// A block whose transactions have run, and whose header waits for the root of the state.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What it changes of the state.
    pub writes: WriteSet,
    /// The transactions that are in it.
    pub transactions: Vec<SignedTransaction>,
    /// A receipt for each.
    pub receipts: Vec<Receipt>,
    /// What came of each, with what a receipt does not keep.
    pub results: Vec<TransactionResult>,
    /// Transactions that are not in it, by their place in the proposal.
    pub skipped: Vec<Skipped>,
    /// How the work went. It differs from run to run and is part of no result.
    pub statistics: BlockStatistics,
}

/// A transaction that is not in the block.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// Its place in the proposal, from 0.
    pub index: usize,
    /// Why; nothing where the block ended before it.
    pub reason: Option<CheckError>,
}

/// Makes the receipts of a block while it runs.
struct Desk {
    admitted: Arc<[(usize, Recovered)]>,
    base_fee: Wei,
    on_receipt: Option<OnReceipt>,
    receipts: Mutex<Vec<Receipt>>,
}

/// Why there is no block.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The host failed.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The state failed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl OnReceipt {
    /// Tells `hear`.
    pub fn new(hear: impl FnMut(&Receipt) -> ControlFlow<()> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(hear)))
    }
}

impl fmt::Debug for OnReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnReceipt").finish_non_exhaustive()
    }
}

impl Ran {
    /// The block with its header, over the root that the state has after it.
    #[must_use]
    pub fn into_record(self, proposal: &Proposal<'_>, state_root: Hash) -> BlockRecord {
        let Self { transactions, receipts, .. } = self;
        let roots = (proposal.parent_hash, state_root);
        let header = header(&proposal.environment, roots, &transactions, &receipts);
        BlockRecord { header, transactions, receipts }
    }
}

/// Runs the transactions of a proposal over the state of its parent, and makes the body of a block
/// of those that are valid where they stand.
///
/// # Errors
///
/// [`BlockError`] where the host failed. An invalid transaction is no error: it is left out and
/// listed with its reason.
pub fn run(
    executor: &Executor,
    senders: &SenderCache,
    view: &Arc<dyn StateView>,
    proposal: &Proposal<'_>,
) -> Result<Ran, BlockError> {
    let mut skipped = Vec::new();
    let desk = Arc::new(Desk {
        admitted: admit(senders, proposal, &mut skipped).into(),
        base_fee: proposal.environment.base_fee,
        on_receipt: proposal.on_receipt.clone(),
        receipts: Mutex::default(),
    });
    let executed = executor.perform(view, &proposal.environment, &desk.job(proposal.is_traced))?;
    assert_eq!(executed.outcomes.len(), desk.admitted.len(), "each transaction has one outcome");
    let receipts = std::mem::take(&mut *desk.receipts.lock());
    let mut transactions = Vec::with_capacity(receipts.len());
    let mut results = Vec::with_capacity(receipts.len());
    for ((place, _), outcome) in desk.admitted.iter().zip(executed.outcomes) {
        let skip = |reason| Skipped { index: *place, reason };
        match outcome {
            Outcome::Included(result) => {
                transactions.extend(proposal.transactions.get(*place).cloned());
                results.push(result);
            }
            Outcome::Skipped(error) => skipped.push(skip(Some(error.into()))),
            Outcome::NotReached => skipped.push(skip(None)),
        }
    }
    assert_eq!(receipts.len(), results.len(), "each transaction of the block has a receipt");
    let gas = receipts.last().map_or(Gas::ZERO, |receipt| receipt.cumulative_gas);
    assert_eq!(gas, executed.gas_used, "the receipts account for all gas of the block");
    skipped.sort_by_key(|it| it.index);
    let (writes, statistics) = (executed.writes, executed.statistics);
    Ok(Ran { writes, transactions, receipts, results, skipped, statistics })
}

impl Desk {
    /// What the executor is given; a receipt follows from each outcome as it becomes final.
    fn job(self: &Arc<Self>, is_traced: bool) -> Job {
        let transactions: Arc<[_]> =
            self.admitted.iter().map(|(_, it)| it.transaction.clone()).collect();
        let hints = self.admitted.iter().map(|(_, it)| it.hints.as_slice());
        let desk = Arc::clone(self);
        Job::from(transactions)
            .with_hints(hints)
            .with_tracing(is_traced)
            .with_listener(Listener::new(move |index, outcome| desk.take(index, outcome)))
    }

    fn take(&self, index: usize, outcome: &Outcome) -> ControlFlow<()> {
        let (Some((_, recovered)), Outcome::Included(result)) = (self.admitted.get(index), outcome)
        else {
            return ControlFlow::Continue(());
        };
        let mut receipts = self.receipts.lock();
        let index = u32::try_from(receipts.len()).expect("invariant: gas bounds the transactions");
        let gas = receipts.last().map_or(Gas::ZERO, |receipt| receipt.cumulative_gas);
        let receipt = Receipt::new(recovered, result, (TxIndex(index), gas, self.base_fee));
        let told = self.on_receipt.as_ref().map(|it| (it.0.lock())(&receipt));
        receipts.push(receipt);
        told.unwrap_or(ControlFlow::Continue(()))
    }
}

/// The transactions that may run, with their place in the proposal.
fn admit(
    senders: &SenderCache,
    proposal: &Proposal<'_>,
    skipped: &mut Vec<Skipped>,
) -> Vec<(usize, Recovered)> {
    let recovered = senders.recover_all(proposal.transactions, proposal.threads);
    let mut admitted = Vec::with_capacity(recovered.len());
    for (index, (transaction, recovered)) in proposal.transactions.iter().zip(recovered).enumerate()
    {
        let checked = proposal.rules.check(transaction, &proposal.environment);
        match checked.and_then(|()| recovered.map_err(CheckError::from)) {
            Ok(recovered) => admitted.push((index, recovered)),
            Err(error) => skipped.push(Skipped { index, reason: Some(error) }),
        }
    }
    admitted
}
