//! A trap costs what its frame was given, undoes what it did, and no more.

use braid_crossing_tests::{
    Sample, call_data, contracts::WASM_TRAP_AFTER_WORK, sample::pass, world::kernel_with,
};
use braidvm::{
    Bytes, Gas, VmKind,
    rooms::{
        vm::{HaltReason, Status},
        vm_wasm::EngineChoice,
    },
};

#[test]
fn a_trap_after_work_costs_the_whole_frame_and_leaves_nothing() {
    let mut sample = Sample::new();
    let trap = sample.world.deploy_wat(WASM_TRAP_AFTER_WORK);
    for engine in [EngineChoice::Interpreted, EngineChoice::Compiled] {
        let kernel = kernel_with(engine);
        for limit in [60_000, 100_000, 5_000_000] {
            let transaction = sample.world.transaction(trap, Bytes::new(), Gas(limit));
            let (result, writes) = sample.world.run_on(&kernel, &transaction);
            assert!(
                matches!(&result.status, Status::Halt(HaltReason::Trap(_))),
                "{:?}",
                result.status
            );
            assert_eq!(result.gas_used, Gas(limit));
            assert_eq!(result.gas_by_vm.get(VmKind::Wasm), Gas(limit - 21_000));
            assert_eq!(writes, sample.world.nonce_alone());
        }
    }
}

#[test]
fn a_caught_trap_costs_what_was_lent() {
    let mut sample = Sample::new();
    let trap = sample.world.deploy_wat(WASM_TRAP_AFTER_WORK);
    let [evm_probe, wasm_probe] = sample.probes;
    let trapping = call_data("trap()", &[]);
    let cases = [
        (sample.evm_relays[0], trap, Bytes::new()),
        (sample.evm_relays[0], wasm_probe, trapping.clone()),
        (sample.wasm_relays[0], evm_probe, trapping),
        (sample.wasm_relays[0], trap, Bytes::new()),
    ];
    for (relay, callee, data) in cases {
        let input = pass("tryForward", callee, &data);
        let transaction = sample.world.transaction(relay, input, Gas(10_000_000));
        let (result, writes) = sample.world.run(&transaction);
        assert!(result.status.is_success(), "{:?}", result.status);
        let trace = result.trace.expect("traces are recorded");
        let callee = &trace.calls[0];
        assert!(matches!(callee.status, Status::Halt(_)), "{:?}", callee.status);
        assert_eq!(callee.gas_used, callee.start.gas_limit, "a halt costs what was lent");
        // What was left before the call is at most the frame's limit, and at least 63/64 of it
        // less the little that the relay did.
        let most = trace.start.gas_limit.0 - trace.start.gas_limit.0 / 64;
        assert!((most - 100_000..=most).contains(&callee.gas_used.0), "{}", callee.gas_used);
        assert!(result.gas_used < Gas(10_000_000 - 10_000_000 / 64 + 100_000));
        let nothing = sample.world.nonce_alone();
        assert!(writes.len() > nothing.len(), "the relay's own count stands");
    }
}

#[test]
fn a_limit_for_the_callee_bounds_what_a_failure_costs() {
    let sample = Sample::new();
    let [evm_probe, wasm_probe] = sample.probes;
    for (relay, probe) in [(sample.evm_relays[0], wasm_probe), (sample.wasm_relays[0], evm_probe)] {
        for failing in ["trap()", "spin()"] {
            let data = call_data(failing, &[]);
            let arguments = [probe.into(), data.into(), 50_000u64.into()];
            let input = call_data("tryForwardWithGas(address,bytes,uint256)", &arguments);
            let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
            let (result, _) = sample.world.run(&transaction);
            assert!(result.status.is_success(), "{:?}", result.status);
            let trace = result.trace.expect("traces are recorded");
            assert_eq!(trace.calls[0].gas_used, Gas(50_000));
            assert!((70_000..160_000).contains(&result.gas_used.0), "{}", result.gas_used);
        }
    }
}
