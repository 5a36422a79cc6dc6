//! Compressed code. A Go program has its runtime in it and shrinks to a quarter, and what is sent
//! and stored is paid by the byte.

use std::borrow::Cow;

use primitives::{VmKind, limits::FOREIGN_CODE_BYTES_MAX};
use thiserror::Error;
use vm::CodeError;
use wasm_encoder::{CustomSection, Section};
use zstd::zstd_safe::get_frame_content_size;

use crate::validate::INTERFACE_SECTION;

/// The bytes that a Zstandard frame begins with (RFC 8878).
const ZSTANDARD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// How hard is tried. Code is packed once, by its author.
const LEVEL: i32 = 19;

/// Why code cannot be packed.
#[derive(Debug, Error)]
#[error("the module cannot be compressed")]
pub struct PackError(#[from] std::io::Error);

/// The module as one Zstandard frame; code that is packed already stays as it is.
///
/// # Errors
///
/// [`PackError`] where there is no memory to compress it.
pub fn pack(module: &[u8]) -> Result<Vec<u8>, PackError> {
    if is_packed(module) {
        return Ok(module.to_vec());
    }
    Ok(zstd::bulk::compress(module, LEVEL)?)
}

/// The module with an interface in its custom section, as JSON. A module that has one gets a
/// second, which is refused.
#[must_use]
pub fn with_interface(module: &[u8], json: &str) -> Vec<u8> {
    let mut module = module.to_vec();
    let name = Cow::Borrowed(INTERFACE_SECTION);
    CustomSection { name, data: Cow::Borrowed(json.as_bytes()) }.append_to(&mut module);
    module
}

/// Whether `code` looks packed.
fn is_packed(code: &[u8]) -> bool {
    code.starts_with(ZSTANDARD_MAGIC)
}

/// How many bytes the module in `code` has, as its head says.
pub(crate) fn module_bytes(code: &[u8]) -> Option<u64> {
    if !is_packed(code) {
        return Some(code.len() as u64);
    }
    get_frame_content_size(code).ok().flatten()
}

/// The module in `code`. The work is bounded by the limit on the bytes of a module.
///
/// # Errors
///
/// [`CodeError`] where the frame is damaged, or the module is larger than code may be.
pub fn unpack(code: &[u8]) -> Result<Cow<'_, [u8]>, CodeError> {
    if !is_packed(code) {
        return Ok(Cow::Borrowed(code));
    }
    let malformed = |reason: String| CodeError::Malformed { kind: VmKind::Go, offset: 0, reason };
    let found = module_bytes(code)
        .ok_or_else(|| malformed("the frame does not tell the size of the module".to_owned()))?;
    let limit = FOREIGN_CODE_BYTES_MAX as u64;
    let too_large = || CodeError::Limit { kind: VmKind::Go, what: "bytes", found, limit };
    let capacity = usize::try_from(found).ok().filter(|bytes| *bytes <= FOREIGN_CODE_BYTES_MAX);
    let module = zstd::bulk::decompress(code, capacity.ok_or_else(too_large)?)
        .map_err(|_| malformed("the compressed module is damaged".to_owned()))?;
    if module.len() as u64 != found {
        return Err(malformed("the compressed module has another size than it says".to_owned()));
    }
    Ok(Cow::Owned(module))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_leads_back(module: Vec<u8>) {
            prop_assume!(!is_packed(&module));
            let packed = pack(&module).unwrap();
            prop_assert_eq!(module_bytes(&packed), Some(module.len() as u64));
            let unpacked = unpack(&packed).unwrap();
            prop_assert_eq!(unpacked.as_ref(), module.as_slice());
        }

        #[test]
        fn no_bytes_make_unpacking_panic(mut bytes: Vec<u8>) {
            let mut code = ZSTANDARD_MAGIC.to_vec();
            code.append(&mut bytes);
            let _ = unpack(&code);
        }
    }

    #[test]
    fn a_bomb_is_refused_by_its_head() {
        let bomb = zstd::bulk::compress(&vec![0; FOREIGN_CODE_BYTES_MAX + 1], 1).unwrap();
        assert!(matches!(unpack(&bomb), Err(CodeError::Limit { .. })));
        let mut damaged = pack(&[7; 1000]).unwrap();
        damaged.truncate(damaged.len() - 1);
        assert!(matches!(unpack(&damaged), Err(CodeError::Malformed { .. })));
    }
}
