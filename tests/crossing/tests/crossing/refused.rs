//! A chain on which contracts may not call contracts of other machines.

use braid_crossing_tests::{
    Sample, World,
    sample::{increment, pass},
};

#[test]
fn no_contract_calls_one_of_another_machine() {
    let world = World::with_config(|config| config.vm.enable_cross_vm_calls = false);
    let mut sample = Sample::over(world);
    for (relay, counter, _) in sample.crossings() {
        // The transaction itself may call any contract.
        sample.world.send_raw(counter, increment()).expect_ok();
        let receipt = sample.world.send_raw(relay, pass("forward", counter, &increment()));
        let reason = receipt.call.reason.expect("a refusal has a reason");
        assert!(reason.contains("calls between machines are switched off"), "{reason}");
        // The refusal is a revert, which a caller survives.
        let receipt = sample.world.send_raw(relay, pass("tryForward", counter, &increment()));
        assert_eq!(receipt.expect_ok().output[31], 0);
        assert_eq!(sample.count(counter), 1);
    }
}

#[test]
fn contracts_of_one_machine_call_each_other() {
    let world = World::with_config(|config| config.vm.enable_cross_vm_calls = false);
    let mut sample = Sample::over(world);
    let pairs =
        [(sample.evm_relays[0], sample.counters[0]), (sample.wasm_relays[0], sample.counters[1])];
    for (relay, counter) in pairs {
        sample.world.send_raw(relay, pass("forward", counter, &increment())).expect_ok();
        assert_eq!(sample.count(counter), 1);
    }
}
