//! The rules of state objects: held against a model that knows nothing of records, for random
//! operations by random contracts; and the undo of all of it.

use std::collections::BTreeMap;

use abi::{Type, Value, typed};
use braid_vm::{
    Entry, Environment, Frame, GasMeter, Host, Outcome, Trap,
    object::{ObjectKey, ObjectRefusal},
    testkit::MemoryHost,
};
use primitives::{
    Address, B256, Bytes, CodeHash, Depth, EvmAddress, Gas, ObjectId, ObjectOwner, Wei,
    limits::{OBJECT_FIELDS_MAX, OBJECT_OWNERS_MAX},
};
use proptest::prelude::*;

const GAS: Gas = Gas(1_000_000_000);

fn actor(number: usize) -> Address {
    Address::from_evm(EvmAddress::repeat_byte(1 + number as u8 % 3))
}

/// Does `work` as a contract.
fn act<T>(
    host: &mut MemoryHost,
    contract: Address,
    is_static: bool,
    work: impl FnOnce(&mut MemoryHost, &mut GasMeter) -> Result<T, Trap>,
) -> Result<T, Trap> {
    let environment = Environment::default();
    let frame = Frame {
        entry: Entry::Call,
        code: &[],
        code_hash: CodeHash::EMPTY,
        contract,
        caller: Address::ZERO,
        value: Wei::ZERO,
        input: &[],
        gas_limit: GAS,
        is_static,
        depth: Depth(0),
        environment: &environment,
    };
    let mut answer = None;
    host.enter(&frame, |frame, host| {
        let mut gas = GasMeter::new(frame.gas_limit);
        let done = work(host, &mut gas);
        let outcome = match &done {
            Ok(_) => Outcome::success(Bytes::new(), gas.remaining(), 0),
            Err(trap) => Outcome::halt(trap.clone().halt_reason()),
        };
        answer = Some(done);
        outcome
    });
    answer.expect("the frame ran")
}

fn number(value: u64) -> Bytes {
    typed::encode(&Type::Uint(64), &Value::uint(value)).expect("a number")
}

/// An identity that no object has.
const fn unknown(number: usize) -> ObjectId {
    ObjectId(B256::repeat_byte(number as u8))
}

#[derive(Debug, Clone)]
enum Step {
    Create(usize, usize),
    Give(usize, usize, usize),
    Set(usize, usize, u8, u64),
    Remove(usize, usize, u8),
    Delete(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0usize..3;
    let what = 0usize..12;
    prop_oneof![
        3 => (who.clone(), 0usize..15).prop_map(|(who, owner)| Step::Create(who, owner)),
        4 => (who.clone(), what.clone(), 0usize..15)
            .prop_map(|(who, id, to)| Step::Give(who, id, to)),
        3 => (who.clone(), what.clone(), 0u8..3, any::<u64>())
            .prop_map(|(who, id, name, value)| Step::Set(who, id, name, value)),
        1 => (who.clone(), what.clone(), 0u8..3)
            .prop_map(|(who, id, name)| Step::Remove(who, id, name)),
        2 => (who, what).prop_map(|(who, id)| Step::Delete(who, id)),
    ]
}

#[derive(Debug, Clone, PartialEq)]
struct Thing {
    creator: Address,
    owner: ObjectOwner,
    fields: BTreeMap<u8, u64>,
}

/// Objects as one thinks of them.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    things: BTreeMap<ObjectId, Thing>,
    /// In the order of creation, the deleted ones among them.
    ids: Vec<ObjectId>,
}

impl Model {
    fn id(&self, number: usize) -> ObjectId {
        self.ids.get(number).copied().unwrap_or_else(|| unknown(number))
    }

    fn owner(&self, number: usize) -> ObjectOwner {
        if number < 3 {
            return ObjectOwner::Address(actor(number));
        }
        ObjectOwner::Object(self.id(number - 3))
    }

    /// The object and those above it.
    fn above(&self, id: ObjectId) -> Vec<(ObjectId, Thing)> {
        let mut path = Vec::new();
        let mut next = Some(id);
        while let Some(thing) = next.and_then(|id| self.things.get(&id)) {
            path.push((next.expect("just seen"), thing.clone()));
            assert!(path.len() <= self.things.len(), "owners form a circle");
            next = match thing.owner {
                ObjectOwner::Object(id) => Some(id),
                ObjectOwner::Address(_) => None,
            };
        }
        path
    }

    fn check(&self, who: Address, id: ObjectId) -> Result<(), ObjectRefusal> {
        if !self.things.contains_key(&id) {
            return Err(ObjectRefusal::Missing);
        }
        let path = self.above(id);
        let mut looked_at = path.iter().take(OBJECT_OWNERS_MAX as usize);
        let is_allowed = looked_at
            .any(|(_, thing)| thing.creator == who || thing.owner == ObjectOwner::Address(who));
        if is_allowed { Ok(()) } else { Err(ObjectRefusal::Denied) }
    }

    fn check_owner(
        &self,
        owner: ObjectOwner,
        owned: Option<ObjectId>,
    ) -> Result<(), ObjectRefusal> {
        let ObjectOwner::Object(id) = owner else { return Ok(()) };
        let path = self.above(id);
        let is_circle = path.iter().any(|(above, _)| Some(*above) == owned);
        let is_sound = !path.is_empty() && !is_circle && path.len() < OBJECT_OWNERS_MAX as usize;
        if is_sound { Ok(()) } else { Err(ObjectRefusal::Owner) }
    }

    fn owned(&self, owner: ObjectOwner) -> Vec<ObjectId> {
        self.things.iter().filter(|(_, it)| it.owner == owner).map(|(id, _)| *id).collect()
    }
}

/// Does a step in the host and in the model, and compares the answers.
fn run(host: &mut MemoryHost, model: &mut Model, step: &Step) {
    match *step {
        Step::Create(who, owner) => {
            let owner = model.owner(owner);
            let made = act(host, actor(who), false, |host, gas| host.object_create(gas, owner));
            let made = made.expect("no trap");
            assert_eq!(made.err(), model.check_owner(owner, None).err());
            if let Ok(id) = made {
                let thing = Thing { creator: actor(who), owner, fields: BTreeMap::new() };
                assert!(model.things.insert(id, thing).is_none(), "an identity is given once");
                model.ids.push(id);
            }
        }
        Step::Give(who, id, to) => {
            let (id, owner) = (model.id(id), model.owner(to));
            let work =
                |host: &mut MemoryHost, gas: &mut GasMeter| host.object_set_owner(gas, &id, owner);
            let expected =
                model.check(actor(who), id).and_then(|()| model.check_owner(owner, Some(id)));
            assert_eq!(act(host, actor(who), false, work), Ok(expected));
            if expected.is_ok() {
                model.things.get_mut(&id).expect("checked").owner = owner;
            }
        }
        Step::Set(who, id, name, value) => {
            let id = model.id(id);
            let done = act(host, actor(who), false, |host, gas| {
                host.object_set_field(gas, &id, &[b'a' + name], &number(value))
            });
            let expected = model.check(actor(who), id);
            assert_eq!(done, Ok(expected));
            if expected.is_ok() {
                model.things.get_mut(&id).expect("checked").fields.insert(name, value);
            }
        }
        Step::Remove(who, id, name) => {
            let id = model.id(id);
            let done = act(host, actor(who), false, |host, gas| {
                host.object_remove_field(gas, &id, &[b'a' + name])
            });
            let expected = model.check(actor(who), id);
            assert_eq!(done, Ok(expected));
            if expected.is_ok() {
                model.things.get_mut(&id).expect("checked").fields.remove(&name);
            }
        }
        Step::Delete(who, id) => {
            let id = model.id(id);
            let has = !model.owned(ObjectOwner::Object(id)).is_empty();
            let refused = if has { Err(ObjectRefusal::HasObjects) } else { Ok(()) };
            let expected = model.check(actor(who), id).and(refused);
            let done = act(host, actor(who), false, |host, gas| host.object_delete(gas, &id));
            assert_eq!(done, Ok(expected));
            if expected.is_ok() {
                model.things.remove(&id);
            }
        }
    }
}

/// Everything that can be read of objects is what the model says, and there is nothing else.
fn compare(host: &mut MemoryHost, model: &Model) {
    let mut records = 0;
    for (id, thing) in &model.things {
        records += 2 + thing.fields.len();
        let (record, fields) = act(host, actor(0), true, |host, gas| {
            let fields: Result<Vec<_>, _> =
                (0..3).map(|name| host.object_field(gas, id, &[b'a' + name])).collect();
            Ok((host.object_get(gas, id)?, fields?))
        })
        .expect("reading is allowed to all");
        let record = record.expect("the object is there");
        assert_eq!((record.creator, record.owner), (thing.creator, thing.owner));
        assert_eq!(record.fields as usize, thing.fields.len());
        let expected: Vec<_> =
            (0..3).map(|name| thing.fields.get(&name).map(|value| number(*value))).collect();
        assert_eq!(fields, expected);
    }
    assert_eq!(host.state.objects.len(), records, "no record is left over");
    for number in 0..15 {
        let owner = model.owner(number);
        let listed = act(host, actor(0), true, |host, gas| {
            let first = host.object_list(gas, owner, None, 2)?;
            let rest = host.object_list(gas, owner, first.last(), 100)?;
            Ok([first, rest].concat())
        });
        assert_eq!(listed, Ok(model.owned(owner)), "the index of {owner}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn objects_are_what_the_model_says(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut host, mut model) = (MemoryHost::default(), Model::default());
        for step in &steps {
            run(&mut host, &mut model, step);
        }
        compare(&mut host, &model);
    }

    #[test]
    fn a_static_frame_changes_nothing(steps in proptest::collection::vec(step(), 1..20)) {
        let (mut host, mut model) = (MemoryHost::default(), Model::default());
        for step in &steps {
            run(&mut host, &mut model, step);
        }
        let id = model.id(0);
        let before = (host.state.objects.clone(), host.state.events.clone());
        type Work = fn(&mut MemoryHost, &mut GasMeter, ObjectId) -> Result<(), Trap>;
        let works: [Work; 5] = [
            |host, gas, _| host.object_create(gas, ObjectOwner::Address(Address::ZERO)).map(|_| ()),
            |host, gas, id| host.object_set_owner(gas, &id, ObjectOwner::Object(id)).map(|_| ()),
            |host, gas, id| host.object_set_field(gas, &id, b"a", &number(1)).map(|_| ()),
            |host, gas, id| host.object_remove_field(gas, &id, b"a").map(|_| ()),
            |host, gas, id| host.object_delete(gas, &id).map(|_| ()),
        ];
        for work in works {
            let done = act(&mut host, actor(0), true, |host, gas| work(host, gas, id));
            prop_assert_eq!(done, Err(Trap::StaticViolation));
        }
        prop_assert_eq!(before, (host.state.objects, host.state.events));
    }
}

#[test]
fn a_chain_of_owners_has_an_end() {
    let (mut host, mut model) = (MemoryHost::default(), Model::default());
    run(&mut host, &mut model, &Step::Create(0, 0));
    for number in 0..OBJECT_OWNERS_MAX as usize + 2 {
        run(&mut host, &mut model, &Step::Create(1, 3 + number));
    }
    assert_eq!(model.things.len(), OBJECT_OWNERS_MAX as usize);
    // The owner of the first may change the last; a stranger may not.
    run(&mut host, &mut model, &Step::Set(0, OBJECT_OWNERS_MAX as usize - 1, 0, 5));
    run(&mut host, &mut model, &Step::Set(2, OBJECT_OWNERS_MAX as usize - 1, 0, 6));
    // The first cannot belong to any of those above which it stands.
    for number in 0..OBJECT_OWNERS_MAX as usize {
        run(&mut host, &mut model, &Step::Give(0, 0, 3 + number));
    }
    // A tree hung below a deep one: the creator still has it, who owns the top has not.
    run(&mut host, &mut model, &Step::Create(2, 2));
    run(&mut host, &mut model, &Step::Give(0, 0, 3 + OBJECT_OWNERS_MAX as usize));
    let deepest = OBJECT_OWNERS_MAX as usize - 1;
    assert_eq!(model.check(actor(2), model.id(deepest)), Err(ObjectRefusal::Denied));
    run(&mut host, &mut model, &Step::Set(2, deepest, 0, 7));
    run(&mut host, &mut model, &Step::Set(1, deepest, 0, 8));
    compare(&mut host, &model);
}

#[test]
fn names_values_and_numbers_of_fields_have_limits() {
    let mut host = MemoryHost::default();
    let owner = ObjectOwner::Address(actor(0));
    let id = act(&mut host, actor(0), false, |host, gas| host.object_create(gas, owner));
    let id = id.expect("no trap").expect("allowed");
    let mut set = |name: &[u8], value: &[u8]| {
        act(&mut host, actor(0), false, |host, gas| host.object_set_field(gas, &id, name, value))
    };
    for name in [b"".as_slice(), &[b'a'; 65], &[0xff]] {
        assert_eq!(set(name, &number(1)), Ok(Err(ObjectRefusal::Name)));
    }
    let long = typed::encode(&Type::Bytes, &Value::bytes(vec![7; 65_536])).expect("encodes");
    for value in [b"".as_slice(), b"\0\x06uint64", &long] {
        assert_eq!(set(b"a", value), Ok(Err(ObjectRefusal::Value)));
    }
    for number_of in 0..OBJECT_FIELDS_MAX {
        assert_eq!(set(number_of.to_string().as_bytes(), &number(1)), Ok(Ok(())));
    }
    assert_eq!(set(b"one more", &number(1)), Ok(Err(ObjectRefusal::Fields)));
    assert_eq!(set(b"5", &number(2)), Ok(Ok(())));
    let deleted = act(&mut host, actor(0), false, |host, gas| host.object_delete(gas, &id));
    assert_eq!(deleted, Ok(Ok(())));
    assert!(host.state.objects.is_empty(), "{:?}", host.state.objects.keys().next());
    let absent = ObjectKey::object(&id);
    assert!(!host.state.objects.contains_key(&absent));
}

#[test]
fn a_frame_that_fails_takes_its_objects_back() {
    let (mut host, mut model) = (MemoryHost::default(), Model::default());
    for step in [Step::Create(0, 0), Step::Create(0, 3), Step::Set(0, 0, 1, 9)] {
        run(&mut host, &mut model, &step);
    }
    let ids = [model.id(0), model.id(1)];
    let failed = act(&mut host, actor(0), false, |host, gas| {
        let _ = host.object_set_owner(gas, &ids[1], ObjectOwner::Address(actor(1)))?;
        let _ = host.object_delete(gas, &ids[0])?;
        let _ = host.object_create(gas, ObjectOwner::Address(actor(2)))?;
        Err::<(), _>(Trap::OutOfGas)
    });
    assert_eq!(failed, Err(Trap::OutOfGas));
    compare(&mut host, &model);
}

#[test]
fn every_operation_is_paid_for_before_it_is_done() {
    let owner = ObjectOwner::Address(actor(0));
    let run = |limit: u64| {
        let mut host = MemoryHost::default();
        let id = act(&mut host, actor(0), false, |host, gas| host.object_create(gas, owner));
        let id = id.expect("no trap").expect("allowed");
        let before = host.state.objects.clone();
        let done = act(&mut host, actor(0), false, |host, _| {
            let mut gas = GasMeter::new(Gas(limit));
            host.object_set_field(&mut gas, &id, b"a", &number(1))?.expect("allowed");
            host.object_delete(&mut gas, &id)?.expect("allowed");
            Ok(gas.remaining())
        });
        if done.is_err() {
            assert_eq!(host.state.objects, before);
        }
        done
    };
    let used = GAS.0 - run(GAS.0).expect("enough").0;
    assert_eq!(run(used), Ok(Gas(0)));
    for limit in (0..used).step_by(501).chain([used - 1]) {
        assert_eq!(run(limit), Err(Trap::OutOfGas));
    }
}
