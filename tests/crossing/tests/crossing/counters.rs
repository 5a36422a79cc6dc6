//! Counters of a contract over machines, reverts, static calls and shortage of gas.

use braid_crossing_tests::{Sample, World, contracts::WASM_COUNTER, sample::pass};
use braidvm::{
    Address, Bytes, Gas, U256,
    rooms::{
        state::{Key, WriteSet, number},
        vm::{HaltReason, Status},
    },
};

const READ: u8 = 0;
const ADD: u8 = 1;
const SUB: u8 = 2;
const ADD_THEN_REVERT: u8 = 3;
const ADD_TWICE: u8 = 4;

fn input(operation: u8, amount: U256) -> Bytes {
    [&[operation], amount.to_be_bytes::<32>().as_slice()].concat().into()
}

fn small(operation: u8, amount: u64) -> Bytes {
    input(operation, U256::from(amount))
}

fn key(contract: Address) -> Key {
    Key::counter(&contract, b"n")
}

fn count(world: &World, contract: Address) -> U256 {
    let key = key(contract);
    let record = world.engine.store().latest().read(&key).expect("memory does not fail");
    number::decode(&key, record.as_ref()).expect("a number")
}

/// Sends an operation and hands back whether the change was made.
fn change(world: &mut World, contract: Address, input: Bytes) -> bool {
    world.send_raw(contract, input).expect_ok().output.as_ref() == [1]
}

fn sample() -> (Sample, Address) {
    let mut sample = Sample::new();
    let counter = sample.world.deploy_wat(WASM_COUNTER);
    (sample, counter)
}

#[test]
fn a_counter_stays_within_its_bounds() {
    let mut world = World::new();
    let counter = world.deploy_wat(WASM_COUNTER);
    assert!(!change(&mut world, counter, small(SUB, 1)), "there is nothing yet");
    assert!(change(&mut world, counter, small(ADD, 5)));
    assert!(!change(&mut world, counter, small(SUB, 6)));
    assert!(!change(&mut world, counter, input(ADD, U256::MAX - U256::from(4))));
    assert_eq!(count(&world, counter), U256::from(5));
    assert!(change(&mut world, counter, input(ADD, U256::MAX - U256::from(5))));
    assert_eq!(count(&world, counter), U256::MAX);
    let told = world.send_raw(counter, small(READ, 0)).expect_ok().call.output;
    assert_eq!(told.as_ref(), U256::MAX.to_be_bytes::<32>());
    assert!(change(&mut world, counter, input(SUB, U256::MAX)));
    let record = world.engine.store().latest().read(&key(counter)).expect("memory");
    assert_eq!(record, None, "zero is kept as absence");
}

#[test]
fn a_revert_anywhere_takes_a_change_back() {
    let (mut sample, counter) = sample();
    let (add, fail) = (small(ADD, 3), small(ADD_THEN_REVERT, 100));
    let mut expected = 0;
    for (relay, other) in [
        (sample.evm_relays[0], sample.wasm_relays[0]),
        (sample.wasm_relays[0], sample.evm_relays[0]),
    ] {
        let world = &mut sample.world;
        let _ = world.send_raw(relay, pass("forward", counter, &add)).expect_ok();
        expected += 3;
        assert_eq!(count(world, counter), U256::from(expected));
        // The counter's own frame fails, and its caller goes on.
        let _ = world.send_raw(relay, pass("tryForward", counter, &fail)).expect_ok();
        assert_eq!(count(world, counter), U256::from(expected));
        // A frame above it fails, in the one machine or in the other.
        let callee = pass("forwardThenRevert", counter, &add);
        let _ = world.send_raw(relay, pass("tryForward", other, &callee)).expect_ok();
        assert!(!world.send_raw(relay, pass("forwardThenRevert", counter, &add)).is_success());
        assert_eq!(count(world, counter), U256::from(expected));
    }
}

#[test]
fn a_static_call_changes_no_counter() {
    let (sample, counter) = sample();
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        for operation in [ADD, SUB] {
            let input = pass("staticForward", counter, &small(operation, 0));
            let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
            let (result, writes) = sample.world.run(&transaction);
            assert_ne!(result.status, Status::Success);
            assert_eq!(writes, sample.world.nonce_alone());
            let trace = result.trace.expect("traces are recorded");
            assert_eq!(trace.calls[0].status, Status::Halt(HaltReason::StaticViolation));
        }
        let input = pass("staticForward", counter, &small(READ, 0));
        let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
        assert!(sample.world.run(&transaction).0.status.is_success());
    }
}

#[test]
fn without_enough_gas_nothing_changes() {
    let mut world = World::new();
    let counter = world.deploy_wat(WASM_COUNTER);
    let run = |world: &World, gas_limit| {
        world.run(&world.transaction(counter, small(ADD_TWICE, 1), Gas(gas_limit)))
    };
    let (whole, complete) = run(&world, 1_000_000);
    assert!(whole.status.is_success());
    let enough = whole.gas_used.0;
    for limit in (enough - 24_000..enough).step_by(97).chain([enough - 1]) {
        let (result, writes) = run(&world, limit);
        assert_eq!(result.status, Status::Halt(HaltReason::OutOfGas), "{limit} of {enough}");
        assert_eq!(writes, world.nonce_alone());
    }
    assert_eq!(run(&world, enough).1, complete);
    // Where there is a counter already, changing it is cheaper, as with records.
    assert!(change(&mut world, counter, small(ADD, 1)));
    let (later, _) = run(&world, 1_000_000);
    assert_eq!(later.gas_used.0, enough - (20_000 - 2_900));
}

#[test]
fn a_deferring_journal_gives_the_same_for_the_same_gas() {
    let mut world = World::new();
    let counter = world.deploy_wat(WASM_COUNTER);
    for start in [0, 7] {
        if start > 0 {
            assert!(change(&mut world, counter, small(ADD, start)));
        }
        let inputs = [small(SUB, 3), small(ADD, 4), small(ADD_THEN_REVERT, 9), small(ADD_TWICE, 2)];
        let run = |is_deferring| {
            let mut execution = world.execution();
            execution.rebase(world.engine.store().latest(), is_deferring);
            let used: Vec<(Status, Bytes, Gas)> = inputs
                .iter()
                .enumerate()
                .map(|(index, input)| {
                    let mut transaction = world.transaction(counter, input.clone(), Gas(100_000));
                    transaction.nonce = transaction.nonce.map(|nonce| nonce + index as u64);
                    let result = execution.transact(&transaction).expect("valid");
                    (result.status, result.output, result.gas_used)
                })
                .collect();
            (used, execution.close().expect("memory does not fail"))
        };
        let ((serial, plain), (deferred, changes)) = (run(false), run(true));
        assert_eq!(serial, deferred);
        assert!(plain.deltas.is_empty() && plain.reads.records.contains_key(&key(counter)));
        let [(changed, delta)] = changes.deltas.as_slice() else { panic!("one counter") };
        assert_eq!(*changed, key(counter));
        assert!(!changes.reads.records.contains_key(changed), "it was not read");
        let number = delta.apply(U256::from(start)).expect("it fits");
        let mut writes: WriteSet = changes.writes;
        writes.set(changed.clone(), number::encode(number));
        assert_eq!(writes, plain.writes);
    }
}
