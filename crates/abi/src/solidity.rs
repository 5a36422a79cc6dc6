//! The Solidity ABI: the wire between machines.
//!
//! Encoding follows the contract ABI specification of Solidity; what stands for enums, options
//! and custom types is in [`crate::Type`]. An identity that is no EVM address is written as its
//! 20-byte alias, since the wire has no more room.
//!
//! Decoding is as lenient as the decoder of solc with bytes that follow the values and with the
//! padding after `bytes` and `string`, and as strict with everything else: offsets and lengths
//! beyond the input, dirty padding of integers, addresses, booleans and `bytesN`, text that is not
//! UTF-8. Where offsets overlap, what is read in total may not exceed the input, so that memory
//! stays proportional to the input whatever the offsets say.

use alloy_primitives::{Bytes, I256, U256};
use primitives::{Address, EvmAddress};

use crate::{
    EnumType, Type, Value,
    error::{DecodeError, EncodeError},
    limits::ENCODED_BYTES_MAX,
    value::{check_values, payload_type, signed_bits},
};

/// Bytes of a word, the unit of the wire.
const WORD: usize = 32;

/// The encoding of `values` one after the other, as the arguments of a call.
///
/// # Errors
///
/// [`EncodeError`] where a value is not of its type or a type is invalid.
pub fn encode(values: &[Value], kinds: &[&Type]) -> Result<Vec<u8>, EncodeError> {
    check_values(values, kinds)?;
    let bytes = sequence_bytes(values.iter().zip(kinds.iter().copied()));
    if bytes > ENCODED_BYTES_MAX {
        return Err(EncodeError::Size);
    }
    let mut out = Vec::with_capacity(bytes);
    write_sequence(&mut out, values.iter().zip(kinds.iter().copied()));
    debug_assert_eq!(out.len(), bytes, "the size is counted as it is written");
    Ok(out)
}

/// The values of these types that `input` begins with.
///
/// # Errors
///
/// [`DecodeError`] naming the place in the input and what is wrong there.
pub fn decode(input: &[u8], kinds: &[&Type]) -> Result<Vec<Value>, DecodeError> {
    for kind in kinds {
        kind.check()?;
    }
    let mut reader = Reader { input, budget: input.len() };
    reader.sequence(0, kinds.len(), kinds.iter().copied())
}

/// What goes into a topic of an event for an indexed parameter that is no single word: the bytes
/// that are hashed. Elements are padded to words, lengths and offsets are left out.
pub(crate) fn encode_in_place(out: &mut Vec<u8>, value: &Value, kind: &Type) {
    match (value, kind.resolved()) {
        (Value::Bytes(bytes), Type::Bytes) => write_padded(out, bytes),
        (Value::String(text), _) => write_padded(out, text.as_bytes()),
        (Value::Array(items), Type::Array(element) | Type::FixedArray(element, _)) => {
            items.iter().for_each(|item| encode_in_place(out, item, element));
        }
        (Value::Tuple(items), Type::Tuple(tuple)) => {
            let fields = items.iter().zip(&tuple.fields);
            fields.for_each(|(item, field)| encode_in_place(out, item, &field.kind));
        }
        (value, kind) => write_value(out, value, kind),
    }
}

/// Whether a value of the type is one word, so that a topic of an event can hold it.
pub(crate) fn is_word(kind: &Type) -> bool {
    match kind.resolved() {
        Type::Bool | Type::Uint(_) | Type::Int(_) | Type::Address | Type::FixedBytes(_) => true,
        Type::Enum(enumeration) => !enumeration.has_payload(),
        _ => false,
    }
}

/// Bytes of the head of a type: of the value itself, or of an offset to it.
fn head_bytes(kind: &Type) -> usize {
    match kind {
        dynamic if dynamic.is_dynamic() => WORD,
        Type::FixedArray(element, length) => {
            let length = usize::try_from(*length).expect("invariant: parts of a type are limited");
            head_bytes(element) * length
        }
        Type::Tuple(tuple) => tuple.fields.iter().map(|field| head_bytes(&field.kind)).sum(),
        Type::Option(kind) => WORD + head_bytes(kind),
        Type::Custom(custom) => head_bytes(&custom.kind),
        _ => WORD,
    }
}

/// Bytes that [`write_sequence`] writes; counting stops beyond the limit.
fn sequence_bytes<'a>(items: impl Iterator<Item = (&'a Value, &'a Type)>) -> usize {
    let mut total: usize = 0;
    for (value, kind) in items {
        let offset = if kind.is_dynamic() { WORD } else { 0 };
        total = total.saturating_add(offset).saturating_add(value_bytes(value, kind));
        if total > ENCODED_BYTES_MAX {
            break;
        }
    }
    total
}

/// Bytes that [`write_value`] writes.
fn value_bytes(value: &Value, kind: &Type) -> usize {
    match (value, kind.resolved()) {
        (Value::Bytes(bytes), Type::Bytes) => WORD + bytes.len().next_multiple_of(WORD),
        (Value::String(text), _) => WORD + text.len().next_multiple_of(WORD),
        (Value::Array(items), Type::Array(element)) => {
            let items = sequence_bytes(items.iter().map(|item| (item, &**element)));
            items.saturating_add(WORD)
        }
        (Value::Array(items), Type::FixedArray(element, _)) => {
            sequence_bytes(items.iter().map(|item| (item, &**element)))
        }
        (Value::Tuple(items), Type::Tuple(tuple)) => {
            let kinds = tuple.fields.iter().map(|field| &field.kind);
            sequence_bytes(items.iter().zip(kinds))
        }
        (Value::Enum(number, payload), Type::Enum(enumeration)) if enumeration.has_payload() => {
            let kind = payload_type(enumeration, *number).flatten();
            let payload = sequence_bytes(payload.as_deref().into_iter().zip(kind));
            payload.saturating_add(3 * WORD)
        }
        (Value::Option(inner), Type::Option(kind)) => {
            let offset = if kind.is_dynamic() { WORD } else { 0 };
            let inner = match inner {
                Some(inner) => value_bytes(inner, kind),
                None => value_bytes(&Value::default_of(kind), kind),
            };
            inner.saturating_add(WORD + offset)
        }
        _ => WORD,
    }
}

/// Heads, then what they point to. The values have been checked against their types.
fn write_sequence<'a>(out: &mut Vec<u8>, items: impl Iterator<Item = (&'a Value, &'a Type)>) {
    let base = out.len();
    let mut tails = Vec::new();
    for (value, kind) in items {
        if kind.is_dynamic() {
            tails.push((out.len(), value, kind));
            out.extend_from_slice(&[0; WORD]);
        } else {
            write_value(out, value, kind);
        }
    }
    for (head, value, kind) in tails {
        let offset = word_of(out.len() - base);
        out[head..head + WORD].copy_from_slice(&offset);
        write_value(out, value, kind);
    }
}

fn write_value(out: &mut Vec<u8>, value: &Value, kind: &Type) {
    match (value, kind.resolved()) {
        (Value::Bool(truth), _) => out.extend_from_slice(&word_of(usize::from(*truth))),
        (Value::Uint(number), _) => out.extend_from_slice(&number.to_be_bytes::<WORD>()),
        (Value::Int(number), _) => {
            out.extend_from_slice(&number.into_raw().to_be_bytes::<WORD>());
        }
        (Value::Address(address), _) => {
            out.extend_from_slice(address.evm_alias().into_word().as_slice());
        }
        (Value::Bytes(bytes), Type::FixedBytes(_)) => write_padded(out, bytes),
        (Value::Bytes(bytes), _) => write_bytes(out, bytes),
        (Value::String(text), _) => write_bytes(out, text.as_bytes()),
        (Value::Array(items), Type::Array(element)) => {
            out.extend_from_slice(&word_of(items.len()));
            write_sequence(out, items.iter().map(|item| (item, &**element)));
        }
        (Value::Array(items), Type::FixedArray(element, _)) => {
            write_sequence(out, items.iter().map(|item| (item, &**element)));
        }
        (Value::Tuple(items), Type::Tuple(tuple)) => {
            let kinds = tuple.fields.iter().map(|field| &field.kind);
            write_sequence(out, items.iter().zip(kinds));
        }
        (Value::Enum(number, payload), Type::Enum(enumeration)) => {
            write_enum(out, *number, payload.as_deref(), enumeration);
        }
        (Value::Option(inner), Type::Option(kind)) => match inner {
            Some(inner) => write_option(out, true, inner, kind),
            None => write_option(out, false, &Value::default_of(kind), kind),
        },
        _ => unreachable!("invariant: values are checked against their types before writing"),
    }
}

fn write_enum(out: &mut Vec<u8>, number: u32, payload: Option<&Value>, enumeration: &EnumType) {
    out.extend_from_slice(&U256::from(number).to_be_bytes::<WORD>());
    if !enumeration.has_payload() {
        return;
    }
    let mut inner = Vec::new();
    if let (Some(payload), Some(Some(kind))) = (payload, payload_type(enumeration, number)) {
        write_sequence(&mut inner, core::iter::once((payload, kind)));
    }
    out.extend_from_slice(&word_of(2 * WORD));
    write_bytes(out, &inner);
}

fn write_option(out: &mut Vec<u8>, present: bool, inner: &Value, kind: &Type) {
    let flag = Value::Bool(present);
    write_sequence(out, [(&flag, &Type::Bool), (inner, kind)].into_iter());
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&word_of(bytes.len()));
    write_padded(out, bytes);
}

fn write_padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
    let padding = bytes.len().next_multiple_of(WORD) - bytes.len();
    out.extend_from_slice(&[0; WORD][..padding]);
}

fn word_of(number: usize) -> [u8; WORD] {
    U256::from(number).to_be_bytes::<WORD>()
}

/// Reads values at any place of the input, never more bytes in total than it has.
struct Reader<'a> {
    input: &'a [u8],
    budget: usize,
}

impl<'a> Reader<'a> {
    fn sequence<'t>(
        &mut self,
        base: usize,
        count: usize,
        kinds: impl Iterator<Item = &'t Type>,
    ) -> Result<Vec<Value>, DecodeError> {
        let mut values = Vec::with_capacity(count);
        let mut at = base;
        for kind in kinds {
            let place = if kind.is_dynamic() { self.offset(at, base)? } else { at };
            values.push(self.value(place, kind)?);
            at = at.saturating_add(head_bytes(kind));
        }
        Ok(values)
    }

    fn value(&mut self, at: usize, kind: &Type) -> Result<Value, DecodeError> {
        match kind.resolved() {
            Type::Bytes => Ok(Value::Bytes(Bytes::copy_from_slice(self.dynamic_bytes(at)?))),
            Type::String => {
                let bytes = self.dynamic_bytes(at)?;
                let text = core::str::from_utf8(bytes)
                    .map_err(|_| invalid(at, kind, "the text is not UTF-8"))?;
                Ok(Value::text(text))
            }
            Type::Array(element) => {
                let base = at.saturating_add(WORD);
                let count = self.array_length(at, head_bytes(element))?;
                self.sequence(base, count, core::iter::repeat_n(&**element, count))
                    .map(Value::Array)
            }
            Type::FixedArray(element, length) => {
                let count = usize::try_from(*length).expect("invariant: the type is checked");
                self.sequence(at, count, core::iter::repeat_n(&**element, count)).map(Value::Array)
            }
            Type::Tuple(tuple) => {
                let kinds = tuple.fields.iter().map(|field| &field.kind);
                self.sequence(at, tuple.fields.len(), kinds).map(Value::Tuple)
            }
            Type::Enum(enumeration) => self.enumeration(at, kind, enumeration),
            Type::Option(inner) => {
                let pair = self.sequence(at, 2, [&Type::Bool, &**inner].into_iter())?;
                let [present, value] = <[Value; 2]>::try_from(pair)
                    .expect("invariant: a sequence has as many values as types");
                let present = present == Value::Bool(true);
                Ok(Value::Option(present.then(|| Box::new(value))))
            }
            word => self.word_value(at, word),
        }
    }

    fn word_value(&mut self, at: usize, kind: &Type) -> Result<Value, DecodeError> {
        let word = self.word(at)?;
        let number = U256::from_be_bytes(*word);
        match kind {
            Type::Bool if number <= U256::ONE => Ok(Value::Bool(number == U256::ONE)),
            Type::Bool => Err(invalid(at, kind, "it is neither 0 nor 1")),
            Type::Uint(bits) if number.bit_len() <= usize::from(*bits) => Ok(Value::Uint(number)),
            Type::Int(bits) if signed_bits(I256::from_raw(number)) <= u32::from(*bits) => {
                Ok(Value::Int(I256::from_raw(number)))
            }
            Type::Address if number.bit_len() <= 160 => {
                Ok(Value::Address(Address::from_evm(EvmAddress::from_slice(&word[12..]))))
            }
            Type::FixedBytes(length) => {
                let (bytes, padding) = word.split_at(usize::from(*length));
                if padding.iter().any(|byte| *byte != 0) {
                    return Err(invalid(at, kind, "the padding is not zero"));
                }
                Ok(Value::Bytes(Bytes::copy_from_slice(bytes)))
            }
            _ => Err(invalid(at, kind, "it is out of range")),
        }
    }

    fn enumeration(
        &mut self,
        at: usize,
        kind: &Type,
        enumeration: &EnumType,
    ) -> Result<Value, DecodeError> {
        let number = U256::from_be_bytes(*self.word(at)?);
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let payload = payload_type(enumeration, number)
            .ok_or_else(|| invalid(at, kind, "there is no such variant"))?;
        if !enumeration.has_payload() {
            return Ok(Value::Enum(number, None));
        }
        let place = self.offset(at.saturating_add(WORD), at)?;
        let inner = self.dynamic_bytes(place)?;
        match payload {
            None if inner.is_empty() => Ok(Value::Enum(number, None)),
            None => Err(invalid(place, kind, "the variant has no payload")),
            Some(payload) => {
                let mut reader = Reader { input: inner, budget: inner.len() };
                let values = reader.sequence(0, 1, core::iter::once(payload))?;
                Ok(Value::Enum(number, values.into_iter().next().map(Box::new)))
            }
        }
    }

    fn word(&mut self, at: usize) -> Result<&'a [u8; WORD], DecodeError> {
        let bytes = self.take(at, WORD)?;
        bytes.first_chunk().ok_or_else(|| self.ends(at, WORD))
    }

    fn take(&mut self, at: usize, length: usize) -> Result<&'a [u8], DecodeError> {
        let end = at.checked_add(length).ok_or_else(|| self.ends(at, length))?;
        let bytes = self.input.get(at..end).ok_or_else(|| self.ends(at, length))?;
        self.budget = self
            .budget
            .checked_sub(length)
            .ok_or(DecodeError::Overlap { at, length: self.input.len() })?;
        Ok(bytes)
    }

    fn offset(&mut self, at: usize, base: usize) -> Result<usize, DecodeError> {
        let offset = U256::from_be_bytes(*self.word(at)?);
        let length = self.input.len();
        usize::try_from(offset)
            .ok()
            .and_then(|offset| base.checked_add(offset))
            .filter(|place| *place <= length)
            .ok_or(DecodeError::Offset { at, offset, length })
    }

    fn dynamic_bytes(&mut self, at: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.array_length(at, 1)?;
        self.take(at.saturating_add(WORD), length)
    }

    /// The length at `at`, which what follows must be able to hold.
    fn array_length(&mut self, at: usize, element_bytes: usize) -> Result<usize, DecodeError> {
        let count = U256::from_be_bytes(*self.word(at)?);
        let left = self.input.len().saturating_sub(at.saturating_add(WORD));
        usize::try_from(count)
            .ok()
            .filter(|count| count.checked_mul(element_bytes).is_some_and(|bytes| bytes <= left))
            .ok_or(DecodeError::Length { at, count, length: self.input.len() })
    }

    #[cold]
    fn ends(&self, at: usize, needed: usize) -> DecodeError {
        DecodeError::Ends { at, needed, length: self.input.len() }
    }
}

#[cold]
fn invalid(at: usize, kind: &Type, reason: &'static str) -> DecodeError {
    DecodeError::Invalid { at, kind: kind.to_string(), reason }
}
