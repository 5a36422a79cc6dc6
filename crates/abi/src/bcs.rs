//! BCS, the binary canonical serialization of Move.
//!
//! Lengths and variants are ULEB128 in its shortest form, integers little-endian in as many bytes
//! as their width, an address is 32 bytes, an option is a byte and the value (as Move's vector of
//! at most one element), a fixed array and `bytesN` have no length. There is one encoding of a
//! value; anything else, and any byte left over, is an error.

use crate::{
    Type, Value,
    binary::{self, Format, Reader},
    error::{DecodeError, EncodeError},
};

/// Elements of a sequence (the limit of BCS: 2^31 - 1).
const SEQUENCE_LENGTH_MAX: usize = (1 << 31) - 1;

/// The encoding of `values` one after the other.
///
/// # Errors
///
/// [`EncodeError`] where a value is not of its type, a type is invalid or a sequence is too long.
pub fn encode(values: &[Value], kinds: &[&Type]) -> Result<Vec<u8>, EncodeError> {
    binary::encode::<Bcs>(values, kinds)
}

/// The values of these types that `input` is, to its last byte.
///
/// # Errors
///
/// [`DecodeError`] naming the place in the input and what is wrong there.
pub fn decode(input: &[u8], kinds: &[&Type]) -> Result<Vec<Value>, DecodeError> {
    binary::decode::<Bcs>(input, kinds)
}

struct Bcs;

impl Format for Bcs {
    const LENGTH_MAX: usize = SEQUENCE_LENGTH_MAX;

    fn write_length(out: &mut Vec<u8>, length: u32) {
        let mut rest = length;
        while rest >= 0x80 {
            out.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn write_variant(out: &mut Vec<u8>, number: u32) {
        Self::write_length(out, number);
    }

    fn read_length(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
        let at = reader.at();
        let invalid = |reason| DecodeError::Invalid { at, kind: "ULEB128".to_owned(), reason };
        let mut number = 0_u64;
        for shift in (0..32).step_by(7) {
            let byte = reader.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 != 0 {
                continue;
            }
            if byte == 0 && shift > 0 {
                return Err(invalid("it is not in its shortest form"));
            }
            return u32::try_from(number).map_err(|_| invalid("it has more than 32 bits"));
        }
        Err(invalid("it has more than 32 bits"))
    }

    fn read_variant(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
        Self::read_length(reader)
    }
}
