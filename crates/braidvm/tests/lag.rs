//! Chains whose headers are behind their states: the roots are the same, some blocks later.

use std::{path::Path, sync::Arc};

use braidvm::{
    Artifact, BlockNumber, Config, Engine, EngineError, Genesis, Hash, Request, Wei,
    rooms::{
        block::{ChainRules, ROOT_LAG_BLOCKS_MAX},
        state::{
            FjallConfig, FjallStore, MemoryStore, Records, Store, snapshot::Snapshot,
            verify::verify,
        },
    },
};

const BLOCKS: u64 = 9;

fn nothing(path: &Path) -> Result<Artifact, EngineError> {
    panic!("no contract names {}", path.display())
}

fn genesis(root_lag_blocks: u64) -> Genesis {
    Genesis { root_lag_blocks, ..Config::default().chain.genesis() }
}

fn engine(lag: u64, store: Arc<dyn Store>) -> Engine {
    Engine::with_genesis(Config::default(), store, &genesis(lag), &nothing).expect("it works")
}

/// Sends coin, another amount in each block, until there are so many blocks.
fn grow(engine: &mut Engine, blocks: u64) {
    let [alice, bob] = ["alice", "bob"].map(|name| engine.account(name).expect("it works"));
    while engine.tip().0 < blocks {
        let value = Wei::from_u64(engine.tip().0 + 1);
        let _ = engine.send(&Request::transfer(alice, bob, value)).expect("it works").expect_ok();
    }
}

/// The roots of the state after each block, and those in the headers.
fn roots(engine: &Engine) -> (Vec<Hash>, Vec<Hash>) {
    let blocks = (0..=engine.tip().0).map(BlockNumber);
    let states =
        blocks.clone().map(|block| engine.store().root_at(block).expect("it works")).collect();
    let headers =
        blocks.map(|block| engine.block(block).expect("it works").header.state_root).collect();
    (states, headers)
}

/// All records but the rules, which tell chains of another lag apart.
fn records(engine: &Engine) -> Vec<(braidvm::rooms::state::Key, braidvm::Bytes)> {
    let view = engine.store().latest();
    let all: Result<Vec<_>, _> = Records::all(view.as_ref()).collect();
    let mut all = all.expect("it works");
    all.retain(|(key, _)| *key != ChainRules::key());
    all
}

fn check_headers(engine: &Engine) {
    let lag = engine.rules().root_lag_blocks;
    let (states, headers) = roots(engine);
    for (block, root) in (0_u64..).zip(&headers) {
        let due = usize::try_from(block.saturating_sub(lag)).expect("it works");
        assert_eq!(*root, states[due], "block {block} of a chain with lag {lag}");
    }
    for block in 1..=engine.tip().0 {
        assert_eq!(engine.replay(BlockNumber(block)).expect("it works"), None, "block {block}");
    }
    assert!(verify(engine.store().as_ref(), &mut |_| ()).expect("it works").is_healthy());
}

#[test]
fn headers_have_the_roots_of_earlier_states() {
    let mut expected = None;
    for lag in [0, 1, 3, ROOT_LAG_BLOCKS_MAX] {
        let folder = tempfile::tempdir().unwrap();
        let durable = FjallStore::open(folder.path(), &FjallConfig::default()).unwrap();
        let mut durable = engine(lag, Arc::new(durable));
        let mut memory = engine(lag, Arc::new(MemoryStore::new()));
        for engine in [&mut durable, &mut memory] {
            grow(engine, BLOCKS);
            check_headers(engine);
        }
        assert_eq!(durable.snapshot(), memory.snapshot(), "lag {lag}");
        let records = records(&durable);
        assert_eq!(*expected.get_or_insert_with(|| records.clone()), records, "lag {lag}");
        let distinct: std::collections::BTreeSet<_> = roots(&durable).0.into_iter().collect();
        assert_eq!(distinct.len() as u64, BLOCKS + 1, "each block changes the root");
    }
}

#[test]
fn a_lag_changes_nothing_in_chains_without_it() {
    let without = genesis(0).rules(&|_| None).unwrap();
    assert!(!String::from_utf8(without.encode()).unwrap().contains("root_lag"));
    assert_eq!(serde_json::from_slice::<ChainRules>(&without.encode()).unwrap(), without);
    let with = genesis(2).rules(&|_| None).unwrap();
    assert_eq!(serde_json::from_slice::<ChainRules>(&with.encode()).unwrap(), with);
    assert_ne!(with.hash(), without.hash());
    let error = Genesis::from_text("g.toml", "root_lag_blocks = 65").unwrap_err().to_string();
    assert!(error.contains("65") && error.contains("64"), "{error}");
    assert_eq!(Genesis::from_text("g.toml", "root_lag_blocks = 64").unwrap().root_lag_blocks, 64);
}

#[test]
fn a_chain_that_is_behind_is_taken_back_pruned_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.node.retention_blocks = serde_json::from_str("2").unwrap();
    let open = || Engine::init(folder.path(), config.clone(), &genesis(3), &nothing).unwrap();
    let mut other = engine(3, Arc::new(MemoryStore::new()));
    grow(&mut other, BLOCKS);
    for blocks in 1..=BLOCKS {
        let mut engine = open();
        grow(&mut engine, blocks);
        let mark = engine.snapshot();
        if blocks > 1 {
            // The block that goes may have its tree by now, or not.
            grow(&mut engine, blocks + 1);
            engine.revert(mark).unwrap();
        }
        assert_eq!(engine.snapshot(), mark);
    }
    let mut engine = open();
    assert_eq!(engine.snapshot(), other.snapshot(), "retention is no part of the chain");
    // With one more block the window has the state before the last one, which a replay needs.
    for engine in [&mut engine, &mut other] {
        grow(engine, BLOCKS + 1);
    }
    assert_eq!(engine.snapshot(), other.snapshot(), "retention is no part of the chain");
    assert!(engine.store().retained_from() > BlockNumber(0), "it was pruned");
    let tip = engine.tip();
    assert_eq!(engine.replay(tip).unwrap(), None);
    assert!(verify(engine.store().as_ref(), &mut |_| ()).unwrap().is_healthy());
}

#[test]
fn another_node_goes_on_from_a_snapshot_of_a_chain_that_is_behind() {
    for (lag, block) in [(1, 4), (3, 1), (3, 5), (5, 9)] {
        let folder = tempfile::tempdir().unwrap();
        let (target, data) = (folder.path().join("snapshot"), folder.path().join("data"));
        let mut origin = engine(lag, Arc::new(MemoryStore::new()));
        grow(&mut origin, BLOCKS);
        origin.export_snapshot(BlockNumber(block), &target, &mut |_| ()).unwrap();
        let snapshot = Snapshot::open(&target).unwrap();
        let config = Config::default();
        Engine::import_snapshot(&data, &config, &snapshot, &mut |_| ()).unwrap();
        let mut copy = Engine::open(&data, config).unwrap();
        assert_eq!(copy.tip(), BlockNumber(block));
        for engine in [&mut origin, &mut copy] {
            grow(engine, BLOCKS + 3);
        }
        assert_eq!(copy.snapshot(), origin.snapshot(), "lag {lag} from block {block}");
        assert_eq!(copy.replay(BlockNumber(BLOCKS + 3)).unwrap(), None);
    }
}
