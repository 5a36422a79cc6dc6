//! A static call stays static in every machine that it reaches.

use braid_crossing_tests::{
    Sample, call_data,
    sample::{increment, pass},
    wei,
};
use braidvm::{Bytes, Gas, rooms::vm::Status};

#[test]
fn a_write_in_a_static_call_is_refused_in_every_machine() {
    let sample = Sample::new();
    let [evm, wasm] = [sample.evm_relays[0], sample.wasm_relays[0]];
    let [in_evm, in_rust, in_c, in_script] = sample.counters;
    let deep = |relay, counter| (relay, pass("forward", counter, &increment()));
    let cases = [
        (evm, (in_rust, increment())),
        (evm, (in_c, increment())),
        (evm, (in_script, increment())),
        (wasm, (in_evm, increment())),
        (wasm, (in_c, increment())),
        // The relay between counts, which is itself a write.
        (evm, deep(wasm, in_evm)),
        (wasm, deep(evm, in_rust)),
        (evm, (sample.probes[1], call_data("store(uint256,uint256)", &[1u64.into(), 2u64.into()]))),
        (
            wasm,
            (sample.probes[0], call_data("store(uint256,uint256)", &[1u64.into(), 2u64.into()])),
        ),
    ];
    for (relay, (to, data)) in cases {
        let input = pass("staticForward", to, &data);
        let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
        let (result, writes) = sample.world.run(&transaction);
        assert_ne!(result.status, Status::Success);
        assert_eq!(writes, sample.world.nonce_alone());
        let trace = result.trace.expect("traces are recorded");
        assert_eq!(
            trace.calls[0].status,
            Status::Halt(braidvm::rooms::vm::HaltReason::StaticViolation)
        );
        // The halt costs the callee all it was lent: at least 62/64 of the whole.
        assert!(result.gas_used > Gas(950_000), "{}", result.gas_used);
    }
}

#[test]
fn a_static_call_through_two_machines_to_a_write_is_refused() {
    let sample = Sample::new();
    let paths = [
        (sample.evm_relays[0], sample.wasm_relays[0], sample.counters[0]),
        (sample.wasm_relays[0], sample.evm_relays[0], sample.counters[1]),
        (sample.evm_relays[0], sample.evm_relays[1], sample.counters[1]),
    ];
    for (first, second, counter) in paths {
        // Neither relay writes; the counter at the end would.
        let inner = pass("staticForward", counter, &increment());
        let input = pass("staticForward", second, &inner);
        let (result, writes) =
            sample.world.run(&sample.world.transaction(first, input, Gas(1_000_000)));
        assert_ne!(result.status, Status::Success);
        assert_eq!(writes, sample.world.nonce_alone());
        // A call that is not static itself, below a static one, may read but not write.
        let reading = pass("staticForward", counter, &call_data("value()", &[]));
        let input = pass("staticForward", second, &reading);
        let (result, _) = sample.world.run(&sample.world.transaction(first, input, Gas(1_000_000)));
        assert_eq!(result.status, Status::Success);
    }
}

#[test]
fn coin_does_not_move_in_a_static_call() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    for (relay, probe) in
        [(sample.evm_relays[0], sample.probes[1]), (sample.wasm_relays[0], sample.probes[0])]
    {
        let coin = wei(10);
        sample.world.request(&braidvm::Request::transfer(alice, probe, coin)).expect_ok();
        let pay = call_data("pay(address,uint256)", &[alice.into(), 1u64.into()]);
        let input = pass("staticForward", probe, &pay);
        let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
        let (result, writes) = sample.world.run(&transaction);
        assert_ne!(result.status, Status::Success);
        assert_eq!(writes, sample.world.nonce_alone());
    }
}

#[test]
fn the_system_contract_makes_nothing_in_a_static_call() {
    let sample = Sample::new();
    let code = braid_crossing_tests::world::wasm(braid_crossing_tests::contracts::WASM_EMPTY);
    let kind = braidvm::VmKind::Wasm;
    let input = braidvm::rooms::kernel::deploy_input(kind, &code, &Bytes::new(), None);
    let deployer = braidvm::rooms::kernel::deployer();
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        let input = pass("staticForward", deployer, &input);
        let transaction = sample.world.transaction(relay, input, Gas(3_000_000));
        let (result, writes) = sample.world.run(&transaction);
        assert_ne!(result.status, Status::Success);
        assert_eq!(writes, sample.world.nonce_alone());
    }
}
