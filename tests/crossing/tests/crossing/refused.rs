//! Chains whose configuration refuses what others allow: calls between machines, imports.

use braid_crossing_tests::{
    Sample, World,
    sample::{increment, pass},
};
use braidvm::{
    Deploy, Value, VmKind, deployer,
    rooms::kernel::{deploy_input, lifecycle_input},
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
fn a_module_that_imports_more_than_the_chain_allows_is_not_made() {
    let artifact = braid_crossing_tests::world::artifact;
    let deploy = |world: &World, path: &str| Deploy::new(world.alice, artifact(path));
    let imports = |path: &str| {
        let world = World::new();
        let machine = world.engine.kernel().registry().machine(VmKind::Wasm).expect("wasm");
        machine.validate(&artifact(path).code).expect("a module").imports
    };
    let (counter, badge) = ("c/counter.wasm", "c/badge.wasm");
    let allowed = imports(counter);
    let missing = imports(badge).into_iter().find(|name| !allowed.contains(name));
    let missing = missing.expect("a badge is an object, a counter none");
    let mut world = World::with_config(|config| config.vm.wasm.allowed_imports = Some(allowed));
    let made = deploy(&world, counter);
    let made = world.send_deploy(&made).expect_contract();
    world.send(made, "increment", &[]).expect_ok();
    // The request is refused where it is made, and the transaction where somebody else sent it.
    let error = world.engine.deploy(&deploy(&world, badge)).expect_err("refused").to_string();
    assert!(error.contains(&missing) && error.contains("vm.wasm.allowed_imports"), "{error}");
    let input = deploy_input(VmKind::Wasm, &artifact(badge).code, &[], None);
    let receipt = world.send_raw(deployer(), input);
    let reason = receipt.call.reason.expect("a refusal has a reason");
    assert!(reason.contains(&missing) && reason.contains("does not allow it"), "{reason}");
    // Nor does an upgrade bring it in.
    let values = [made.into(), Value::bytes(artifact(badge).code), Value::text("")];
    let upgrade = lifecycle_input("upgrade", &values).expect("fits");
    let reason = world.send_raw(deployer(), upgrade).call.reason.expect("refused");
    assert!(reason.contains(&missing), "{reason}");
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
