//! The steps that a seed stands for, and what a store must hold after each of them.

use std::sync::Arc;

use anyhow::Context;
use primitives::{Address, BlockNumber, Bytes, Hash, Random};
use state::{
    BlockCommit, FjallStore, ImportedBlock, Key, MemoryStore, Records, ScanEntry, Store, Tip,
    commitment::root_of,
};

/// Keys that the blocks write.
const KEYS: u64 = 24;

/// Steps between two blocks that fill more than one buffer of the journal.
const LARGE_EVERY: u64 = 5;
const LARGE_BYTES: u64 = 20_000;
const SMALL_BYTES: u64 = 300;

/// The block that an import leaves as the tip.
const IMPORTED: u64 = 5;

/// What one step does to a store.
#[derive(Debug, Clone)]
pub enum Step {
    /// Fills the empty store with the records.
    Import(Tip, Vec<ScanEntry>),
    /// Appends a block.
    Commit(BlockCommit),
    /// Appends a block whose tree is made later.
    Append(BlockCommit),
    /// Makes the trees that are waited for.
    BuildTrees,
    /// Takes the chain back to a block.
    Rewind(BlockNumber),
    /// Forgets some history below a block.
    Prune(BlockNumber, usize),
    /// Puts the tables in memory on disk.
    Flush,
    /// Closes the store and opens it again.
    Reopen,
}

impl Step {
    /// Takes the step, other than [`Step::Reopen`], which is up to who has the store.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn apply(&self, store: &dyn Store) -> Result<(), state::StateError> {
        match self {
            Self::Import(tip, records) => {
                let block = ImportedBlock {
                    tip: *tip,
                    record: None,
                    hashes: Vec::new(),
                    roots: Vec::new(),
                };
                store.import(block, &mut records.iter().cloned().map(Ok))
            }
            Self::Commit(block) => store.commit(block.clone()),
            Self::Append(block) => {
                let (writes, entry) = block.clone().split();
                store.append(entry, writes).map(|_changes| ())
            }
            Self::BuildTrees => store.tip().map_or(Ok(()), |tip| store.build_tree(tip.block)),
            Self::Rewind(to) => store.rewind(*to),
            Self::Prune(below, budget_keys) => {
                // How far pruning goes shall not depend on which trees somebody asked for.
                store.build_tree(*below)?;
                store.prune_below(*below, *budget_keys).map(|_progress| ())
            }
            Self::Flush | Self::Reopen => Ok(()),
        }
    }

    /// As [`apply`](Self::apply), with the flush that a durable store alone has.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn apply_durably(&self, store: &FjallStore) -> Result<(), state::StateError> {
        if matches!(self, Self::Flush) { store.flush() } else { self.apply(store) }
    }
}

/// A block and the state after it.
#[derive(Debug)]
pub struct Block {
    /// Its place and hash.
    pub tip: Tip,
    /// What was committed with it.
    pub record: Option<Bytes>,
    /// All records of the state.
    pub records: Vec<ScanEntry>,
    /// The root of the records.
    pub root: Hash,
}

/// What a store must hold.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The blocks of the chain, oldest first.
    pub chain: Vec<Arc<Block>>,
    /// The first block whose state can be read.
    pub retained_from: BlockNumber,
    /// The record beside the state that every commit replaces.
    pub index: Option<Bytes>,
}

/// The key of that record.
pub const INDEX: &[u8] = b"last";

/// The steps of a seed.
#[derive(Debug)]
pub struct Workload {
    steps: Vec<Step>,
    expected: Vec<Expected>,
}

impl Workload {
    /// The first `steps` steps of a seed, which are the same however many are asked for.
    ///
    /// # Errors
    ///
    /// None but those of a store in memory, which has none.
    pub fn new(seed: u64, steps: usize) -> anyhow::Result<Self> {
        let mut random = Random::new(seed);
        let model = MemoryStore::new();
        let mut workload = Self { steps: Vec::new(), expected: vec![Expected::default()] };
        for _ in 0..steps {
            let before = workload.expected.last().context("there is a first state")?;
            let step = draw_step(&mut random, workload.steps.len(), before);
            step.apply(&model)?;
            let after = expect(before, &step, &model)?;
            workload.steps.push(step);
            workload.expected.push(after);
        }
        Ok(workload)
    }

    /// The step after `taken` others, if the workload has as many.
    #[must_use]
    pub fn step(&self, taken: usize) -> Option<&Step> {
        self.steps.get(taken)
    }

    /// What a store must hold after so many steps, if the workload has as many.
    #[must_use]
    pub fn after(&self, taken: usize) -> Option<&Expected> {
        self.expected.get(taken)
    }
}

fn draw_step(random: &mut Random, taken: usize, before: &Expected) -> Step {
    let taken = taken as u64;
    let Some(last) = before.chain.last() else {
        if random.below(4) == 0 {
            return Step::Import(tip_of(IMPORTED, taken), import(random));
        }
        return Step::Commit(block_of(random, 0, taken));
    };
    let tip = last.tip.block.0;
    let held = tip - before.retained_from.0;
    match random.below(16) {
        0 | 1 if held > 0 => Step::Rewind(BlockNumber(tip - 1 - random.below(held.min(4)))),
        2 | 3 => Step::Flush,
        4 => Step::Reopen,
        5 if held > 3 => Step::Prune(BlockNumber(tip - 3), 1 + random.below(60) as usize),
        6 => Step::BuildTrees,
        7..=11 => Step::Append(block_of(random, tip + 1, taken)),
        _ => Step::Commit(block_of(random, tip + 1, taken)),
    }
}

fn tip_of(block: u64, step: u64) -> Tip {
    Tip { block: BlockNumber(block), hash: Hash::left_padding_from(&(step + 1).to_be_bytes()) }
}

fn key(index: u64) -> Key {
    Key::kv(&Address::new([9; 32]), &index.to_be_bytes())
}

fn value(random: &mut Random, bytes_max: u64) -> Bytes {
    let length = random.below(bytes_max);
    let words = (0..length.div_ceil(8)).map(|_| random.draw().to_be_bytes());
    words.flatten().take(length as usize).collect::<Vec<u8>>().into()
}

fn import(random: &mut Random) -> Vec<ScanEntry> {
    (0..KEYS).map(|index| (key(index), value(random, SMALL_BYTES))).collect()
}

fn block_of(random: &mut Random, number: u64, step: u64) -> BlockCommit {
    let Tip { block, hash } = tip_of(number, step);
    let bytes_max = if step.is_multiple_of(LARGE_EVERY) { LARGE_BYTES } else { SMALL_BYTES };
    let changed: Vec<u64> = (0..KEYS).filter(|_| random.coin()).collect();
    let writes = changed.into_iter().map(|index| {
        let is_removed = random.below(4) == 0;
        (key(index), (!is_removed).then(|| value(random, bytes_max)))
    });
    let writes = writes.collect();
    let name: Bytes = step.to_be_bytes().to_vec().into();
    BlockCommit {
        number: block,
        hash,
        writes,
        record: random.coin().then(|| name.clone()),
        index: vec![(Bytes::from_static(INDEX), name)],
    }
}

fn expect(before: &Expected, step: &Step, model: &MemoryStore) -> anyhow::Result<Expected> {
    let mut after = before.clone();
    let mut record = None;
    let appended = match step {
        Step::Commit(block) | Step::Append(block) => {
            record.clone_from(&block.record);
            after.index = model.index_record(INDEX)?;
            true
        }
        Step::Import(..) => true,
        Step::Rewind(to) => {
            after.chain.retain(|block| block.tip.block <= *to);
            false
        }
        Step::Prune(..) | Step::Flush | Step::Reopen | Step::BuildTrees => false,
    };
    after.retained_from = model.retained_from();
    if appended {
        let tip = model.tip().context("a block was appended")?;
        let records = Records::all(&*model.latest()).collect::<Result<Vec<_>, _>>()?;
        let root = root_of(records.iter().cloned().map(Ok), &mut |_| ())?;
        after.chain.push(Arc::new(Block { tip, record, records, root }));
    }
    Ok(after)
}
