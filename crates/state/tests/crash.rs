//! Whatever moment the process is killed at: acknowledged blocks are there, others whole or not.
//!
//! The test starts its own binary as the process that commits and kills it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use braid_state::{BlockCommit, FjallConfig, FjallStore, Key, StateView, Store};
use primitives::{Address, BlockNumber, Bytes, Hash};

const DIRECTORY: &str = "BRAID_STATE_CRASH_DIRECTORY";
const ROUNDS: u64 = 8;
const KEYS: u64 = 60;
const ACKNOWLEDGED: &str = "acknowledged ";

fn key(index: u64) -> Key {
    Key::kv(&Address::new([9; 32]), &index.to_be_bytes())
}

/// What the record of a key is after a block: each block changes each key, and some come and go.
fn value(index: u64, block: u64) -> Option<Bytes> {
    let length = usize::try_from((index * 37 + block) % 900).expect("small");
    let mut bytes = block.to_be_bytes().to_vec();
    bytes.resize(8 + length, u8::try_from(block % 251).expect("small"));
    (!(index + block).is_multiple_of(3)).then(|| bytes.into())
}

fn commit_of(block: u64) -> BlockCommit {
    BlockCommit {
        number: BlockNumber(block),
        hash: Hash::left_padding_from(&block.to_be_bytes()),
        writes: (0..KEYS).map(|index| (key(index), value(index, block))).collect(),
        record: Some(block.to_be_bytes().to_vec().into()),
        index: vec![(Bytes::from_static(b"last"), block.to_be_bytes().to_vec().into())],
    }
}

/// The process that is killed: commits blocks without end.
#[test]
fn child() {
    let Ok(directory) = env::var(DIRECTORY) else { return };
    let store = FjallStore::open(directory, &FjallConfig::default()).expect("opens");
    let mut out = std::io::stdout();
    let mut block = store.tip().map_or(0, |tip| tip.block.0 + 1);
    loop {
        store.commit(commit_of(block)).expect("commits");
        if writeln!(out, "{ACKNOWLEDGED}{block}").and_then(|()| out.flush()).is_err() {
            return;
        }
        block += 1;
    }
}

/// Runs the child until it has acknowledged `count` blocks, kills it, and returns the last block
/// that it acknowledged.
fn commit_and_kill(directory: &Path, count: u64) -> u64 {
    let mut child = Command::new(env::current_exe().expect("a test binary"))
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut acknowledged = None;
    let mut seen = 0;
    // A line may begin with what the test harness wrote before.
    let parse = |line: String| {
        let (_, number) = line.split_once(ACKNOWLEDGED)?;
        number.parse::<u64>().ok()
    };
    while seen < count {
        let line = lines.next().expect("the child runs until it is killed").expect("text");
        if let Some(block) = parse(line) {
            acknowledged = Some(block);
            seen += 1;
        }
    }
    child.kill().expect("kills");
    for line in lines.map_while(Result::ok) {
        acknowledged = parse(line).or(acknowledged);
    }
    let status = child.wait().expect("ends");
    assert!(!status.success(), "the child did not end by itself");
    acknowledged.expect("at least one block")
}

fn check_block(view: &dyn StateView, block: u64) {
    for index in 0..KEYS {
        assert_eq!(view.read(&key(index)).expect("reads"), value(index, block), "key {index}");
    }
}

fn check_store(directory: &Path, acknowledged: u64) {
    let store = FjallStore::open(directory, &FjallConfig::default()).expect("reopens");
    let tip = store.tip().expect("a tip").block.0;
    assert!(
        tip == acknowledged || tip == acknowledged + 1,
        "block {acknowledged} was acknowledged, the tip is {tip}"
    );
    for block in tip.saturating_sub(5)..=tip {
        check_block(&*store.at(BlockNumber(block)).expect("held"), block);
        let expected = commit_of(block);
        assert_eq!(store.block_record(expected.number).expect("reads"), expected.record);
        assert_eq!(store.block_hash(expected.number).expect("reads"), Some(expected.hash));
    }
    check_block(&*store.latest(), tip);
    assert_eq!(store.block_record(BlockNumber(tip + 1)).expect("reads"), None);
    let last = store.index_record(b"last").expect("reads");
    assert_eq!(last, Some(tip.to_be_bytes().to_vec().into()));
    store.check_history(&mut |problem| panic!("{problem}")).expect("reads");
}

#[test]
fn acknowledged_blocks_survive_a_kill() {
    if env::var_os(DIRECTORY).is_some() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mut seed: u64 = 0x5eed;
    let mut total = 0;
    for _ in 0..ROUNDS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let count = 1 + (seed >> 33) % 20;
        total += count;
        let acknowledged = commit_and_kill(directory.path(), count);
        assert!(acknowledged + 1 >= total, "blocks are counted on over all rounds");
        check_store(directory.path(), acknowledged);
    }
}
