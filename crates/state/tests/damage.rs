//! Directories that are no whole store: each is refused with the path and the reason, and damage is
//! never taken for another state.

mod files;

use std::{
    fs,
    os::unix::fs::symlink,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use braid_state::{
    BlockCommit, FjallConfig, FjallStore, Key, Records, ScanEntry, StateError, Store,
};
use primitives::{Address, BlockNumber, Bytes, Hash};

use files::copy_tree;

const BLOCKS: u64 = 12;

fn commit_of(block: u64) -> BlockCommit {
    let writes = (0u64..40).map(|index| {
        let key = Key::kv(&Address::new([3; 32]), &(index * 7 % 40).to_be_bytes());
        let value = format!("record {index} of block {block}").into_bytes();
        (key, (index % 5 != block % 5).then(|| Bytes::from(value)))
    });
    BlockCommit {
        number: BlockNumber(block),
        hash: Hash::left_padding_from(&block.to_be_bytes()),
        writes: writes.collect(),
        ..BlockCommit::default()
    }
}

fn open(path: &Path) -> Result<FjallStore, StateError> {
    FjallStore::open(path, &FjallConfig::default())
}

/// A store whose first half lies in tables and whose second half in the journal.
fn make_store(path: &Path) -> Vec<Vec<ScanEntry>> {
    let store = open(path).expect("a new store");
    for block in 0..BLOCKS {
        store.commit(commit_of(block)).expect("commits");
        if block == BLOCKS / 2 {
            store.flush().expect("flushes");
        }
    }
    read_all(&store).expect("reads")
}

/// The state after every block.
fn read_all(store: &FjallStore) -> Result<Vec<Vec<ScanEntry>>, StateError> {
    let tip = store.tip().map_or(0, |tip| tip.block.0);
    (0..=tip)
        .map(|block| Records::all(&*store.at(BlockNumber(block))?).collect::<Result<_, _>>())
        .collect()
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
    found.sort();
}

fn refusal(path: &Path) -> String {
    match open(path) {
        Err(error @ (StateError::Open { .. } | StateError::Damaged { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Truncate { percent: u64 },
    Flip { percent: u64 },
    Remove,
}

fn damage(path: &Path, damage: Damage) {
    let bytes = fs::read(path).expect("reads");
    let at = |percent: u64| usize::try_from(bytes.len() as u64 * percent / 100).expect("small");
    match damage {
        Damage::Remove => fs::remove_file(path).expect("removes"),
        Damage::Truncate { percent } => fs::write(path, &bytes[..at(percent)]).expect("writes"),
        Damage::Flip { percent } => {
            let mut bytes = bytes.clone();
            if let Some(byte) = bytes.get_mut(at(percent)) {
                *byte ^= 0x41;
            }
            fs::write(path, bytes).expect("writes");
        }
    }
}

#[test]
fn damage_is_an_error_or_without_effect() {
    let template = tempfile::tempdir().expect("a directory");
    let expected = make_store(template.path());
    let mut files = Vec::new();
    files_below(template.path(), &mut files);
    let kinds = [
        Damage::Remove,
        Damage::Truncate { percent: 0 },
        Damage::Truncate { percent: 50 },
        Damage::Truncate { percent: 98 },
        Damage::Flip { percent: 0 },
        Damage::Flip { percent: 30 },
        Damage::Flip { percent: 60 },
        Damage::Flip { percent: 95 },
    ];
    let mut detected = 0;
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.strip_prefix(template.path()).expect("below");
        for kind in kinds {
            let copy = tempfile::tempdir().expect("a directory");
            copy_tree(template.path(), copy.path());
            damage(&copy.path().join(name), kind);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                open(copy.path()).and_then(|store| read_all(&store))
            }));
            match outcome {
                Ok(Ok(states)) if states == expected => {}
                Ok(Err(_)) => detected += 1,
                Ok(Ok(states)) => {
                    wrong.push(format!("{} {kind:?}: {} blocks", name.display(), states.len()));
                }
                Err(_) => wrong.push(format!("{} {kind:?}: panic", name.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(detected > files.len(), "{detected} cases of damage were detected");
}

#[test]
fn a_lost_end_of_the_journal_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    make_store(directory.path());
    let mut files = Vec::new();
    files_below(directory.path(), &mut files);
    let journal = files.iter().find(|path| path.extension().is_some_and(|it| it == "jnl"));
    damage(journal.expect("a journal"), Damage::Truncate { percent: 95 });
    let refusal = refusal(directory.path());
    let tip = BLOCKS - 1;
    assert!(refusal.contains(&format!("block {tip} was acknowledged")), "{refusal}");
    assert!(refusal.contains(&directory.path().display().to_string()), "{refusal}");
}

#[test]
fn a_store_is_open_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path()).expect("a new store");
    store.commit(commit_of(0)).expect("commits");
    assert!(refusal(directory.path()).ends_with("it is open already, here or in another process"));
    let view = store.latest();
    drop(store);
    assert!(refusal(directory.path()).contains("open already"), "a view keeps the store");
    drop(view);
    open(directory.path()).expect("free again");
}

#[test]
fn what_is_no_store_is_refused_and_untouched() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("letter.txt"), "dear").expect("writes");
    assert!(refusal(directory.path()).ends_with("it is no Braid store, it holds letter.txt"));
    assert_eq!(fs::read_dir(directory.path()).expect("reads").count(), 1);

    let file = directory.path().join("letter.txt");
    assert!(refusal(&file).contains("letter.txt"));
    assert!(refusal(&file.join("below")).contains("letter.txt"));

    let missing = directory.path().join("missing");
    let config = FjallConfig { create: false, ..FjallConfig::default() };
    assert!(matches!(FjallStore::open(&missing, &config), Err(StateError::Open { .. })));
    assert!(!missing.exists(), "nothing was made");
    fs::create_dir(&missing).expect("makes");
    let error = FjallStore::open(&missing, &config).expect_err("no store").to_string();
    assert!(error.ends_with("there is no Braid store in it"), "{error}");
    assert_eq!(fs::read_dir(&missing).expect("reads").count(), 0);
}

#[test]
fn a_directory_that_cannot_be_written_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    // A link into nowhere fails for every user, a permission does not fail for the superuser.
    symlink("/nowhere/lock", directory.path().join("lock")).expect("links");
    let refusal = refusal(directory.path());
    assert!(refusal.contains("lock: No such file"), "{refusal}");
}

#[test]
fn who_is_at_fault_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "text").expect("writes");
    let foreign = directory.path().join("foreign");
    fs::create_dir_all(foreign.join("letters")).expect("makes");
    // None of these can be made or used by any user, the superuser included.
    let unusable =
        [file.clone(), file.join("below"), foreign, "/proc/braid".into(), "/dev/null".into()];
    for path in unusable {
        let error = open(&path).expect_err("refused");
        assert!(matches!(error, StateError::Open { .. }), "{error}");
        assert!(error.is_usage(), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    let path = directory.path().join("store");
    make_store(&path);
    fs::remove_file(path.join("store/seal")).expect("removes");
    let error = open(&path).expect_err("refused");
    assert!(matches!(error, StateError::Damaged { .. }), "{error}");
    assert!(!error.is_usage(), "{error}");
}

#[test]
fn a_rewind_that_only_reached_the_seal_did_not_happen() {
    let directory = tempfile::tempdir().expect("a directory");
    let expected = make_store(directory.path());
    let before = tempfile::tempdir().expect("a directory");
    copy_tree(directory.path(), before.path());
    let seal = Path::new("store/seal");
    let store = open(directory.path()).expect("opens");
    store.rewind(BlockNumber(4)).expect("rewinds");
    fs::copy(directory.path().join(seal), before.path().join(seal)).expect("copies");
    let unfinished = open(before.path()).expect("opens");
    assert_eq!(read_all(&unfinished).expect("reads"), expected);
    drop(unfinished);

    // Once there is another block in place of one taken back, the old ones are not the chain.
    let other = BlockCommit { hash: Hash::repeat_byte(7), ..commit_of(5) };
    store.commit(other).expect("commits");
    fs::copy(directory.path().join(seal), before.path().join(seal)).expect("copies");
    let refusal = refusal(before.path());
    assert!(refusal.contains("block 5 was acknowledged with another hash"), "{refusal}");
}

#[test]
fn the_journal_stays_short_and_nothing_is_lost() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path()).expect("a new store");
    let value = |block: u64| Bytes::from(vec![u8::try_from(block).expect("small"); 1 << 20]);
    for block in 0..30 {
        let writes = (0u64..2).map(|index| {
            (Key::kv(&Address::ZERO, &index.to_be_bytes()), Some(value(block * 2 + index)))
        });
        let commit = BlockCommit { writes: writes.collect(), ..commit_of(block) };
        store.commit(commit).expect("commits");
    }
    drop(store);
    let mut files = Vec::new();
    files_below(directory.path(), &mut files);
    let journals = files.iter().filter(|path| path.extension().is_some_and(|it| it == "jnl"));
    let bytes: u64 = journals.map(|path| fs::metadata(path).expect("there").len()).sum();
    assert!(bytes < 20 << 20, "{bytes} bytes to replay");
    let store = open(directory.path()).expect("reopens");
    for block in 0..30 {
        let view = store.at(BlockNumber(block)).expect("held");
        let all = view.scan(&[], &[], 9).expect("scans");
        let values: Vec<Bytes> = all.into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [value(block * 2), value(block * 2 + 1)]);
    }
}

#[test]
fn formats_are_told_apart() {
    let directory = tempfile::tempdir().expect("a directory");
    make_store(directory.path());
    let format = directory.path().join("store/FORMAT");
    let cases = [
        ("braid state store, format 3\n", "has format 3, this program reads up to 2"),
        ("braid state store, format 1\n", "has format 1, this program uses format 2: upgrade"),
        ("braid state store, format 0\n", "which was never in use"),
        ("something else", "does not name the format"),
        ("", "does not name the format"),
    ];
    for (text, reason) in cases {
        fs::write(&format, text).expect("writes");
        let refusal = refusal(directory.path());
        assert!(refusal.contains(reason), "{refusal}");
        assert!(refusal.contains("store/FORMAT"), "{refusal}");
    }
}

#[test]
fn a_creation_that_was_interrupted_starts_again() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(directory.path().join("new/db")).expect("makes");
    fs::write(directory.path().join("new/db/0.jnl"), "half").expect("writes");
    let store = open(directory.path()).expect("a new store");
    assert_eq!(store.tip(), None);
    assert!(!directory.path().join("new").exists());
}
