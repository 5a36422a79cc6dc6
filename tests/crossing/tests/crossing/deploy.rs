//! Contracts make contracts of any machine.

use braid_crossing_tests::{
    Sample, World, call_data,
    contracts::{WASM_CONSTRUCTOR_REVERTS, WASM_EMPTY, WASM_FACTORY, address, evm_creation},
    sample::{COUNTERS, increment, pass},
    wei,
    world::{artifact, wasm},
};
use braidvm::{
    Address, Artifact, Bytes, Deploy, Request, U256, Value, VmKind,
    rooms::kernel::{deploy_input, deployer, describe_input},
};

fn kind(world: &World, contract: &Address) -> VmKind {
    world.engine.inspect(contract, 0).expect("memory does not fail").account.kind
}

fn nonce(world: &World, address: &Address) -> u64 {
    world.engine.nonce(address).expect("memory does not fail")
}

/// The input of the WebAssembly factory.
fn order(kind: VmKind, code: &[u8]) -> Bytes {
    [&[kind.code()], code].concat().into()
}

#[test]
fn relays_of_both_machines_make_webassembly_by_the_system_contract() {
    let mut sample = Sample::new();
    let code = artifact("rust/counter.wasm").code;
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        let before = nonce(&sample.world, &relay);
        let expected = Address::from_evm(relay.evm_alias().create(before));
        let input = pass("forward", deployer(), &deploy_input(VmKind::Wasm, &code, &[], None));
        let receipt = sample.world.send_raw(relay, input).expect_ok();
        let counter = address(&receipt.output);
        assert_eq!(counter, expected, "the relay is the creator");
        assert_eq!(nonce(&sample.world, &relay), before + 1);
        assert_eq!(nonce(&sample.world, &counter), 1, "a contract starts at nonce 1 (EIP-161)");
        assert_eq!(kind(&sample.world, &counter), VmKind::Wasm);
        sample.world.send_raw(counter, increment()).expect_ok();
        assert_eq!(sample.count(counter), 1);
    }
}

#[test]
fn coin_goes_to_the_new_contract() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let code = wasm(WASM_EMPTY);
    let deploy = deploy_input(VmKind::Wasm, &code, &[], None);
    let mut requests = vec![Request::raw(alice, deployer(), deploy.clone())];
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        requests.push(Request::raw(alice, relay, pass("forward", deployer(), &deploy)));
    }
    let factory = sample.world.deploy_wat(WASM_FACTORY);
    requests.push(Request::raw(alice, factory, order(VmKind::Wasm, &code)));
    requests.push(Request::raw(alice, factory, order(VmKind::Evm, &evm_creation(&[0x00]))));
    for request in requests {
        let receipt = sample.world.request(&request.value(wei(77))).expect_ok();
        assert_eq!(sample.world.balance(&address(&receipt.output)), U256::from(77));
        assert_eq!(sample.world.balance(&deployer()), U256::ZERO);
    }
    // More than the sender has is refused by the transaction, more than the factory has by the
    // deploy.
    let artifact = Artifact::new("empty", code);
    let deploy = Deploy::new(alice, artifact).value(wei(5));
    let made = sample.world.send_deploy(&deploy).expect_contract();
    assert_eq!(sample.world.balance(&made), U256::from(5));
}

#[test]
fn a_webassembly_contract_makes_contracts_of_every_machine() {
    let mut world = World::new();
    let factory = world.deploy_wat(WASM_FACTORY);
    for (path, made_kind) in
        COUNTERS.into_iter().zip([VmKind::Evm, VmKind::Wasm, VmKind::Wasm, VmKind::Wasm])
    {
        let expected = Address::from_evm(factory.evm_alias().create(nonce(&world, &factory)));
        let input = order(made_kind, &artifact(path).code);
        let receipt = world.send_raw(factory, input).expect_ok();
        let counter = address(&receipt.output);
        assert_eq!(counter, expected);
        assert_eq!(kind(&world, &counter), made_kind);
        world.send_raw(counter, increment()).expect_ok();
        let request = Request::new(world.alice, counter, "value()(uint256)");
        let value = world.engine.call(&request).expect("valid").expect_ok().output;
        assert_eq!(U256::from_be_slice(&value), U256::from(1));
    }
}

#[test]
fn a_constructor_that_reverts_leaves_nothing_but_the_nonce() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let code = wasm(WASM_CONSTRUCTOR_REVERTS);
    let deploy = deploy_input(VmKind::Wasm, &code, &[], None);
    let factory = sample.world.deploy_wat(WASM_FACTORY);
    // Init code of the EVM that reverts: PUSH1 0, PUSH1 0, REVERT.
    let evm = Bytes::from_static(&[0x60, 0x00, 0x60, 0x00, 0xfd]);
    let cases = [
        (sample.evm_relays[0], pass("tryForward", deployer(), &deploy)),
        (sample.wasm_relays[0], pass("tryForward", deployer(), &deploy)),
        (sample.evm_relays[0], pass("tryForward", factory, &order(VmKind::Wasm, &code))),
        (sample.wasm_relays[0], pass("tryForward", factory, &order(VmKind::Evm, &evm))),
    ];
    for (relay, input) in cases {
        let next = |creator: &Address, world: &World| {
            Address::from_evm(creator.evm_alias().create(nonce(world, creator)))
        };
        let would_be = [next(&relay, &sample.world), next(&factory, &sample.world)];
        let request = Request::raw(alice, relay, input).value(wei(3));
        let receipt = sample.world.request(&request).expect_ok();
        assert_eq!(receipt.output[31], 0, "the deploy failed");
        for contract in would_be {
            let found = sample.world.engine.inspect(&contract, 10).expect("memory does not fail");
            assert!(found.account.code_hash.is_empty());
            assert_eq!(found.account.nonce, 0);
            assert!(found.storage.is_empty() && found.contract.is_none());
            assert_eq!(sample.world.balance(&contract), U256::ZERO);
        }
    }
    // What the constructor says reaches the sender.
    let receipt = sample.world.send_raw(deployer(), deploy);
    assert!(!receipt.is_success());
    assert_eq!(receipt.output.as_ref(), b"refused");
}

#[test]
fn a_failed_deploy_counts_the_nonce_of_who_deployed_it_itself() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let code = wasm(WASM_CONSTRUCTOR_REVERTS);
    let deploy = deploy_input(VmKind::Wasm, &code, &[], None);
    let relay = sample.evm_relays[0];
    let factory = sample.world.deploy_wat(WASM_FACTORY);
    let nonces = |world: &World| [alice, relay, factory].map(|it| nonce(world, &it));
    let [sent, relayed, made] = nonces(&sample.world);
    // The sender's transaction counts, whatever comes of it.
    assert!(!sample.world.send_raw(deployer(), deploy.clone()).is_success());
    assert_eq!(nonces(&sample.world), [sent + 1, relayed, made]);
    // The system contract is called, and a call that reverts leaves nothing.
    let input = pass("tryForward", deployer(), &deploy);
    let _ = sample.world.send_raw(relay, input).expect_ok();
    assert_eq!(nonces(&sample.world), [sent + 2, relayed, made]);
    // The factory reverts with its deploy, so its count is gone with it.
    let input = pass("tryForward", factory, &order(VmKind::Wasm, &code));
    let _ = sample.world.send_raw(relay, input).expect_ok();
    assert_eq!(nonces(&sample.world), [sent + 3, relayed, made]);
    // The address that the failure did not use is the next one's.
    let input =
        pass("forward", deployer(), &deploy_input(VmKind::Wasm, &wasm(WASM_EMPTY), &[], None));
    let receipt = sample.world.send_raw(relay, input).expect_ok();
    assert_eq!(address(&receipt.output), Address::from_evm(relay.evm_alias().create(relayed)));
}

#[test]
fn the_gas_of_a_constructor_is_its_machines() {
    let mut world = World::new();
    let arguments: [Value; 3] = ["Coin".into(), "C".into(), 1_000_000u64.into()];
    for path in
        ["rust/token.wasm", "c/token.wasm", "assemblyscript/token.wasm", "stylus/token.wasm"]
    {
        let deploy = Deploy::new(world.alice, artifact(path)).arguments(arguments.to_vec());
        let receipt = world.send_deploy(&deploy).expect_ok();
        let used = receipt.gas_by_vm.iter().find(|(kind, _)| *kind == VmKind::Wasm);
        // At least the new records of the supply, the balance and the texts.
        assert!(used.is_some_and(|(_, gas)| gas.0 > 60_000), "{path}: {used:?}");
    }
}

#[test]
fn hostile_modules_are_refused_with_a_reason() {
    let mut sample = Sample::new();
    let whole = artifact("rust/counter.wasm").code;
    let texts = [
        // No export `call`, one of another type, an import that nobody offers, too much memory.
        r#"(module (memory (export "memory") 1))"#,
        r#"(module (memory (export "memory") 1)
            (func (export "call") (param i64) (result i32) (i32.const 0)))"#,
        r#"(module (import "env" "clock" (func)) (memory (export "memory") 1)
            (func (export "call") (param i32) (result i32) (i32.const 0)))"#,
        r#"(module (memory (export "memory") 60000)
            (func (export "call") (param i32) (result i32) (i32.const 0)))"#,
    ];
    let mut codes: Vec<Bytes> = texts.iter().map(|text| wasm(text)).collect();
    let cuts = (0..whole.len()).step_by(whole.len() / 40);
    codes.extend(cuts.map(|bytes| whole.slice(..bytes)));
    for code in codes {
        let deploy = deploy_input(VmKind::Wasm, &code, &[], None);
        let direct = sample.world.send_raw(deployer(), deploy.clone());
        assert!(!direct.is_success(), "{} bytes", code.len());
        let reason = direct.call.reason.expect("a refusal has a reason");
        assert!(reason.len() > 10, "{reason}");
        // Solidity sees the same reason.
        let relay = sample.evm_relays[0];
        let through = sample.world.send_raw(relay, pass("forward", deployer(), &deploy));
        assert_eq!(through.reason, Some(reason));
    }
}

#[test]
fn a_module_is_made_by_salt_where_the_salt_says() {
    let mut sample = Sample::new();
    let code = wasm(WASM_EMPTY);
    let salt = braidvm::B256::repeat_byte(7);
    let input = call_data(
        "deploy2(uint8,bytes,bytes,string,bytes32)",
        &[
            u64::from(VmKind::Wasm.code()).into(),
            code.clone().into(),
            Bytes::new().into(),
            "".into(),
            Bytes::copy_from_slice(salt.as_slice()).into(),
        ],
    );
    let relay = sample.evm_relays[0];
    let hash = braidvm::rooms::primitives::keccak256(&code);
    let expected = Address::from_evm(relay.evm_alias().create2(salt, hash));
    let receipt = sample.world.send_raw(relay, pass("forward", deployer(), &input)).expect_ok();
    assert_eq!(address(&receipt.output), expected);
    // The same again collides.
    let receipt = sample.world.send_raw(relay, pass("forward", deployer(), &input));
    assert!(!receipt.is_success());
    assert!(receipt.reason.is_some());
}

#[test]
fn coin_that_waits_at_the_address_stays_there() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let relay = sample.evm_relays[0];
    let contract = Address::from_evm(relay.evm_alias().create(nonce(&sample.world, &relay)));
    let _ = sample.world.request(&Request::transfer(alice, contract, wei(10))).expect_ok();
    let deploy = deploy_input(VmKind::Wasm, &wasm(WASM_EMPTY), &[], None);
    let input = pass("forward", deployer(), &deploy);
    let request = Request::raw(alice, relay, input).value(wei(5));
    let receipt = sample.world.request(&request).expect_ok();
    assert_eq!(address(&receipt.output), contract);
    assert_eq!(sample.world.balance(&contract), U256::from(15));
}

#[test]
fn two_deploys_of_one_transaction_have_two_addresses() {
    let mut sample = Sample::new();
    let deploy = deploy_input(VmKind::Wasm, &wasm(WASM_EMPTY), &[], None);
    let arguments: [Value; 4] =
        [deployer().into(), deploy.clone().into(), deployer().into(), deploy.into()];
    let input = call_data("forwardBoth(address,bytes,address,bytes)", &arguments);
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        let next = nonce(&sample.world, &relay);
        let receipt = sample.world.send_raw(relay, input.clone()).expect_ok();
        let made = [next, next + 1].map(|it| Address::from_evm(relay.evm_alias().create(it)));
        for contract in made {
            assert_eq!(kind(&sample.world, &contract), VmKind::Wasm);
            let word = contract.as_bytes();
            assert!(receipt.output.windows(32).any(|window| window == word));
        }
        assert_eq!(nonce(&sample.world, &relay), next + 2);
    }
}

#[test]
fn the_system_contract_keeps_no_coin() {
    let mut sample = Sample::new();
    let alice = sample.world.alice;
    let counter = sample.counters[0];
    let describe = describe_input(counter, 0, "[]");
    let requests = [
        Request::transfer(alice, deployer(), wei(5)),
        Request::raw(alice, deployer(), describe.clone()).value(wei(5)),
        Request::raw(alice, sample.evm_relays[0], pass("forward", deployer(), &describe))
            .value(wei(5)),
        Request::raw(alice, sample.wasm_relays[0], pass("forward", deployer(), &Bytes::new()))
            .value(wei(5)),
    ];
    for request in requests {
        let receipt = sample.world.request(&request);
        assert!(!receipt.is_success());
        assert!(receipt.call.reason.is_some_and(|reason| reason.len() > 8));
        assert_eq!(sample.world.balance(&deployer()), U256::ZERO);
    }
}

#[test]
fn only_its_creator_describes_a_contract() {
    let mut sample = Sample::new();
    let bob = sample.world.engine.account("bob").expect("a development account");
    let counter = sample.counters[0];
    let before = sample.world.engine.interface(&counter);
    for nonce in 0..8 {
        let input = describe_input(counter, nonce, "[]");
        let receipt = sample.world.request(&Request::raw(bob, deployer(), input));
        assert!(!receipt.is_success());
        assert!(receipt.call.reason.is_some_and(|reason| reason.contains("is not the owner")));
    }
    assert_eq!(sample.world.engine.interface(&counter), before);
}
