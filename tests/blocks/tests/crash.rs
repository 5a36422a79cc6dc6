//! Whatever moment a process is killed at that makes blocks on many threads: what it acknowledged
//! is there, what it was at is there wholly or not at all, and one thread finds the same.
//!
//! The test starts its own binary as the process that makes blocks and kills it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use braid_block_tests::{Random, Traffic, traffic::config};
use braidvm::{BlockNumber, Engine, Genesis, ReadArtifact, rooms::state::verify::verify};

const DIRECTORY: &str = "BRAID_BLOCKS_CRASH_DIRECTORY";
const SEED: &str = "BRAID_BLOCKS_CRASH_SEED";
const LAG: &str = "BRAID_BLOCKS_CRASH_LAG";
const ACKNOWLEDGED: &str = "acknowledged ";
const ROUNDS: u64 = 4;
const THREADS: usize = 4;
const TRANSACTIONS: usize = 60;
/// Blocks at the end of the chain that are run again after each kill.
const REPLAYED: u64 = 4;

/// The process that is killed: makes blocks without end.
#[test]
fn child() {
    let Ok(directory) = env::var(DIRECTORY) else { return };
    let seed = env::var(SEED).expect("set").parse().expect("a number");
    let lag = env::var(LAG).expect("set").parse().expect("a number");
    let mut engine = open(Path::new(&directory), THREADS, lag);
    let mut traffic = Traffic::begin(&mut engine, seed);
    let mut out = std::io::stdout();
    loop {
        let transactions = traffic.block(&engine, TRANSACTIONS);
        let block = engine.send_block(&transactions).expect("the host does not fail");
        assert!(block.statistics.run.is_some(), "it ran on many threads");
        let number = block.record.header.number;
        if writeln!(out, "{ACKNOWLEDGED}{number}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

/// The chain in a folder, whose headers are so many blocks behind.
fn open(directory: &Path, threads: usize, root_lag_blocks: u64) -> Engine {
    let config = config(threads);
    let genesis = Genesis { root_lag_blocks, ..config.chain.genesis() };
    let no_files: ReadArtifact<'_> = &|path| panic!("no contract names {}", path.display());
    Engine::init(directory, config, &genesis, no_files).expect("opens")
}

/// Runs the child until it has acknowledged `count` blocks, kills it wherever it is then, and
/// returns the last block that it acknowledged.
fn run_and_kill(directory: &Path, lag: u64, seed: u64, count: u64) -> u64 {
    let mut child = Command::new(env::current_exe().expect("a test binary"))
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(DIRECTORY, directory)
        .env(SEED, seed.to_string())
        .env(LAG, lag.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let (mut acknowledged, mut seen) = (None, 0);
    for line in lines.map_while(Result::ok) {
        // A line may begin with what the test harness wrote before.
        let Some((_, number)) = line.split_once(ACKNOWLEDGED) else { continue };
        acknowledged = number.parse().ok().or(acknowledged);
        seen += 1;
        if seen == count {
            child.kill().expect("kills");
        }
    }
    assert!(seen >= count, "the child runs until it is killed");
    assert!(!child.wait().expect("ends").success(), "the child did not end by itself");
    acknowledged.expect("at least one block")
}

#[test]
fn acknowledged_blocks_survive_a_kill_of_all_threads() {
    if env::var_os(DIRECTORY).is_some() {
        return;
    }
    for lag in [0, 3] {
        survive(lag);
    }
}

fn survive(lag: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut random = Random::new(0x5eed);
    for seed in 0..ROUNDS {
        let acknowledged = run_and_kill(directory.path(), lag, seed, 1 + random.below(6));
        let engine = open(directory.path(), 1, lag);
        let tip = engine.tip();
        assert!(
            (acknowledged..=acknowledged + 1).contains(&tip.0),
            "block {acknowledged} was acknowledged, the tip is {tip}"
        );
        for number in tip.0.saturating_sub(REPLAYED)..=tip.0 {
            let due = BlockNumber(number.saturating_sub(lag));
            let root = engine.store().root_at(due).expect("held");
            let header = engine.block(BlockNumber(number)).expect("held").header;
            assert_eq!(header.state_root, root, "block {number} with lag {lag}");
        }
        let report = verify(engine.store().as_ref(), &mut |_| {}).expect("reads");
        assert!(report.is_healthy(), "{report:?}");
        for number in tip.0.saturating_sub(REPLAYED) + 1..=tip.0 {
            assert_eq!(engine.replay(BlockNumber(number)).expect("held"), None);
        }
    }
}
