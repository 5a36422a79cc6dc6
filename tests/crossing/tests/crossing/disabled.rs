//! A machine that is switched off runs nothing, and the others go on.

use braid_crossing_tests::{
    Sample, call_data,
    contracts::{WASM_EMPTY, WASM_FACTORY, evm_creation},
    sample::{increment, pass},
    world::wasm,
};
use braidvm::{
    Gas, VmKind,
    rooms::{
        kernel::{deploy_input, deployer},
        vm::{HaltReason, Status},
    },
};

#[test]
fn contracts_of_a_disabled_machine_do_not_run() {
    let mut sample = Sample::new();
    let registry = |sample: &Sample, is_enabled| {
        let registry = sample.world.engine.kernel().registry();
        registry.set_enabled(VmKind::Wasm, is_enabled).expect("the machine is there");
    };
    registry(&sample, false);
    let [in_evm, in_rust, ..] = sample.counters;
    let receipt = sample.world.send_raw(in_rust, increment());
    assert_eq!(
        receipt.status,
        Status::Halt(HaltReason::NotRunnable("machine wasm is disabled".to_owned()))
    );
    assert_eq!(receipt.reason.as_deref(), Some("code cannot run: machine wasm is disabled"));
    // A caller of the EVM survives it.
    let relay = sample.evm_relays[0];
    let receipt = sample.world.send_raw(relay, pass("tryForward", in_rust, &increment()));
    assert_eq!(receipt.expect_ok().output[31], 0);
    sample.world.send_raw(in_evm, increment()).expect_ok();
    assert_eq!(sample.count(in_evm), 1);
    // No contract of it is made.
    let deploy = deploy_input(VmKind::Wasm, &wasm(WASM_EMPTY), &[], None);
    let receipt = sample.world.send_raw(deployer(), deploy);
    let reason = receipt.call.reason.expect("a refusal has a reason");
    assert!(reason.contains("machine wasm is disabled"), "{reason}");
    // Its coin and its state are where they were.
    registry(&sample, true);
    sample.world.send_raw(in_rust, increment()).expect_ok();
    assert_eq!(sample.count(in_rust), 1);
}

#[test]
fn the_evm_can_be_disabled_too() {
    let mut sample = Sample::new();
    let factory = sample.world.deploy_wat(WASM_FACTORY);
    let registry = sample.world.engine.kernel().registry();
    registry.set_enabled(VmKind::Evm, false).expect("the machine is there");
    let [in_evm, in_rust, ..] = sample.counters;
    let run = |to, input| sample.world.run(&sample.world.transaction(to, input, Gas(1_000_000)));
    let (result, writes) = run(in_evm, increment());
    let reason = HaltReason::NotRunnable("machine evm is disabled".to_owned());
    assert_eq!(result.status, Status::Halt(reason));
    assert_eq!(writes, sample.world.nonce_alone());
    let (result, _) = run(in_rust, increment());
    assert!(result.status.is_success(), "{:?}", result.status);
    let (result, _) =
        run(sample.wasm_relays[0], pass("tryForward", in_evm, &call_data("value()", &[])));
    assert!(result.status.is_success(), "{:?}", result.status);
    assert_eq!(result.output[31], 0, "the call failed");
    // None is made, by a transaction or by another contract; one of another machine is.
    let mut creation = sample.world.transaction(in_evm, evm_creation(&[0]), Gas(1_000_000));
    creation.to = None;
    let error = sample.world.execution().transact(&creation).expect_err("the EVM is off");
    assert_eq!(error.to_string(), "invalid transaction: machine evm is disabled");
    let order = [&[VmKind::Evm.code()], evm_creation(&[0]).as_ref()].concat();
    let (result, writes) = run(factory, order.into());
    assert_eq!(result.status, Status::Revert);
    assert_eq!(writes, sample.world.nonce_alone());
    let order = [&[VmKind::Wasm.code()], wasm(WASM_EMPTY).as_ref()].concat();
    assert!(run(factory, order.into()).0.status.is_success());
}
