//! Calls to contracts and the making of contracts.

use primitives::{Address, B256, Gas, VmKind};
use vm::{CallRequest, DeployRequest, Status};

use super::memory::{array, slice, slice_mut};
use super::storage::amount_at;
use super::{Call, End, bad_argument};

/// The flag of a static call.
const FLAG_STATIC: u32 = 1;

pub(crate) fn call(
    call: &mut Call<'_>,
    (to, value, input, input_bytes, gas, flags): (u32, u32, u32, u32, u64, u32),
) -> Result<i32, End> {
    if flags & !FLAG_STATIC != 0 {
        return Err(bad_argument(format!("flags {flags} of a call, only {FLAG_STATIC} is known")));
    }
    call.charge_copy(input_bytes.into())?;
    let request = CallRequest {
        to: Address::new(array(call.memory, to)?),
        value: amount_at(call, value)?,
        input: slice(call.memory, input, input_bytes)?,
        gas_limit: Gas(gas),
        is_static: flags & FLAG_STATIC != 0,
    };
    let outcome = call.host.call(call.meter, &request)?;
    *call.buffer = outcome.output;
    Ok(status_code(&outcome.status))
}

/// The arguments of `deploy` in the order of the interface: kind, code and its length, arguments
/// and their length, value, salt, gas, into.
pub(crate) type DeployArguments = (u32, u32, u32, u32, u32, u32, u32, u64, u32);

pub(crate) fn deploy(call: &mut Call<'_>, arguments: DeployArguments) -> Result<i32, End> {
    let (kind, code, code_bytes, input, input_bytes, value, salt, gas, into) = arguments;
    call.charge_copy(u64::from(code_bytes) + u64::from(input_bytes))?;
    // The result must have its place before the work is done.
    slice_mut(call.memory, into, 32)?;
    let salt = match salt {
        0 => None,
        pointer => Some(B256::from(array(call.memory, pointer)?)),
    };
    let request = DeployRequest {
        kind: kind_of(kind)?,
        code: slice(call.memory, code, code_bytes)?,
        arguments: slice(call.memory, input, input_bytes)?,
        value: amount_at(call, value)?,
        salt,
        gas_limit: Gas(gas),
    };
    let outcome = call.host.deploy(call.meter, &request)?;
    let address = outcome.address.unwrap_or(Address::ZERO);
    slice_mut(call.memory, into, 32)?.copy_from_slice(address.as_bytes());
    *call.buffer = outcome.output;
    Ok(status_code(&outcome.status))
}

const fn status_code(status: &Status) -> i32 {
    match status {
        Status::Success => 0,
        Status::Revert => 1,
        Status::Halt(_) => 2,
    }
}

fn kind_of(code: u32) -> Result<VmKind, End> {
    let kind = u8::try_from(code).ok().and_then(VmKind::from_code);
    kind.ok_or_else(|| bad_argument(format!("{code} is the number of no machine")))
}
