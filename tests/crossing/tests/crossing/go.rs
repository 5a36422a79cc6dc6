//! Go programs among contracts of other machines: called, calling, taken back, upgraded like them.

use braid_crossing_tests::{Sample, call_data, number, sample::pass};
use braidvm::{
    B256, Bytes, U256, Value, VmKind,
    rooms::primitives::{ObjectId, ObjectOwner},
};

/// The name of an object that a counter in Go made.
fn object(output: &Bytes) -> Value {
    Value::Bytes(output.clone())
}

#[test]
fn solidity_calls_go_and_go_calls_solidity() {
    let mut sample = Sample::new();
    let counter = sample.world.deploy("go/counter.wasm.zst", &[]);
    let probe = sample.world.deploy("go/probe.wasm.zst", &[]);
    let receipt = sample.world.send(counter, "initialize", &[]).expect_ok();
    let id = object(&receipt.call.output);
    let increment = call_data("increment(bytes32)", std::slice::from_ref(&id));
    let relay = sample.evm_relays[0];
    for expected in 1..=3u64 {
        let receipt =
            sample.world.send_raw(relay, pass("forward", counter, &increment)).expect_ok();
        let machines: Vec<_> = receipt.call.gas_by_vm.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(machines, [VmKind::Evm, VmKind::Go]);
        let taken_back = pass("forwardThenRevert", counter, &increment);
        assert!(!sample.world.send_raw(relay, taken_back).is_success());
        let read = sample.world.read_with(counter, "increment", std::slice::from_ref(&id));
        assert_eq!(read, expected + 1, "the revert of the caller took the other one back");
    }
    // And back: Go counts in a contract in Solidity, and hears of its failures.
    let solidity = sample.counters[0];
    let forward = [solidity.into(), Value::text("increment")];
    for expected in 1..=2 {
        sample.world.send(probe, "forward", &forward).expect_ok();
        assert_eq!(sample.count(solidity), expected);
    }
    let refused = sample.world.send(probe, "forward", &[solidity.into(), Value::text("nothing")]);
    assert!(!refused.is_success());
}

#[test]
fn a_token_in_go_is_one_as_any_other() {
    let mut sample = Sample::new();
    let arguments = [Value::text("Gopher"), Value::text("GO"), 1_000u64.into()];
    let token = sample.world.deploy("go/token.wasm.zst", &arguments);
    let (alice, relay) = (sample.world.alice, sample.evm_relays[0]);
    assert_eq!(sample.world.read_with(token, "balanceOf", &[alice.into()]), 1_000);
    sample.world.send(token, "transfer", &[relay.into(), 300u64.into()]).expect_ok();
    let transfer = call_data("transfer(address,uint256)", &[alice.into(), 100u64.into()]);
    sample.world.send_raw(relay, pass("forward", token, &transfer)).expect_ok();
    assert_eq!(sample.world.read_with(token, "balanceOf", &[alice.into()]), 800);
    let too_much = [relay.into(), 801u64.into()];
    let refused = sample.world.send(token, "transfer", &too_much);
    assert_eq!(refused.reason.as_deref(), Some("\"the balance does not cover the transfer\""));
}

#[test]
fn a_thing_is_handed_over_by_its_owner_alone() {
    let mut sample = Sample::new();
    let nft = sample.world.deploy("go/nft.wasm.zst", &[]);
    let (alice, relay) = (sample.world.alice, sample.evm_relays[0]);
    let tags = Value::Array(vec!["old".into(), "blue".into()]);
    let mint = [alice.into(), Value::text("cup"), tags];
    let id = object(&sample.world.send(nft, "mint", &mint).expect_ok().call.output);
    sample.world.send(nft, "transfer", &[id.clone(), relay.into()]).expect_ok();
    let refused = sample.world.send(nft, "transfer", &[id.clone(), alice.into()]);
    assert_eq!(refused.reason.as_deref(), Some("\"not the owner of the object\""));
    let burn = call_data("burn(bytes32)", std::slice::from_ref(&id));
    sample.world.send_raw(relay, pass("forward", nft, &burn)).expect_ok();
    let gone = sample.world.send(nft, "describe", &[id]);
    assert_eq!(gone.reason.as_deref(), Some("\"object not found\""));
}

#[test]
fn go_makes_an_object_that_solidity_reads_and_gives_away() {
    let mut sample = Sample::new();
    let world = &mut sample.world;
    let probe = world.deploy("go/probe.wasm.zst", &[]);
    let keeper = world.deploy("solidity/ObjectKeeper.json", &[]);
    let bob = world.engine.account("bob").expect("known");
    // One transaction: Solidity asks Go for an object, raises what Go wrote, and hands it on.
    let receipt = world.send(keeper, "makeAndGive", &[probe.into(), bob.into()]).expect_ok();
    let machines: Vec<_> = receipt.call.gas_by_vm.iter().map(|(kind, _)| *kind).collect();
    assert!(machines.contains(&VmKind::Evm) && machines.contains(&VmKind::Go), "{machines:?}");
    let id = ObjectId(B256::from_slice(&receipt.call.output[..32]));
    assert_eq!(number(&receipt.call.output[32..]), U256::from(42));
    let found = world.engine.latest().object(&id).expect("reads").expect("is there");
    assert_eq!(found.record.creator, probe);
    assert_eq!(found.record.owner, ObjectOwner::Address(bob));
    // And Go reads what Solidity wrote.
    let name = Value::bytes(Bytes::copy_from_slice(id.as_bytes()));
    assert_eq!(world.read_with(probe, "level", &[name]), 42);
}
