//! Borsh, the serialization of Solana programs and of many Rust contracts.
//!
//! Lengths are 4 bytes, variants and the presence of an option 1 byte, integers little-endian in
//! as many bytes as their width, an address is 32 bytes, a fixed array and `bytesN` have no
//! length. There is one encoding of a value; anything else, and any byte left over, is an error.

use crate::{
    Type, Value,
    binary::{self, Format, Reader},
    error::{DecodeError, EncodeError},
};

/// The encoding of `values` one after the other.
///
/// # Errors
///
/// [`EncodeError`] where a value is not of its type, a type is invalid or a sequence is too long.
pub fn encode(values: &[Value], kinds: &[&Type]) -> Result<Vec<u8>, EncodeError> {
    binary::encode::<Borsh>(values, kinds)
}

/// The values of these types that `input` is, to its last byte.
///
/// # Errors
///
/// [`DecodeError`] naming the place in the input and what is wrong there.
pub fn decode(input: &[u8], kinds: &[&Type]) -> Result<Vec<Value>, DecodeError> {
    binary::decode::<Borsh>(input, kinds)
}

struct Borsh;

impl Format for Borsh {
    const LENGTH_MAX: usize = u32::MAX as usize;

    fn write_length(out: &mut Vec<u8>, length: u32) {
        out.extend_from_slice(&length.to_le_bytes());
    }

    fn write_variant(out: &mut Vec<u8>, number: u32) {
        let number = u8::try_from(number).expect("invariant: an enum has 256 variants at most");
        out.push(number);
    }

    fn read_length(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
        reader.array().map(u32::from_le_bytes)
    }

    fn read_variant(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
        reader.byte().map(u32::from)
    }
}
