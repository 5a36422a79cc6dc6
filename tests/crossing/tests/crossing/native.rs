//! Native contracts: called by every machine, undone with their callers, held to their interface.

use std::sync::Arc;

use braid_crossing_tests::{Sample, World, call_data, sample::pass, wei};
use braidvm::{
    Address, Bytes, Gas, Interface, Kernel, NativeCall, NativeContract, NativeError, NativeHost,
    Request, Value, VmKind,
    rooms::{
        kernel::lifecycle_input,
        state::{Key, MemoryStore},
        vm::{GasMeter, HaltReason, Status},
        vm_native::system,
    },
};

const REGISTER: &str = "register(string,address)";

fn register(name: &str, target: Address) -> Bytes {
    call_data(REGISTER, &[Value::text(name), target.into()])
}

#[test]
fn every_machine_registers_names_and_a_revert_takes_them_back() {
    let mut sample = Sample::new();
    let names = system::names();
    for (number, relay) in [sample.evm_relays[0], sample.wasm_relays[0]].into_iter().enumerate() {
        let name = format!("relay{number}");
        let taken_back = pass("forwardThenRevert", names, &register(&name, relay));
        assert!(!sample.world.send_raw(relay, taken_back).is_success());
        let answer = |world: &World| {
            let request =
                Request::new(world.alice, names, "ownerOf").arguments(vec![Value::text(&name)]);
            world.engine.call(&request).expect("valid").expect_ok().values().expect("decodes")
        };
        assert_eq!(answer(&sample.world), [Address::ZERO.into()]);
        let kept = pass("forward", names, &register(&name, relay));
        let receipt = sample.world.send_raw(relay, kept).expect_ok();
        assert_eq!(answer(&sample.world), [relay.into()]);
        assert!(receipt.call.gas_by_vm.iter().any(|(kind, _)| *kind == VmKind::Native));
        let called = &receipt.call.trace.as_ref().expect("traced").calls[0];
        assert_eq!((called.start.kind, called.start.to), (VmKind::Native, names));
        assert_eq!(sample.world.engine.account(&format!("@{name}")).expect("registered"), relay);
    }
}

#[test]
fn a_name_belongs_to_its_owner_alone() {
    let mut world = World::new();
    let names = system::names();
    let bob = world.engine.account("bob").expect("known");
    let by_bob = |method: &str, arguments: &[Value]| {
        Request::new(bob, names, method).arguments(arguments.to_vec())
    };
    world.send(names, "register", &["token".into(), bob.into()]).expect_ok();
    for (method, second) in
        [("register", true), ("setTarget", true), ("transfer", true), ("release", false)]
    {
        let mut arguments = vec![Value::text("token")];
        arguments.extend(second.then(|| Value::from(bob)));
        let refused = world.request(&by_bob(method, &arguments));
        assert_eq!(refused.call.status, Status::Revert, "{method}");
    }
    let claimed = world.request(&by_bob("claimReverse", &["token".into()]));
    assert!(claimed.is_success());
    let reverse = |world: &World| {
        let output = world.engine.call(&by_bob("reverse", &[bob.into()])).expect("valid");
        output.expect_ok().values().expect("decodes")
    };
    assert_eq!(reverse(&world), [Value::text("token")]);
    world.send(names, "setTarget", &["token".into(), world.alice.into()]).expect_ok();
    assert_eq!(reverse(&world), [Value::text("")], "a name that leads elsewhere is no way back");
    world.send(names, "transfer", &["token".into(), bob.into()]).expect_ok();
    world.request(&by_bob("release", &["token".into()])).expect_ok();
    assert!(world.engine.account("@token").is_err());
}

#[test]
fn names_that_could_be_taken_for_something_else_are_refused() {
    let mut world = World::new();
    let long = "a".repeat(65);
    for name in ["", "0x12", "Alice", "a b", "naïve", long.as_str()] {
        let refused = world.send(system::names(), "register", &[name.into(), world.alice.into()]);
        assert_eq!(refused.call.status, Status::Revert, "{name:?}");
    }
}

#[test]
fn a_static_call_reads_and_cannot_write() {
    let sample = Sample::new();
    let names = system::names();
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        let input = pass("staticForward", names, &register("token", relay));
        let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
        let (result, writes) = sample.world.run(&transaction);
        assert_eq!(writes, sample.world.nonce_alone());
        let trace = result.trace.expect("traced");
        assert_eq!(trace.calls[0].status, Status::Halt(HaltReason::StaticViolation));
        let resolve = call_data("resolve(string)", &["token".into()]);
        let input = pass("staticForward", names, &resolve);
        let (result, _) = sample.world.run(&sample.world.transaction(relay, input, Gas(1_000_000)));
        assert_eq!(result.status, Status::Success);
    }
}

#[test]
fn bad_input_and_coin_are_refused_with_a_reason() {
    let mut world = World::new();
    let names = system::names();
    for (input, reason) in [
        (Bytes::new(), "\"names: input of 0 bytes has no selector\""),
        (Bytes::from_static(&[1, 2, 3, 4]), "\"names has no such method\""),
    ] {
        let refused = world.send_raw(names, input);
        assert_eq!(refused.call.reason.as_deref(), Some(reason));
    }
    let cut = register("token", names).slice(..40);
    assert_eq!(world.send_raw(names, cut).call.status, Status::Revert);
    let paid = Request::raw(world.alice, names, register("token", names)).value(wei(1));
    let refused = world.request(&paid);
    assert_eq!(refused.call.reason.as_deref(), Some("\"names.register takes no coin\""));
}

/// A native contract that tells what only the system knows, and one that breaks its word.
#[derive(Debug)]
struct Witness(Interface);

impl NativeContract for Witness {
    fn name(&self) -> &str {
        "witness"
    }

    fn interface(&self) -> &Interface {
        &self.0
    }

    fn call(
        &self,
        call: &NativeCall<'_>,
        gas: &mut GasMeter,
        host: &mut dyn NativeHost,
    ) -> Result<Vec<Value>, NativeError> {
        match call.method.name.as_str() {
            "versionOf" => {
                let summary = host.contract_summary(gas, &call.argument(0)?)?;
                Ok(vec![u64::from(summary.map_or(0, |summary| summary.version)).into()])
            }
            "machines" => {
                let machines = host.machines(gas)?;
                let names = machines.iter().map(|it| Value::text(it.kind.name())).collect();
                Ok(vec![Value::Array(names)])
            }
            "rules" => {
                let rules = host.chain_rules(gas)?.unwrap_or_default();
                Ok(vec![Value::text(String::from_utf8_lossy(&rules))])
            }
            // It says that it only reads.
            _ => {
                host.storage_put(gas, b"key", b"value")?;
                Ok(vec![true.into()])
            }
        }
    }
}

fn world_with_witness() -> (World, Address) {
    let interface = Interface::from_signatures(&[
        "function versionOf(address contract) view returns (uint64)",
        "function machines() view returns (string[])",
        "function rules() view returns (string)",
        "function lie() view returns (bool)",
    ]);
    let place: Address = "0x0000000000000000000000000000000000002001".parse().expect("reads");
    let mut world = World::new();
    let config = world.engine.config().clone();
    let mut settings = config.kernel();
    let witness = Arc::new(Witness(interface.expect("parses")));
    settings.natives.register(place, witness.clone()).expect("free");
    assert!(settings.natives.register(place, witness).is_err(), "the address is in use");
    let kernel = Kernel::new(settings).expect("sound");
    let store = Arc::new(MemoryStore::new());
    world.engine = braidvm::Engine::with_kernel(config, kernel, store).expect("sound");
    (world, place)
}

#[test]
fn a_native_contract_reads_what_the_system_knows() {
    let (mut world, witness) = world_with_witness();
    let token = world.deploy("rust/counter.wasm", &[]);
    assert_eq!(world.read_with(witness, "versionOf", &[token.into()]), 1);
    assert_eq!(world.read_with(witness, "versionOf", &[world.alice.into()]), 0);
    let ask = |method: &str| {
        let output = world.engine.call(&Request::new(world.alice, witness, method)).expect("valid");
        output.expect_ok().values().expect("decodes")
    };
    let machines = ask("machines");
    let names = machines[0].as_items().expect("a list");
    assert!(names.contains(&Value::text("native")) && names.contains(&Value::text("evm")));
    let rules = world.engine.store().latest().read(&Key::chain_rules()).expect("reads");
    assert_eq!(ask("rules")[0].as_text().map(str::as_bytes), rules.as_ref().map(AsRef::as_ref));
}

#[test]
fn a_method_that_says_it_reads_is_held_to_it() {
    let (mut world, witness) = world_with_witness();
    let receipt = world.send(witness, "lie", &[]);
    assert_eq!(receipt.call.status, Status::Halt(HaltReason::StaticViolation));
}

#[test]
fn a_chain_without_the_native_machine_runs_no_native_contract() {
    let mut world = World::with_config(|config| {
        config.vm.enabled_vms.retain(|kind| *kind != VmKind::Native);
    });
    let refused = world.send_raw(system::names(), register("token", system::names()));
    assert!(matches!(refused.call.status, Status::Halt(HaltReason::NotRunnable(_))));
}

#[test]
fn nobody_owns_a_native_contract_or_gives_it_code() {
    let mut world = World::new();
    let names = system::names();
    let role = braidvm::role("KEEPER_ROLE");
    let mut life = world.engine.lifecycle(world.alice, names);
    let changes = [
        life.rollback(1),
        life.freeze(),
        life.revoke(),
        life.transfer_ownership(names),
        life.set_role(role, names, true),
        life.set_method_role([1, 2, 3, 4], Some(role)),
    ];
    for change in changes {
        let reason = change.expect("the host does not fail").call.reason.expect("refused");
        assert!(reason.contains("has no record"), "{reason}");
    }
    let code = Value::bytes(vec![0x60, 0]);
    let upgrade = lifecycle_input("upgrade", &[names.into(), code, Value::text("")]);
    let refused = world.send_raw(braidvm::deployer(), upgrade.expect("fits"));
    assert!(refused.call.reason.is_some_and(|it| it.contains("has no record")));
    let _ = world.send_raw(names, register("token", names)).expect_ok();
}
