//! The functions of the host interface over the in-memory world.

use alloc::{string::String, vec::Vec};

use super::{EmittedEvent, Exit, Frame, World, exit, move_coin, outer_caller, run, with};
use crate::{
    Address, U256,
    host::{CallError, Deployment},
};

pub(crate) use super::object::{
    object_create, object_delete, object_field, object_get, object_list, object_remove_field,
    object_set_field, object_set_owner,
};

pub(crate) use super::crypto::{
    blake3, ed25519_verify, keccak256, ripemd160, secp256k1_recover, secp256r1_verify, sha256,
};

pub(crate) fn input(input_bytes: usize) -> Vec<u8> {
    let mut input = in_frame(|frame| frame.input.clone());
    input.truncate(input_bytes);
    input
}

pub(crate) fn output_write(output: &[u8]) {
    in_frame(|frame| frame.output = output.to_vec());
}

pub(crate) fn finish(output: &[u8]) -> ! {
    exit(Exit::Finish(output.to_vec()))
}

pub(crate) fn revert(data: &[u8]) -> ! {
    exit(Exit::Revert(data.to_vec()))
}

pub(crate) fn storage_get(key: &[u8]) -> Option<Vec<u8>> {
    let of = contract_address();
    with(|world| world.chain.records.get(&(of, key.to_vec())).cloned())
}

pub(crate) fn storage_put(key: &[u8], value: &[u8]) {
    let of = writable();
    with(|world| world.chain.records.insert((of, key.to_vec()), value.to_vec()));
}

pub(crate) fn storage_delete(key: &[u8]) -> bool {
    let of = writable();
    with(|world| world.chain.records.remove(&(of, key.to_vec())).is_some())
}

pub(crate) fn storage_scan(prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<u8> {
    let of = contract_address();
    let mut buffer = Vec::new();
    let mut put = |part: &[u8]| {
        buffer.extend_from_slice(&(part.len() as u32).to_le_bytes());
        buffer.extend_from_slice(part);
    };
    with(|world| {
        let own = world.chain.records.range((of, prefix.to_vec())..);
        own.take_while(|((owner, key), _)| *owner == of && key.starts_with(prefix))
            .filter(|((_, key), _)| after.is_none_or(|after| key.as_slice() > after))
            .take(limit)
            .for_each(|((_, key), value)| {
                put(key);
                put(value);
            });
    });
    buffer
}

pub(crate) fn counter_get(key: &[u8]) -> [u8; 32] {
    let of = contract_address();
    let number = with(|world| world.chain.counters.get(&(of, key.to_vec())).copied());
    number.unwrap_or_default().to_bytes()
}

pub(crate) fn counter_add(key: &[u8], amount: &[u8; 32]) -> bool {
    change_counter(key, |number| number.checked_add(U256::from_bytes(amount)))
}

pub(crate) fn counter_sub(key: &[u8], amount: &[u8; 32]) -> bool {
    change_counter(key, |number| number.checked_sub(U256::from_bytes(amount)))
}

fn change_counter(key: &[u8], change: impl FnOnce(U256) -> Option<U256>) -> bool {
    let of = writable();
    with(|world| {
        let number = world.chain.counters.entry((of, key.to_vec())).or_default();
        let after = change(*number);
        *number = after.unwrap_or(*number);
        after.is_some()
    })
}

pub(crate) fn transient_get(key: &[u8; 32]) -> [u8; 32] {
    let of = contract_address();
    with(|world| world.chain.transient.get(&(of, *key)).copied().unwrap_or_default())
}

pub(crate) fn transient_put(key: &[u8; 32], value: &[u8; 32]) {
    let of = writable();
    with(|world| world.chain.transient.insert((of, *key), *value));
}

pub(crate) fn caller() -> [u8; 32] {
    in_frame(|frame| *frame.caller.as_bytes())
}

pub(crate) fn origin() -> [u8; 32] {
    with(|world| *world.sender.as_bytes())
}

pub(crate) fn contract() -> [u8; 32] {
    *contract_address().as_bytes()
}

pub(crate) fn value() -> [u8; 32] {
    in_frame(|frame| frame.value.to_bytes())
}

pub(crate) fn balance(of: &[u8; 32]) -> [u8; 32] {
    let of = Address::new(*of);
    with(|world| world.chain.balances.get(&of).copied().unwrap_or_default().to_bytes())
}

pub(crate) fn code_hash(of: &[u8; 32]) -> Option<(u32, [u8; 32])> {
    let of = Address::new(*of);
    // The in-memory host has no code; the address stands for it.
    with(|world| world.chain.contracts.contains_key(&of)).then(|| (0, keccak256(of.as_bytes())))
}

pub(crate) fn transfer(to: &[u8; 32], amount: &[u8; 32]) -> bool {
    let from = writable();
    move_coin(from, Address::new(*to), U256::from_bytes(amount))
}

pub(crate) fn call(
    to: &[u8; 32],
    value: &[u8; 32],
    input: &[u8],
    _gas: i64,
    flags: u32,
) -> (i32, Vec<u8>) {
    let value = U256::from_bytes(value);
    let is_static = flags & 1 == 1;
    let frame = Frame::new(outer_caller(), Address::new(*to), value, input.to_vec(), is_static);
    let (status, output) = match run(frame, None) {
        Ok(output) => (0, output),
        Err(CallError::Revert(data)) => (1, data),
        Err(_) => (2, Vec::new()),
    };
    with(|world| match world.frames.last_mut() {
        Some(frame) => frame.buffer.clone_from(&output),
        None => world.outer_buffer.clone_from(&output),
    });
    (status, output)
}

/// Code cannot run here, so that a deployment by a contract halts.
pub(crate) fn deploy(_deployment: &Deployment<'_>, _gas: i64) -> (i32, Vec<u8>, [u8; 32]) {
    (2, Vec::new(), [0; 32])
}

pub(crate) fn emit(topics: &[[u8; 32]], data: &[u8]) {
    let contract = writable();
    let event = EmittedEvent { contract, topics: topics.to_vec(), data: data.to_vec() };
    with(|world| world.chain.events.push(event));
}

pub(crate) fn block_hash(number: u64) -> [u8; 32] {
    let height = block_number();
    let known = number < height && height - number <= 256;
    if known { keccak256(&number.to_be_bytes()) } else { [0; 32] }
}

/// Gas is not counted here.
pub(crate) fn gas_left() -> u64 {
    u64::MAX
}

pub(crate) fn is_static() -> bool {
    in_frame(|frame| frame.is_static)
}

pub(crate) fn debug(line: &[u8]) {
    let line = String::from_utf8_lossy(line).into_owned();
    with(|world| world.debug_lines.push(line));
}

macro_rules! environment {
    ($($name:ident -> $of:ty = $read:expr;)*) => {$(
        pub(crate) fn $name() -> $of {
            let read: fn(&World) -> $of = $read;
            with(|world| read(world))
        }
    )*};
}
environment! {
    block_number -> u64 = |world| world.environment.block_number;
    block_timestamp -> u64 = |world| world.environment.block_timestamp;
    block_gas_limit -> u64 = |world| world.environment.block_gas_limit;
    block_beneficiary -> [u8; 32] = |world| *world.environment.block_beneficiary.as_bytes();
    block_base_fee -> [u8; 32] = |world| world.environment.block_base_fee.to_bytes();
    block_prevrandao -> [u8; 32] = |world| world.environment.block_prevrandao;
    chain_id -> u64 = |world| world.environment.chain_id;
    gas_price -> [u8; 32] = |world| world.environment.gas_price.to_bytes();
    transaction_hash -> [u8; 32] = |world| world.environment.transaction_hash;
}

fn in_frame<T>(action: impl FnOnce(&mut Frame) -> T) -> T {
    with(|world| {
        let frame = world.frames.last_mut();
        action(frame.unwrap_or_else(|| panic!("no contract runs: call one by its address")))
    })
}

pub(super) fn contract_address() -> Address {
    in_frame(|frame| frame.contract)
}

/// The running contract; a frame that may not write halts here.
pub(super) fn writable() -> Address {
    let (contract, is_static) = in_frame(|frame| (frame.contract, frame.is_static));
    if is_static { exit(Exit::Halt) } else { contract }
}
