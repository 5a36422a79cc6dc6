//! What BCS and Borsh share: values one after the other, without padding, little-endian.
//!
//! They differ in how lengths and the numbers of variants are written, which [`Format`] tells.

use alloy_primitives::{Bytes, I256, U256};
use primitives::Address;

use crate::{
    Type, Value,
    error::{DecodeError, EncodeError},
    value::{check_values, payload_type},
};

/// Bytes of the widest integer.
const WORD: usize = 32;

/// How a format writes lengths and variants.
pub(crate) trait Format {
    /// The largest length of a sequence.
    const LENGTH_MAX: usize;
    fn write_length(out: &mut Vec<u8>, length: u32);
    fn write_variant(out: &mut Vec<u8>, number: u32);
    fn read_length(reader: &mut Reader<'_>) -> Result<u32, DecodeError>;
    fn read_variant(reader: &mut Reader<'_>) -> Result<u32, DecodeError>;
}

pub(crate) fn encode<F: Format>(values: &[Value], kinds: &[&Type]) -> Result<Vec<u8>, EncodeError> {
    check_values(values, kinds)?;
    let mut out = Vec::new();
    for (value, kind) in values.iter().zip(kinds) {
        write::<F>(&mut out, value, kind)?;
    }
    Ok(out)
}

pub(crate) fn decode<F: Format>(input: &[u8], kinds: &[&Type]) -> Result<Vec<Value>, DecodeError> {
    for kind in kinds {
        kind.check()?;
    }
    let mut reader = Reader { input, at: 0 };
    let values = kinds.iter().map(|kind| read::<F>(&mut reader, kind)).collect::<Result<_, _>>()?;
    match reader.left() {
        0 => Ok(values),
        left => Err(DecodeError::Trailing { at: reader.at, left }),
    }
}

/// Reads bytes from the first to the last.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let ends = DecodeError::Ends { at: self.at, needed: length, length: self.input.len() };
        let end = self.at.checked_add(length).ok_or_else(|| ends.clone())?;
        let bytes = self.input.get(self.at..end).ok_or(ends)?;
        self.at = end;
        Ok(bytes)
    }

    const fn left(&self) -> usize {
        self.input.len() - self.at
    }

    /// A length, which what is left must be able to hold: an element takes a byte or more.
    fn length<F: Format>(&mut self) -> Result<usize, DecodeError> {
        let at = self.at;
        let count = F::read_length(self)?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.left() && *count <= F::LENGTH_MAX)
            .ok_or_else(|| DecodeError::Length {
                at,
                count: U256::from(count),
                length: self.input.len(),
            })
    }
}

fn write<F: Format>(out: &mut Vec<u8>, value: &Value, kind: &Type) -> Result<(), EncodeError> {
    match (value, kind.resolved()) {
        (Value::Bool(truth), _) => out.push(u8::from(*truth)),
        (Value::Uint(number), Type::Uint(bits)) => write_integer(out, *number, *bits),
        (Value::Int(number), Type::Int(bits)) => write_integer(out, number.into_raw(), *bits),
        (Value::Address(address), _) => out.extend_from_slice(address.as_bytes()),
        (Value::Bytes(bytes), Type::FixedBytes(_)) => out.extend_from_slice(bytes),
        (Value::Bytes(bytes), _) => write_bytes::<F>(out, bytes)?,
        (Value::String(text), _) => write_bytes::<F>(out, text.as_bytes())?,
        (Value::Array(items), Type::Array(element)) => {
            F::write_length(out, length_of::<F>(items.len())?);
            items.iter().try_for_each(|item| write::<F>(out, item, element))?;
        }
        (Value::Array(items), Type::FixedArray(element, _)) => {
            items.iter().try_for_each(|item| write::<F>(out, item, element))?;
        }
        (Value::Tuple(items), Type::Tuple(tuple)) => {
            let mut fields = items.iter().zip(&tuple.fields);
            fields.try_for_each(|(item, field)| write::<F>(out, item, &field.kind))?;
        }
        (Value::Enum(number, payload), Type::Enum(enumeration)) => {
            F::write_variant(out, *number);
            let kind = payload_type(enumeration, *number).flatten();
            if let (Some(payload), Some(kind)) = (payload, kind) {
                write::<F>(out, payload, kind)?;
            }
        }
        (Value::Option(inner), Type::Option(kind)) => {
            out.push(u8::from(inner.is_some()));
            if let Some(inner) = inner {
                write::<F>(out, inner, kind)?;
            }
        }
        _ => unreachable!("invariant: values are checked against their types before writing"),
    }
    Ok(())
}

fn write_bytes<F: Format>(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EncodeError> {
    F::write_length(out, length_of::<F>(bytes.len())?);
    out.extend_from_slice(bytes);
    Ok(())
}

fn length_of<F: Format>(length: usize) -> Result<u32, EncodeError> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= F::LENGTH_MAX)
        .ok_or(EncodeError::Length { length, limit: F::LENGTH_MAX })
}

fn write_integer(out: &mut Vec<u8>, number: U256, bits: u16) {
    out.extend_from_slice(&number.to_le_bytes::<WORD>()[..usize::from(bits / 8)]);
}

fn read<F: Format>(reader: &mut Reader<'_>, kind: &Type) -> Result<Value, DecodeError> {
    let at = reader.at;
    match kind.resolved() {
        Type::Bool => flag(reader, kind).map(Value::Bool),
        Type::Uint(bits) => Ok(Value::Uint(read_integer(reader, *bits, 0)?)),
        Type::Int(bits) => {
            let sign = reader.input.get(at + usize::from(bits / 8) - 1).map_or(0, |byte| byte >> 7);
            let fill = if sign == 1 { u8::MAX } else { 0 };
            Ok(Value::Int(I256::from_raw(read_integer(reader, *bits, fill)?)))
        }
        Type::Address => Ok(Value::Address(Address::new(reader.array()?))),
        Type::FixedBytes(length) => {
            Ok(Value::Bytes(Bytes::copy_from_slice(reader.take(usize::from(*length))?)))
        }
        Type::Bytes => {
            let length = reader.length::<F>()?;
            Ok(Value::Bytes(Bytes::copy_from_slice(reader.take(length)?)))
        }
        Type::String => {
            let length = reader.length::<F>()?;
            let text = core::str::from_utf8(reader.take(length)?)
                .map_err(|_| invalid(at, kind, "the text is not UTF-8"))?;
            Ok(Value::text(text))
        }
        Type::Array(element) => {
            let length = reader.length::<F>()?;
            (0..length)
                .map(|_| read::<F>(reader, element))
                .collect::<Result<_, _>>()
                .map(Value::Array)
        }
        Type::FixedArray(element, length) => (0..*length)
            .map(|_| read::<F>(reader, element))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Type::Tuple(tuple) => {
            let mut fields = Vec::with_capacity(tuple.fields.len());
            for field in &tuple.fields {
                fields.push(read::<F>(reader, &field.kind)?);
            }
            Ok(Value::Tuple(fields))
        }
        Type::Enum(enumeration) => {
            let number = F::read_variant(reader)?;
            let payload = payload_type(enumeration, number)
                .ok_or_else(|| invalid(at, kind, "there is no such variant"))?;
            let payload = payload.map(|kind| read::<F>(reader, kind)).transpose()?;
            Ok(Value::Enum(number, payload.map(Box::new)))
        }
        Type::Option(inner) => {
            let present = flag(reader, kind)?;
            let value = present.then(|| read::<F>(reader, inner)).transpose()?;
            Ok(Value::Option(value.map(Box::new)))
        }
        Type::Custom(_) => unreachable!("invariant: a resolved type is not a custom one"),
    }
}

fn read_integer(reader: &mut Reader<'_>, bits: u16, fill: u8) -> Result<U256, DecodeError> {
    let bytes = reader.take(usize::from(bits / 8))?;
    let mut word = [fill; WORD];
    word[..bytes.len()].copy_from_slice(bytes);
    Ok(U256::from_le_bytes(word))
}

fn flag(reader: &mut Reader<'_>, kind: &Type) -> Result<bool, DecodeError> {
    let at = reader.at;
    match reader.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(invalid(at, kind, "the byte is neither 0 nor 1")),
    }
}

#[cold]
fn invalid(at: usize, kind: &Type, reason: &'static str) -> DecodeError {
    DecodeError::Invalid { at, kind: kind.to_string(), reason }
}
