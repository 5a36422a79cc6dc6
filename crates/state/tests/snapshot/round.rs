//! What goes out comes in again, equal to the bit.

use std::path::Path;

use braid_state::{
    FjallConfig, Key, Retention, StateError, Store, Tip, WriteSet,
    commitment::root_of,
    snapshot::{ExportConfig, Snapshot, export, import},
};
use primitives::{Address, BlockNumber, Bytes, Hash};
use proptest::prelude::*;

use crate::common::*;

/// Imports a snapshot into a new store and checks that it is the state of `block`.
fn check_import(snapshot: &Path, block: u64, expected: &RecordMap) {
    let directory = tempfile::tempdir().expect("a directory");
    let found = Snapshot::open(snapshot).expect("opens");
    let root = root_of(expected.clone().into_iter().map(Ok), &mut |_| ()).expect("reads");
    found.expect_root(&root).expect("the root of the records");
    found.verify(&mut |_| ()).expect("verifies");
    let config = FjallConfig::default();
    let store = import(&found, directory.path(), &config, &mut |_| ()).expect("imports");
    let check = |store: &dyn Store| {
        let tip = Tip { block: BlockNumber(block), hash: hash_of(block) };
        assert_eq!(store.tip(), Some(tip));
        assert_eq!(all(&*store.latest()), *expected);
        assert_eq!(store.block_record(tip.block).expect("reads"), Some(record_of(block)));
        for earlier in block.saturating_sub(255)..block {
            let hash = store.block_hash(BlockNumber(earlier)).expect("reads");
            assert_eq!(hash, Some(hash_of(earlier)));
        }
        assert_eq!(store.retained_from(), tip.block);
    };
    check(&store);
    drop(store);
    let store = open(directory.path());
    check(&store);
    let again = tempfile::tempdir().expect("a directory");
    let aim = aim_of(&found);
    let target = again.path().join("snapshot");
    let manifest = export_at(&store, block, aim, &target);
    assert_eq!(manifest, *found.manifest());
    assert_eq!(files(&target), files(snapshot), "equal states have equal snapshots");
    let writes = [(Key::kv(&Address::ZERO, b"next"), Some(Bytes::new()))].into_iter().collect();
    store.commit(commit_of(block + 1, writes)).expect("the chain goes on");
    let refused = import(&found, again.path(), &config, &mut |_| ()).expect_err("not a store");
    assert!(matches!(refused, StateError::Open { .. }), "{refused}");
    drop(store);
    let refused = import(&found, directory.path(), &config, &mut |_| ()).expect_err("a chain");
    assert!(matches!(refused, StateError::NotEmpty { .. }), "{refused}");
}

/// An aim that leads to the depth that the snapshot has.
fn aim_of(snapshot: &Snapshot) -> u64 {
    let manifest = snapshot.manifest();
    let bytes: u64 = manifest.chunks.iter().map(|chunk| chunk.bytes).sum();
    if manifest.depth == 0 { u64::MAX } else { bytes >> manifest.depth }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(12)
    })]

    #[test]
    fn a_snapshot_is_the_state(
        suffixes in proptest::collection::btree_map(
            proptest::collection::vec(any::<u8>(), 0..4),
            proptest::collection::vec(any::<u8>(), 0..100),
            0..60,
        ),
        depth in 0u32..4,
        block in 0u64..3,
    ) {
        let records: RecordMap = suffixes
            .into_iter()
            .map(|(suffix, value)| (Key::kv(&Address::ZERO, &suffix), value.into()))
            .collect();
        let folder = tempfile::tempdir().expect("a directory");
        let store = open(&folder.path().join("store"));
        for earlier in 0..block {
            store.commit(commit_of(earlier, WriteSet::new())).expect("commits");
        }
        store.commit(commit_of(block, writes_of(&records))).expect("commits");
        let bytes: usize = records.iter().map(|(k, v)| 8 + k.as_bytes().len() + v.len()).sum();
        let target = folder.path().join("snapshot");
        let manifest = export_at(&store, block, (bytes as u64) >> depth, &target);
        prop_assert_eq!(manifest.records, records.len() as u64);
        check_import(&target, block, &records);
    }
}

#[test]
fn a_state_without_records_is_one_empty_chunk() {
    let folder = tempfile::tempdir().expect("a directory");
    let store = open(&folder.path().join("store"));
    store.commit(commit_of(0, WriteSet::new())).expect("commits");
    let target = folder.path().join("snapshot");
    let manifest = export_at(&store, 0, 1 << 20, &target);
    assert_eq!((manifest.root, manifest.chunks.len()), (Hash::ZERO, 1));
    check_import(&target, 0, &RecordMap::new());
}

#[test]
fn chunks_deeper_than_a_byte_are_divided_twice() {
    let folder = tempfile::tempdir().expect("a directory");
    let store = open(&folder.path().join("store"));
    let records = records(1500, 20);
    store.commit(commit_of(0, writes_of(&records))).expect("commits");
    let target = folder.path().join("snapshot");
    let manifest = export_at(&store, 0, 250, &target);
    assert_eq!((manifest.depth, manifest.chunks.len()), (9, 512));
    check_import(&target, 0, &records);
}

#[test]
fn a_chain_goes_on_while_one_of_its_blocks_is_exported() {
    let folder = tempfile::tempdir().expect("a directory");
    let store = open(&folder.path().join("store"));
    let records = records(2000, 100);
    store.commit(commit_of(0, WriteSet::new())).expect("commits");
    store.commit(commit_of(1, writes_of(&records))).expect("commits");
    let change = |block: u64| -> WriteSet {
        let keys = records.keys().skip(usize::try_from(block * 7).expect("small")).take(50);
        keys.map(|key| (key.clone(), Some(block.to_be_bytes().to_vec().into()))).collect()
    };
    store.commit(commit_of(2, change(2))).expect("commits");
    let target = folder.path().join("snapshot");
    let view = store.at(BlockNumber(1)).expect("held");
    let head = head_at(&store, 1);
    std::thread::scope(|scope| {
        let (view, head, target) = (&view, &head, &target);
        let exporting = scope.spawn(move || {
            let config = ExportConfig { chunk_bytes_aim: 20_000 };
            export(&**view, head, &config, target, &mut |_| ()).expect("exports")
        });
        let window = Retention::Blocks(2.try_into().expect("above 0"));
        for block in 3..60 {
            store.commit(commit_of(block, change(block))).expect("commits");
            window.prune(&store, 50).expect("prunes");
        }
        assert!(exporting.join().expect("ends").chunks.len() > 4);
    });
    assert!(store.at(BlockNumber(1)).is_err(), "the block has been pruned meanwhile");
    check_import(&target, 1, &records);
}

#[test]
fn a_whole_export_is_not_written_again_and_another_state_is_refused() {
    let folder = tempfile::tempdir().expect("a directory");
    let store = open(&folder.path().join("store"));
    let records = records(50, 10);
    store.commit(commit_of(0, WriteSet::new())).expect("commits");
    store.commit(commit_of(1, writes_of(&records))).expect("commits");
    let target = folder.path().join("snapshot");
    let manifest = export_at(&store, 1, 500, &target);
    let before = files(&target);
    assert_eq!(export_at(&store, 1, 500, &target), manifest);
    assert_eq!(files(&target), before);
    assert!(before.keys().all(|name| name.ends_with(".chunk") || name == "manifest.json"));
    let refused = |block, target: &Path| {
        let view = store.at(BlockNumber(block)).expect("held");
        let config = ExportConfig::default();
        let exported = export(&*view, &head_at(&store, block), &config, target, &mut |_| ());
        exported.expect_err("refused").to_string()
    };
    let message = refused(0, &target);
    assert!(message.contains("of block 1 of chain 7, not of block 0 of chain 7"), "{message}");
    let message = refused(0, &folder.path().join("store"));
    assert!(message.contains("it is no snapshot, it holds"), "{message}");
}
