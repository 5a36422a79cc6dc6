//! The frame, the transaction and the block.

use primitives::B256;

use super::memory::write;
use super::{Call, End};

/// Defines imports that write 32 bytes of the environment to a pointer.
macro_rules! words_of_environment {
    ($($name:ident = |$call:ident| $bytes:expr;)*) => {
        $(pub(crate) fn $name($call: &mut Call<'_>, (into,): (u32,)) -> Result<(), End> {
            $call.charge_environment()?;
            let word: [u8; 32] = $bytes;
            write($call.memory, into, &word)
        })*
    };
}

/// Defines imports that return a number of the environment.
macro_rules! numbers_of_environment {
    ($($name:ident = |$call:ident| $number:expr;)*) => {
        $(pub(crate) fn $name($call: &mut Call<'_>, (): ()) -> Result<i64, End> {
            $call.charge_environment()?;
            let number: u64 = $number;
            Ok(number.cast_signed())
        })*
    };
}

words_of_environment! {
    caller = |call| *call.frame.caller.as_bytes();
    origin = |call| *call.frame.environment.transaction.origin.as_bytes();
    contract = |call| *call.frame.contract.as_bytes();
    value = |call| call.frame.value.0.to_be_bytes();
    block_beneficiary = |call| *call.frame.environment.block.beneficiary.as_bytes();
    block_base_fee = |call| call.frame.environment.block.base_fee.0.to_be_bytes();
    block_prevrandao = |call| call.frame.environment.block.prevrandao.0;
    gas_price = |call| call.frame.environment.transaction.gas_price.0.to_be_bytes();
    transaction_hash = |call| call.frame.environment.transaction.hash.0;
}

numbers_of_environment! {
    block_number = |call| call.frame.environment.block.number.0;
    block_timestamp = |call| call.frame.environment.block.timestamp_s;
    block_gas_limit = |call| call.frame.environment.block.gas_limit.0;
    chain_id = |call| call.frame.environment.block.chain_id;
    gas_left = |call| call.meter.remaining().0;
}

pub(crate) fn is_static(call: &mut Call<'_>, (): ()) -> Result<i32, End> {
    call.charge_environment()?;
    Ok(call.frame.is_static.into())
}

pub(crate) fn block_hash(call: &mut Call<'_>, (number, into): (u64, u32)) -> Result<(), End> {
    let hash: B256 = call.host.block_hash(call.meter, number)?;
    write(call.memory, into, hash.as_slice())
}
