//! State objects for contracts of every machine that can only call: the EVM's, among others.

use std::sync::LazyLock;

use abi::{Interface, Value, typed};
use primitives::{Address, B256, Bytes, ObjectId, ObjectOwner};
use vm::{
    GasMeter,
    object::{OBJECT_EVENTS, ObjectRefusal},
    schedule::words,
};

use crate::{NativeCall, NativeContract, NativeError, NativeHost};

/// The objects of the host as a contract. Who acts is its caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct ObjectsContract;

/// What the contract offers. Every method returns something, so that Solidity does not ask for the
/// size of the code, of which there is none.
pub static OBJECTS_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    let methods = [
        "function create(address owner) returns (bytes32)",
        "function createIn(bytes32 object) returns (bytes32)",
        "function get(bytes32 id) view returns (bool exists, address creator, bool ownedByObject, \
         bytes32 owner)",
        "function field(bytes32 id, string name) view returns (string kind, bytes value)",
        "function setField(bytes32 id, string name, string kind, bytes value) returns (bool)",
        "function removeField(bytes32 id, string name) returns (bool)",
        "function setOwner(bytes32 id, address owner) returns (bool)",
        "function setOwnerObject(bytes32 id, bytes32 object) returns (bool)",
        "function deleteObject(bytes32 id) returns (bool)",
        "function list(address owner, bytes32 above, uint32 limit) view returns (bytes32[])",
        "function listIn(bytes32 object, bytes32 above, uint32 limit) view returns (bytes32[])",
    ];
    let signatures = [methods.as_slice(), &OBJECT_EVENTS].concat();
    Interface::from_signatures(&signatures).expect("invariant: the contract's signatures parse")
});

type Answer = Result<Vec<Value>, NativeError>;

impl NativeContract for ObjectsContract {
    fn name(&self) -> &str {
        "objects"
    }

    fn interface(&self) -> &Interface {
        &OBJECTS_INTERFACE
    }

    fn call(&self, call: &NativeCall<'_>, gas: &mut GasMeter, host: &mut dyn NativeHost) -> Answer {
        host.act_for(call.caller);
        match call.method.name.as_str() {
            "create" | "createIn" => {
                let made = host.object_create(gas, owner(call, 0)?)?;
                let id = allowed("create", made)?;
                Ok(vec![word(id.as_bytes())])
            }
            "list" | "listIn" => {
                let above = ObjectId(call.argument(1)?);
                let found =
                    host.object_list(gas, owner(call, 0)?, Some(&above), call.argument(2)?)?;
                let found = found.iter().map(|id| word(id.as_bytes())).collect();
                Ok(vec![Value::Array(found)])
            }
            _ => one(&ObjectId(call.argument(0)?), call, gas, host),
        }
    }
}

/// A method on one object.
fn one(
    id: &ObjectId,
    call: &NativeCall<'_>,
    gas: &mut GasMeter,
    host: &mut dyn NativeHost,
) -> Answer {
    let name = call.method.name.as_str();
    let done = match name {
        "get" => return get(id, gas, host),
        "field" => return field(id, call, gas, host),
        "setField" => {
            let (field, kind): (String, String) = (call.argument(1)?, call.argument(2)?);
            let value: Bytes = call.argument(3)?;
            let copy_word = host.schedule().copy_word;
            gas.charge(copy_word.saturating_mul(words(kind.len() + value.len())))?;
            let value = typed::join(&kind, &value)
                .map_err(|error| NativeError::refuse(format!("objects.setField: {error}")))?;
            host.object_set_field(gas, id, field.as_bytes(), &value)?
        }
        "removeField" => {
            let field: String = call.argument(1)?;
            host.object_remove_field(gas, id, field.as_bytes())?
        }
        "setOwner" | "setOwnerObject" => host.object_set_owner(gas, id, owner(call, 1)?)?,
        _ => host.object_delete(gas, id)?,
    };
    allowed(name, done)?;
    Ok(vec![Value::Bool(true)])
}

fn get(id: &ObjectId, gas: &mut GasMeter, host: &mut dyn NativeHost) -> Answer {
    let record = host.object_get(gas, id)?;
    let owner = record.map(|record| record.owner);
    Ok(vec![
        Value::Bool(record.is_some()),
        record.map_or(Address::ZERO, |record| record.creator).into(),
        Value::Bool(matches!(owner, Some(ObjectOwner::Object(_)))),
        word(owner.as_ref().map_or(&[0; 32], ObjectOwner::as_bytes)),
    ])
}

/// The type and the value of a field; empty where there is none.
fn field(
    id: &ObjectId,
    call: &NativeCall<'_>,
    gas: &mut GasMeter,
    host: &mut dyn NativeHost,
) -> Answer {
    let name: String = call.argument(1)?;
    let Some(stored) = host.object_field(gas, id, name.as_bytes())? else {
        return Ok(vec![Value::text(""), Value::bytes(Bytes::new())]);
    };
    let (kind, value) = typed::split(&stored).map_err(|_| vm::Trap::Fault)?;
    Ok(vec![Value::text(kind), Value::bytes(Bytes::copy_from_slice(value))])
}

/// The owner that the argument at `index` names: an object where it is no address.
fn owner(call: &NativeCall<'_>, index: usize) -> Result<ObjectOwner, NativeError> {
    match call.argument::<Address>(index) {
        Ok(address) => Ok(ObjectOwner::Address(address)),
        Err(_) => Ok(ObjectOwner::Object(ObjectId(call.argument::<B256>(index)?))),
    }
}

fn allowed<T>(method: &str, result: Result<T, ObjectRefusal>) -> Result<T, NativeError> {
    result.map_err(|refusal| NativeError::refuse(format!("objects.{method}: {refusal}")))
}

fn word(bytes: &[u8; 32]) -> Value {
    Value::bytes(Bytes::copy_from_slice(bytes))
}
