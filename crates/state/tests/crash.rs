//! Whatever moment the process is killed at: acknowledged commits and rewinds have happened, the
//! one under way happened wholly or not at all.
//!
//! The test starts its own binary as the process that works on the store and kills it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use braid_state::{
    BlockCommit, FjallConfig, FjallStore, Key, Records, StateView, Store, Tip, commitment::root_of,
};
use primitives::{Address, BlockNumber, Bytes, Hash};

const DIRECTORY: &str = "BRAID_STATE_CRASH_DIRECTORY";
const FIRST_STEP: &str = "BRAID_STATE_CRASH_FIRST_STEP";
const ROUNDS: u64 = 12;
const KEYS: u64 = 60;
const ACKNOWLEDGED: &str = "acknowledged ";

fn key(index: u64) -> Key {
    Key::kv(&Address::new([9; 32]), &index.to_be_bytes())
}

/// What the record of a key is after the block that a step committed: each block changes each key,
/// and some come and go.
fn value(index: u64, step: u64) -> Option<Bytes> {
    let length = usize::try_from((index * 37 + step) % 900).expect("small");
    let mut bytes = step.to_be_bytes().to_vec();
    bytes.resize(8 + length, u8::try_from(step % 251).expect("small"));
    (!(index + step).is_multiple_of(3)).then(|| bytes.into())
}

/// The chain as the steps that committed its blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Chain(Vec<u64>);

/// What a step does to a store.
enum Action {
    Commit(BlockCommit),
    Rewind(BlockNumber),
}

impl Chain {
    /// Takes a step: every third one goes back by a few blocks, the others append one.
    fn step(&mut self, step: u64) -> Action {
        let blocks = self.0.len();
        let back = usize::try_from(step / 3 % 4).expect("small");
        if step % 3 == 2 && back > 0 && blocks > back {
            self.0.truncate(blocks - back);
            return Action::Rewind(BlockNumber(self.tip()));
        }
        self.0.push(step);
        Action::Commit(commit_of(self.tip(), step))
    }

    fn after(steps: u64) -> Self {
        let mut chain = Self::default();
        for step in 0..steps {
            chain.step(step);
        }
        chain
    }

    fn tip(&self) -> u64 {
        self.0.len() as u64 - 1
    }
}

fn commit_of(block: u64, step: u64) -> BlockCommit {
    BlockCommit {
        number: BlockNumber(block),
        hash: Hash::left_padding_from(&step.to_be_bytes()),
        writes: (0..KEYS).map(|index| (key(index), value(index, step))).collect(),
        record: Some(step.to_be_bytes().to_vec().into()),
        index: vec![(Bytes::from_static(b"last"), step.to_be_bytes().to_vec().into())],
    }
}

/// The process that is killed: takes steps without end.
#[test]
fn child() {
    let Ok(directory) = env::var(DIRECTORY) else { return };
    let first: u64 = env::var(FIRST_STEP).expect("set").parse().expect("a number");
    let store = FjallStore::open(directory, &FjallConfig::default()).expect("opens");
    let mut out = std::io::stdout();
    let mut chain = Chain::after(first);
    for step in first.. {
        match chain.step(step) {
            Action::Commit(block) if step % 4 == 0 => store.commit(block).expect("commits"),
            Action::Commit(block) => {
                let (writes, entry) = block.split();
                store.append(entry, writes).map(|_| ()).expect("appends");
                // Some trees wait for the next process, or for the next commit.
                if step % 5 == 0 {
                    store.build_tree(BlockNumber(chain.tip())).expect("builds");
                }
            }
            Action::Rewind(to) => store.rewind(to).expect("rewinds"),
        }
        if writeln!(out, "{ACKNOWLEDGED}{step}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

/// Runs the child from step `first` on until it has acknowledged `count` steps, kills it, and
/// returns the last step that it acknowledged.
fn run_and_kill(directory: &Path, first: u64, count: u64) -> u64 {
    let mut child = Command::new(env::current_exe().expect("a test binary"))
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(DIRECTORY, directory)
        .env(FIRST_STEP, first.to_string())
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
        if let Some(step) = parse(line) {
            acknowledged = Some(step);
            seen += 1;
        }
    }
    child.kill().expect("kills");
    for line in lines.map_while(Result::ok) {
        acknowledged = parse(line).or(acknowledged);
    }
    let status = child.wait().expect("ends");
    assert!(!status.success(), "the child did not end by itself");
    acknowledged.expect("at least one step")
}

fn check_block(view: &dyn StateView, step: u64) {
    for index in 0..KEYS {
        assert_eq!(view.read(&key(index)).expect("reads"), value(index, step), "key {index}");
    }
}

/// Checks that the store is as a whole step left it: the one acknowledged last or the one after.
/// Returns how many steps were taken.
fn check_store(directory: &Path, acknowledged: u64) -> u64 {
    let store = FjallStore::open(directory, &FjallConfig::default()).expect("reopens");
    let tip = store.tip().expect("a tip");
    let is_after = |steps: &u64| {
        let chain = Chain::after(*steps);
        let step = chain.0.last().expect("a block");
        tip == Tip { block: BlockNumber(chain.tip()), hash: commit_of(0, *step).hash }
    };
    let steps = [acknowledged + 1, acknowledged + 2].into_iter().find(is_after);
    let steps = steps.unwrap_or_else(|| panic!("step {acknowledged}, but the tip is {tip:?}"));
    let chain = Chain::after(steps);
    for (block, step) in (0..).zip(&chain.0).skip(chain.0.len().saturating_sub(6)) {
        let expected = commit_of(block, *step);
        check_block(&*store.at(expected.number).expect("held"), *step);
        assert_eq!(store.block_record(expected.number).expect("reads"), expected.record);
        assert_eq!(store.block_hash(expected.number).expect("reads"), Some(expected.hash));
        let view = store.at(expected.number).expect("held");
        let root = root_of(Records::all(&*view), &mut |_| ()).expect("reads");
        assert_eq!(store.root_at(expected.number).expect("held"), root);
    }
    check_block(&*store.latest(), chain.0[chain.0.len() - 1]);
    for block in (chain.tip() + 1..chain.tip() + 5).map(BlockNumber) {
        assert_eq!(store.block_record(block).expect("reads"), None);
        assert_eq!(store.block_hash(block).expect("reads"), None);
    }
    let committed = (0..steps).rev().find(|step| Chain::after(step + 1).0.last() == Some(step));
    let last = store.index_record(b"last").expect("reads");
    assert_eq!(last, committed.map(|step| step.to_be_bytes().to_vec().into()));
    store.check_history(&mut |problem| panic!("{problem}")).expect("reads");
    steps
}

#[test]
fn acknowledged_steps_survive_a_kill() {
    if env::var_os(DIRECTORY).is_some() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let mut seed: u64 = 0x5eed;
    let mut steps = 0;
    for _ in 0..ROUNDS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let count = 1 + (seed >> 33) % 20;
        let acknowledged = run_and_kill(directory.path(), steps, count);
        assert!(acknowledged + 1 >= steps + count, "steps are counted on over all rounds");
        steps = check_store(directory.path(), acknowledged);
    }
}
