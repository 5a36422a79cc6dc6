//! A contract of a hosted machine gets new code and keeps everything else.

use braid_crossing_tests::{
    Sample, World,
    contracts::{WASM_EMPTY, address, wasm_answer},
    sample::{increment, pass},
    wei,
    world::{artifact, wasm},
};
use braidvm::{
    Address, Bytes, Request, VmKind,
    rooms::kernel::{deploy_input, deployer, upgrade_input},
};

fn version(world: &World, contract: Address) -> u32 {
    let inspection = world.engine.inspect(&contract, 0).expect("memory does not fail");
    let record = inspection.contract.expect("a hosted contract has a record");
    assert_eq!(record.code_hashes.len(), record.version as usize);
    assert_eq!(record.code_hashes.last(), Some(&inspection.account.code_hash));
    record.version
}

fn upgrade(contract: Address, text: &str) -> Bytes {
    upgrade_input(contract, &wasm(text), None)
}

#[test]
fn new_code_runs_over_the_storage_and_the_coin_of_the_old() {
    let mut sample = Sample::new();
    let counter = sample.counters[1];
    let _ = sample.world.send_raw(counter, increment()).expect_ok();
    let before = sample.world.engine.inspect(&counter, 16).unwrap();
    let receipt = sample.world.send_raw(deployer(), upgrade(counter, &wasm_answer(b"two")));
    let receipt = receipt.expect_ok();
    assert_eq!(receipt.output.last(), Some(&2), "the version is the answer");
    assert_eq!(receipt.created, None, "and no address of a new contract");
    assert_eq!(version(&sample.world, counter), 2);
    let answer = sample.world.send_raw(counter, Bytes::new()).expect_ok().call.output;
    assert_eq!(answer.as_ref(), b"two");
    let after = sample.world.engine.inspect(&counter, 16).unwrap();
    assert_eq!(after.storage, before.storage);
    assert_ne!(after.account.code_hash, before.account.code_hash);
    assert_eq!(after.interface, None, "the new code brings no interface");
    // The old code comes back as version 3, and finds its count.
    let old = upgrade_input(counter, &artifact("rust/counter.wasm").code, None);
    let _ = sample.world.send_raw(deployer(), old).expect_ok();
    assert_eq!(version(&sample.world, counter), 3);
    assert_eq!(sample.count(counter), 1);
}

#[test]
fn only_the_owner_upgrades() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let counter = sample.counters[1];
    let stranger = sample.world.engine.account("bob").unwrap();
    let input = upgrade(counter, WASM_EMPTY);
    let receipt = sample.world.request(&Request::raw(stranger, deployer(), input.clone()));
    assert!(receipt.call.reason.expect("refused").contains("is not the owner of"));
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        let refused = sample.world.send_raw(relay, pass("forward", deployer(), &input));
        assert!(!refused.is_success(), "alice pays, but the relay calls");
        // What a relay made is the relay's to upgrade, and nobody else's.
        let code = artifact("rust/counter.wasm").code;
        let deploy = deploy_input(VmKind::Wasm, &code, &[], None);
        let made = sample.world.send_raw(relay, pass("forward", deployer(), &deploy)).expect_ok();
        let made = address(&made.output);
        let input = upgrade(made, WASM_EMPTY);
        let direct = sample.world.request(&Request::raw(alice, deployer(), input.clone()));
        assert!(direct.call.reason.expect("refused").contains("is not the owner of"));
        let _ = sample.world.send_raw(relay, pass("forward", deployer(), &input)).expect_ok();
        assert_eq!(version(&sample.world, made), 2);
    }
    assert_eq!(version(&sample.world, counter), 1);
}

#[test]
fn an_upgrade_that_is_undone_leaves_the_old_version() {
    let mut sample = Sample::new();
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        let code = artifact("rust/counter.wasm").code;
        let deploy = deploy_input(VmKind::Wasm, &code, &[], None);
        let made = sample.world.send_raw(relay, pass("forward", deployer(), &deploy)).expect_ok();
        let made = address(&made.output);
        let input = pass("forwardThenRevert", deployer(), &upgrade(made, WASM_EMPTY));
        assert!(!sample.world.send_raw(relay, input).is_success());
        assert_eq!(version(&sample.world, made), 1);
        let _ = sample.world.send_raw(made, increment()).expect_ok();
        assert_eq!(sample.count(made), 1);
    }
}

#[test]
fn what_cannot_be_upgraded_says_why() {
    let mut sample = Sample::new();
    let counter = sample.counters[1];
    let [evm, hosted] = sample.probes;
    let cases: [(Bytes, &str); 4] = [
        (upgrade(evm, WASM_EMPTY), "never changes"),
        (upgrade(sample.world.alice, WASM_EMPTY), "has no record"),
        (upgrade_input(counter, b"\0asm is cut off", None), "wasm"),
        (upgrade_input(hosted, &wasm(WASM_EMPTY), Some("[{")), "interface"),
    ];
    for (input, expected) in cases {
        let reason = sample.world.send_raw(deployer(), input).call.reason.expect("refused");
        assert!(reason.contains(expected), "{reason}");
    }
    let alice = sample.world.alice;
    let paid = Request::raw(alice, deployer(), upgrade(counter, WASM_EMPTY)).value(wei(1));
    assert!(sample.world.request(&paid).call.reason.expect("refused").contains("takes no coin"));
    assert_eq!(version(&sample.world, counter), 1);
}
