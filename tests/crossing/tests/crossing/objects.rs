//! State objects over machines: made in one, read and given away in another, undone as a whole.

use braid_crossing_tests::{Sample, World, call_data, number, sample::pass};
use braidvm::{
    Address, B256, Bytes, Gas, Interface, Request, Type, Value,
    rooms::{
        abi::typed,
        primitives::{ObjectId, ObjectOwner},
        state::Records,
        vm::{HaltReason, Status, object::OBJECT_EVENTS},
        vm_native::system::{self, OBJECTS_INTERFACE},
    },
};
use proptest::{prelude::*, sample::Index};

use crate::javascript;

/// WebAssembly whose `make(address owner)` makes an object for the owner with the field `level`,
/// which is the `uint64` 41, and answers with its identity. It reverts with the refusal of the host
/// where there is one.
fn maker() -> String {
    let value = typed::encode(&Type::Uint(64), &Value::uint(41)).expect("a number");
    let text: String = value.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!(
        r#"(module
  (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
  (import "braid1" "output_write" (func $output_write (param i32 i32)))
  (import "braid1" "object_create" (func $create (param i32 i32 i32) (result i32)))
  (import "braid1" "object_set_field"
    (func $set_field (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "level")
  (data (i32.const 1024) "{text}")
  (func (export "call") (param i32) (result i32)
    (call $input_read (i32.const 0) (i32.const 4) (i32.const 32))
    (i32.store (i32.const 256) (call $create (i32.const 0) (i32.const 0) (i32.const 64)))
    (if (i32.eqz (i32.load (i32.const 256)))
      (then (i32.store (i32.const 256) (call $set_field
        (i32.const 64) (i32.const 512) (i32.const 5) (i32.const 1024) (i32.const {})))))
    (if (i32.load (i32.const 256)) (then unreachable))
    (call $output_write (i32.const 64) (i32.const 32))
    (i32.const 0)))"#,
        value.len()
    )
}

/// A contract whose `make(address owner)` has an object made by the maker above, reads and adds to
/// it, and hands it on.
const CURATOR: &str = "
import { contract, object, blockchain, storage } from 'chain';

export default class Curator {
    init(maker: address) { storage.put('maker', maker); }

    make(owner: address): bytes32 {
        const abi = ['make(address) returns (bytes32)'];
        const maker = storage.get('maker');
        const id = contract(maker, { abi }).make(blockchain.contractName());
        const level = object.get(id, 'level');
        if (level !== 41n || object.creator(id) !== maker) throw new Error(`level ${level}`);
        object.set(id, 'title', 'captain');
        object.set(id, 'scores', [3, 5], 'uint8[]');
        object.setOwner(id, owner);
        return id;
    }

    /** @view */
    read(id: bytes32): [u64, string, number[]] {
        return [object.get(id, 'level'), object.get(id, 'title'), object.get(id, 'scores')];
    }

    write(id: bytes32): void { object.set(id, 'level', 1n, 'uint64'); }
}
";

fn word(bytes: &[u8]) -> Value {
    Value::bytes(Bytes::copy_from_slice(bytes))
}

fn id_of(output: &[u8]) -> ObjectId {
    ObjectId(B256::from(number(output)))
}

/// What the contract for objects answers to Alice.
fn ask(world: &World, method: &str, arguments: Vec<Value>) -> Vec<Value> {
    let request = Request::new(world.alice, system::objects(), method).arguments(arguments);
    world.engine.call(&request).expect("valid").expect_ok().values().expect("decodes")
}

fn owned(world: &World, owner: Address) -> Vec<Value> {
    let answer = ask(world, "list", vec![owner.into(), word(&[0; 32]), Value::uint(100)]);
    answer[0].as_items().expect("a list").to_vec()
}

#[test]
fn webassembly_makes_an_object_and_solidity_reads_it_and_gives_it_away() {
    let mut world = World::new();
    let maker = world.deploy_wat(&maker());
    let keeper = world.deploy("solidity/ObjectKeeper.json", &[]);
    let bob = world.engine.account("bob").expect("known");
    let receipt = world.send(keeper, "makeAndGive", &[maker.into(), bob.into()]).expect_ok();
    let id = id_of(&receipt.call.output[..32]);
    assert_eq!(number(&receipt.call.output[32..]).to::<u64>(), 42);
    let id_value = word(id.as_bytes());
    assert_eq!(
        ask(&world, "get", vec![id_value.clone()]),
        [true.into(), maker.into(), false.into(), word(bob.as_bytes())]
    );
    let level = ask(&world, "field", vec![id_value.clone(), "level".into()]);
    assert_eq!(level[0], Value::text("uint64"));
    assert_eq!(number(level[1].as_bytes().expect("bytes")).to::<u64>(), 42);
    assert_eq!(owned(&world, bob), [id_value]);
    assert_eq!(owned(&world, keeper), []);
    let names: Vec<_> = receipt
        .call
        .events
        .iter()
        .map(|event| {
            assert_eq!(event.address, system::objects());
            let decoded = OBJECTS_INTERFACE.decode_event(&event.topics, &event.data);
            decoded.expect("decodes").expect("an event of objects").name
        })
        .collect();
    let expected = ["ObjectCreated", "ObjectChanged", "ObjectChanged", "ObjectTransferred"];
    assert_eq!(names, expected);
    assert_eq!(OBJECT_EVENTS.len(), 4);
}

/// Made by WebAssembly, read and added to by JavaScript, raised and given by Solidity.
#[test]
fn an_object_goes_through_three_machines_in_one_transaction() {
    let mut world = World::new();
    let maker = world.deploy_wat(&maker());
    let curator = javascript::deploy(&mut world, CURATOR, &[maker.into()]);
    let keeper = world.deploy("solidity/ObjectKeeper.json", &[]);
    let bob = world.engine.account("bob").expect("known");
    let receipt = world.send(keeper, "makeAndGive", &[curator.into(), bob.into()]).expect_ok();
    let id = id_of(&receipt.call.output[..32]);
    assert_eq!(number(&receipt.call.output[32..]).to::<u64>(), 42);
    assert_eq!(owned(&world, bob), [word(id.as_bytes())]);
    let read = Request::new(bob, curator, "read").arguments(vec![word(id.as_bytes())]);
    let read = world.engine.call(&read).expect("valid").expect_ok().values().expect("decodes");
    let scores = Value::Array(vec![Value::uint(3), Value::uint(5)]);
    assert_eq!(read, [Value::uint(42), Value::text("captain"), scores]);
    let refused = world.send(curator, "write", &[word(id.as_bytes())]);
    let reason = refused.call.reason.expect("a reason");
    assert!(reason.contains("neither creator nor owner"), "{reason}");
}

#[test]
fn a_badge_in_javascript_is_what_badges_are() {
    let mut world = World::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/");
    let read = |path: &str| std::fs::read_to_string(format!("{folder}{path}")).expect("is there");
    let badges = javascript::deploy(&mut world, &read("javascript/badge.ts"), &[]);
    let keeper = world.deploy("solidity/ObjectKeeper.json", &[]);
    let [alice, bob] = ["alice", "bob"].map(|name| world.engine.account(name).expect("known"));
    let interface = world.engine.interface(&badges).expect("has one");
    let declared = read("interfaces/badge.abi");
    let declared: Vec<&str> = declared.lines().filter(|line| !line.starts_with('#')).collect();
    let declared = Interface::from_signatures(&declared).expect("parses");
    for method in &declared.methods {
        let found = interface.method(&method.name).expect("is there");
        assert_eq!(
            (found.selector(), &found.outputs[0].kind),
            (method.selector(), &method.outputs[0].kind)
        );
    }
    let receipt = world.send(keeper, "makeAndGive", &[badges.into(), alice.into()]).expect_ok();
    let id = word(&receipt.call.output[..32]);
    assert_eq!(world.read_with(badges, "level", std::slice::from_ref(&id)), 2);
    world.send(badges, "raise", std::slice::from_ref(&id)).expect_ok();
    world.send(badges, "give", &[id.clone(), bob.into()]).expect_ok();
    assert_eq!(world.read_with(badges, "count", &[bob.into()]), 1);
    let refused = world.send(badges, "raise", std::slice::from_ref(&id));
    assert!(refused.reason.as_deref().is_some_and(|it| it.contains("not the owner")));
    let scrap = Request::new(bob, badges, "scrap").arguments(vec![id.clone()]);
    world.request(&scrap).expect_ok();
    assert!(!world.send(badges, "level", &[id]).is_success());
}

#[test]
fn only_creator_and_owner_change_an_object_whoever_calls_them() {
    let mut world = World::new();
    let maker = world.deploy_wat(&maker());
    let keeper = world.deploy("solidity/ObjectKeeper.json", &[]);
    let [bob, alice] = ["bob", "alice"].map(|name| world.engine.account(name).expect("known"));
    let make = call_data("make(address)", &[bob.into()]);
    let id = id_of(&world.send_raw(maker, make).expect_ok().call.output);
    let id = word(id.as_bytes());
    // The owner calls a contract, which has no right of its own and gets none from its caller.
    let write = [id.clone(), Value::uint(7)];
    let by_bob = Request::new(bob, keeper, "write").arguments(write.to_vec());
    let refused = world.request(&by_bob);
    let reason = refused.call.reason.expect("a reason");
    assert!(reason.contains("neither creator nor owner"), "{reason}");
    let set = |from: Address, to: Address| {
        Request::new(from, system::objects(), "setOwner").arguments(vec![id.clone(), to.into()])
    };
    assert_eq!(world.request(&set(alice, alice)).call.status, Status::Revert);
    world.request(&set(bob, keeper)).expect_ok();
    world.send(keeper, "write", &write).expect_ok();
    assert_eq!(world.request(&set(bob, bob)).call.status, Status::Revert);
    let gone = Request::new(bob, system::objects(), "deleteObject").arguments(vec![id.clone()]);
    assert_eq!(world.request(&gone).call.status, Status::Revert);
}

#[test]
fn a_struct_is_a_field_and_a_delete_leaves_nothing() {
    let mut world = World::new();
    let keeper = world.deploy("solidity/ObjectKeeper.json", &[]);
    let objects = |world: &World| {
        let view = world.engine.store().latest();
        let records = Records::all(view.as_ref()).map(|it| it.expect("memory does not fail"));
        records.filter(|(key, _)| key.namespace().name() == "object").count()
    };
    let badge = [world.alice.into(), Value::uint(3), Value::text("captain")];
    let made = world.send(keeper, "makeBadge", &badge).expect_ok();
    let id = id_of(&made.call.output);
    assert_eq!(objects(&world), 3);
    let found = world.engine.latest().object(&id).expect("reads").expect("is there");
    assert_eq!(found.record.owner, ObjectOwner::Address(world.alice));
    let (name, kind, value) = found.fields[0].clone();
    assert_eq!((name.as_str(), kind.to_string().as_str()), ("badge", "(uint64,string)"));
    assert_eq!(value, Value::Tuple(vec![Value::uint(3), Value::text("captain")]));
    let owner = ObjectOwner::Address(world.alice);
    assert_eq!(world.engine.latest().objects_of(owner, 10).expect("reads"), [id]);
    let bad = [word(id.as_bytes()), "badge".into(), "uint".into(), word(&[0; 32])];
    assert_eq!(world.send(system::objects(), "setField", &bad).call.status, Status::Revert);
    world.send(system::objects(), "deleteObject", &[word(id.as_bytes())]).expect_ok();
    assert_eq!(objects(&world), 0);
}

#[test]
fn a_revert_takes_back_objects_fields_and_what_an_owner_has() {
    let mut sample = Sample::new();
    let maker = sample.world.deploy_wat(&maker());
    let relays = [sample.evm_relays[0], sample.wasm_relays[0]];
    for relay in relays {
        let make = call_data("make(address)", &[relay.into()]);
        let kept = sample.world.send_raw(relay, pass("forward", maker, &make)).expect_ok();
        let id = id_of(kept.call.output.rchunks(32).next().expect("an identity"));
        let whole = |world: &World| world.engine.state_root().expect("memory does not fail");
        let listed = owned(&sample.world, relay);
        assert_eq!(listed, [word(id.as_bytes())]);
        let _ = whole(&sample.world);
        let give = call_data("setOwner(bytes32,address)", &[word(id.as_bytes()), maker.into()]);
        let delete = call_data("deleteObject(bytes32)", &[word(id.as_bytes())]);
        for (to, data) in [(maker, &make), (system::objects(), &give), (system::objects(), &delete)]
        {
            let input = pass("forwardThenRevert", to, data);
            let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
            let (result, writes) = sample.world.run(&transaction);
            assert_eq!(result.status, Status::Revert);
            assert_eq!(writes, sample.world.nonce_alone());
            assert!(result.events.is_empty());
            let trace = result.trace.expect("traced");
            assert_eq!(trace.calls[0].status, Status::Success, "it was done before it was undone");
        }
        assert_eq!(owned(&sample.world, relay), listed);
    }
}

#[test]
fn a_static_call_cannot_change_objects() {
    let mut sample = Sample::new();
    let maker = sample.world.deploy_wat(&maker());
    for relay in [sample.evm_relays[0], sample.wasm_relays[0]] {
        let make = call_data("make(address)", &[relay.into()]);
        let create = call_data("create(address)", &[relay.into()]);
        for (to, data) in [(maker, &make), (system::objects(), &create)] {
            let input = pass("staticForward", to, data);
            let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
            let (result, writes) = sample.world.run(&transaction);
            assert_eq!(writes, sample.world.nonce_alone());
            let trace = result.trace.expect("traced");
            assert_eq!(trace.calls[0].status, Status::Halt(HaltReason::StaticViolation));
        }
        let list = call_data(
            "list(address,bytes32,uint32)",
            &[relay.into(), word(&[0; 32]), Value::uint(10)],
        );
        let input = pass("staticForward", system::objects(), &list);
        let transaction = sample.world.transaction(relay, input, Gas(1_000_000));
        assert_eq!(sample.world.run(&transaction).0.status, Status::Success);
    }
}

/// What somebody tries to do with one of the objects.
#[derive(Debug, Clone)]
enum Act {
    Create { owner: usize },
    Write(Index),
    Give { object: Index, owner: usize },
    Delete(Index),
}

/// An object as the model has it.
struct Owned {
    id: ObjectId,
    creator: Address,
    owner: Address,
}

const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

fn act() -> impl Strategy<Value = (usize, Act)> {
    let person = || 0..PEOPLE.len();
    let act = prop_oneof![
        2 => person().prop_map(|owner| Act::Create { owner }),
        3 => any::<Index>().prop_map(Act::Write),
        4 => (any::<Index>(), person()).prop_map(|(object, owner)| Act::Give { object, owner }),
        1 => any::<Index>().prop_map(Act::Delete),
    ];
    (person(), act)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Creator and owner may write, give away and delete, and nobody else ever; what everybody owns
    /// is what they were given and have not given away.
    #[test]
    fn whatever_people_try_only_creator_and_owner_succeed(
        acts in prop::collection::vec(act(), 1..40),
    ) {
        let mut world = World::new();
        let people = PEOPLE.map(|name| world.engine.account(name).expect("known"));
        let mut model: Vec<Owned> = Vec::new();
        for (who, act) in acts {
            let from = people[who];
            let mut ask = |method: &str, arguments: Vec<Value>| {
                let request = Request::new(from, system::objects(), method).arguments(arguments);
                world.request(&request).call
            };
            let (object, method, rest) = match act {
                Act::Create { owner } => {
                    let made = ask("create", vec![people[owner].into()]);
                    prop_assert_eq!(&made.status, &Status::Success);
                    let id = id_of(&made.output);
                    model.push(Owned { id, creator: from, owner: people[owner] });
                    continue;
                }
                _ if model.is_empty() => continue,
                Act::Write(object) => {
                    (object, "setField", vec!["level".into(), "uint64".into(), word(&[0; 32])])
                }
                Act::Give { object, owner } => (object, "setOwner", vec![people[owner].into()]),
                Act::Delete(object) => (object, "deleteObject", vec![]),
            };
            let at = object.index(model.len());
            let may = [model[at].creator, model[at].owner].contains(&from);
            let arguments = [vec![word(model[at].id.as_bytes())], rest.clone()].concat();
            let outcome = ask(method, arguments);
            prop_assert_eq!(outcome.status == Status::Success, may, "{} by {}", method, from);
            match (may, method) {
                (true, "setOwner") => model[at].owner = rest[0].as_address().expect("an address"),
                (true, "deleteObject") => drop(model.remove(at)),
                _ => {}
            }
        }
        for person in people {
            let expected = model.iter().filter(|it| it.owner == person);
            let mut expected: Vec<_> = expected.map(|it| word(it.id.as_bytes())).collect();
            expected.sort_by_key(|id| id.as_bytes().map(<[u8]>::to_vec));
            prop_assert_eq!(owned(&world, person), expected);
        }
    }
}
