//! Checked access to the memory of an instance. Pointers and lengths come from the guest: a
//! negative one is a very large one, and no sum of two may wrap.

use super::{End, bad_argument};

/// The bytes of `memory` at `pointer`.
pub(super) fn slice(memory: &[u8], pointer: u32, bytes: u32) -> Result<&[u8], End> {
    let range = range(memory.len(), pointer, bytes)?;
    memory.get(range).ok_or_else(|| outside(memory.len(), pointer, bytes))
}

/// The bytes of `memory` at `pointer`, to write to.
pub(super) fn slice_mut(memory: &mut [u8], pointer: u32, bytes: u32) -> Result<&mut [u8], End> {
    let memory_bytes = memory.len();
    let range = range(memory_bytes, pointer, bytes)?;
    memory.get_mut(range).ok_or_else(|| outside(memory_bytes, pointer, bytes))
}

/// A copy of the `N` bytes of `memory` at `pointer`.
pub(super) fn array<const N: usize>(memory: &[u8], pointer: u32) -> Result<[u8; N], End> {
    let bytes = u32::try_from(N).unwrap_or(u32::MAX);
    let found = slice(memory, pointer, bytes)?;
    <[u8; N]>::try_from(found).map_err(|_| outside(memory.len(), pointer, bytes))
}

/// Copies `source` into `memory` at `pointer`.
pub(super) fn write(memory: &mut [u8], pointer: u32, source: &[u8]) -> Result<(), End> {
    let bytes = u32::try_from(source.len()).unwrap_or(u32::MAX);
    slice_mut(memory, pointer, bytes)?.copy_from_slice(source);
    Ok(())
}

/// The part of `source` (the input, the result buffer) that the guest asks for.
pub(super) fn part<'a>(
    what: &'static str,
    source: &'a [u8],
    offset: u32,
    bytes: u32,
) -> Result<&'a [u8], End> {
    let found = range(source.len(), offset, bytes).ok().and_then(|range| source.get(range));
    found.ok_or_else(|| {
        let whole = source.len();
        bad_argument(format!("{bytes} bytes at {offset} are not in {what} of {whole} bytes"))
    })
}

fn range(whole: usize, pointer: u32, bytes: u32) -> Result<core::ops::Range<usize>, End> {
    let end = u64::from(pointer) + u64::from(bytes);
    match (usize::try_from(pointer), usize::try_from(end)) {
        (Ok(start), Ok(end)) if end <= whole => Ok(start..end),
        _ => Err(outside(whole, pointer, bytes)),
    }
}

#[cold]
fn outside(whole: usize, pointer: u32, bytes: u32) -> End {
    bad_argument(format!("{bytes} bytes at {pointer} are not in the memory of {whole} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_memory_are_exact() {
        let memory = [7; 64];
        assert_eq!(slice(&memory, 0, 64).unwrap().len(), 64);
        assert_eq!(slice(&memory, 64, 0).unwrap().len(), 0);
        assert!(slice(&memory, 64, 1).is_err());
        assert!(slice(&memory, 65, 0).is_err());
        assert!(slice(&memory, u32::MAX, u32::MAX).is_err());
        assert!(array::<32>(&memory, 33).is_err());
    }

    proptest! {
        #[test]
        fn an_access_is_allowed_exactly_where_it_lies_within(
            pointer: u32,
            bytes: u32,
            low in 0..200u32,
        ) {
            let mut memory = vec![0; 100];
            for (pointer, bytes) in [(pointer, bytes), (low, bytes % 200), (pointer, low)] {
                let is_within = u64::from(pointer) + u64::from(bytes) <= 100;
                prop_assert_eq!(slice(&memory, pointer, bytes).is_ok(), is_within);
                prop_assert_eq!(slice_mut(&mut memory, pointer, bytes).is_ok(), is_within);
                prop_assert_eq!(part("x", &memory, pointer, bytes).is_ok(), is_within);
            }
        }
    }
}
