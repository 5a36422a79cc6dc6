//! Codes by their numbers: the registry of codes says which contract has a code.

use abi::Value;
use primitives::{Address, Bytes, CodeHash};
use vm::system;

use super::calls::{self, Told};
use super::interface;
use crate::host::{Call, End};

/// A code that has a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    /// A contract that had it when it got the number.
    pub(crate) contract: Address,
    /// Its hash.
    pub(crate) hash: CodeHash,
}

/// The code of a number.
pub(crate) fn look_up(call: &mut Call<'_>, number: u64) -> Told<Code> {
    let signature = "function code(uint64 id) view returns (address contract, bytes32 hash)";
    let found = calls::ask_system(call, (system::CODES, signature), &[Value::uint(number)], true)?;
    Ok(found.and_then(|values| match values.as_slice() {
        [Value::Address(contract), Value::Bytes(hash)] => {
            let hash: [u8; 32] = hash.as_ref().try_into().map_err(|_| "no hash".to_owned())?;
            Ok(Code { contract: *contract, hash: CodeHash(hash.into()) })
        }
        _ => Err(format!("there is no code of number {number}")),
    }))
}

/// The number of a code, if it has one.
pub(crate) fn number_of(call: &mut Call<'_>, hash: CodeHash) -> Result<Option<u64>, End> {
    let signature = "function idOf(bytes32 hash) view returns (uint64)";
    let hash = Value::bytes(hash.0.to_vec());
    let found = calls::ask_system(call, (system::CODES, signature), &[hash], true)?;
    Ok(found.ok().and_then(|values| values.first()?.as_u64()).filter(|number| *number > 0))
}

/// The bytes of the code of a number, from the contract that has it.
pub(crate) fn fetch(call: &mut Call<'_>, number: u64) -> Told<Bytes> {
    let code = match look_up(call, number)? {
        Ok(code) => code,
        Err(error) => return Ok(Err(error)),
    };
    let present = call.host.code_hash(call.meter, &code.contract)?;
    if present.is_none_or(|(_, hash)| hash != code.hash) {
        let of = code.contract;
        return Ok(Err(format!("{of} no longer has the code of number {number}")));
    }
    let found = calls::ask(call, (code.contract, interface::method("code")), &[], true)?;
    Ok(found.and_then(|values| match values.as_slice() {
        [Value::Bytes(code)] => Ok(code.clone()),
        _ => Err(format!("the code of number {number} is not one of CosmWasm")),
    }))
}
