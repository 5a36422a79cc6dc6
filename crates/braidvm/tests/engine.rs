//! The engine's marks, its store, and the names of accounts.

use std::sync::Arc;

use braidvm::{
    BlockNumber, Config, Engine, EngineError, Request, U256, WEI_PER_ETHER, Wei,
    rooms::state::{MemoryStore, Store},
};

fn pay(engine: &mut Engine, ether: u64) {
    let (alice, bob) =
        (engine.account("alice").expect("sound"), engine.account("bob").expect("sound"));
    let amount = Wei(WEI_PER_ETHER.0 * U256::from(ether));
    let _ = engine.send(&Request::transfer(alice, bob, amount)).expect("sound").expect_ok();
}

#[test]
fn a_snapshot_brings_back_chain_and_state() {
    let mut engine = Engine::dev();
    pay(&mut engine, 1);
    let (mark, root) = (engine.snapshot(), engine.state_root().unwrap());
    pay(&mut engine, 2);
    assert_ne!(engine.state_root().unwrap(), root);
    engine.revert(mark).unwrap();
    assert_eq!(engine.tip(), BlockNumber(1));
    assert_eq!(engine.state_root().unwrap(), root);
    engine.revert(mark).unwrap();
}

#[test]
fn a_snapshot_of_another_past_is_refused() {
    let mut engine = Engine::dev();
    let first = engine.snapshot();
    pay(&mut engine, 1);
    let lost = engine.snapshot();
    engine.revert(first).unwrap();
    assert!(matches!(engine.revert(lost), Err(EngineError::UnknownSnapshot(1))));
    pay(&mut engine, 3);
    assert!(matches!(engine.revert(lost), Err(EngineError::UnknownSnapshot(1))));
}

#[test]
fn a_store_stays_with_its_chain() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let _ = Engine::with_store(Config::default(), Arc::clone(&store)).unwrap();
    let mut other = Config::default();
    other.chain.chain_id = 7;
    let error = Engine::with_store(other, store).unwrap_err();
    assert!(matches!(error, EngineError::OtherChain { found: 31337, expected: 7, .. }));
}

#[test]
fn an_unknown_account_is_named_with_those_that_there_are() {
    let error = Engine::dev().account("mallory").unwrap_err().to_string();
    assert!(error.contains("mallory") && error.contains("alice, bob"), "{error}");
}
