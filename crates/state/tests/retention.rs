//! One setting for how much history is kept: the states of the window are right whatever happens,
//! those outside of it are refused by name, pruning keeps up and the disk gets its space back.

use std::{collections::BTreeMap, num::NonZeroU64, path::Path};

use braid_state::{
    BlockCommit, FjallConfig, FjallStore, Key, MemoryStore, PRUNE_KEYS_MIN, Records, Retention,
    StateError, Store,
};
use primitives::{Address, BlockNumber, Bytes, Hash};
use proptest::prelude::*;

type Writes = Vec<(u8, Option<u8>)>;
type RecordMap = BTreeMap<Key, Bytes>;

fn key(index: u8) -> Key {
    Key::kv(&Address::ZERO, &[index])
}

fn retention(blocks: u64) -> Retention {
    NonZeroU64::new(blocks).map_or(Retention::All, Retention::Blocks)
}

fn commit_of(block: u64, writes: &Writes) -> BlockCommit {
    let change = |(index, value): &(u8, Option<u8>)| (key(*index), value.map(|it| vec![it].into()));
    BlockCommit {
        number: BlockNumber(block),
        hash: Hash::left_padding_from(&block.to_be_bytes()),
        writes: writes.iter().map(change).collect(),
        ..BlockCommit::default()
    }
}

fn open(path: &Path) -> FjallStore {
    FjallStore::open(path, &FjallConfig::default()).expect("opens")
}

#[derive(Debug, Clone)]
enum Step {
    Block(Writes),
    /// A slice beside the one after each block, as an operator's own call would take it.
    Slice(usize),
    Rewind(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let write = (0u8..8, proptest::option::weighted(0.8, 0u8..4));
    prop_oneof![
        8 => proptest::collection::vec(write, 0..6).prop_map(Step::Block),
        2 => (1usize..5).prop_map(Step::Slice),
        1 => (1u64..4).prop_map(Step::Rewind),
        1 => Just(Step::Reopen),
    ]
}

/// The states of all blocks, and the first that the setting has kept throughout.
#[derive(Default)]
struct Model {
    blocks: Vec<RecordMap>,
    retained_from: u64,
}

impl Model {
    fn tip(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    fn commit(&mut self, writes: &Writes, kept: Retention) {
        let mut records = self.blocks.last().cloned().unwrap_or_default();
        for (index, value) in writes {
            match value {
                Some(value) => records.insert(key(*index), vec![*value].into()),
                None => records.remove(&key(*index)),
            };
        }
        self.blocks.push(records);
        let keep_from = kept.keep_from(BlockNumber(self.tip())).0;
        self.retained_from = self.retained_from.max(keep_from);
    }
}

fn check(store: &dyn Store, model: &Model) {
    let metrics = store.metrics().expect("reads");
    let window = format!("blocks {} to {}", model.retained_from, model.tip());
    assert_eq!(store.retained_from().0, model.retained_from);
    assert_eq!(metrics.tip, store.tip());
    assert_eq!(metrics.retained_blocks, model.tip() - model.retained_from + 1);
    for (block, expected) in (0..).zip(&model.blocks) {
        match store.at(BlockNumber(block)) {
            Ok(view) => {
                assert!(block >= model.retained_from, "block {block} is outside of {window}");
                let records: RecordMap =
                    Records::all(&*view).collect::<Result<_, _>>().expect("reads");
                assert_eq!(records, *expected, "block {block}");
            }
            Err(error) => {
                assert!(block < model.retained_from, "block {block} is in {window}");
                assert!(error.to_string().contains(&window), "{error}");
            }
        }
    }
    let above = store.at(BlockNumber(model.tip() + 1)).expect_err("above the tip");
    assert!(matches!(&above, StateError::NotHeld { reason, .. } if reason.contains(&window)));
}

fn run(open: &mut dyn FnMut() -> Box<dyn Store>, kept: Retention, steps: &[Step]) {
    let mut model = Model::default();
    let mut store = open();
    for step in steps {
        match step {
            Step::Block(writes) => {
                let block = model.blocks.len() as u64;
                store.commit(commit_of(block, writes)).expect("commits");
                model.commit(writes, kept);
                kept.prune(&*store, writes.len()).expect("prunes");
            }
            Step::Slice(budget_keys) => {
                let retained_from = store.retained_from();
                store.prune_below(retained_from, *budget_keys).expect("prunes");
            }
            Step::Rewind(blocks) => {
                let Some(tip) = store.tip() else { continue };
                let to = tip.block.0.saturating_sub(*blocks).max(model.retained_from);
                store.rewind(BlockNumber(to)).expect("held");
                model.blocks.truncate(usize::try_from(to).expect("small") + 1);
            }
            Step::Reopen => {
                drop(store);
                store = open();
            }
        }
        if !model.blocks.is_empty() {
            check(&*store, &model);
        }
    }
    store.check_history(&mut |problem| panic!("{problem}")).expect("reads");
    let metrics = store.metrics().expect("reads");
    assert_eq!((metrics.prune_lag_blocks, metrics.prune_pending_keys), (0, 0), "it kept up");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(24)
    })]

    #[test]
    fn the_window_is_right_whatever_happens(
        blocks in 0u64..6, steps in proptest::collection::vec(step(), 0..30),
    ) {
        let directory = tempfile::tempdir().expect("a directory");
        run(&mut || Box::new(open(directory.path())), retention(blocks), &steps);
        // A store in memory does not come back.
        let lasting: Vec<Step> =
            steps.into_iter().filter(|step| !matches!(step, Step::Reopen)).collect();
        run(&mut || Box::new(MemoryStore::new()), retention(blocks), &lasting);
    }
}

#[test]
fn an_archive_that_gets_a_window_is_pruned_slice_by_slice() {
    const KEYS: u64 = 300;
    const ARCHIVED: u64 = 40;
    let directory = tempfile::tempdir().expect("a directory");
    let commit = |store: &FjallStore, block: u64, keys: u64| {
        let value = Bytes::from(block.to_be_bytes().to_vec());
        let writes = (0..keys)
            .map(|index| (Key::kv(&Address::ZERO, &index.to_be_bytes()), Some(value.clone())));
        let commit = BlockCommit { writes: writes.collect(), ..commit_of(block, &Vec::new()) };
        store.commit(commit).expect("commits");
    };
    let mut store = open(directory.path());
    for block in 0..ARCHIVED {
        commit(&store, block, KEYS);
    }
    let kept = retention(2);
    let mut lags = Vec::new();
    for block in ARCHIVED..ARCHIVED * 2 {
        commit(&store, block, 10);
        kept.prune(&store, 10).expect("prunes");
        let metrics = store.metrics().expect("reads");
        assert_eq!(metrics.retained_blocks, 2);
        lags.push((metrics.prune_pending_keys, metrics.prune_lag_blocks));
        store = match block % 8 {
            // Where the last slice ended is known to the next process too.
            0 => {
                drop(store);
                open(directory.path())
            }
            _ => store,
        };
    }
    assert!(lags[0].0 > KEYS * (ARCHIVED - 10), "there is much to prune: {lags:?}");
    assert!(lags[0].1 > 0, "{lags:?}");
    let slice = PRUNE_KEYS_MIN as u64;
    for pair in lags.windows(2).filter(|pair| pair[0].0 > slice) {
        assert!(pair[1].0 + slice <= pair[0].0 + 10, "each slice takes its part: {lags:?}");
        assert!(pair[1].1 <= pair[0].1 + 1, "the lag does not grow: {lags:?}");
    }
    assert_eq!(lags.last(), Some(&(0, 0)), "it caught up");
}

#[test]
fn pruning_keeps_up_with_blocks_that_touch_most_of_the_tree() {
    const KEYS: u64 = 3000;
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path());
    let commit = |block: u64, keys: &mut dyn Iterator<Item = u64>| {
        let value = Bytes::from(block.to_be_bytes().to_vec());
        let writes = keys
            .map(|index| (Key::kv(&Address::ZERO, &index.to_be_bytes()), Some(value.clone())))
            .collect();
        let commit = BlockCommit { writes, ..commit_of(block, &Vec::new()) };
        let changes = commit.writes.len();
        store.commit(commit).expect("commits");
        retention(3).prune(&store, changes).expect("prunes");
    };
    commit(0, &mut (0..KEYS));
    for block in 1..40 {
        commit(block, &mut (0..700).map(|index| (index * 7919 + block * 31) % KEYS));
        let metrics = store.metrics().expect("reads");
        let left = (metrics.prune_pending_keys, metrics.prune_pending_pages);
        assert_eq!(left, (0, 0), "after block {block}");
        assert_eq!(metrics.prune_lag_blocks, 0);
    }
}

/// Blocks of values that do not compress, over the same keys again and again.
fn fill(store: &FjallStore, kept: Retention) {
    const KEYS: u64 = 100;
    let mut random = blake3::Hasher::new().finalize_xof();
    for block in 0..400 {
        let mut value = || {
            let mut bytes = vec![0; 600];
            random.fill(&mut bytes);
            Some(Bytes::from(bytes))
        };
        let writes = (0..KEYS)
            .map(|index| (Key::kv(&Address::ZERO, &index.to_be_bytes()), value()))
            .collect();
        store.commit(BlockCommit { writes, ..commit_of(block, &Vec::new()) }).expect("commits");
        kept.prune(store, usize::try_from(KEYS).expect("small")).expect("prunes");
    }
    store.flush().expect("flushes");
}

#[test]
fn pruning_gives_the_disk_its_space_back() {
    let used = |kept: Retention| {
        let directory = tempfile::tempdir().expect("a directory");
        let store = open(directory.path());
        fill(&store, kept);
        let grown = store.metrics().expect("reads").disk_bytes;
        store.compact().expect("compacts");
        (grown, store.metrics().expect("reads").disk_bytes)
    };
    let archive = used(Retention::All);
    let pruned = used(retention(16));
    assert!(archive.1 > 20 << 20, "an archive keeps all: {archive:?}");
    assert!(pruned.1 * 8 < archive.1, "archive {archive:?}, pruned {pruned:?}");
    assert!(pruned.0 * 2 < archive.0, "while it runs: archive {archive:?}, pruned {pruned:?}");
}
