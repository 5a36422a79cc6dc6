//! Values as bytes, in storage and between contracts of this machine. A value has one encoding.
//!
//! A byte tells the kind; texts, bytes, lists and records are preceded by their length or number as
//! four bytes, the largest first. A number is its eight bytes by IEEE 754, and there is one that is
//! none. A bigint is its 32 bytes after its sign.

use primitives::{Gas, U256};
use thiserror::Error;

use crate::engine::JsValue;
use crate::limits::NESTING_MAX;

/// Why bytes are no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum CodecError {
    /// Something is missing.
    #[error("the bytes end within a value")]
    Ends,
    /// There is more than a value.
    #[error("bytes follow the value")]
    Trailing,
    /// A byte that stands for no kind.
    #[error("a byte stands for no kind of value")]
    Kind,
    /// Text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// Too many levels.
    #[error("it is nested deeper than {NESTING_MAX} levels")]
    Nesting,
    /// Not the one encoding of the value.
    #[error("a value is not encoded as it should be")]
    NotCanonical,
}

/// Gas of each byte of a list or a record.
const COMPOSED_BYTE_GAS: u64 = 4;

/// The bits of the number that is none.
const NAN_BITS: u64 = 0x7ff8_0000_0000_0000;

/// The bytes of a value.
pub(crate) fn encode(value: &JsValue) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, value);
    out
}

/// The bytes of the list of `first` and `rest`.
pub(crate) fn encode_items(first: &JsValue, rest: &[JsValue]) -> Vec<u8> {
    let mut out = vec![b'l'];
    write_length(&mut out, rest.len().saturating_add(1));
    write(&mut out, first);
    rest.iter().for_each(|item| write(&mut out, item));
    out
}

fn write(out: &mut Vec<u8>, value: &JsValue) {
    match value {
        JsValue::Undefined => out.push(b'u'),
        JsValue::Null => out.push(b'z'),
        JsValue::Bool(truth) => out.push(if *truth { b't' } else { b'f' }),
        JsValue::Number(number) => {
            out.push(b'n');
            let bits = if number.is_nan() { NAN_BITS } else { number.to_bits() };
            out.extend_from_slice(&bits.to_be_bytes());
        }
        JsValue::BigInt { is_negative, magnitude } => {
            out.push(if *is_negative && !magnitude.is_zero() { b'-' } else { b'+' });
            out.extend_from_slice(&magnitude.to_be_bytes::<32>());
        }
        JsValue::Text(text) => {
            out.push(b's');
            write_bytes(out, text.as_bytes());
        }
        JsValue::Bytes(bytes) => {
            out.push(b'x');
            write_bytes(out, bytes);
        }
        JsValue::List(items) => {
            out.push(b'l');
            write_length(out, items.len());
            items.iter().for_each(|item| write(out, item));
        }
        JsValue::Record(fields) => {
            out.push(b'r');
            write_length(out, fields.len());
            for (name, field) in fields {
                write_bytes(out, name.as_bytes());
                write(out, field);
            }
        }
    }
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// What making the value of bytes costs, beside reading them: what is within a list or a record is
/// a value of its own, and may be as short as a byte.
pub(crate) fn decode_gas(bytes: &[u8]) -> Gas {
    let is_composed = matches!(bytes.first(), Some(b'l' | b'r'));
    if is_composed { composed_gas(bytes.len()) } else { Gas::ZERO }
}

/// What making the values within so many bytes costs.
pub(crate) const fn composed_gas(bytes: usize) -> Gas {
    Gas(COMPOSED_BYTE_GAS.saturating_mul(bytes as u64))
}

/// The value of bytes.
///
/// # Errors
///
/// [`CodecError`] for bytes that [`encode`] writes for no value.
pub(crate) fn decode(bytes: &[u8]) -> Result<JsValue, CodecError> {
    decode_nested(bytes, NESTING_MAX)
}

/// The value of bytes with at most so many levels.
///
/// # Errors
///
/// As [`decode`].
pub(crate) fn decode_nested(bytes: &[u8], levels_max: u32) -> Result<JsValue, CodecError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(levels_max)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(CodecError::Trailing) }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, levels: u32) -> Result<JsValue, CodecError> {
        let [kind] = self.array()?;
        Ok(match kind {
            b'u' => JsValue::Undefined,
            b'z' => JsValue::Null,
            b't' => JsValue::Bool(true),
            b'f' => JsValue::Bool(false),
            b'n' => {
                let bits = u64::from_be_bytes(self.array()?);
                let number = f64::from_bits(bits);
                if number.is_nan() && bits != NAN_BITS {
                    return Err(CodecError::NotCanonical);
                }
                JsValue::Number(number)
            }
            b'+' | b'-' => {
                let magnitude = U256::from_be_bytes(self.array::<32>()?);
                if kind == b'-' && magnitude.is_zero() {
                    return Err(CodecError::NotCanonical);
                }
                JsValue::BigInt { is_negative: kind == b'-', magnitude }
            }
            b's' => JsValue::Text(self.text()?),
            b'x' => JsValue::Bytes(self.bytes()?.to_vec()),
            b'l' => {
                let levels = levels.checked_sub(1).ok_or(CodecError::Nesting)?;
                let count = self.length()?;
                let items = (0..count).map(|_| self.value(levels));
                JsValue::List(items.collect::<Result<_, _>>()?)
            }
            b'r' => {
                let levels = levels.checked_sub(1).ok_or(CodecError::Nesting)?;
                let count = self.length()?;
                let fields = (0..count).map(|_| Ok((self.text()?, self.value(levels)?)));
                JsValue::Record(fields.collect::<Result<_, _>>()?)
            }
            _ => return Err(CodecError::Kind),
        })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CodecError::Ends)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(CodecError::Ends)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A length, which no more than the bytes that are left can have: each element takes one.
    fn length(&mut self) -> Result<usize, CodecError> {
        let length = usize::try_from(u32::from_be_bytes(self.array()?));
        length.ok().filter(|length| *length <= self.rest.len()).ok_or(CodecError::Ends)
    }

    fn bytes(&mut self) -> Result<&'a [u8], CodecError> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<String, CodecError> {
        let text = core::str::from_utf8(self.bytes()?).map_err(|_| CodecError::Text)?;
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = JsValue> {
        let leaf = prop_oneof![
            Just(JsValue::Undefined),
            Just(JsValue::Null),
            any::<bool>().prop_map(JsValue::Bool),
            any::<i32>().prop_map(|number| JsValue::Number(f64::from(number) / 8.0)),
            any::<[u8; 32]>().prop_map(|bytes| JsValue::uint(U256::from_be_bytes(bytes))),
            any::<String>().prop_map(JsValue::Text),
            any::<Vec<u8>>().prop_map(JsValue::Bytes),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(JsValue::List),
                proptest::collection::vec((any::<String>(), inner), 0..6).prop_map(JsValue::Record),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_comes_back(value in values()) {
            prop_assert_eq!(decode(&encode(&value)), Ok(value));
        }

        #[test]
        fn bytes_that_are_read_are_those_that_are_written(bytes: Vec<u8>) {
            if let Ok(value) = decode(&bytes) {
                prop_assert_eq!(encode(&value), bytes);
            }
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let nested = |levels: usize| [b"l\0\0\0\x01".repeat(levels), b"u".to_vec()].concat();
        assert!(decode(&nested(64)).is_ok());
        assert_eq!(decode(&nested(65)), Err(CodecError::Nesting));
        assert_eq!(decode(b"l\xff\xff\xff\xffu"), Err(CodecError::Ends));
        assert_eq!(decode(b"uu"), Err(CodecError::Trailing));
        assert_eq!(decode(b"s\0\0\0\x01\xff"), Err(CodecError::Text));
        assert_eq!(decode(b""), Err(CodecError::Ends));
        assert_eq!(decode(b"?"), Err(CodecError::Kind));
        let none = [b"n".as_slice(), &0x7ff8_0000_0000_0001_u64.to_be_bytes()].concat();
        assert_eq!(decode(&none), Err(CodecError::NotCanonical));
        assert_eq!(decode(&[b"-".as_slice(), &[0; 32]].concat()), Err(CodecError::NotCanonical));
    }
}
