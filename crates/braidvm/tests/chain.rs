//! The engine as a chain: signed blocks, genesis, raw transactions, reopening, replay.

use std::{path::Path, sync::Arc};

use braidvm::{
    Action, Address, Artifact, BlockNumber, Config, Deploy, Engine, EngineError, Gas, Genesis,
    Payload, Request, SecretKey, U256, WEI_PER_ETHER, Wei, dev_accounts,
    rooms::{
        block::CheckError,
        state::{BlockCommit, MemoryStore, Store},
    },
};

/// Creation code of a contract that keeps the first word of its input in slot 0, and reverts where
/// that is zero.
const KEEP: &str = "6014600c60003960146000f36000358015600f5760005500fe5b60006000fd";

fn nothing(path: &Path) -> Result<Artifact, EngineError> {
    panic!("no contract names {}", path.display())
}

fn read_keep(path: &Path) -> Result<Artifact, EngineError> {
    assert_eq!(path, Path::new("keep.hex"));
    Ok(Artifact::from_bytes("keep", KEEP.as_bytes())?)
}

fn alice_key() -> SecretKey {
    SecretKey::secp256k1(dev_accounts()[0].private_key).expect("a sound key")
}

fn payload(engine: &Engine, nonce: u64, action: Action) -> Payload {
    Payload {
        chain_id: engine.rules().chain_id,
        nonce,
        expiry: None,
        gas_limit: Gas(100_000),
        max_fee: 10_000_000_000,
        max_priority_fee: 7,
        action,
        hints: Vec::new(),
    }
}

fn pay(engine: &Engine, nonce: u64, to: Address) -> Payload {
    payload(engine, nonce, Action::Transfer { to, value: Wei::from_u64(1) })
}

fn with_genesis(genesis: &Genesis) -> Result<Engine, EngineError> {
    Engine::with_genesis(Config::default(), Arc::new(MemoryStore::new()), genesis, &read_keep)
}

fn genesis() -> Genesis {
    Genesis::from_text("genesis.toml", GENESIS).expect("a sound file")
}

const GENESIS: &str = r#"
chain_id = 99
gas_limit = 30000000
fee_recipient = "bob"

[base_fee]
rule = "eip1559"
initial = "1gwei"
recipient = "carol"

[protocol]
hardfork = "cancun"

[accounts.alice]
balance = "100ether"

[accounts.bob]
balance = "1ether"

[[contracts]]
artifact = "keep.hex"
deployer = "alice"
address = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
"#;

#[test]
fn a_request_becomes_a_signed_transaction_of_the_chain() {
    let mut engine = Engine::dev();
    let (alice, bob) = (engine.account("alice").unwrap(), engine.account("bob").unwrap());
    let mark = engine.snapshot();
    let receipt = engine.send(&Request::transfer(alice, bob, Wei::from_u64(5))).unwrap();
    let found = engine.find_transaction(&receipt.transaction).unwrap();
    assert_eq!((found.place.block, found.place.index), (receipt.block, receipt.index));
    assert_eq!(found.block_hash, receipt.block_hash);
    assert_eq!(found.transaction.kind(), 2, "every Ethereum tool reads it");
    assert_eq!(found.transaction.sender(), Ok(alice));
    assert_eq!(found.receipt.gas_used, receipt.gas_used);
    let block = engine.block(receipt.block).unwrap();
    assert_eq!(block.hash(), receipt.block_hash);
    assert_eq!(block.header.parent_hash, engine.block(BlockNumber(0)).unwrap().hash());
    assert_eq!(block.header.state_root, engine.state_root().unwrap());
    assert_eq!(engine.block_by_hash(&receipt.block_hash).unwrap(), block);
    engine.revert(mark).unwrap();
    let error = engine.find_transaction(&receipt.transaction).unwrap_err();
    assert!(matches!(error, EngineError::UnknownTransaction(_)), "{error}");
}

#[test]
fn who_has_no_known_key_is_taken_at_its_word_on_a_chain_for_development_alone() {
    let mut engine = Engine::dev();
    let (alice, bob) = (engine.account("alice").unwrap(), engine.account("bob").unwrap());
    let anyone = Address::new([3; 32]);
    let _ = engine.send(&Request::transfer(alice, anyone, WEI_PER_ETHER)).unwrap().expect_ok();
    let receipt = engine.send(&Request::transfer(anyone, bob, Wei::from_u64(5))).unwrap();
    let found = engine.find_transaction(&receipt.transaction).unwrap();
    assert!(found.transaction.is_impersonated());
    assert_eq!(found.receipt.from, anyone);
    assert_eq!(engine.replay(BlockNumber(2)).unwrap(), None);

    let strict = Genesis { accepts_impersonated: false, ..Config::default().chain.genesis() };
    let store = Arc::new(MemoryStore::new());
    let mut engine = Engine::with_genesis(Config::default(), store, &strict, &nothing).unwrap();
    let error = engine.send(&Request::transfer(anyone, bob, Wei::ZERO)).unwrap_err();
    assert!(matches!(error, EngineError::Check(CheckError::NotSigned(_))), "{error}");
    assert_eq!(engine.tip(), BlockNumber(0), "there is no block of it");
    let _ = engine.send(&Request::transfer(alice, bob, Wei::ZERO)).unwrap().expect_ok();
}

#[test]
fn a_raw_transaction_is_taken_once() {
    let mut engine = Engine::dev();
    let bob = engine.account("bob").unwrap();
    let raw = pay(&engine, 0, bob).sign(&alice_key()).unwrap();
    let receipt = engine.submit_raw(raw.encode()).unwrap().expect_ok();
    assert_eq!(receipt.transaction, raw.hash());
    let again = engine.submit_raw(raw.encode()).unwrap_err();
    assert!(again.to_string().contains("nonce 0 is used"), "{again}");
    assert!(again.is_usage());
    let half = &raw.encode()[..20];
    assert!(matches!(engine.submit_raw(half), Err(EngineError::Decode(_))));
    assert_eq!(engine.tip(), BlockNumber(1));
}

#[test]
fn a_block_of_many_leaves_out_what_may_not_be_in_it() {
    let mut engine = Engine::dev();
    let bob = engine.account("bob").unwrap();
    let key = alice_key();
    let signed = |nonce| pay(&engine, nonce, bob).sign(&key).unwrap();
    let transactions = [signed(0), signed(5), signed(1)];
    let block = engine.send_block(&transactions).unwrap();
    assert_eq!(block.receipts.len(), 2);
    assert_eq!(block.skipped.len(), 1);
    assert_eq!(block.skipped[0].index, 1);
    assert_eq!(block.record.header.gas_used, 42_000);
    assert_eq!(block.record.receipts[1].cumulative_gas, Gas(42_000));
    assert_eq!(engine.replay(BlockNumber(1)).unwrap(), None);
    let empty = engine.send_block(&[]).unwrap();
    assert_eq!(empty.record.header.number, 2);
}

#[test]
fn a_reopened_chain_has_the_same_headers_and_runs_again_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let hashes = |engine: &Engine| -> Vec<_> {
        (0..=engine.tip().0).map(|it| engine.block(BlockNumber(it)).unwrap().hash()).collect()
    };
    let before = {
        let mut engine = Engine::open(folder.path(), Config::default()).unwrap();
        let alice = engine.account("alice").unwrap();
        let artifact = Artifact::from_bytes("keep", KEEP.as_bytes()).unwrap();
        let keep = engine.deploy(&Deploy::new(alice, artifact)).unwrap().expect_contract();
        for word in [7u64, 0, 9] {
            let input = U256::from(word).to_be_bytes::<32>().to_vec().into();
            let receipt = engine.send(&Request::raw(alice, keep, input)).unwrap();
            assert_eq!(receipt.is_success(), word != 0);
        }
        hashes(&engine)
    };
    let engine = Engine::open(folder.path(), Config::default()).unwrap();
    assert_eq!(hashes(&engine), before);
    for number in 1..=engine.tip().0 {
        assert_eq!(engine.replay(BlockNumber(number)).unwrap(), None);
    }
}

#[test]
fn a_folder_stays_with_its_genesis() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        |genesis: &Genesis| Engine::init(folder.path(), Config::default(), genesis, &read_keep);
    let hash = open(&genesis()).unwrap().block(BlockNumber(0)).unwrap().hash();
    assert_eq!(open(&genesis()).unwrap().block(BlockNumber(0)).unwrap().hash(), hash);
    let error = open(&Genesis { chain_id: 100, ..genesis() }).unwrap_err();
    assert!(matches!(error, EngineError::OtherGenesis { found, .. } if found == hash), "{error}");
    assert!(error.is_usage());

    let engine = Engine::open(folder.path(), Config::default()).unwrap();
    assert_eq!(engine.config().chain.chain_id, 99, "the chain that is there says its number");
    assert_eq!(engine.config().vm.evm.version.name(), "cancun");
    drop(engine);
    let mut config = Config::default();
    config.chain.chain_id = 5;
    let error = Engine::open(folder.path(), config).unwrap_err();
    assert!(matches!(error, EngineError::OtherChain { found: 99, expected: 5, .. }), "{error}");
}

#[test]
fn a_contract_of_the_genesis_is_there_from_the_first_block() {
    let engine = with_genesis(&genesis()).unwrap();
    let keep = genesis().contracts[0].address.unwrap();
    assert_eq!(engine.inspect(&keep, 0).unwrap().code_bytes, 20);
    let mut moved = genesis();
    moved.contracts[0].address = Some(Address::ZERO);
    let error = with_genesis(&moved).unwrap_err();
    assert!(error.to_string().contains("keep.hex"), "{error}");
}

#[test]
fn coin_is_neither_made_nor_lost_where_the_base_fee_has_a_recipient() {
    let mut engine = with_genesis(&genesis()).unwrap();
    let account = |name| Engine::dev().account(name).unwrap();
    let holders = ["alice", "bob", "carol", "dave"].map(account);
    let supply = |engine: &Engine| -> U256 {
        holders.iter().map(|holder| engine.balance(holder).unwrap().0).sum()
    };
    let before = supply(&engine);
    let keep = genesis().contracts[0].address.unwrap();
    let key = alice_key();
    for round in 0..4u64 {
        let nonce = 1 + 2 * round;
        let zero = Action::Call { to: keep, value: Wei::ZERO, input: vec![0; 32].into() };
        let block = [
            pay(&engine, nonce, holders[3]).sign(&key).unwrap(),
            payload(&engine, nonce + 1, zero).sign(&key).unwrap(),
        ];
        let block = engine.send_block(&block).unwrap();
        assert!(block.skipped.is_empty(), "{:?}", block.skipped);
        assert_eq!(supply(&engine), before);
    }
    assert!(!engine.balance(&holders[2]).unwrap().is_zero(), "the base fee went to her");
    for number in 1..=4 {
        assert_eq!(engine.replay(BlockNumber(number)).unwrap(), None);
    }
}

#[test]
fn a_state_without_a_chain_is_refused() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    store.commit(BlockCommit::default()).unwrap();
    let error = Engine::with_store(Config::default(), store).unwrap_err();
    assert!(matches!(error, EngineError::NoRules), "{error}");
}
