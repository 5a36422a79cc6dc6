//! Parameters of the chain: read by every machine, changed by those who govern it, from the next
//! block on.

use std::sync::Arc;

use braid_crossing_tests::{World, call_data, number, sample::pass};
use braidvm::{
    Address, BlockNumber, Bytes, Config, Engine, Genesis, Parameter, Receipt, Request, U256, Value,
    Wei, parameter_hash, parameter_input,
    rooms::{
        state::{MemoryStore, Store},
        vm_native::system,
        vm_wasm::EngineChoice,
    },
};

const LIMIT: u64 = 40_000_000;

/// A chain with this section of governance.
fn chain(governance: &str, store: Arc<dyn Store>) -> World {
    let accounts: String = ["alice", "bob", "carol", "dave"]
        .map(|name| format!("[accounts.{name}]\nbalance = \"100ether\"\n"))
        .concat();
    let text = format!(
        "gas_limit = 50000000\naccepts_unprotected = true\n[base_fee]\ninitial = \"7\"\n\
         recipient = \"dave\"\n[governance]\n{governance}\n{accounts}"
    );
    let genesis = Genesis::from_text("test", &text).expect("a genesis");
    let none = |_: &std::path::Path| unreachable!("no artifacts");
    let mut config = Config::default();
    config.vm.wasm.engine = EngineChoice::Interpreted;
    let engine = Engine::with_genesis(config, store, &genesis, &none).expect("an engine");
    let alice = engine.account("alice").expect("known");
    World { engine, alice }
}

fn owned() -> World {
    chain("owner = \"alice\"", Arc::new(MemoryStore::new()))
}

fn account(world: &World, name: &str) -> Address {
    world.engine.account(name).expect("known")
}

fn set(world: &mut World, name: &str, parameter: Parameter, value: U256) -> Receipt {
    let from = account(world, name);
    world.engine.set_parameter(from, parameter, value).expect("the host does not fail")
}

#[track_caller]
fn refused(receipt: &Receipt, words: &str) {
    let reason = receipt.call.reason.clone().expect("refused");
    assert!(reason.contains(words), "{reason}");
}

fn input(method: &str, name: &str) -> Bytes {
    call_data(method, &[Value::text(name)])
}

/// The word that a contract of another machine got for a parameter.
fn seen_by(world: &mut World, relay: Address, name: &str) -> U256 {
    let call = pass("staticForward", system::parameters(), &input("get(string)", name));
    let output = world.engine.call(&Request::raw(world.alice, relay, call)).expect("valid");
    let output = output.expect_ok().output;
    number(&output[output.len() - 32..])
}

#[test]
fn a_change_holds_from_the_next_block_for_every_machine() {
    let mut world = owned();
    let relays = ["solidity/Relay.json", "rust/relay.wasm"].map(|it| world.deploy(it, &[]));
    for relay in relays {
        assert_eq!(seen_by(&mut world, relay, "gas_limit"), U256::from(50_000_000));
        assert_eq!(seen_by(&mut world, relay, "base_fee"), U256::from(7));
        assert_eq!(seen_by(&mut world, relay, "base_fee_rule"), U256::ZERO);
        assert_eq!(seen_by(&mut world, relay, "accepts_unprotected"), U256::ONE);
    }
    let receipt = set(&mut world, "alice", Parameter::GasLimit, U256::from(LIMIT)).expect_ok();
    let changed = receipt.block;
    let values = world.engine.latest().parameters().expect("reads");
    assert_eq!(values[0].value, U256::from(50_000_000), "what held in the block of the change");
    assert_eq!((values[0].next, values[0].from_block), (U256::from(LIMIT), changed.0 + 1));
    assert_eq!(world.engine.rules().gas_limit.0, LIMIT);
    for relay in relays {
        assert_eq!(seen_by(&mut world, relay, "gas_limit"), U256::from(LIMIT));
    }
    let bob = account(&world, "bob");
    set(&mut world, "alice", Parameter::FeeRecipient, U256::from_be_bytes(*bob.as_bytes()))
        .expect_ok();
    set(&mut world, "alice", Parameter::BaseFee, U256::from(11)).expect_ok();
    set(&mut world, "alice", Parameter::BaseFeeRule, U256::ONE).expect_ok();
    set(&mut world, "alice", Parameter::AcceptsUnprotected, U256::ZERO).expect_ok();
    let headers: Vec<_> = (changed.0..=changed.0 + 4)
        .map(|block| world.engine.block(BlockNumber(block)).expect("held").header)
        .collect();
    let limits: Vec<_> = headers.iter().map(|it| it.gas_limit).collect();
    assert_eq!(limits, [50_000_000, LIMIT, LIMIT, LIMIT, LIMIT]);
    let recipients: Vec<_> = headers.iter().map(|it| it.beneficiary == bob.evm_alias()).collect();
    assert_eq!(recipients, [false, false, true, true, true]);
    let fees: Vec<_> = headers.iter().map(|it| it.base_fee_per_gas.expect("London")).collect();
    assert_eq!(fees[..4], [7, 7, 7, 11]);
    let next = world.engine.next_block().base_fee;
    assert!(next < Wei(U256::from(11)), "EIP-1559 lowers the fee after an empty block: {next}");
    assert!(!world.engine.rules().accepts_unprotected);
    // The past stays what it was: each block runs again by the rules of its time.
    for block in 1..=world.engine.tip().0 {
        assert_eq!(world.engine.replay(BlockNumber(block)).expect("held"), None);
    }
    let then = world.engine.at(BlockNumber(changed.0 - 1)).expect("held");
    assert!(then.parameters().expect("reads").iter().all(|it| it.from_block == 0));
    let call = Request::raw(world.alice, system::parameters(), input("get(string)", "gas_limit"));
    assert_eq!(number(&then.call(&call).expect("valid").output), U256::from(50_000_000));
}

#[test]
fn a_transaction_is_held_against_the_limit_of_its_block() {
    let mut world = owned();
    let bob = account(&world, "bob");
    let transfer = |world: &mut World, gas: u64| {
        let request = Request::new(world.alice, bob, "").gas_limit(braidvm::Gas(gas));
        world.engine.send(&request)
    };
    assert!(transfer(&mut world, LIMIT + 1).is_ok());
    let before = world.engine.snapshot();
    set(&mut world, "alice", Parameter::GasLimit, U256::from(LIMIT)).expect_ok();
    let error = transfer(&mut world, LIMIT + 1).expect_err("above the limit").to_string();
    assert!(error.contains("40000000"), "{error}");
    assert!(transfer(&mut world, LIMIT).is_ok());
    world.engine.revert(before).expect("held");
    assert!(transfer(&mut world, LIMIT + 1).is_ok(), "the change is taken back with its block");
}

#[test]
fn values_that_stop_a_chain_are_refused_and_so_are_strangers() {
    let mut world = owned();
    let cases = [
        (Parameter::GasLimit, U256::from(999_999)),
        (Parameter::BaseFeeRule, U256::from(2)),
        (Parameter::BaseFee, U256::from(system::BASE_FEE_MAX + 1)),
        (Parameter::FeeRecipient, U256::MAX),
        (Parameter::AcceptsUnprotected, U256::from(2)),
    ];
    for (parameter, value) in cases {
        refused(&set(&mut world, "alice", parameter, value), "is not between");
    }
    let stranger = set(&mut world, "bob", Parameter::GasLimit, U256::from(LIMIT));
    refused(&stranger, "is not the owner of the chain");
    let unknown = call_data("set(string,uint256)", &[Value::text("gas"), Value::uint(1)]);
    refused(&world.send_raw(system::parameters(), unknown), "there is no parameter \\\"gas\\\"");
    // What is done in the name of a contract is asked of the contract, and not of who began.
    let relay = world.deploy("solidity/Relay.json", &[]);
    let change = parameter_input(Parameter::GasLimit, U256::from(LIMIT));
    let through = world.send_raw(relay, pass("forward", system::parameters(), &change));
    refused(&through, "is not the owner of the chain");
    let parameters = world.engine.latest().parameters().expect("reads");
    assert!(parameters.iter().all(|it| it.from_block == 0), "{parameters:?}");
    let mut without = World::new();
    refused(
        &set(&mut without, "alice", Parameter::GasLimit, U256::from(LIMIT)),
        "the chain has no owner",
    );
}

#[test]
fn several_approve_of_a_change_where_the_chain_says_so() {
    let governance = "owner = \"alice\"\ndeploy = \"multi-sign\"\ndeploy_approvals = 2\n\
                      deployers = [\"bob\", \"carol\"]";
    let mut world = chain(governance, Arc::new(MemoryStore::new()));
    let value = U256::from(LIMIT);
    refused(&set(&mut world, "alice", Parameter::GasLimit, value), "AccessDenied");
    refused(&set(&mut world, "bob", Parameter::GasLimit, value), "has 0 of 2 approvals");
    let hash = parameter_hash(Parameter::GasLimit, value);
    let deployer = braidvm::deployer();
    let [bob, carol] = ["bob", "carol"].map(|name| account(&world, name));
    world.engine.lifecycle(bob, deployer).propose(hash).expect("memory").expect_ok();
    world.engine.lifecycle(carol, deployer).approve(hash).expect("memory").expect_ok();
    let other = set(&mut world, "bob", Parameter::GasLimit, value + U256::ONE);
    refused(&other, "has 0 of 2 approvals");
    set(&mut world, "carol", Parameter::GasLimit, value).expect_ok();
    assert_eq!(world.engine.rules().gas_limit.0, LIMIT);
    refused(&set(&mut world, "carol", Parameter::GasLimit, value), "has 0 of 2 approvals");
}

#[test]
fn a_chain_that_is_opened_again_knows_its_parameters() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut world = chain("owner = \"alice\"", Arc::clone(&store));
    set(&mut world, "alice", Parameter::GasLimit, U256::from(LIMIT)).expect_ok();
    drop(world);
    // By the same genesis, and by what the state says alone.
    let again = chain("owner = \"alice\"", Arc::clone(&store));
    assert_eq!(again.engine.rules().gas_limit.0, LIMIT);
    let mut config = Config::default();
    config.chain.gas_limit = braidvm::Gas(50_000_000);
    let engine = Engine::with_store(config, store).expect("the genesis is the configured one");
    assert_eq!(engine.rules().gas_limit.0, LIMIT);
    assert_eq!(engine.next_block().gas_limit.0, LIMIT);
}
