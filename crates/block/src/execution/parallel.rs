//! Many transactions at once: a block as a task of the parallel engine.

use std::{ops::Range, sync::Arc};

use kernel::{Execution, Kernel, Transaction};
use parallel::{
    Attempt, Delta, Engine, Footing, NotApplicable, Numbers, Plan, RunError, Task, Verdict, View,
};
use parking_lot::Mutex;
use primitives::{Address, Bytes, U256, Wei};
use state::{Key, Namespace, StateView, number, record::AccountRecord};
use vm::BlockEnvironment;

use super::{
    gas::BlockGas,
    job::Job,
    outcome::{BlockStatistics, Executed, ExecutionError, Outcome},
    serial::{host_error, step, unread},
};

pub(super) fn execute(
    (engine, plan): (&Engine, &Plan),
    kernel: &Arc<Kernel>,
    view: &Arc<dyn StateView>,
    block: &BlockEnvironment,
    (job, crowds): (&Job, Vec<Address>),
) -> Result<Executed, ExecutionError> {
    let outcomes = Vec::with_capacity(job.transactions.len());
    let ledger = Ledger { gas: BlockGas::new(block.gas_limit), outcomes, end: None };
    let (kernel, block) = (Arc::clone(kernel), block.clone());
    let (job, ledger) = (job.clone(), Mutex::new(ledger));
    let task = Arc::new(BlockTask { kernel, block, job, crowds, ledger });
    let numbers: Arc<dyn Numbers> = Arc::new(Amounts);
    let finished = engine.run(&task, view, &numbers, plan).map_err(|error| match error {
        RunError::Task(error) => error,
        RunError::Base(error) => ExecutionError::State(error),
        RunError::Threads(source) => {
            ExecutionError::Threads { workers: engine.workers(), source: Arc::new(source) }
        }
    })?;
    let Ledger { gas, mut outcomes, end } = std::mem::take(&mut *task.ledger.lock());
    let count = task.count();
    assert_eq!(outcomes.len(), end.unwrap_or(count), "what is reached has its outcome");
    outcomes.resize(count, Outcome::NotReached);
    let statistics = BlockStatistics { run: Some(Arc::new(finished.statistics)) };
    Ok(Executed { outcomes, writes: finished.writes, gas_used: gas.used(), statistics })
}

/// The transactions of a block.
#[derive(Debug)]
struct BlockTask {
    kernel: Arc<Kernel>,
    block: BlockEnvironment,
    job: Job,
    /// Contracts whose callers got into each other's way in earlier blocks.
    crowds: Vec<Address>,
    ledger: Mutex<Ledger>,
}

/// What is final. Only the thread at the head touches it.
#[derive(Debug, Default)]
struct Ledger {
    gas: BlockGas,
    outcomes: Vec<Outcome>,
    /// The first transaction that does not happen any more, where the listener has ended the block.
    end: Option<usize>,
}

/// What a thread runs transactions with.
struct Worker {
    view: Arc<View>,
    execution: Execution,
}

/// What came of the transactions of a stretch.
struct Stretch {
    outcomes: Vec<Outcome>,
    /// The gas of the block after them, where that was known.
    gas: Option<BlockGas>,
}

/// The numbers in records: the balance of an account, and what a counter counts. A credit of
/// nothing takes away an account that is empty, as any touch does (EIP-161).
#[derive(Debug)]
struct Amounts;

impl Numbers for Amounts {
    fn apply(
        &self,
        key: &Key,
        before: Option<&Bytes>,
        delta: &Delta,
    ) -> Result<Option<Bytes>, NotApplicable> {
        if key.namespace() == Namespace::Counter {
            let after = delta.apply(counter(key, before)?).ok_or(NotApplicable)?;
            return Ok(number::encode(after));
        }
        let mut record = account(key, before)?;
        record.balance = Wei(delta.apply(record.balance.0).ok_or(NotApplicable)?);
        let is_empty = record == AccountRecord::default();
        Ok((!is_empty).then(|| record.encode()))
    }

    fn is_at_least(
        &self,
        key: &Key,
        record: Option<&Bytes>,
        amount: U256,
    ) -> Result<bool, NotApplicable> {
        let number = match key.namespace() {
            Namespace::Counter => counter(key, record)?,
            _ => account(key, record)?.balance.0,
        };
        Ok(number >= amount)
    }
}

fn counter(key: &Key, record: Option<&Bytes>) -> Result<U256, NotApplicable> {
    number::decode(key, record).map_err(|_| NotApplicable)
}

fn account(key: &Key, record: Option<&Bytes>) -> Result<AccountRecord, NotApplicable> {
    if key.namespace() != Namespace::Account {
        return Err(NotApplicable);
    }
    let Some(bytes) = record else { return Ok(AccountRecord::default()) };
    AccountRecord::decode(key, bytes).map_err(|_| NotApplicable)
}

impl Task for BlockTask {
    type Worker = Worker;
    type Output = Stretch;
    type Error = ExecutionError;

    fn count(&self) -> usize {
        self.job.transactions.len()
    }

    fn worker(&self, view: Arc<View>) -> Worker {
        let state: Arc<dyn StateView> = Arc::<View>::clone(&view);
        Worker { view, execution: self.kernel.execution(state, &self.block) }
    }

    fn execute(
        &self,
        worker: &mut Worker,
        stretch: Range<usize>,
        footing: Footing,
    ) -> Result<Attempt<Stretch>, ExecutionError> {
        let Worker { view, execution } = worker;
        let view: Arc<dyn StateView> = Arc::<View>::clone(view);
        execution.rebase(view, footing == Footing::Speculative);
        let mut gas = match footing {
            Footing::Certain => self.ledger.lock().gas,
            // Whether they fit is known when they are to become final.
            Footing::Speculative => BlockGas::new(primitives::Gas(u64::MAX)),
        };
        let before = gas.used();
        let mut outcomes = Vec::with_capacity(stretch.len());
        for index in stretch.clone() {
            let Some(transaction) = self.job.transactions.get(index) else { break };
            if footing == Footing::Certain && self.is_ended_before(index) {
                break;
            }
            let outcome = step(execution, &mut gas, (index, transaction))?;
            if footing == Footing::Certain {
                self.tell(index, &outcome);
            }
            outcomes.push(outcome);
        }
        let changes = execution.close().map_err(|error| host_error(stretch.start, error))?;
        let credit = |(to, amount): (_, Wei)| (Key::account(&to), Delta::Add(amount.0));
        let credits = changes.credits.into_iter().map(credit);
        let output = Stretch { outcomes, gas: (footing == Footing::Certain).then_some(gas) };
        Ok(Attempt {
            output,
            blind: unread(&changes.writes, changes.reads.records.keys()),
            writes: changes.writes,
            deltas: credits.chain(changes.deltas).collect(),
            weight: gas.used().0.saturating_sub(before.0),
        })
    }

    fn commit(&self, stretch: Range<usize>, mut output: Stretch) -> Verdict {
        let gas = match output.gas {
            Some(gas) => gas,
            None => match self.settle(stretch, &output.outcomes) {
                Some(gas) => gas,
                None => return Verdict::Again,
            },
        };
        let mut ledger = self.ledger.lock();
        ledger.gas = gas;
        ledger.outcomes.append(&mut output.outcomes);
        if ledger.end.is_some() { Verdict::Stop } else { Verdict::Accept }
    }

    /// The sender of a transaction, whose nonce it raises, the receiver of its coin or a contract
    /// that crowds call, and what it says it will write.
    fn hints(&self, index: usize, hint: &mut dyn FnMut(u64)) {
        let Some(transaction) = self.job.transactions.get(index) else { return };
        hint(short(&transaction.from));
        let is_changed = |to: &Address| !transaction.value.is_zero() || self.crowds.contains(to);
        if let Some(to) = transaction.to.filter(is_changed) {
            hint(short(&to));
        }
        self.job.hints(index).iter().for_each(|number| hint(*number));
    }

    /// A transfer of coin with nothing to say to a contract.
    fn is_light(&self, index: usize) -> bool {
        let is_transfer = |it: &Transaction| it.to.is_some() && it.input.is_empty();
        self.job.transactions.get(index).is_some_and(is_transfer)
    }
}

impl BlockTask {
    /// The gas of the block after a stretch that ran on speculative ground; nothing where one of
    /// its transactions does not fit, or the block ends within it.
    fn settle(&self, stretch: Range<usize>, outcomes: &[Outcome]) -> Option<BlockGas> {
        let mut gas = self.ledger.lock().gas;
        for (transaction, outcome) in self.job.transactions[stretch.clone()].iter().zip(outcomes) {
            gas.admit(transaction).ok()?;
            if let Some(result) = outcome.included() {
                gas.spend(result.gas_used);
            }
        }
        for (index, outcome) in stretch.clone().zip(outcomes) {
            self.tell(index, outcome);
            if index + 1 < stretch.end && self.is_ended_before(index + 1) {
                return None;
            }
        }
        outcomes.iter().filter_map(Outcome::included).for_each(|it| self.kernel.prepare(it));
        Some(gas)
    }

    /// Tells the listener of an outcome that is final. Of one that is run again, because the block
    /// ends within its stretch, it has heard.
    fn tell(&self, index: usize, outcome: &Outcome) {
        if self.ledger.lock().end.is_none() && self.job.tell(index, outcome).is_break() {
            self.ledger.lock().end = Some(index + 1);
        }
    }

    fn is_ended_before(&self, index: usize) -> bool {
        self.ledger.lock().end.is_some_and(|end| end <= index)
    }
}

/// An address in short. Two that have the same cost time and nothing else.
fn short(address: &Address) -> u64 {
    // An odd factor near the golden ratio of 64 bits, so that every byte counts.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let word = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let words = address.as_bytes().chunks(8).map(word);
    words.fold(0, |sum: u64, word| (sum.rotate_left(29) ^ word).wrapping_mul(FACTOR))
}
