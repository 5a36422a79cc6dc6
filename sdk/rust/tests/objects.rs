//! State objects over the in-memory host: the rules of the chain, and what a type cannot hold.
#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

use braid_sdk as braid;
use braid_sdk::{mock, prelude::*};

#[derive(Debug, Clone, PartialEq, Eq, AbiType)]
struct Title {
    rank: u16,
    name: String,
}

#[derive(Storage)]
struct Keeper {}

#[braid::contract]
impl Keeper {
    fn make(&mut self, owner: Address) -> Result<Object, ObjectError> {
        Object::create(owner)
    }

    fn make_in(&mut self, owner: Object) -> Result<Object, ObjectError> {
        Object::create(owner)
    }

    fn entitle(&mut self, id: Object, rank: u16, name: String) -> Result<(), ObjectError> {
        id.set("title", &Title { rank, name })
    }

    #[view]
    fn title(&self, id: Object) -> Result<(u16, String, String), ObjectError> {
        let title: Title = id.get("title")?.ok_or(ObjectError::Missing)?;
        Ok((title.rank, title.name, id.field_type("title").unwrap_or_default()))
    }

    #[view]
    fn title_as_number(&self, id: Object) -> Result<u64, ObjectError> {
        id.get("title").map(Option::unwrap_or_default)
    }

    #[view]
    fn write_in_a_view(&self, id: Object) -> Result<(), ObjectError> {
        id.remove("title")
    }

    fn name_field(&mut self, id: Object, name: String) -> Result<(), ObjectError> {
        id.set(&name, &true)
    }

    fn drop_field(&mut self, id: Object, name: String) -> Result<(), ObjectError> {
        id.remove(&name)
    }

    fn put_into(&mut self, id: Object, owner: Object) -> Result<(), ObjectError> {
        id.set_owner(owner)
    }

    fn give(&mut self, id: Object, owner: Address) -> Result<(), ObjectError> {
        id.set_owner(owner)
    }

    fn remove(&mut self, id: Object) -> Result<(), ObjectError> {
        id.delete()
    }

    #[view]
    fn list(&self, owner: Address, limit: u32) -> Vec<Object> {
        Object::list(owner, None, limit)
    }

    #[view]
    fn list_in(&self, owner: Object, after: Object) -> Vec<Object> {
        Object::list(owner, Some(&after), 10)
    }
}

#[braid::interface]
trait Keeps {
    fn make(&mut self, owner: Address) -> Object;
    fn make_in(&mut self, owner: Object) -> Object;
    fn entitle(&mut self, id: Object, rank: u16, name: String);
    #[view]
    fn title(&self, id: Object) -> (u16, String, String);
    #[view]
    fn title_as_number(&self, id: Object) -> u64;
    #[view]
    fn write_in_a_view(&self, id: Object);
    fn name_field(&mut self, id: Object, name: String);
    fn drop_field(&mut self, id: Object, name: String);
    fn put_into(&mut self, id: Object, owner: Object);
    fn give(&mut self, id: Object, owner: Address);
    fn remove(&mut self, id: Object);
    #[view]
    fn list(&self, owner: Address, limit: u32) -> Vec<Object>;
    #[view]
    fn list_in(&self, owner: Object, after: Object) -> Vec<Object>;
}

const BOB: Address = Address::new([0; 32]);

fn keeper() -> Keeps {
    Keeps::at(mock::deploy::<Keeper, _>(&()).unwrap())
}

fn refused<T>(error: ObjectError) -> Result<T, CallError> {
    Err(CallError::Revert(error.encode()))
}

#[test]
fn a_struct_is_a_field_and_other_types_do_not_read_it() {
    let keeper = keeper();
    let id = keeper.make(BOB).unwrap();
    keeper.entitle(id, 7, "Ritter".into()).unwrap();
    assert_eq!(keeper.title(id), Ok((7, "Ritter".into(), "(uint16,string)".into())));
    assert_eq!(keeper.title_as_number(id), refused(ObjectError::OtherType));
    assert_eq!(keeper.write_in_a_view(id), Err(CallError::Halt));
    keeper.drop_field(id, "title".into()).unwrap();
    assert_eq!(keeper.title(id), refused(ObjectError::Missing));
    assert_eq!(keeper.title_as_number(id), Ok(0));
}

#[test]
fn a_contract_without_a_right_changes_nothing() {
    let maker = keeper();
    let contract = mock::deploy::<Keeper, _>(&()).unwrap();
    let other = Keeps::at(contract);
    let id = maker.make(BOB).unwrap();
    assert_eq!(other.give(id, BOB), refused(ObjectError::Denied));
    assert_eq!(other.remove(Object::at([1; 32])), refused(ObjectError::Missing));
    let inner = maker.make_in(id).unwrap();
    assert_eq!(other.drop_field(inner, "x".into()), refused(ObjectError::Denied));
    // What has the outer object may change the inner one.
    maker.give(id, contract).unwrap();
    assert_eq!(other.drop_field(inner, "x".into()), Ok(()));
    assert_eq!(mock::events().len(), 3, "two made, one given, and nothing was removed");
}

#[test]
fn owners_form_no_circle_and_an_owner_is_not_deleted() {
    let keeper = keeper();
    let outer = keeper.make(BOB).unwrap();
    let mut inner = outer;
    for _ in 0..7 {
        inner = keeper.make_in(inner).unwrap();
    }
    assert_eq!(keeper.make_in(inner), refused(ObjectError::Owner), "as deep as may be");
    assert_eq!(keeper.put_into(outer, inner), refused(ObjectError::Owner));
    assert_eq!(keeper.put_into(outer, outer), refused(ObjectError::Owner));
    assert_eq!(keeper.put_into(inner, Object::at([1; 32])), refused(ObjectError::Owner));
    assert_eq!(keeper.remove(outer), refused(ObjectError::HasObjects));
    assert_eq!(keeper.list_in(outer, Object::at([0; 32])).unwrap().len(), 1);
    assert_eq!(keeper.list(BOB, 10), Ok(vec![outer]));
    keeper.remove(inner).unwrap();
    assert_eq!(keeper.remove(inner), refused(ObjectError::Missing));
}

#[test]
fn names_and_fields_have_limits() {
    let keeper = keeper();
    let id = keeper.make(BOB).unwrap();
    for name in [String::new(), "x".repeat(65)] {
        assert_eq!(keeper.name_field(id, name), refused(ObjectError::Name));
    }
    for count in 0..256 {
        keeper.name_field(id, format!("field {count}")).unwrap();
    }
    assert_eq!(keeper.name_field(id, "one more".into()), refused(ObjectError::Fields));
    assert_eq!(keeper.name_field(id, "field 7".into()), Ok(()));
    assert_eq!(keeper.entitle(id, 1, "x".repeat(70_000)), refused(ObjectError::Value));
}
