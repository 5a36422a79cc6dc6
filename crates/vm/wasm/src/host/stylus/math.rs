//! Arithmetic on words; the first operand takes the result. What divides by zero is zero.

use primitives::U256;

use super::word_at;
use crate::host::memory::write;
use crate::host::{Call, End};

/// Defines imports that put a result in the place of their first operand.
macro_rules! operations {
    ($($name:ident($($operand:ident),+) = $result:expr;)*) => {
        $(pub(crate) fn $name(
            call: &mut Call<'_>,
            pointers: operations!(@pointers $($operand)+),
        ) -> Result<(), End> {
            let cost = call.host.schedule().word_arithmetic;
            call.charge(cost)?;
            let (place, ..) = pointers;
            let operations!(@pattern $($operand)+) = pointers;
            $(let $operand = number_at(call, $operand)?;)+
            put(call, place, $result)
        })*
    };
    (@pointers $a:ident $b:ident) => { (u32, u32) };
    (@pointers $a:ident $b:ident $c:ident) => { (u32, u32, u32) };
    (@pattern $($operand:ident)+) => { ($($operand),+) };
}

operations! {
    math_div(value, divisor) = value.checked_div(divisor).unwrap_or_default();
    math_mod(value, modulus) = value.checked_rem(modulus).unwrap_or_default();
    math_add_mod(value, addend, modulus) = value.add_mod(addend, modulus);
    math_mul_mod(value, factor, modulus) = value.mul_mod(factor, modulus);
}

/// Each byte of the exponent costs as much again as it does in the EVM (EIP-160).
pub(crate) fn math_pow(call: &mut Call<'_>, (value, exponent): (u32, u32)) -> Result<(), End> {
    let (base, power) = (number_at(call, value)?, number_at(call, exponent)?);
    let schedule = call.host.schedule();
    let bytes = schedule.exponent_byte.saturating_mul(power.byte_len() as u64);
    let cost = schedule.word_arithmetic.saturating_add(bytes);
    call.charge(cost)?;
    put(call, value, base.wrapping_pow(power))
}

fn number_at(call: &Call<'_>, pointer: u32) -> Result<U256, End> {
    Ok(word_at(call, pointer)?.into())
}

fn put(call: &mut Call<'_>, pointer: u32, number: U256) -> Result<(), End> {
    write(call.memory, pointer, &number.to_be_bytes::<32>())
}
