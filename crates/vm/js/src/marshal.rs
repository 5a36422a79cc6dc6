//! Values of interfaces as values of the language and back.
//!
//! | type | in the language |
//! |---|---|
//! | integers of at most 48 bits | number |
//! | larger integers | bigint |
//! | bool, string | boolean, string |
//! | address | text of `0x` and 40 or 64 hexadecimal digits, in lower case |
//! | bytes, bytesN | `Uint8Array` |
//! | arrays | array |
//! | tuples | object where every field has a name, array otherwise |
//! | enumerations | number of the variant, or `[number, payload]` |
//! | options | the value or null |
//!
//! Into an interface go, beside these, a number for a bigint and a bigint for a number, and
//! hexadecimal text for bytes.

use core::fmt::Write;

use abi::{EnumType, Parameter, TupleType, Type, Value};
use alloy_primitives::I256;
use primitives::{Bytes, U256};

use crate::door::address_text;
use crate::engine::JsValue;

/// Integers of at most so many bits are numbers of the language.
pub(crate) const NUMBER_BITS_MAX: u16 = 48;

/// The largest whole number that the language holds exactly.
const SAFE_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// The values of parameters, or of results.
#[must_use]
pub fn from_parameters(values: &[Value], parameters: &[Parameter]) -> Vec<JsValue> {
    values.iter().zip(parameters).map(|(value, it)| from_value(value, &it.kind)).collect()
}

/// A value of a type as a value of the language.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "the types have at most 48 bits")]
pub fn from_value(value: &Value, kind: &Type) -> JsValue {
    match (value, kind.resolved()) {
        (Value::Bool(truth), _) => JsValue::Bool(*truth),
        (Value::Uint(number), Type::Uint(bits)) if *bits <= NUMBER_BITS_MAX => {
            JsValue::Number(u64::try_from(*number).unwrap_or(u64::MAX) as f64)
        }
        (Value::Uint(number), _) => JsValue::uint(*number),
        (Value::Int(number), kind) => {
            let (is_negative, magnitude) = (number.is_negative(), number.unsigned_abs());
            match kind {
                Type::Int(bits) if *bits <= NUMBER_BITS_MAX => {
                    let size = u64::try_from(magnitude).unwrap_or(u64::MAX) as f64;
                    JsValue::Number(if is_negative { -size } else { size })
                }
                _ => JsValue::BigInt { is_negative, magnitude },
            }
        }
        (Value::Address(address), _) => JsValue::Text(address_text(address)),
        (Value::Bytes(bytes), _) => JsValue::Bytes(bytes.to_vec()),
        (Value::String(text), _) => JsValue::Text(text.clone()),
        (Value::Array(items), Type::Array(element) | Type::FixedArray(element, _)) => {
            JsValue::List(items.iter().map(|item| from_value(item, element)).collect())
        }
        (Value::Tuple(items), Type::Tuple(tuple)) => from_tuple(items, tuple),
        (Value::Enum(number, payload), Type::Enum(enumeration)) => {
            from_enum(*number, payload.as_deref(), enumeration)
        }
        (Value::Option(Some(inner)), Type::Option(kind)) => from_value(inner, kind),
        _ => JsValue::Null,
    }
}

fn from_tuple(items: &[Value], tuple: &TupleType) -> JsValue {
    let values = items.iter().zip(&tuple.fields).map(|(item, it)| from_value(item, &it.kind));
    if tuple.fields.iter().any(|field| field.name.is_empty()) {
        return JsValue::List(values.collect());
    }
    let names = tuple.fields.iter().map(|field| field.name.clone());
    JsValue::Record(names.zip(values).collect())
}

fn from_enum(number: u32, payload: Option<&Value>, enumeration: &EnumType) -> JsValue {
    let code = JsValue::Number(number.into());
    let kind = usize::try_from(number)
        .ok()
        .and_then(|number| enumeration.variants.get(number))
        .and_then(|variant| variant.payload.as_ref());
    match (payload, kind) {
        (Some(payload), Some(kind)) => JsValue::List(vec![code, from_value(payload, kind)]),
        _ => code,
    }
}

/// The values of parameters: from an array in their order, or from an object by their names.
///
/// # Errors
///
/// What is missing or of another type, in words.
pub fn to_parameters(given: &JsValue, parameters: &[&Parameter]) -> Result<Vec<Value>, String> {
    let items: Vec<&JsValue> = match given {
        JsValue::List(items) if items.len() == parameters.len() => items.iter().collect(),
        JsValue::List(items) => {
            return Err(format!("{} values are given for {}", items.len(), parameters.len()));
        }
        JsValue::Record(fields) => {
            let find = |parameter: &&Parameter| {
                let field = fields.iter().find(|(name, _)| *name == parameter.name);
                field
                    .map(|(_, value)| value)
                    .ok_or_else(|| format!("the value \"{}\" is missing", parameter.name))
            };
            parameters.iter().map(find).collect::<Result<_, _>>()?
        }
        other => return Err(format!("values are given as {}", other.type_name())),
    };
    let convert = |(item, parameter): (&JsValue, &&Parameter)| {
        to_value(item, &parameter.kind).map_err(|error| match parameter.name.as_str() {
            "" => error,
            name => format!("{name}: {error}"),
        })
    };
    items.into_iter().zip(parameters).map(convert).collect()
}

/// A value of the language as one of a type.
///
/// # Errors
///
/// Why it is none, in words.
pub(crate) fn to_value(value: &JsValue, kind: &Type) -> Result<Value, String> {
    let refuse = || format!("{} is given for {kind}", value.type_name());
    match (kind.resolved(), value) {
        (Type::Bool, JsValue::Bool(truth)) => Ok(Value::Bool(*truth)),
        (Type::Uint(bits), _) => match integer(value).ok_or_else(refuse)? {
            (false, magnitude) if magnitude.bit_len() <= usize::from(*bits) => {
                Ok(Value::Uint(magnitude))
            }
            _ => Err(format!("the number is out of the range of {kind}")),
        },
        (Type::Int(bits), _) => to_signed(integer(value).ok_or_else(refuse)?, *bits)
            .ok_or_else(|| format!("the number is out of the range of {kind}")),
        (Type::Address, JsValue::Text(text)) => {
            let address = text.parse().map_err(|e: primitives::AddressError| e.to_string())?;
            Ok(Value::Address(address))
        }
        (Type::Bytes, _) => Ok(Value::Bytes(bytes(value).ok_or_else(refuse)?)),
        (Type::FixedBytes(length), _) => {
            let bytes = bytes(value).ok_or_else(refuse)?;
            match bytes.len() == usize::from(*length) {
                true => Ok(Value::Bytes(bytes)),
                false => Err(format!("{} bytes are given for {kind}", bytes.len())),
            }
        }
        (Type::String, JsValue::Text(text)) => Ok(Value::text(text.clone())),
        (Type::Array(element), JsValue::List(items)) => {
            let items = items.iter().map(|item| to_value(item, element));
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        (Type::FixedArray(element, length), JsValue::List(items)) => {
            if u32::try_from(items.len()) != Ok(*length) {
                return Err(format!("{} elements are given for {kind}", items.len()));
            }
            let items = items.iter().map(|item| to_value(item, element));
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        (Type::Tuple(tuple), _) => {
            let fields: Vec<_> = tuple.fields.iter().collect();
            to_parameters(value, &fields).map(Value::Tuple)
        }
        (Type::Enum(enumeration), _) => to_enum(value, enumeration).ok_or_else(refuse),
        (Type::Option(_), JsValue::Null | JsValue::Undefined) => Ok(Value::none()),
        (Type::Option(kind), _) => to_value(value, kind).map(Value::some),
        _ => Err(refuse()),
    }
}

fn to_enum(value: &JsValue, enumeration: &EnumType) -> Option<Value> {
    let (number, payload) = match value {
        JsValue::List(items) => match items.as_slice() {
            [number, payload] => (number, Some(payload)),
            _ => return None,
        },
        number => (number, None),
    };
    let (is_negative, number) = integer(number)?;
    let number = u32::try_from(number).ok().filter(|_| !is_negative)?;
    let variant = enumeration.variants.get(usize::try_from(number).ok()?)?;
    match (payload, &variant.payload) {
        (None, None) => Some(Value::variant(number)),
        (Some(payload), Some(kind)) => {
            Some(Value::variant_with(number, to_value(payload, kind).ok()?))
        }
        _ => None,
    }
}

/// A whole number: whether it is below zero, and its size.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
#[allow(clippy::cast_sign_loss, reason = "the sign is taken off")]
fn integer(value: &JsValue) -> Option<(bool, U256)> {
    match value {
        JsValue::BigInt { is_negative, magnitude } => Some((*is_negative, *magnitude)),
        JsValue::Number(number) => {
            let is_whole = number.trunc() == *number && number.abs() <= SAFE_INTEGER_MAX;
            is_whole.then(|| (*number < 0.0, U256::from(number.abs() as u64)))
        }
        _ => None,
    }
}

fn to_signed((is_negative, magnitude): (bool, U256), bits: u16) -> Option<Value> {
    let half = U256::ONE << (usize::from(bits) - 1);
    let fits = if is_negative { magnitude <= half } else { magnitude < half };
    let raw = if is_negative { magnitude.wrapping_neg() } else { magnitude };
    fits.then(|| Value::Int(I256::from_raw(raw)))
}

fn bytes(value: &JsValue) -> Option<Bytes> {
    match value {
        JsValue::Bytes(bytes) => Some(Bytes::copy_from_slice(bytes)),
        JsValue::Text(text) => text.starts_with("0x").then(|| text.parse().ok()).flatten(),
        _ => None,
    }
}

/// About how many bytes a value is as arguments or as text.
pub(crate) fn weight(value: &JsValue) -> usize {
    const WORD: usize = 64;
    match value {
        JsValue::Text(text) => WORD.saturating_add(text.len()),
        JsValue::Bytes(bytes) => WORD.saturating_add(bytes.len().saturating_mul(2)),
        JsValue::List(items) => items.iter().map(weight).fold(WORD, usize::saturating_add),
        JsValue::Record(fields) => fields
            .iter()
            .map(|(name, field)| weight(field).saturating_add(name.len()))
            .fold(WORD, usize::saturating_add),
        _ => WORD,
    }
}

/// A value as JSON: bigints as text of their digits, bytes as hexadecimal text.
pub(crate) fn json(value: &JsValue) -> String {
    let mut out = String::new();
    write_json(&mut out, value);
    out
}

fn write_json(out: &mut String, value: &JsValue) {
    match value {
        JsValue::Undefined | JsValue::Null => out.push_str("null"),
        JsValue::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        JsValue::Number(number) if number.is_finite() => {
            // As the language writes it, for whole numbers; others are rare in events.
            let _ = write!(out, "{number}");
        }
        JsValue::Number(_) => out.push_str("null"),
        JsValue::BigInt { is_negative, magnitude } => {
            let sign = if *is_negative { "-" } else { "" };
            let _ = write!(out, "\"{sign}{magnitude}\"");
        }
        JsValue::Text(text) => write_text(out, text),
        JsValue::Bytes(bytes) => {
            let _ = write!(out, "\"{}\"", Bytes::copy_from_slice(bytes));
        }
        JsValue::List(items) => write_all(out, ['[', ']'], items, |out, item| {
            write_json(out, item);
        }),
        JsValue::Record(fields) => write_all(out, ['{', '}'], fields, |out, (name, field)| {
            write_text(out, name);
            out.push(':');
            write_json(out, field);
        }),
    }
}

fn write_all<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: &[T],
    mut write_item: impl FnMut(&mut String, &T),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(out, item);
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}
