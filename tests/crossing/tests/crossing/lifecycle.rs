//! What owners do with contracts, the same on every machine.

use braid_crossing_tests::{
    World,
    lifecycle::{STRANDS, Strand, interface},
    sample::pass,
};
use braidvm::{
    Address, Arguments, Bytes, DEPLOYER_ROLE, Deploy, Hash, Lifecycle, Receipt, Request,
    UPGRADER_ROLE, UpgradePolicy, Value, VmKind, deployer,
    rooms::{kernel::lifecycle_input, primitives::keccak256, state::record::ContractStatus},
};

fn number(world: &World, contract: Address) -> u64 {
    world.read(contract, "number")
}

/// A change of a contract by an account of this name.
fn by<'a>(world: &'a mut World, name: &str, contract: Address) -> Lifecycle<'a> {
    let from = world.engine.account(name).expect("invariant: a development account");
    world.engine.lifecycle(from, contract)
}

#[track_caller]
fn refused(receipt: &Receipt, words: &str) {
    let reason = receipt.call.reason.clone().expect("refused");
    assert!(reason.contains(words), "{reason}");
}

#[track_caller]
fn emitted(world: &World, receipt: &Receipt, name: &str) {
    let interfaces = world.engine.interfaces();
    let texts: Vec<_> = receipt
        .call
        .events
        .iter()
        .map(|event| braidvm::decode::decode_event(event, &interfaces).text)
        .collect();
    assert!(texts.iter().any(|text| text.starts_with(name)), "{name} is not among {texts:?}");
}

/// A method without arguments, called by Alice: the reason why it fails.
fn reason(world: &World, contract: Address) -> Option<String> {
    world
        .engine
        .call(&Request::new(world.alice, contract, "number()"))
        .expect("invariant: memory does not fail")
        .reason
}

fn version(world: &World, contract: Address) -> u32 {
    let inspection = world.engine.inspect(&contract, 0).expect("invariant: memory does not fail");
    let record = inspection.contract.expect("a record");
    assert_eq!(record.code_hashes.last(), Some(&inspection.account.code_hash));
    assert_eq!(record.is_guarded(), inspection.account.is_guarded);
    record.version
}

fn each(test: impl Fn(&Strand, &mut World, Address)) {
    for strand in STRANDS {
        let mut world = World::new();
        let contract = strand.deploy(&mut world, 1);
        assert_eq!(
            world
                .engine
                .inspect(&contract, 0)
                .expect("invariant: memory does not fail")
                .account
                .kind,
            strand.kind
        );
        test(strand, &mut world, contract);
    }
}

#[test]
fn an_upgrade_migrates_and_a_rollback_restores() {
    each(|strand, world, contract| {
        assert_eq!(number(world, contract), 1);
        let plain = strand.artifact(2, true, 2);
        let receipt = by(world, "alice", contract).upgrade(&plain, &Arguments::none()).unwrap();
        emitted(world, &receipt.expect_ok(), "Upgraded");
        assert_eq!(number(world, contract), 2, "an interface without migrate runs none");
        let migrating = strand.artifact(3, true, 3);
        let receipt = by(world, "alice", contract).upgrade(&migrating, &Arguments::none()).unwrap();
        assert_eq!(receipt.expect_ok().values().unwrap(), [Value::uint(3)]);
        assert_eq!(number(world, contract), 2_003, "migrate learns the version before");
        let receipt = by(world, "alice", contract).rollback(1).unwrap().expect_ok();
        emitted(world, &receipt, "RolledBack");
        assert_eq!(number(world, contract), 2_001, "the storage is as it was left");
        assert_eq!(version(world, contract), 4);
        let versions = world.engine.latest().versions(&contract).unwrap();
        let blocks: Vec<_> = versions.iter().map(|it| it.block.expect("kept")).collect();
        assert!(blocks.is_sorted(), "{blocks:?}");
        assert_eq!(versions.len(), 4);
        assert!(versions.iter().all(|it| it.author == Some(world.alice)));
        assert_eq!(versions[0].code_hash, versions[3].code_hash);
        let text = |methods| Some(interface(methods).to_json());
        let interfaces: Vec<_> = versions.into_iter().map(|it| it.interface).collect();
        assert_eq!(interfaces, [text(2), text(2), text(3), text(2)]);
    });
}

#[test]
fn a_migrate_that_fails_leaves_everything_as_it_was() {
    each(|strand, world, contract| {
        let bad = strand.artifact(2, false, 3);
        let before = world.engine.inspect(&contract, 16).unwrap();
        let receipt = by(world, "alice", contract).upgrade(&bad, &Arguments::none()).unwrap();
        refused(&receipt, "migrate failed");
        let after = world.engine.inspect(&contract, 16).unwrap();
        assert_eq!((after.account, after.contract), (before.account, before.contract));
        assert_eq!(after.storage, before.storage);
        assert_eq!(number(world, contract), 1);
        assert_eq!(world.engine.latest().versions(&contract).unwrap().len(), 1);
        // Nobody but the deployer migrates.
        let good = strand.artifact(2, true, 3);
        let _ = by(world, "alice", contract).upgrade(&good, &Arguments::none()).unwrap();
        let direct = world.send(contract, "migrate", &[Value::uint(9)]);
        assert!(!direct.is_success());
        assert_eq!(number(world, contract), 1_002);
    });
}

#[test]
fn frozen_and_revoked_contracts_are_not_called() {
    each(|strand, world, contract| {
        let relays = ["solidity/Relay.json", "rust/relay.wasm"].map(|it| world.deploy(it, &[]));
        let call = braid_crossing_tests::call_data("number()", &[]);
        let receipt = by(world, "alice", contract).freeze().unwrap().expect_ok();
        emitted(world, &receipt, "Frozen");
        assert!(reason(world, contract).expect("fails").contains("is frozen"));
        for relay in relays {
            refused(&world.send_raw(relay, pass("forward", contract, &call)), "is frozen");
            let survived = world.send_raw(relay, pass("tryForward", contract, &call)).expect_ok();
            assert!(String::from_utf8_lossy(&survived.output).contains("is frozen"));
        }
        refused(&by(world, "alice", contract).freeze().unwrap(), "is frozen already");
        // What is frozen can be mended before it goes on.
        let mended = strand.artifact(2, true, 3);
        let _ =
            by(world, "alice", contract).upgrade(&mended, &Arguments::none()).unwrap().expect_ok();
        assert!(reason(world, contract).is_some());
        let _ = by(world, "alice", contract).unfreeze().unwrap().expect_ok();
        assert_eq!(number(world, contract), 1_002);
        assert!(!world.engine.inspect(&contract, 0).unwrap().account.is_guarded);
        let _ = by(world, "alice", contract).revoke().unwrap().expect_ok();
        assert!(reason(world, contract).expect("fails").contains("is revoked"));
        refused(&by(world, "alice", contract).unfreeze().unwrap(), "is revoked");
        let again = by(world, "alice", contract).upgrade(&mended, &Arguments::none()).unwrap();
        refused(&again, "is revoked");
    });
}

#[test]
fn an_undone_freeze_freezes_nothing() {
    each(|_, world, contract| {
        for relay in ["solidity/Relay.json", "rust/relay.wasm"] {
            let relay = world.deploy(relay, &[]);
            let offer = by(world, "alice", contract).transfer_ownership(relay).unwrap();
            let _ = offer.expect_ok();
            let input = |method: &str| lifecycle_input(method, &[contract.into()]).unwrap();
            let accept = pass("forward", deployer(), &input("acceptOwnership"));
            let _ = world.send_raw(relay, accept).expect_ok();
            let freeze = pass("forwardThenRevert", deployer(), &input("freeze"));
            assert!(!world.send_raw(relay, freeze).is_success());
            assert_eq!(number(world, contract), 1);
            let back = lifecycle_input("transferOwnership", &[contract.into(), world.alice.into()]);
            let back = pass("forward", deployer(), &back.unwrap());
            let _ = world.send_raw(relay, back).expect_ok();
            let _ = by(world, "alice", contract).accept_ownership().unwrap().expect_ok();
        }
    });
}

#[test]
fn ownership_moves_in_two_steps_and_ends() {
    each(|strand, world, contract| {
        let bob = world.engine.account("bob").unwrap();
        let status = |world: &World| world.engine.inspect(&contract, 0).unwrap().contract.unwrap();
        refused(&by(world, "bob", contract).freeze().unwrap(), "is not the owner of");
        refused(&by(world, "bob", contract).accept_ownership().unwrap(), "was not offered");
        let _ = by(world, "alice", contract).transfer_ownership(bob).unwrap().expect_ok();
        assert_eq!(status(world).owner, Some(world.alice), "until it is accepted");
        let receipt = by(world, "bob", contract).accept_ownership().unwrap().expect_ok();
        emitted(world, &receipt, "OwnershipTransferred");
        assert_eq!(status(world).owner, Some(bob));
        refused(&by(world, "alice", contract).freeze().unwrap(), "is not the owner of");
        let next = strand.artifact(2, true, 2);
        let _ = by(world, "bob", contract).upgrade(&next, &Arguments::none()).unwrap().expect_ok();
        let authors: Vec<_> = world.engine.latest().versions(&contract).unwrap();
        let authors: Vec<_> = authors.into_iter().map(|it| it.author.unwrap()).collect();
        assert_eq!(authors, [world.alice, bob]);
        let _ = by(world, "bob", contract).renounce_ownership().unwrap().expect_ok();
        assert_eq!((status(world).owner, status(world).status), (None, ContractStatus::Active));
        refused(&by(world, "bob", contract).freeze().unwrap(), "is not the owner of");
        assert_eq!(number(world, contract), 2);
    });
}

#[test]
fn policies_say_who_upgrades() {
    each(|strand, world, contract| {
        let bob = world.engine.account("bob").unwrap();
        let next = |number| strand.artifact(number, true, 2);
        let none = Arguments::none();
        let upgrade = |world: &mut World, name: &str, number: u8| {
            by(world, name, contract).upgrade(&next(number), &none).unwrap()
        };
        refused(&upgrade(world, "bob", 2), "is not the owner of");
        let list = by(world, "alice", contract).set_policy(UpgradePolicy::AllowList).unwrap();
        emitted(world, &list.expect_ok(), "PolicyChanged");
        refused(&upgrade(world, "bob", 2), "AccessDenied");
        let grant = by(world, "alice", contract).set_role(*UPGRADER_ROLE, bob, true).unwrap();
        emitted(world, &grant.expect_ok(), "RoleGranted");
        let _ = upgrade(world, "bob", 2).expect_ok();
        let _ = upgrade(world, "alice", 3).expect_ok();
        let revoke = by(world, "alice", contract).set_role(*UPGRADER_ROLE, bob, false).unwrap();
        let _ = revoke.expect_ok();
        refused(&upgrade(world, "bob", 4), "AccessDenied");
        let _ = by(world, "alice", contract).set_policy(UpgradePolicy::Open).unwrap().expect_ok();
        let _ = upgrade(world, "carol", 4).expect_ok();
        assert_eq!((number(world, contract), version(world, contract)), (4, 4));
    });
}

fn proposed(world: &World, strand: &Strand, contract: Address, number: u8) -> Hash {
    let artifact = strand.artifact(number, true, 2);
    let at = (world.alice, contract);
    let code = world
        .engine
        .runtime_code(at, &artifact, &Arguments::none())
        .expect("invariant: memory does not fail");
    keccak256(code)
}

#[test]
fn several_have_to_approve_where_the_policy_says_so() {
    each(|strand, world, contract| {
        let names = ["alice", "bob", "carol"];
        for name in names {
            let account = world.engine.account(name).unwrap();
            let grant = by(world, "alice", contract).set_role(*UPGRADER_ROLE, account, true);
            let _ = grant.unwrap().expect_ok();
        }
        let policy = UpgradePolicy::MultiSign(2);
        let _ = by(world, "alice", contract).set_policy(policy).unwrap().expect_ok();
        let hash = proposed(world, strand, contract, 2);
        let next = strand.artifact(2, true, 2);
        let upgrade = |world: &mut World, name: &str| {
            by(world, name, contract).upgrade(&next, &Arguments::none()).unwrap()
        };
        refused(&upgrade(world, "alice"), "has 0 of 2 approvals");
        refused(&by(world, "bob", contract).approve(hash).unwrap(), "was not proposed");
        let receipt = by(world, "bob", contract).propose(hash).unwrap().expect_ok();
        emitted(world, &receipt, "Proposed");
        refused(&by(world, "bob", contract).approve(hash).unwrap(), "approved of");
        refused(&by(world, "dave", contract).approve(hash).unwrap(), "AccessDenied");
        refused(&upgrade(world, "alice"), "has 1 of 2 approvals");
        let _ = by(world, "carol", contract).approve(hash).unwrap().expect_ok();
        let _ = by(world, "bob", contract).withdraw(hash).unwrap().expect_ok();
        refused(&upgrade(world, "alice"), "has 1 of 2 approvals");
        let _ = by(world, "alice", contract).approve(hash).unwrap().expect_ok();
        refused(&upgrade(world, "dave"), "AccessDenied");
        let _ = upgrade(world, "bob").expect_ok();
        assert_eq!(number(world, contract), 2);
        refused(&upgrade(world, "bob"), "has 0 of 2 approvals");
        // The owner alone neither changes the policy nor who approves.
        let open = by(world, "alice", contract).set_policy(UpgradePolicy::Open).unwrap();
        refused(&open, "approvals");
        let dave = world.engine.account("dave").unwrap();
        let grant = by(world, "alice", contract).set_role(*UPGRADER_ROLE, dave, true).unwrap();
        refused(&grant, "approvals");
        let values = [contract.into(), Value::uint(1), Value::uint(0)];
        let change = keccak256(lifecycle_input("setPolicy", &values).unwrap());
        let _ = by(world, "bob", contract).propose(change).unwrap().expect_ok();
        let _ = by(world, "carol", contract).approve(change).unwrap().expect_ok();
        let owner = by(world, "alice", contract).set_policy(UpgradePolicy::Owner).unwrap();
        let _ = owner.expect_ok();
        let rollback = by(world, "alice", contract).rollback(1).unwrap();
        assert_eq!(rollback.expect_ok().values().unwrap(), [Value::uint(3)]);
    });
}

#[test]
fn code_of_the_evm_that_is_not_managed_never_changes() {
    let mut world = World::new();
    let counter = world.deploy("solidity/Counter.json", &[]);
    let next = STRANDS[0].artifact(2, true, 2);
    refused(
        &by(&mut world, "alice", counter).upgrade(&next, &Arguments::none()).unwrap(),
        "never changes",
    );
    let _ = by(&mut world, "alice", counter).freeze().unwrap().expect_ok();
    refused(&world.send(counter, "increment", &[]), "is frozen");
    // Nor does it run where another contract borrows it.
    let relay = world.deploy("solidity/Relay.json", &[]);
    let call = braid_crossing_tests::call_data("increment()", &[]);
    let borrowed = world.send_raw(relay, pass("delegateForward", counter, &call)).expect_ok();
    assert!(String::from_utf8_lossy(&borrowed.output).contains("is frozen"));
    let _ = by(&mut world, "alice", counter).unfreeze().unwrap().expect_ok();
    let _ = world.send(counter, "increment", &[]).expect_ok();
}

#[test]
fn runtime_code_that_cannot_be_is_refused() {
    let mut world = World::new();
    let contract = STRANDS[0].deploy(&mut world, 1);
    let input = |code: &[u8]| {
        let values = [contract.into(), Value::bytes(code.to_vec()), Value::text("")];
        lifecycle_input("upgrade", &values).unwrap()
    };
    let cases: [(Vec<u8>, &str); 3] = [
        (Vec::new(), "there is no code"),
        (vec![0xef, 0xaa], "EIP-3541"),
        (vec![0; 24_577], "24577 bytes breaks the limit of 24576 bytes"),
    ];
    for (code, words) in cases {
        refused(&world.send_raw(deployer(), input(&code)), words);
        assert_eq!((number(&world, contract), version(&world, contract)), (1, 1));
    }
    let receipt = world.send_raw(deployer(), Bytes::from_static(&[1, 2, 3, 4]));
    refused(&receipt, "has no such method");
}

#[test]
fn the_chain_says_who_deploys() {
    let text = r#"
        [governance]
        owner = "alice"
        deploy = "allow-list"
        deployers = ["bob"]
        upgrade = "allow-list"
        [accounts.alice]
        balance = "100ether"
        [accounts.bob]
        balance = "100ether"
        [accounts.carol]
        balance = "100ether"
    "#;
    let genesis = braidvm::Genesis::from_text("test", text).unwrap();
    let store = std::sync::Arc::new(braidvm::rooms::state::MemoryStore::new());
    let none = |_: &std::path::Path| unreachable!("no artifacts");
    let config = braidvm::Config::default();
    let mut engine = braidvm::Engine::with_genesis(config, store, &genesis, &none).unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|it| engine.account(it).unwrap());
    for strand in STRANDS {
        for is_managed in [true, false] {
            let mut deploy = Deploy::new(carol, strand.artifact(1, true, 2));
            deploy.is_managed = is_managed;
            let nonce = engine.nonce(&carol).unwrap();
            refused(&engine.deploy(&deploy).unwrap(), "AccessDenied");
            assert_eq!(engine.nonce(&carol).unwrap(), nonce + 1);
            for allowed in [alice, bob] {
                deploy.from = allowed;
                let made = engine.deploy(&deploy).unwrap().expect_contract();
                let record = engine.inspect(&made, 0).unwrap().contract.unwrap();
                assert_eq!(record.owner, Some(allowed));
                let is_listed = record.upgrade_policy == UpgradePolicy::AllowList;
                assert_eq!(is_listed, is_managed || strand.kind != VmKind::Evm);
            }
        }
    }
    let grant = engine.lifecycle(alice, deployer()).set_role(*DEPLOYER_ROLE, carol, true);
    let _ = grant.unwrap().expect_ok();
    let deploy = Deploy::new(carol, STRANDS[1].artifact(1, true, 2));
    let _ = engine.deploy(&deploy).unwrap().expect_contract();
    let owner = engine.lifecycle(alice, deployer()).set_policy(UpgradePolicy::Owner);
    let _ = owner.unwrap().expect_ok();
    refused(&engine.deploy(&deploy).unwrap(), "is not the owner of");
    let freeze = engine.lifecycle(alice, deployer()).freeze().unwrap();
    refused(&freeze, "set its policy");
}
