//! A store of the format without a tree gets one, for every block that it holds.
//!
//! The fixture was written by the program of that format: eight blocks, of which the last five are
//! held.

mod files;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use braid_state::{
    BlockCommit, FjallConfig, FjallStore, Key, Records, StateError, Store, UpgradeProgress,
    commitment::root_of,
};
use primitives::{Address, BlockNumber, Bytes, Hash};

use files::copy_tree;

const FIRST: u64 = 3;
const TIP: u64 = 7;

fn fixture() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1");
    copy_tree(&fixture, directory.path());
    directory
}

fn open(path: &Path) -> Result<FjallStore, StateError> {
    FjallStore::open(path, &FjallConfig::default())
}

fn upgrade(path: &Path, progress: &mut dyn FnMut(UpgradeProgress)) -> bool {
    FjallStore::upgrade(path, &FjallConfig::default(), progress).expect("upgrades")
}

fn key(index: u64) -> Key {
    Key::kv(&Address::new([9; 32]), &index.to_be_bytes())
}

fn check_store(store: &dyn Store) {
    for block in (FIRST..=TIP).map(BlockNumber) {
        let view = store.at(block).expect("held");
        let root = store.root_at(block).expect("held");
        assert_eq!(root, root_of(Records::all(&*view), &mut |_| ()).expect("reads"));
        for key in (0..45).map(key) {
            let proof = store.prove(&key, block).expect("held");
            let value = view.read(&key).expect("reads");
            proof
                .verify(&root, key.as_bytes(), value.as_deref().map(|value| &value[..]))
                .expect("true");
        }
    }
    assert_eq!(store.root(), store.root_at(BlockNumber(TIP)).expect("held"));
    assert!(matches!(store.root_at(BlockNumber(FIRST - 1)), Err(StateError::NotHeld { .. })));
}

#[test]
fn an_older_store_is_upgraded_once() {
    let directory = fixture();
    let refused = open(directory.path()).expect_err("an older format");
    assert!(refused.is_usage() && refused.to_string().contains("upgrade"), "{refused}");

    let mut heard = Vec::new();
    assert!(upgrade(directory.path(), &mut |progress| heard.push(progress)));
    let followed = (FIRST + 1..=TIP).map(|block| UpgradeProgress::Block(BlockNumber(block)));
    assert!(matches!(heard[0], UpgradeProgress::Records(records) if records > 20));
    assert_eq!(heard[1..], followed.collect::<Vec<_>>());
    assert!(!upgrade(directory.path(), &mut |_| ()), "it is of the present format");

    let store = open(directory.path()).expect("opens");
    check_store(&store);
    let writes = [(key(0), Some(Bytes::from_static(b"new"))), (key(1), None)];
    let number = BlockNumber(TIP + 1);
    let next = BlockCommit {
        number,
        hash: Hash::repeat_byte(1),
        writes: writes.into_iter().collect(),
        ..BlockCommit::default()
    };
    store.commit(next).expect("commits");
    let root = root_of(Records::all(&*store.latest()), &mut |_| ()).expect("reads");
    assert_eq!(store.root(), root);
    store.rewind(BlockNumber(FIRST)).expect("rewinds");
    let root = root_of(Records::all(&*store.latest()), &mut |_| ()).expect("reads");
    assert_eq!(store.root(), root);
}

#[test]
fn an_upgrade_that_was_cut_off_goes_on() {
    let directory = fixture();
    let cut_off_at = |step: UpgradeProgress| {
        let cut_off = catch_unwind(AssertUnwindSafe(|| {
            upgrade(directory.path(), &mut |progress| assert_ne!(progress, step, "cut off"))
        }));
        assert!(cut_off.is_err(), "the step is reached");
        assert!(open(directory.path()).is_err(), "it has its old format");
    };
    let mut records = None;
    {
        let whole = fixture();
        upgrade(whole.path(), &mut |progress| {
            records.get_or_insert(progress);
        });
    }
    cut_off_at(records.expect("the first state is built first"));
    cut_off_at(UpgradeProgress::Block(BlockNumber(FIRST + 2)));
    let mut heard = Vec::new();
    assert!(upgrade(directory.path(), &mut |progress| heard.push(progress)));
    assert!(!heard.contains(&UpgradeProgress::Block(BlockNumber(FIRST + 1))), "it goes on");
    check_store(&open(directory.path()).expect("opens"));
}
