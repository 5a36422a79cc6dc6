//! Input, output, the result buffer, and the ends of a frame.

use primitives::Bytes;
use primitives::limits::OUTPUT_BYTES_MAX;
use vm::{HaltReason, Trap};

use super::memory::{part, slice, slice_mut};
use super::{Call, End};

pub(crate) fn input_read(
    call: &mut Call<'_>,
    (into, offset, bytes): (u32, u32, u32),
) -> Result<(), End> {
    call.charge_copy(bytes.into())?;
    let source = part("the input", call.frame.input, offset, bytes)?;
    slice_mut(call.memory, into, bytes)?.copy_from_slice(source);
    Ok(())
}

pub(crate) fn output_write(call: &mut Call<'_>, (from, bytes): (u32, u32)) -> Result<(), End> {
    let limit = OUTPUT_BYTES_MAX as u64;
    if u64::from(bytes) > limit {
        let found = bytes.into();
        return Err(Trap::Limit { what: "bytes of output", found, limit }.into());
    }
    call.charge_copy(bytes.into())?;
    *call.output = Bytes::copy_from_slice(slice(call.memory, from, bytes)?);
    Ok(())
}

pub(crate) fn finish(call: &mut Call<'_>, range: (u32, u32)) -> Result<(), End> {
    output_write(call, range)?;
    Err(End::Finish)
}

pub(crate) fn revert(call: &mut Call<'_>, range: (u32, u32)) -> Result<(), End> {
    output_write(call, range)?;
    Err(End::Revert)
}

pub(crate) fn buffer_bytes(call: &mut Call<'_>, (): ()) -> Result<i32, End> {
    call.charge_environment()?;
    length(call.buffer.len())
}

pub(crate) fn buffer_read(
    call: &mut Call<'_>,
    (into, offset, bytes): (u32, u32, u32),
) -> Result<(), End> {
    call.charge_copy(bytes.into())?;
    let source = part("the result buffer", call.buffer, offset, bytes)?;
    slice_mut(call.memory, into, bytes)?.copy_from_slice(source);
    Ok(())
}

pub(crate) fn debug(call: &mut Call<'_>, (from, bytes): (u32, u32)) -> Result<(), End> {
    call.charge_copy(bytes.into())?;
    let text = String::from_utf8_lossy(slice(call.memory, from, bytes)?);
    Ok(call.host.debug(call.meter, &text)?)
}

/// A length as the guest sees it. Nothing that a host hands out comes near the limit.
pub(crate) fn length(bytes: usize) -> Result<i32, End> {
    i32::try_from(bytes).map_err(|_| {
        let (found, limit) = (bytes as u64, i32::MAX.unsigned_abs().into());
        End::Halt(HaltReason::Limit { what: "bytes of a result", found, limit })
    })
}
