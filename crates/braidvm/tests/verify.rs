//! Verifying a chain in steps: what is found, going on where it was, and beside the work.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use braidvm::{
    BlockNumber, Config, Engine, Request, Wei,
    rooms::{
        block::{BlockRecord, ChainRules},
        state::{
            BlockEntry, Key, MemoryStore, Store, WriteSet,
            verify::{STEP_RECORDS, VerificationStage},
        },
    },
};

fn grow(engine: &mut Engine, blocks: u64) {
    let [alice, bob] = ["alice", "bob"].map(|name| engine.account(name).expect("a name"));
    while engine.tip().0 < blocks {
        let value = Wei::from_u64(engine.tip().0 + 1);
        let sent = engine.send(&Request::transfer(alice, bob, value));
        let _ = sent.expect("valid").expect_ok();
    }
}

/// A store with a genesis of more records than one step reads.
fn large_store() -> Arc<dyn Store> {
    let store = MemoryStore::new();
    let config = Config::default();
    let genesis = config.chain.genesis();
    let names = |name: &str| {
        braidvm::dev_accounts().into_iter().find(|it| it.name == name).map(|it| it.address)
    };
    let mut writes = genesis.writes(&names).expect("sound");
    for index in 0..2 * STEP_RECORDS as u64 {
        let key = Key::kv(&braidvm::Address::new([7; 32]), &index.to_be_bytes());
        writes.put(key, index.to_be_bytes().to_vec());
    }
    let staged = store.stage(writes).expect("memory");
    let rules = genesis.rules(&names).expect("sound");
    let record = rules.genesis_block(staged.root());
    store.commit_staged(record.entry(), staged).expect("memory");
    Arc::new(store)
}

/// Verifies until so many steps have been taken.
fn some_steps(engine: &Engine, file: &Path, steps: usize) -> braidvm::VerificationOutcome {
    let mut left = steps;
    let tell = &mut |_: &braidvm::VerificationProgress| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    engine.verify(Some(file), tell).expect("it reads")
}

#[test]
fn what_was_cut_off_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let file = Engine::verification_path(folder.path());
    let mut engine = Engine::with_store(Config::default(), large_store()).unwrap();
    let whole = engine.verify(None, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(whole.is_complete && whole.report.is_healthy(), "{whole:?}");
    assert!(whole.report.records > 2 * STEP_RECORDS as u64, "{whole:?}");
    assert_eq!(whole.report.root, engine.state_root().unwrap());
    // One step in each process; blocks come meanwhile and change nothing of what is read.
    let (mut records, mut processes) = (0, 0);
    let last = loop {
        let outcome = some_steps(&engine, &file, 20);
        assert_eq!(outcome.progress.is_resumed, processes > 0);
        assert_eq!(outcome.progress.block, Some(BlockNumber(0)));
        assert!(outcome.progress.records >= records, "it does not begin anew");
        records = outcome.progress.records;
        processes += 1;
        if outcome.is_complete {
            break outcome;
        }
        assert!(file.exists());
        grow(&mut engine, processes);
    };
    assert!(processes > 3, "{processes} processes");
    assert_eq!(last.report.records, whole.report.records);
    assert_eq!(last.report.root, whole.report.root);
    assert!(last.report.is_healthy() && !file.exists(), "{last:?}");
}

#[test]
fn what_does_not_fit_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = Engine::verification_path(folder.path());
    let mut engine = Engine::dev();
    grow(&mut engine, 3);
    let mark = engine.snapshot();
    grow(&mut engine, 5);
    assert!(!some_steps(&engine, &file, 2).is_complete);
    engine.revert(mark).unwrap();
    let anew = some_steps(&engine, &file, usize::MAX);
    assert!(anew.is_complete && !anew.progress.is_resumed, "its block is gone");
    assert_eq!((anew.progress.block, anew.progress.headers), (Some(BlockNumber(3)), 4));
    std::fs::write(&file, "{\"state\": 5}").unwrap();
    let anew = some_steps(&engine, &file, usize::MAX);
    assert!(anew.is_complete && !anew.progress.is_resumed, "the file does not read");
}

#[test]
fn blocks_are_made_and_pruned_beside_a_verification() {
    let mut config = Config::default();
    config.node.retention_blocks = serde_json::from_str("1").unwrap();
    let mut engine = Engine::with_store(config, large_store()).unwrap();
    let task = engine.verify_in_background(None).unwrap();
    grow(&mut engine, 4);
    let outcome = task.finish().unwrap();
    assert!(outcome.is_complete && outcome.report.is_healthy(), "{outcome:?}");
    assert_eq!(outcome.progress.stage, Some(VerificationStage::Done));
    let task = engine.verify_in_background(None).unwrap();
    task.cancel();
    let outcome = task.finish().unwrap();
    assert!(outcome.is_complete || outcome.progress.records <= STEP_RECORDS as u64 * 3);
    drop(engine.verify_in_background(None).unwrap());
}

#[test]
fn a_header_with_another_root_is_named() {
    let store = Arc::new(MemoryStore::new());
    let mut engine = Engine::with_store(Config::default(), Arc::clone(&store) as _).unwrap();
    grow(&mut engine, 2);
    let rules: &ChainRules = engine.rules();
    let parent = engine.block(BlockNumber(2)).unwrap();
    let mut header = parent.header.clone();
    (header.number, header.parent_hash) = (3, parent.hash());
    header.state_root = rules.hash();
    let record = BlockRecord { header, transactions: Vec::new(), receipts: Vec::new() };
    let staged = store.stage(WriteSet::new()).unwrap();
    let entry: BlockEntry = record.entry();
    store.commit_staged(entry, staged).unwrap();
    let outcome = engine.verify(None, &mut |_| ControlFlow::Continue(())).unwrap();
    let problems = outcome.report.problems;
    assert_eq!((problems.len(), outcome.report.problems_count), (1, 1), "{problems:?}");
    assert!(problems[0].contains("block 3: the state root in the header"), "{problems:?}");
}
