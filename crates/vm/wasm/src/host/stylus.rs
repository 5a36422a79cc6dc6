//! The functions that modules of Arbitrum Stylus import from `vm_hooks`, by the descriptions of
//! the public SDK: addresses have 20 bytes, numbers are big-endian words, storage is words under
//! words.
//!
//! A word of storage is a record of the contract with a key of 32 bytes; zero is no record. What
//! is written is kept until the module flushes it, and lost where it never does. A delegate call
//! has no meaning here and fails with a text, since the code of another contract would run on the
//! records of this one.

mod calls;
mod math;
mod state;

use primitives::{Address, B256, CodeHash, EvmAddress};

use super::memory::{array, slice, slice_mut, write};
use super::{Call, End, bad_argument, data, environment};

pub(crate) use calls::{
    call_contract, create1, create2, delegate_call_contract, msg_reentrant, static_call_contract,
};
pub(crate) use math::{math_add_mod, math_div, math_mod, math_mul_mod, math_pow};
pub(crate) use state::{
    StylusState, storage_cache_bytes32, storage_flush_cache, storage_load_bytes32,
    transient_load_bytes32, transient_store_bytes32,
};

/// The module that Stylus modules import from.
pub(crate) const MODULE: &str = "vm_hooks";

/// The selector of a constructor: the first bytes of keccak256 of `stylus_constructor()`, with the
/// arguments behind it, whatever their types.
pub(crate) const CONSTRUCTOR_SELECTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];

/// Stylus measures computation in ink; so many units of it are one of gas.
const INK_PER_GAS: u64 = 10_000;

/// Bytes of an address.
const ADDRESS_BYTES: u32 = 20;

fn address_at(call: &Call<'_>, pointer: u32) -> Result<Address, End> {
    Ok(Address::from_evm(EvmAddress::from(array::<20>(call.memory, pointer)?)))
}

fn put_address(call: &mut Call<'_>, pointer: u32, address: &Address) -> Result<(), End> {
    write(call.memory, pointer, address.evm_alias().as_slice())
}

/// Defines imports that write an address of the environment to a pointer.
macro_rules! addresses {
    ($($name:ident = |$call:ident| $address:expr;)*) => {
        $(pub(crate) fn $name($call: &mut Call<'_>, (into,): (u32,)) -> Result<(), End> {
            $call.charge_environment()?;
            let address: Address = $address;
            put_address($call, into, &address)
        })*
    };
}

addresses! {
    msg_sender = |call| call.frame.caller;
    tx_origin = |call| call.frame.environment.transaction.origin;
    contract_address = |call| call.frame.contract;
    block_coinbase = |call| call.frame.environment.block.beneficiary;
}

pub(crate) use environment::{
    block_base_fee as block_basefee, block_gas_limit, block_number, block_timestamp,
    chain_id as chainid, gas_left as evm_gas_left, gas_price as tx_gas_price, value as msg_value,
};

pub(crate) use super::crypto::keccak256 as native_keccak256;

pub(crate) fn evm_ink_left(call: &mut Call<'_>, (): ()) -> Result<i64, End> {
    call.charge_environment()?;
    Ok(call.meter.remaining().0.saturating_mul(INK_PER_GAS).cast_signed())
}

pub(crate) fn tx_ink_price(call: &mut Call<'_>, (): ()) -> Result<i32, End> {
    call.charge_environment()?;
    Ok(INK_PER_GAS as i32)
}

/// The metering charges for memory that grows, so there is nothing more to pay.
pub(crate) fn pay_for_memory_grow(call: &mut Call<'_>, _: (u32,)) -> Result<(), End> {
    call.charge_environment()
}

pub(crate) fn account_balance(call: &mut Call<'_>, (address, into): (u32, u32)) -> Result<(), End> {
    let address = address_at(call, address)?;
    let balance = call.host.balance(call.meter, &address)?;
    write(call.memory, into, &balance.0.to_be_bytes::<32>())
}

pub(crate) fn account_codehash(
    call: &mut Call<'_>,
    (address, into): (u32, u32),
) -> Result<(), End> {
    let address = address_at(call, address)?;
    let hash = call.host.code_hash(call.meter, &address)?;
    let hash = hash.map_or(CodeHash::EMPTY, |(_, hash)| hash);
    write(call.memory, into, hash.0.as_slice())
}

pub(crate) fn read_args(call: &mut Call<'_>, (into,): (u32,)) -> Result<(), End> {
    let bytes = u32::try_from(call.frame.input.len()).unwrap_or(u32::MAX);
    data::input_read(call, (into, 0, bytes))
}

pub(crate) fn write_result(call: &mut Call<'_>, range: (u32, u32)) -> Result<(), End> {
    data::output_write(call, range)
}

pub(crate) fn exit_early(call: &mut Call<'_>, (status,): (u32,)) -> Result<(), End> {
    call.charge_environment()?;
    Err(if status == 0 { End::Finish } else { End::Revert })
}

pub(crate) fn return_data_size(call: &mut Call<'_>, (): ()) -> Result<i32, End> {
    data::buffer_bytes(call, ())
}

/// Copies what there is of the range, and tells how many bytes that is.
pub(crate) fn read_return_data(
    call: &mut Call<'_>,
    (into, offset, bytes): (u32, u32, u32),
) -> Result<i32, End> {
    let found = u32::try_from(call.buffer.len()).unwrap_or(u32::MAX);
    let bytes = bytes.min(found.saturating_sub(offset));
    if bytes == 0 {
        call.charge_environment()?;
        return Ok(0);
    }
    data::buffer_read(call, (into, offset, bytes))?;
    Ok(bytes.cast_signed())
}

/// The topics come first in the data.
pub(crate) fn emit_log(
    call: &mut Call<'_>,
    (data, data_bytes, topic_count): (u32, u32, u32),
) -> Result<(), End> {
    let topics = u64::from(topic_count) * 32;
    let Some(rest) = u64::from(data_bytes).checked_sub(topics) else {
        let text = format!("{topic_count} topics are not in a log of {data_bytes} bytes");
        return Err(bad_argument(text));
    };
    // Both fit: they are no more than the length, and `emit` holds them against the memory.
    let (topics, rest) = (topics as u32, rest as u32);
    slice(call.memory, data, data_bytes)?;
    super::storage::emit(call, (data, topic_count, data.saturating_add(topics), rest))
}

fn word_at(call: &Call<'_>, pointer: u32) -> Result<B256, End> {
    Ok(B256::from(array::<32>(call.memory, pointer)?))
}

/// The place for a result must be there before the work is done.
fn check_place(call: &mut Call<'_>, pointer: u32, bytes: u32) -> Result<(), End> {
    slice_mut(call.memory, pointer, bytes).map(drop)
}
