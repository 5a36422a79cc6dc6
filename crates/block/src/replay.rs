//! Running stored blocks again on the states of their parents, and comparing.

use std::{fmt, sync::Arc};

use kernel::Kernel;
use primitives::{BlockNumber, Hash};
use state::{Key, StateError, Store, WriteSet};
use thiserror::Error;

use crate::{
    BlockError, BlockRecord, BlockReport, ChainRules, Header, Proposal, Ran, SenderCache,
    execution::{ExecutionMode, Executor, ExecutorConfig, Statistics},
    run,
};

/// The first thing in which a block that ran again differs from the one that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The block.
    pub block: BlockNumber,
    /// What differs, in words.
    pub what: String,
    /// What the store has.
    pub stored: String,
    /// What came of the replay.
    pub replayed: String,
}

/// Why a block cannot be replayed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The store holds no such block: it is above the tip, or of a state loaded without its chain.
    #[error("block {0} is not held with its transactions, so it cannot be replayed")]
    NotHeld(BlockNumber),
    /// The genesis has no parent to run it on.
    #[error("block 0 is the genesis, which has no parent to replay it on")]
    Genesis,
    /// What ran again is not what is stored, so that it tells nothing of it.
    #[error("{0}")]
    Differs(Box<Difference>),
    /// The host or the state failed, or the state of the parent is not held.
    #[error(transparent)]
    Block(#[from] BlockError),
}

impl From<StateError> for ReplayError {
    fn from(error: StateError) -> Self {
        Self::Block(error.into())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { block, what, stored, replayed } = self;
        write!(f, "block {block}: {what} is {stored} in the store and {replayed} in the replay")
    }
}

/// Runs a stored block again on the state of its parent: nothing where all is equal, or the first
/// difference.
///
/// # Errors
///
/// [`ReplayError`] where the block or the state of its parent is not held, or the host failed.
pub fn replay(
    executor: &Executor,
    senders: &SenderCache,
    rules: &ChainRules,
    store: &dyn Store,
    number: BlockNumber,
) -> Result<Option<Difference>, ReplayError> {
    let stored = held(store, number)?;
    let (proposal, ran) = rerun(executor, senders, (rules, store), &stored)?;
    let found = match compare_rules(store, &proposal.rules, &stored.header)? {
        Some(found) => Some(found),
        None => compare(&stored, &ran),
    };
    let found = match found {
        Some(found) => Some(found),
        None => compare_state(store, number, &ran.writes)?,
    };
    let found = match found {
        Some(found) => Some(found),
        None => {
            // The records that changed are equal, so the root that the store keeps is the replay's.
            let replayed = ran.into_record(&proposal, rules.header_root(store, number)?);
            let hash = store.block_hash(number)?;
            let found = compare_headers(&stored.header, &replayed.header);
            found.or_else(|| compare_hash(hash, replayed.hash()))
        }
    };
    Ok(found.map(|(what, stored, replayed)| Difference { block: number, what, stored, replayed }))
}

/// Runs a stored block again, each transaction for itself, on one thread and on so many, and tells
/// how that went.
///
/// # Errors
///
/// As [`replay`]; [`ReplayError::Differs`] where other receipts come of it than are stored.
pub fn observe(
    (kernel, threads): (&Arc<Kernel>, usize),
    senders: &SenderCache,
    rules: &ChainRules,
    store: &dyn Store,
    number: BlockNumber,
) -> Result<BlockReport, ReplayError> {
    let stored = held(store, number)?;
    let observe = |workers| -> Result<Arc<Statistics>, ReplayError> {
        let config = ExecutorConfig {
            mode: ExecutionMode::Parallel,
            workers,
            stretch: 1,
            is_observed: true,
            ..ExecutorConfig::default()
        };
        let executor = Executor::new(Arc::clone(kernel), &config);
        let (_, ran) = rerun(&executor, senders, (rules, store), &stored)?;
        if let Some((what, stored, replayed)) = compare(&stored, &ran) {
            let difference = Difference { block: number, what, stored, replayed };
            return Err(ReplayError::Differs(Box::new(difference)));
        }
        Ok(ran.statistics.run.expect("invariant: an executor that observes counts"))
    };
    let alone = observe(1)?;
    let together = if threads > 1 { observe(threads)? } else { Arc::clone(&alone) };
    Ok(BlockReport::new(&stored, alone, together))
}

/// A block that is not the first.
fn held(store: &dyn Store, number: BlockNumber) -> Result<BlockRecord, ReplayError> {
    if number.0 == 0 {
        return Err(ReplayError::Genesis);
    }
    BlockRecord::load(store, number)?.ok_or(ReplayError::NotHeld(number))
}

/// Runs a block that is not the first on the state of its parent.
fn rerun<'a>(
    executor: &Executor,
    senders: &SenderCache,
    (rules, store): (&ChainRules, &dyn Store),
    stored: &'a BlockRecord,
) -> Result<(Proposal<'a>, Ran), ReplayError> {
    let number = stored.header.number;
    let parent = BlockNumber(number.checked_sub(1).ok_or(ReplayError::Genesis)?);
    let view = store.at(parent)?;
    let rules = ChainRules::of(view.as_ref())?.unwrap_or_else(|| rules.clone());
    let proposal = Proposal {
        parent_hash: store.block_hash(parent)?.unwrap_or_default(),
        environment: rules.environment_of(&stored.header),
        rules,
        transactions: &stored.transactions,
        threads: executor.workers(),
        is_traced: false,
        on_receipt: None,
        stopwatch: None,
    };
    let ran = run(executor, senders, &view, &proposal)?;
    Ok((proposal, ran))
}

type Found = (String, String, String);

/// What the header says of the block against what the rules of the chain made it. The base fee
/// follows from the header before, where that is held.
fn compare_rules(
    store: &dyn Store,
    rules: &ChainRules,
    header: &Header,
) -> Result<Option<Found>, StateError> {
    let found = |what: &str, stored: u64, expected: u64| {
        (stored != expected).then(|| (what.to_owned(), stored.to_string(), expected.to_string()))
    };
    let different = found("gas limit", header.gas_limit, rules.gas_limit.0);
    let parent = header.number.checked_sub(1).map(BlockNumber);
    let parent = parent.map(|it| BlockRecord::load(store, it)).transpose()?.flatten();
    Ok(different.or_else(|| {
        let expected = rules.next_base_fee(&parent?.header);
        found("base fee", header.base_fee_per_gas.unwrap_or_default(), expected)
    }))
}

/// Transactions and receipts, which say more than a header does.
fn compare(stored: &BlockRecord, replayed: &Ran) -> Option<Found> {
    if let Some(skipped) = replayed.skipped.first() {
        let hash = stored.transactions.get(skipped.index).map(|it| it.hash().to_string());
        let reason = skipped.reason.as_ref().map_or_else(
            || "left out at the end of the block".to_owned(),
            |reason| format!("left out: {reason}"),
        );
        let what = format!("transaction {} ({})", skipped.index, hash.unwrap_or_default());
        return Some((what, "included".to_owned(), reason));
    }
    let pairs = stored.receipts.iter().zip(&replayed.receipts);
    let (left, right) = pairs.into_iter().find(|(left, right)| left != right)?;
    let what = format!("receipt {} ({})", left.index, left.transaction_hash);
    Some((what, format!("{left:?}"), format!("{right:?}")))
}

/// The records that changed: those of the replay against those that the store holds after the
/// block.
fn compare_state(
    store: &dyn Store,
    number: BlockNumber,
    writes: &WriteSet,
) -> Result<Option<Found>, StateError> {
    let after = store.at(number)?;
    let shown = |value: Option<&primitives::Bytes>| {
        value.map_or_else(|| "absent".to_owned(), ToString::to_string)
    };
    for (key, value) in writes.iter() {
        let stored = after.read(key)?;
        if stored.as_ref() != value {
            return Ok(Some((format!("record {key}"), shown(stored.as_ref()), shown(value))));
        }
    }
    let is_missing = |key: &Key| writes.get(key).is_none();
    let Some(key) = store.changed_keys(number)?.into_iter().find(is_missing) else {
        return Ok(None);
    };
    Ok(Some((format!("record {key}"), "changed".to_owned(), "unchanged".to_owned())))
}

fn compare_headers(stored: &Header, replayed: &Header) -> Option<Found> {
    let mut pairs = shown(stored).into_iter().zip(shown(replayed));
    let ((name, left), (_, right)) = pairs.find(|(left, right)| left != right)?;
    Some((name.to_owned(), left, right))
}

/// The fields of a header in the order in which a difference tells most, and the whole at last.
fn shown(header: &Header) -> [(&'static str, String); 7] {
    [
        ("parent", header.parent_hash.to_string()),
        ("gas used", header.gas_used.to_string()),
        ("transactions root", header.transactions_root.to_string()),
        ("receipts root", header.receipts_root.to_string()),
        ("commitment of receipts", header.extra_data.to_string()),
        ("state root", header.state_root.to_string()),
        ("header", format!("{header:?}")),
    ]
}

fn compare_hash(stored: Option<Hash>, replayed: Hash) -> Option<Found> {
    let stored = stored.unwrap_or_default();
    (stored != replayed).then(|| ("hash".to_owned(), stored.to_string(), replayed.to_string()))
}
