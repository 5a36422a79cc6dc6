//! Calls to contracts of any machine and the making of EVM contracts.

use abi::encode_error_string;
use primitives::{Address, B256, Bytes, Gas, VmKind, Wei};
use vm::{CallRequest, DeployRequest, Status};

use super::{ADDRESS_BYTES, address_at, check_place, put_address, word_at};
use crate::host::data::length;
use crate::host::memory::{slice, write};
use crate::host::{Call, End};

/// The transient word that is set while a contract calls others, so that it knows when it is
/// entered again: the first 32 bytes of a text that no layout of storage comes to.
const OPEN: B256 = B256::new(*b"braid: a contract of Stylus open");

/// What [`OPEN`] holds while it is set.
const SET: B256 = B256::with_last_byte(1);

/// What a guest is told of a call that succeeded, reverted, or was halted.
const fn status_code(status: &Status) -> i32 {
    match status {
        Status::Success => 0,
        Status::Revert => 1,
        Status::Halt(_) => 2,
    }
}

/// The arguments of a call with coin: to, input and its length, value, gas, and where the length
/// of the output goes.
type CallArguments = (u32, u32, u32, u32, u64, u32);

pub(crate) fn call_contract(call: &mut Call<'_>, arguments: CallArguments) -> Result<i32, End> {
    let (to, input, input_bytes, value, gas, output_bytes) = arguments;
    let value = Wei(word_at(call, value)?.into());
    run(call, (to, input, input_bytes, gas, output_bytes), value, false)
}

/// The arguments of a call without coin.
type PlainArguments = (u32, u32, u32, u64, u32);

pub(crate) fn static_call_contract(
    call: &mut Call<'_>,
    arguments: PlainArguments,
) -> Result<i32, End> {
    run(call, arguments, Wei::ZERO, true)
}

/// Fails with a text as the error of the callee.
pub(crate) fn delegate_call_contract(
    call: &mut Call<'_>,
    (_, _, _, _, output_bytes): PlainArguments,
) -> Result<i32, End> {
    call.charge_environment()?;
    let text = "a Stylus contract cannot delegate: code of another contract has no meaning here";
    *call.buffer = encode_error_string(text);
    put_length(call, output_bytes)?;
    Ok(status_code(&Status::Revert))
}

fn run(
    call: &mut Call<'_>,
    (to, input, input_bytes, gas, output_bytes): PlainArguments,
    value: Wei,
    is_static: bool,
) -> Result<i32, End> {
    call.charge_copy(input_bytes.into())?;
    check_place(call, output_bytes, 4)?;
    let to = address_at(call, to)?;
    slice(call.memory, input, input_bytes)?;
    let is_marked = mark(call)?;
    let request = CallRequest {
        to,
        value,
        input: slice(call.memory, input, input_bytes)?,
        gas_limit: Gas(gas),
        is_static,
    };
    let outcome = call.host.call(call.meter, &request)?;
    unmark(call, is_marked)?;
    *call.buffer = outcome.output;
    put_length(call, output_bytes)?;
    Ok(status_code(&outcome.status))
}

pub(crate) fn create1(
    call: &mut Call<'_>,
    (code, code_bytes, value, into, output_bytes): (u32, u32, u32, u32, u32),
) -> Result<(), End> {
    create(call, (code, code_bytes, value, into, output_bytes), None)
}

pub(crate) fn create2(
    call: &mut Call<'_>,
    (code, code_bytes, value, salt, into, output_bytes): (u32, u32, u32, u32, u32, u32),
) -> Result<(), End> {
    let salt = word_at(call, salt)?;
    create(call, (code, code_bytes, value, into, output_bytes), Some(salt))
}

/// Makes an EVM contract; the address is zero where that failed.
fn create(
    call: &mut Call<'_>,
    (code, code_bytes, value, into, output_bytes): (u32, u32, u32, u32, u32),
    salt: Option<B256>,
) -> Result<(), End> {
    call.charge_copy(code_bytes.into())?;
    check_place(call, into, ADDRESS_BYTES)?;
    check_place(call, output_bytes, 4)?;
    let value = Wei(word_at(call, value)?.into());
    slice(call.memory, code, code_bytes)?;
    let is_marked = mark(call)?;
    let request = DeployRequest {
        kind: VmKind::Evm,
        code: slice(call.memory, code, code_bytes)?,
        arguments: &[],
        value,
        salt,
        gas_limit: Gas(u64::MAX),
    };
    let outcome = call.host.deploy(call.meter, &request)?;
    unmark(call, is_marked)?;
    put_address(call, into, &outcome.address.unwrap_or(Address::ZERO))?;
    *call.buffer = match outcome.status {
        Status::Success => Bytes::new(),
        _ => outcome.output,
    };
    put_length(call, output_bytes)
}

/// Whether the contract has a frame above this one that waits for a call. A frame that may not
/// write leaves no mark, so one that waits in a static call is not seen; it has nothing to guard.
pub(crate) fn msg_reentrant(call: &mut Call<'_>, (): ()) -> Result<i32, End> {
    Ok((call.host.transient_get(call.meter, OPEN)? == SET).into())
}

/// Marks the contract as open, unless a frame above did. Tells whether this one did.
fn mark(call: &mut Call<'_>) -> Result<bool, End> {
    if call.frame.is_static || call.host.transient_get(call.meter, OPEN)? == SET {
        return Ok(false);
    }
    call.host.transient_put(call.meter, OPEN, SET)?;
    Ok(true)
}

fn unmark(call: &mut Call<'_>, is_marked: bool) -> Result<(), End> {
    if is_marked {
        call.host.transient_put(call.meter, OPEN, B256::ZERO)?;
    }
    Ok(())
}

fn put_length(call: &mut Call<'_>, pointer: u32) -> Result<(), End> {
    let bytes = length(call.buffer.len())?;
    write(call.memory, pointer, &bytes.to_le_bytes())
}
