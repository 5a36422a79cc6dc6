//! Methods that are for a role alone: every machine as caller, every machine as callee.

use braid_crossing_tests::{
    World, call_data,
    lifecycle::STRANDS,
    sample::{hop, pass},
};
use braidvm::{
    Address, B256, Bytes, Receipt, Request, Value, access_control, method_selector, role,
    rooms::kernel::lifecycle_input,
};

const ROLE: &str = "KEEPER_ROLE";

#[track_caller]
fn denied(receipt: &Receipt) {
    let reason = receipt.call.reason.clone().expect("denied");
    assert!(reason.contains("AccessDenied("), "{reason}");
}

fn selector(name: &str) -> [u8; 4] {
    method_selector(None, &format!("{name}()")).expect("a signature")
}

fn set(world: &mut World, contract: Address, account: Address, is_granted: bool) {
    let mut change = world.engine.lifecycle(world.alice, contract);
    let _ = change
        .set_role(role(ROLE), account, is_granted)
        .expect("invariant: memory does not fail")
        .expect_ok();
}

fn keep(world: &mut World, contract: Address, role: Option<B256>) {
    let mut change = world.engine.lifecycle(world.alice, contract);
    let _ = change
        .set_method_role(selector("number"), role)
        .expect("invariant: memory does not fail")
        .expect_ok();
}

#[test]
fn a_method_is_for_those_who_have_its_role_through_every_crossing() {
    for strand in STRANDS {
        let mut world = World::new();
        let contract = strand.deploy(&mut world, 7);
        let relays = ["solidity/Relay.json", "rust/relay.wasm"].map(|it| world.deploy(it, &[]));
        let [number, other] = ["number()", "other()"].map(|it| call_data(it, &[]));
        keep(&mut world, contract, Some(role(ROLE)));
        denied(&world.send_raw(contract, number.clone()));
        let _ = world.send_raw(contract, other.clone()).expect_ok();
        // Input without a selector names no method that could be kept.
        let unnamed = world.send_raw(contract, Bytes::new()).call.reason;
        assert!(!unnamed.is_some_and(|it| it.contains("AccessDenied")), "{}", strand.name);
        for (relay, stranger) in [(relays[0], relays[1]), (relays[1], relays[0])] {
            for method in ["forward", "staticForward"] {
                denied(&world.send_raw(relay, pass(method, contract, &number)));
                let _ = world.send_raw(relay, pass(method, contract, &other)).expect_ok();
            }
            // It is the calling contract that needs the role, and not who began.
            set(&mut world, contract, relay, true);
            for method in ["forward", "staticForward"] {
                let _ = world.send_raw(relay, pass(method, contract, &number)).expect_ok();
            }
            let path = |last: Address| hop(&[stranger, last, contract], &number);
            let _ = world.send_raw(relay, path(relay)).expect_ok();
            denied(&world.send_raw(relay, path(stranger)));
            let attempt = world.send_raw(stranger, pass("tryForward", contract, &number));
            let output = attempt.expect_ok().call.output;
            assert!(String::from_utf8_lossy(&output).contains("AccessDenied"));
            set(&mut world, contract, relay, false);
            denied(&world.send_raw(relay, pass("forward", contract, &number)));
        }
        let alice = world.alice;
        set(&mut world, contract, alice, true);
        assert_eq!(world.read(contract, "number"), 7);
        assert!(world.engine.inspect(&contract, 0).unwrap().account.is_guarded);
        let rules = world.engine.latest().access(&contract, 100).unwrap();
        assert_eq!(rules.members, [(role(ROLE), alice)]);
        assert_eq!(rules.methods, [(selector("number"), role(ROLE))]);
        set(&mut world, contract, alice, false);
        keep(&mut world, contract, None);
        assert!(!world.engine.inspect(&contract, 0).unwrap().account.is_guarded);
        assert_eq!(world.read(contract, "number"), 7);
        assert!(world.engine.latest().access(&contract, 100).unwrap().is_empty());
    }
}

fn ask(world: &World, method: &str, values: &[Value]) -> Vec<Value> {
    let request = Request::new(world.alice, access_control(), method).arguments(values.to_vec());
    world
        .engine
        .call(&request)
        .expect("invariant: memory does not fail")
        .expect_ok()
        .values()
        .expect("invariant: memory does not fail")
}

#[test]
fn administrators_of_a_role_grant_it_and_nobody_else() {
    let mut world = World::new();
    let contract = STRANDS[0].deploy(&mut world, 7);
    let [bob, carol] = ["bob", "carol"].map(|it| world.engine.account(it).unwrap());
    let grant = |world: &mut World, from: Address, name: &str, to: Address| {
        world.engine.lifecycle(from, contract).set_role(role(name), to, true).unwrap()
    };
    denied(&grant(&mut world, bob, ROLE, carol));
    let alice = world.alice;
    let _ = grant(&mut world, alice, "DEFAULT_ADMIN_ROLE", bob).expect_ok();
    let _ = grant(&mut world, bob, ROLE, carol).expect_ok();
    let word = |name: &str| Value::bytes(role(name).to_vec());
    let admin = lifecycle_input("setRoleAdmin", &[contract.into(), word(ROLE), word("HEAD")]);
    let admin = admin.unwrap();
    let request = Request::raw(bob, access_control(), admin);
    let _ = world.engine.send(&request).unwrap().expect_ok();
    denied(&grant(&mut world, bob, ROLE, bob));
    let _ = grant(&mut world, bob, "HEAD", carol).expect_ok();
    let _ = grant(&mut world, carol, ROLE, bob).expect_ok();
    let admin = ask(&world, "getRoleAdmin", &[contract.into(), word(ROLE)]);
    assert_eq!(admin, [word("HEAD")]);
    let has = |world: &World, who: Address| {
        ask(world, "hasRole", &[contract.into(), word(ROLE), who.into()]) == [Value::Bool(true)]
    };
    assert!(has(&world, bob) && has(&world, carol) && !has(&world, alice));
    let renounce = lifecycle_input("renounceRole", &[contract.into(), word(ROLE)]).unwrap();
    let renounce = Request::raw(bob, access_control(), renounce);
    let _ = world.engine.send(&renounce).unwrap().expect_ok();
    assert!(!has(&world, bob));
    keep(&mut world, contract, Some(role(ROLE)));
    let selector = Value::bytes(selector("number").to_vec());
    let rule = ask(&world, "getMethodRole", &[contract.into(), selector.clone()]);
    assert_eq!(rule, [Value::Bool(true), word(ROLE)]);
    for (who, may_call) in [(alice, false), (carol, true)] {
        let values = [contract.into(), who.into(), selector.clone()];
        assert_eq!(ask(&world, "canCall", &values), [Value::Bool(may_call)]);
    }
}

#[test]
fn a_static_frame_changes_no_role() {
    let mut world = World::new();
    let relay = world.deploy("solidity/Relay.json", &[]);
    let contract = STRANDS[1].deploy(&mut world, 7);
    let offer = world.engine.lifecycle(world.alice, contract).transfer_ownership(relay).unwrap();
    let _ = offer.expect_ok();
    let accept = lifecycle_input("acceptOwnership", &[contract.into()]).unwrap();
    let deployer = braidvm::deployer();
    assert!(!world.send_raw(relay, pass("staticForward", deployer, &accept)).is_success());
    let _ = world.send_raw(relay, pass("forward", deployer, &accept)).expect_ok();
    let word = Value::bytes(role(ROLE).to_vec());
    let grant = lifecycle_input("grantRole", &[contract.into(), word, relay.into()]).unwrap();
    assert!(!world.send_raw(relay, pass("staticForward", access_control(), &grant)).is_success());
    let _ = world.send_raw(relay, pass("forward", access_control(), &grant)).expect_ok();
    let owner = lifecycle_input("owner", &[contract.into()]).unwrap();
    let _ = world.send_raw(relay, pass("staticForward", deployer, &owner)).expect_ok();
}
