//! Both stores against a model that keeps a whole map for every block.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use braid_state::{
    BlockCommit, FjallConfig, FjallStore, Key, MemoryStore, Records, StateError, StateView, Store,
    TREE_LAG_BLOCKS_MAX, WriteSet,
    commitment::{Leaf, Prefix, RootBuilder},
};
use proptest::prelude::*;

use primitives::{Address, BlockNumber, Bytes, Hash};

type RecordMap = BTreeMap<Key, Bytes>;

/// The store under test and how it is opened again.
enum Backend {
    Memory(Arc<MemoryStore>),
    Fjall { dir: tempfile::TempDir, store: Option<Arc<FjallStore>> },
}

impl Backend {
    fn fjall() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let store = FjallStore::open(dir.path(), &FjallConfig::default()).expect("a new store");
        Self::Fjall { dir, store: Some(Arc::new(store)) }
    }

    fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Fjall { store, .. } => Arc::clone(store.as_ref().expect("open")) as _,
        }
    }

    fn reopen(&mut self, close: bool) {
        if let Self::Fjall { dir, store } = self {
            let opened = store.take().and_then(Arc::into_inner).expect("one owner");
            if close {
                opened.close().expect("closes");
            } else {
                drop(opened);
            }
            let opened = FjallStore::open(dir.path(), &FjallConfig::default()).expect("reopens");
            *store = Some(Arc::new(opened));
        }
    }

    fn flush(&self) {
        if let Self::Fjall { store, .. } = self {
            store.as_ref().expect("open").flush().expect("flushes");
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<(Key, Option<Bytes>)>),
    /// As a commit, and the tree comes when somebody asks for it.
    Append(Vec<(Key, Option<Bytes>)>),
    BuildTree(u64),
    Prune {
        to: u64,
        budget_keys: usize,
    },
    Rewind(u64),
    HoldView(u64),
    Reopen {
        close: bool,
    },
    Flush,
}

/// The model: the records after every block.
#[derive(Default)]
struct Model {
    blocks: Vec<RecordMap>,
    retained_from: u64,
    /// Blocks that were committed at any time: records of the index stay when blocks go.
    committed: BTreeSet<u64>,
    last_committed: Option<u64>,
}

impl Model {
    fn at(&self, block: u64) -> Option<&RecordMap> {
        if block < self.retained_from {
            return None;
        }
        self.blocks.get(usize::try_from(block).ok()?)
    }

    fn changed(&self, block: u64) -> Vec<Key> {
        let index = usize::try_from(block).expect("a small number");
        if index == 0 {
            return Vec::new();
        }
        let (before, after) = (&self.blocks[index - 1], &self.blocks[index]);
        let mut keys: Vec<Key> = before.keys().chain(after.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        keys.retain(|key| before.get(key) != after.get(key));
        keys
    }
}

fn key() -> impl Strategy<Value = Key> {
    let byte = prop_oneof![Just(0u8), Just(1), Just(0xff)];
    (0u8..2, proptest::collection::vec(byte, 0..5))
        .prop_map(|(space, suffix)| Key::kv(&Address::new([space * 0xff; 32]), &suffix))
}

fn value() -> impl Strategy<Value = Option<Bytes>> {
    proptest::option::weighted(0.7, proptest::collection::vec(0u8..3, 0..3).prop_map(Bytes::from))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => proptest::collection::vec((key(), value()), 0..12).prop_map(Step::Commit),
        2 => proptest::collection::vec((key(), value()), 0..120).prop_map(Step::Commit),
        4 => proptest::collection::vec((key(), value()), 0..12).prop_map(Step::Append),
        1 => (0u64..30).prop_map(Step::BuildTree),
        1 => (0u64..30, 1usize..10).prop_map(|(to, budget_keys)| Step::Prune { to, budget_keys }),
        1 => (0u64..30).prop_map(Step::HoldView),
        2 => (0u64..30).prop_map(Step::Rewind),
        1 => any::<bool>().prop_map(|close| Step::Reopen { close }),
        1 => Just(Step::Flush),
    ]
}

fn hash_of(block: u64) -> Hash {
    Hash::with_last_byte(u8::try_from(block).expect("a small number") + 1)
}

fn commit_of(block: u64, writes: &[(Key, Option<Bytes>)]) -> BlockCommit {
    BlockCommit {
        number: BlockNumber(block),
        hash: hash_of(block),
        writes: writes.iter().cloned().collect::<WriteSet>(),
        record: block.is_multiple_of(2).then(|| format!("record {block}").into_bytes().into()),
        index: vec![
            (format!("block {block}").into_bytes().into(), Bytes::from_static(b"x")),
            (Bytes::from_static(b"last"), block.to_be_bytes().to_vec().into()),
        ],
    }
}

fn root_of(records: &RecordMap) -> Hash {
    let mut builder = RootBuilder::new();
    for (key, value) in records {
        builder.add(key, value);
    }
    builder.root().expect("distinct keys")
}

/// The root is that of the records, and proofs against it tell what is there.
fn check_tree(
    store: &dyn Store,
    block: BlockNumber,
    records: &RecordMap,
    probes: &[(Key, usize, usize)],
) {
    let root = store.root_at(block).expect("held");
    assert_eq!(root, root_of(records));
    for (key, cut, _) in probes {
        let proof = store.prove(key, block).expect("held");
        let value = records.get(key).map(|value| &value[..]);
        proof.verify(&root, key.as_bytes(), value).expect("a proof of what is there");
        assert_eq!(proof.is_inclusion(), value.is_some());
        let path = braid_state::commitment::path_of(key.as_bytes());
        let prefix = Prefix::new(&path, cut / 3).expect("fits");
        let mut leaves: Vec<Leaf> =
            records.iter().map(|(key, value)| Leaf::of(key.as_bytes(), value)).collect();
        leaves.retain(|leaf| prefix.contains(&leaf.path));
        leaves.sort();
        let proof = store.prove_subtree(&prefix, block).expect("held");
        proof.verify(&root, &prefix, &leaves).expect("a proof of all that is there");
    }
}

/// What a scan should find.
fn expected_scan(
    records: &RecordMap,
    prefix: &[u8],
    from: &[u8],
    limit: usize,
) -> Vec<(Key, Bytes)> {
    records
        .iter()
        .filter(|(key, _)| key.as_bytes().starts_with(prefix) && key.as_bytes() >= from)
        .take(limit)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn check_view(view: &dyn StateView, expected: &RecordMap, probes: &[(Key, usize, usize)]) {
    let all: Vec<_> = Records::all(view).collect::<Result<_, _>>().expect("reads");
    assert_eq!(all, expected_scan(expected, &[], &[], usize::MAX));
    for (key, cut, limit) in probes {
        assert_eq!(view.read(key).expect("reads"), expected.get(key).cloned());
        let prefix = &key.as_bytes()[..(*cut).min(key.as_bytes().len())];
        for from in [prefix, key.as_bytes()] {
            assert_eq!(
                view.scan(prefix, from, *limit).expect("scans"),
                expected_scan(expected, prefix, from, *limit)
            );
        }
    }
}

fn check_store(store: &dyn Store, model: &Model, probes: &[(Key, usize, usize)]) {
    let tip = model.blocks.len().checked_sub(1).map(|tip| tip as u64);
    assert_eq!(store.tip().map(|tip| (tip.block.0, tip.hash)), tip.map(|tip| (tip, hash_of(tip))));
    assert_eq!(store.retained_from(), BlockNumber(model.retained_from));
    let empty = RecordMap::new();
    check_view(&*store.latest(), model.blocks.last().unwrap_or(&empty), probes);
    if let Some(tip) = store.tip() {
        store.build_tree(tip.block).expect("held");
    }
    assert_eq!(store.tree_tip(), store.tip().map(|tip| tip.block));
    assert_eq!(store.root(), root_of(model.blocks.last().unwrap_or(&empty)));
    for block in 0..model.blocks.len() as u64 + 1 {
        let number = BlockNumber(block);
        match model.at(block) {
            None => {
                assert!(matches!(store.at(number), Err(StateError::NotHeld { .. })));
                assert!(matches!(store.root_at(number), Err(StateError::NotHeld { .. })));
                let proof = store.prove(&Key::account(&Address::ZERO), number);
                assert!(matches!(proof, Err(StateError::NotHeld { .. })));
            }
            Some(expected) => {
                let view = store.at(number).expect("held");
                check_view(&*view, expected, probes);
                check_tree(store, number, expected, probes);
                assert_eq!(view.block_hash(block).expect("reads"), Some(hash_of(block)));
                assert_eq!(view.block_hash(block + 1).expect("reads"), None);
            }
        }
        let known = model.at(block).is_some() && (block == 0 || block > model.retained_from);
        match store.changed_keys(number) {
            Ok(keys) => assert_eq!((known, keys), (true, model.changed(block))),
            Err(error) => assert!(!known && matches!(error, StateError::NotHeld { .. })),
        }
    }
    for block in 0..model.blocks.len() as u64 {
        let commit = commit_of(block, &[]);
        assert_eq!(store.block_record(commit.number).expect("reads"), commit.record);
        assert_eq!(store.block_hash(commit.number).expect("reads"), Some(commit.hash));
        let index = usize::try_from(block).expect("a small number");
        let root = store.block_root(commit.number).expect("reads");
        assert_eq!(root, Some(root_of(&model.blocks[index])));
    }
    for block in model.blocks.len() as u64..40 {
        assert_eq!(store.block_record(BlockNumber(block)).expect("reads"), None);
        assert_eq!(store.block_hash(BlockNumber(block)).expect("reads"), None);
        assert_eq!(store.block_root(BlockNumber(block)).expect("reads"), None);
    }
    for block in 0..40 {
        let (key, value) = commit_of(block, &[]).index.swap_remove(0);
        let expected = model.committed.contains(&block).then_some(value);
        assert_eq!(store.index_record(&key).expect("reads"), expected);
    }
    let last = model.last_committed.map(|block| Bytes::from(block.to_be_bytes().to_vec()));
    assert_eq!(store.index_record(b"last").expect("reads"), last);
    let mut problems = Vec::new();
    store.check_history(&mut |problem| problems.push(problem)).expect("reads");
    assert_eq!(problems, Vec::<String>::new());
}

fn prune(store: &dyn Store, model: &mut Model, to: u64, budget_keys: usize) {
    let tree_tip = store.tree_tip();
    store.prune_below(BlockNumber(to), budget_keys).expect("prunes");
    if let Some(tree_tip) = tree_tip {
        model.retained_from = model.retained_from.max(to.min(tree_tip.0));
    }
}

fn rewind(store: &dyn Store, model: &mut Model, to: u64) {
    // Mostly a block that is held, now and then one that is not.
    let to = if to < 24 { to % (model.blocks.len() as u64 + 1) } else { to };
    match store.rewind(BlockNumber(to)) {
        Ok(()) => {
            assert!(model.at(to).is_some(), "block {to} is not held");
            model.blocks.truncate(usize::try_from(to).expect("small") + 1);
        }
        Err(error) => {
            assert!(matches!(error, StateError::NotHeld { .. }), "{error}");
            assert!(model.at(to).is_none(), "block {to} is held");
        }
    }
}

fn run(backend: &mut Backend, steps: &[Step], probes: &[(Key, usize, usize)]) {
    let mut model = Model::default();
    let mut held: Vec<(Arc<dyn StateView>, RecordMap)> = Vec::new();
    for step in steps {
        let store = backend.store();
        let next = model.blocks.len() as u64;
        match step {
            Step::Commit(writes) | Step::Append(writes) => {
                let block = commit_of(next, writes);
                if matches!(step, Step::Commit(_)) {
                    store.commit(block).expect("commits");
                } else {
                    let (writes, entry) = block.split();
                    store.append(entry, writes).expect("appends");
                }
                let mut records = model.blocks.last().cloned().unwrap_or_default();
                for (key, value) in writes {
                    match value {
                        Some(value) => records.insert(key.clone(), value.clone()),
                        None => records.remove(key),
                    };
                }
                model.blocks.push(records);
                model.committed.insert(next);
                model.last_committed = Some(next);
            }
            Step::BuildTree(block) => match store.build_tree(BlockNumber(*block)) {
                Ok(()) => assert!(store.tree_tip() >= Some(BlockNumber(*block))),
                Err(error) => {
                    assert!(matches!(error, StateError::NotHeld { .. }), "{error}");
                    assert!(model.blocks.len() as u64 <= *block, "block {block} is held");
                }
            },
            Step::Rewind(to) => rewind(&*store, &mut model, *to),
            Step::Prune { to, budget_keys } => prune(&*store, &mut model, *to, *budget_keys),
            Step::HoldView(block) => {
                if let Some(records) = model.at(*block) {
                    let view = store.at(BlockNumber(*block)).expect("held");
                    held.push((view, records.clone()));
                }
            }
            Step::Reopen { close } => {
                held.clear();
                drop(store);
                backend.reopen(*close);
            }
            Step::Flush => backend.flush(),
        }
        // What follows an append often finds the tree behind; the others look at everything.
        if matches!(step, Step::Commit(_) | Step::Rewind(_) | Step::Reopen { close: true }) {
            check_store(&*backend.store(), &model, probes);
        }
    }
    for (view, records) in &held {
        check_view(&**view, records, probes);
    }
    held.clear();
    finish_pruning(&*backend.store(), &mut model);
    check_store(&*backend.store(), &model, probes);
}

/// Everything below the tip goes, in slices, and the store says when it is done.
fn finish_pruning(store: &dyn Store, model: &mut Model) {
    let Some(tip) = store.tip() else { return };
    store.build_tree(tip.block).expect("held");
    model.retained_from = tip.block.0;
    for _ in 0..1000 {
        if store.prune_below(tip.block, 3).expect("prunes").done {
            let entries = store.check_history(&mut |_| ()).expect("reads");
            assert_eq!(entries, 0, "nothing is left of history");
            return;
        }
    }
    panic!("pruning does not end");
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(count) }
}

fn probes() -> impl Strategy<Value = Vec<(Key, usize, usize)>> {
    proptest::collection::vec((key(), 0usize..38, 0usize..6), 1..8)
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn the_memory_store_is_the_model(
        steps in proptest::collection::vec(step(), 0..24), probes in probes(),
    ) {
        run(&mut Backend::Memory(Arc::new(MemoryStore::new())), &steps, &probes);
    }
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn the_durable_store_is_the_model(
        steps in proptest::collection::vec(step(), 0..24), probes in probes(),
    ) {
        run(&mut Backend::fjall(), &steps, &probes);
    }
}

#[test]
fn only_the_next_block_is_taken() {
    for backend in [Backend::Memory(Arc::new(MemoryStore::new())), Backend::fjall()] {
        let store = backend.store();
        let refused = |block: u64| match store.commit(commit_of(block, &[])) {
            Err(StateError::NotNext { block, expected }) => (block, expected),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(1), (1, 0));
        store.commit(commit_of(0, &[])).expect("the genesis");
        assert_eq!(refused(0), (0, 1));
        assert_eq!(refused(2), (2, 1));
        store.commit(commit_of(1, &[])).expect("the next");
    }
}

#[test]
fn the_root_is_known_before_the_block_is_there() {
    for backend in [Backend::Memory(Arc::new(MemoryStore::new())), Backend::fjall()] {
        let store = backend.store();
        let key = Key::kv(&Address::ZERO, b"k");
        let write = |value: &'static [u8]| vec![(key.clone(), Some(Bytes::from_static(value)))];
        let stage = |block: u64, value| {
            let (writes, entry) = commit_of(block, &write(value)).split();
            (store.stage(writes).expect("stages"), entry)
        };
        let (staged, entry) = stage(0, b"one");
        let (other, _) = stage(0, b"other");
        let root = staged.root();
        assert_eq!((store.tip(), store.root(), staged.changes()), (None, Hash::ZERO, 1));
        assert_ne!(other.root(), root);
        store.commit_staged(entry, staged).expect("commits");
        assert_eq!((store.root(), store.root_at(BlockNumber(0)).expect("held")), (root, root));

        let (_, entry) = commit_of(1, &[]).split();
        let refused = store.commit_staged(entry, other).expect_err("staged on no block");
        assert!(matches!(refused, StateError::Stale { .. }) && refused.is_usage(), "{refused}");
        let (same, entry) = stage(1, b"one");
        assert_eq!((same.root(), same.changes()), (root, 0));
        store.commit_staged(entry, same).expect("commits");
        assert_eq!(store.root_at(BlockNumber(1)).expect("held"), root);
    }
}

#[test]
fn a_rewind_leaves_views_as_they_were() {
    for backend in [Backend::Memory(Arc::new(MemoryStore::new())), Backend::fjall()] {
        let store = backend.store();
        let key = Key::kv(&Address::ZERO, b"k");
        let write =
            |text: &'static str| vec![(key.clone(), Some(Bytes::from_static(text.as_bytes())))];
        for (block, text) in (0..).zip(["zero", "one", "two"]) {
            store.commit(commit_of(block, &write(text))).expect("commits");
        }
        let (one, two) = (store.at(BlockNumber(1)).expect("held"), store.latest());
        store.rewind(BlockNumber(0)).expect("rewinds");
        store.commit(commit_of(1, &write("other"))).expect("commits");
        let read = |view: &dyn StateView| view.read(&key).expect("reads").expect("there");
        assert_eq!((&read(&*one)[..], &read(&*two)[..]), (&b"one"[..], &b"two"[..]));
        assert_eq!(two.block_hash(2).expect("reads"), Some(hash_of(2)));
        assert_eq!(&read(&*store.latest())[..], b"other");
        assert_eq!(&read(&*store.at(BlockNumber(0)).expect("held"))[..], b"zero");
        assert_eq!(store.changed_keys(BlockNumber(1)).expect("held"), std::slice::from_ref(&key));
        let refused = store.rewind(BlockNumber(2)).expect_err("above the tip");
        assert!(refused.is_usage(), "{refused}");
    }
}

#[test]
fn a_scan_of_the_past_jumps_over_long_histories() {
    let backend = Backend::fjall();
    let store = backend.store();
    let keys: Vec<Key> = (0u8..4).map(|n| Key::kv(&Address::ZERO, &[n])).collect();
    let value = |block: u64| Some(Bytes::from(block.to_be_bytes().to_vec()));
    for block in 0..60 {
        let writes: Vec<_> = keys.iter().map(|key| (key.clone(), value(block))).collect();
        store.commit(commit_of(block, &writes)).expect("commits");
    }
    for block in 0..60 {
        let view = store.at(BlockNumber(block)).expect("held");
        let expected: RecordMap =
            keys.iter().map(|key| (key.clone(), value(block).expect("some"))).collect();
        check_view(&*view, &expected, &[(keys[2].clone(), 33, 2)]);
    }
}

#[test]
fn readers_see_whole_blocks_while_others_are_committed_and_pruned() {
    const BLOCKS: u64 = 80;
    let keys: Vec<Key> = (0u8..20).map(|n| Key::kv(&Address::ZERO, &[n])).collect();
    let writes_of = |block: u64| -> Vec<(Key, Option<Bytes>)> {
        let value = Bytes::from(block.to_be_bytes().to_vec());
        keys.iter().map(|key| (key.clone(), Some(value.clone()))).collect()
    };
    for backend in [Backend::Memory(Arc::new(MemoryStore::new())), Backend::fjall()] {
        let store = backend.store();
        store.commit(commit_of(0, &writes_of(0))).expect("commits");
        let reader = || {
            let mut newest = 0;
            while newest < BLOCKS - 1 {
                let view = store.latest();
                let first = view.read(&keys[0]).expect("reads").expect("there");
                let all = view.scan(&[], &[], usize::MAX).expect("scans");
                assert_eq!(all.len(), keys.len());
                assert!(all.iter().all(|(_, value)| *value == first), "one block in one view");
                let block = u64::from_be_bytes(first[..].try_into().expect("8 bytes"));
                assert!(block >= newest, "the tip does not go back");
                newest = block;
            }
        };
        std::thread::scope(|scope| {
            let readers = [scope.spawn(reader), scope.spawn(reader)];
            for block in 1..BLOCKS {
                store.commit(commit_of(block, &writes_of(block))).expect("commits");
                store.prune_below(BlockNumber(block), 15).expect("prunes");
            }
            for reader in readers {
                reader.join().expect("a reader saw whole blocks");
            }
        });
    }
}

#[test]
fn no_more_blocks_wait_for_their_trees_than_may() {
    for backend in [Backend::Memory(Arc::new(MemoryStore::new())), Backend::fjall()] {
        let store = backend.store();
        for block in 0..TREE_LAG_BLOCKS_MAX + 5 {
            let key = Key::kv(&Address::ZERO, &block.to_be_bytes());
            let block = commit_of(block, &[(key, Some(Bytes::from_static(b"v")))]);
            let (writes, entry) = block.split();
            assert_eq!(store.append(entry, writes).expect("appends"), 1);
            let (tip, tree) = (store.tip().expect("a tip").block, store.tree_tip().expect("one"));
            assert!(tip.0 - tree.0 <= TREE_LAG_BLOCKS_MAX, "tip {tip}, tree {tree}");
        }
        assert_eq!(store.tree_tip(), Some(BlockNumber(4)));
        let (writes, entry) = commit_of(3, &[]).split();
        let refused = store.append(entry, writes).expect_err("not the next");
        assert!(matches!(refused, StateError::NotNext { .. }), "{refused}");
    }
}

#[test]
fn trees_are_made_while_blocks_are_appended_and_taken_back() {
    const BLOCKS: u64 = 60;
    let writes_of = |block: u64| -> Vec<(Key, Option<Bytes>)> {
        let key = |n: u64| Key::kv(&Address::ZERO, &(n % 40).to_be_bytes());
        let value = Some(Bytes::from(block.to_be_bytes().to_vec()));
        (0..12).map(|n| (key(block * 7 + n), value.clone())).collect()
    };
    for backend in [Backend::Memory(Arc::new(MemoryStore::new())), Backend::fjall()] {
        let store = backend.store();
        let mut records = RecordMap::new();
        std::thread::scope(|scope| {
            let builder = scope.spawn(|| {
                while store.tip().is_none_or(|tip| tip.block.0 < BLOCKS - 1) {
                    if let Some(tip) = store.tip() {
                        // The tip may be taken back between the two calls.
                        let _ = store.build_tree(tip.block);
                    }
                }
            });
            for block in 0..BLOCKS {
                for _ in 0..2 {
                    if store.tip().is_some_and(|tip| tip.block.0 == block) && block > 0 {
                        store.rewind(BlockNumber(block - 1)).expect("held");
                    }
                    if store.tip().is_none_or(|tip| tip.block.0 < block) {
                        let (writes, entry) = commit_of(block, &writes_of(block)).split();
                        store.append(entry, writes).expect("appends");
                    }
                    if block + 1 == BLOCKS {
                        break;
                    }
                }
                store.prune_below(BlockNumber(block.saturating_sub(5)), 50).expect("prunes");
                records.extend(
                    writes_of(block).into_iter().map(|(key, value)| (key, value.expect("a value"))),
                );
            }
            builder.join().expect("it builds");
        });
        let tip = BlockNumber(BLOCKS - 1);
        assert_eq!(store.root_at(tip).expect("held"), root_of(&records));
        let leaves = store.check_tree(tip).expect("the tree is whole");
        assert_eq!(leaves, records.len() as u64);
    }
}
