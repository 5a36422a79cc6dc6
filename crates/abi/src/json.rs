//! Values as JSON, for people and for programs in JavaScript.
//!
//! | type | JSON |
//! |---|---|
//! | integer | a number up to 2^53 - 1 in magnitude, a text of decimals beyond; both are read |
//! | address, bytes, bytesN | a text in hexadecimal with `0x` |
//! | array, tuple | an array |
//! | tuple whose fields all have names of their own | an object; an array is read too |
//! | enum | `"Variant"`, or `{"Variant": payload}` |
//! | option | `null` or the value; an option in an option is `{"some": value}` |

use alloy_primitives::{Bytes, I256, U256, hex};
use serde_json::{Map, Value as Json};

use crate::{
    EnumType, TupleType, Type, Value,
    error::{DecodeError, EncodeError, shorten, with_article},
    integer::{IntegerError, parse_integer},
    value::{check_values, payload_type, segment},
};

/// The largest integer that every JSON reader keeps exactly: 2^53 - 1.
const EXACT_INTEGER_MAX: u64 = (1 << 53) - 1;

/// The key around a value of an option that is itself in an option.
const SOME_KEY: &str = "some";

/// `values` as a JSON array.
///
/// # Errors
///
/// [`EncodeError`] where a value is not of its type or a type is invalid.
pub fn encode(values: &[Value], kinds: &[&Type]) -> Result<Vec<u8>, EncodeError> {
    check_values(values, kinds)?;
    let items = values.iter().zip(kinds).map(|(value, kind)| write(value, kind)).collect();
    Ok(Json::Array(items).to_string().into_bytes())
}

/// The values of these types in a JSON array.
///
/// # Errors
///
/// [`DecodeError::Json`] naming the place and what is wrong there.
pub fn decode(input: &[u8], kinds: &[&Type]) -> Result<Vec<Value>, DecodeError> {
    for kind in kinds {
        kind.check()?;
    }
    let document: Json = serde_json::from_slice(input).map_err(|error| bad(error.to_string()))?;
    let items = document.as_array().ok_or_else(|| bad("an array of values is expected"))?;
    if items.len() != kinds.len() {
        return Err(bad(format!("{} values expected, {} given", kinds.len(), items.len())));
    }
    let read_one = |(index, (item, kind)): (usize, (&Json, &&Type))| {
        read(item, kind).map_err(|error| within(error, &(index + 1).to_string()))
    };
    items.iter().zip(kinds).enumerate().map(read_one).collect()
}

/// One value as JSON.
///
/// # Errors
///
/// [`EncodeError`] where the value is not of the type.
pub fn to_json(value: &Value, kind: &Type) -> Result<Json, EncodeError> {
    check_values(core::slice::from_ref(value), &[kind])?;
    Ok(write(value, kind))
}

/// One value from JSON.
///
/// # Errors
///
/// [`DecodeError::Json`] naming the place and what is wrong there.
pub fn from_json(document: &Json, kind: &Type) -> Result<Value, DecodeError> {
    kind.check()?;
    read(document, kind).map_err(|error| within(error, "value"))
}

fn write(value: &Value, kind: &Type) -> Json {
    match (value, kind.resolved()) {
        (Value::Bool(truth), _) => Json::Bool(*truth),
        (Value::Uint(number), _) => write_uint(*number),
        (Value::Int(number), _) => write_int(*number),
        (Value::Address(address), _) => Json::from(address.to_string()),
        (Value::Bytes(bytes), _) => Json::from(format!("0x{}", hex::encode(bytes))),
        (Value::String(text), _) => Json::from(text.as_str()),
        (Value::Array(items), Type::Array(element) | Type::FixedArray(element, _)) => {
            items.iter().map(|item| write(item, element)).collect()
        }
        (Value::Tuple(items), Type::Tuple(tuple)) => {
            let fields = items.iter().zip(&tuple.fields);
            if tuple.has_names() {
                let entry = |(item, field): (&Value, &crate::Parameter)| {
                    (field.name.clone(), write(item, &field.kind))
                };
                Json::Object(fields.map(entry).collect())
            } else {
                fields.map(|(item, field)| write(item, &field.kind)).collect()
            }
        }
        (Value::Enum(number, payload), Type::Enum(enumeration)) => {
            let place = usize::try_from(*number).expect("invariant: the variant is checked");
            let name = &enumeration.variants[place].name;
            match (payload, payload_type(enumeration, *number).flatten()) {
                (Some(payload), Some(kind)) => object(name, write(payload, kind)),
                _ => Json::from(name.as_str()),
            }
        }
        (Value::Option(None), _) => Json::Null,
        (Value::Option(Some(inner)), Type::Option(kind)) if is_option(kind) => {
            object(SOME_KEY, write(inner, kind))
        }
        (Value::Option(Some(inner)), Type::Option(kind)) => write(inner, kind),
        _ => unreachable!("invariant: values are checked against their types before writing"),
    }
}

fn write_uint(number: U256) -> Json {
    match u64::try_from(number) {
        Ok(small) if small <= EXACT_INTEGER_MAX => Json::from(small),
        _ => Json::from(number.to_string()),
    }
}

fn write_int(number: I256) -> Json {
    match i64::try_from(number) {
        Ok(small) if small.unsigned_abs() <= EXACT_INTEGER_MAX => Json::from(small),
        _ => Json::from(number.to_string()),
    }
}

fn object(key: &str, value: Json) -> Json {
    Json::Object(Map::from_iter([(key.to_owned(), value)]))
}

fn is_option(kind: &Type) -> bool {
    matches!(kind.resolved(), Type::Option(_))
}

fn read(document: &Json, kind: &Type) -> Result<Value, DecodeError> {
    match (kind.resolved(), document) {
        (Type::Bool, Json::Bool(truth)) => Ok(Value::Bool(*truth)),
        (integer @ (Type::Uint(_) | Type::Int(_)), Json::String(text)) => {
            read_integer(text, integer)
        }
        (integer @ (Type::Uint(_) | Type::Int(_)), Json::Number(number)) => {
            if number.is_f64() {
                return Err(bad(format!("{number} is not exact, write the integer as a text")));
            }
            read_integer(&number.to_string(), integer)
        }
        (Type::Address, Json::String(text)) => {
            text.parse().map(Value::Address).map_err(|_| mismatch(document, kind))
        }
        (Type::Bytes, Json::String(text)) => read_bytes(text).map(Value::Bytes),
        (Type::FixedBytes(length), Json::String(text)) => {
            let bytes = read_bytes(text)?;
            if bytes.len() == usize::from(*length) {
                return Ok(Value::Bytes(bytes));
            }
            Err(bad(format!("{length} bytes expected, {} given", bytes.len())))
        }
        (Type::String, Json::String(text)) => Ok(Value::text(text.as_str())),
        (Type::Array(element), Json::Array(items)) => read_items(items, element),
        (Type::FixedArray(element, length), Json::Array(items)) => {
            if items.len() as u64 == u64::from(*length) {
                return read_items(items, element);
            }
            Err(bad(format!("{length} elements expected, {} given", items.len())))
        }
        (Type::Tuple(tuple), Json::Array(items)) => read_fields(items, tuple),
        (Type::Tuple(tuple), Json::Object(entries)) if tuple.has_names() => {
            read_named(entries, tuple)
        }
        (Type::Enum(enumeration), _) => read_enum(document, kind, enumeration),
        (Type::Option(_), Json::Null) => Ok(Value::none()),
        (Type::Option(inner), Json::Object(entries)) if is_option(inner) => {
            match (entries.get(SOME_KEY), entries.len()) {
                (Some(value), 1) => read(value, inner).map(Value::some),
                _ => Err(mismatch(document, kind)),
            }
        }
        (Type::Option(inner), _) if !is_option(inner) => read(document, inner).map(Value::some),
        _ => Err(mismatch(document, kind)),
    }
}

fn read_integer(text: &str, kind: &Type) -> Result<Value, DecodeError> {
    parse_integer(text, kind).map_err(|error| match error {
        IntegerError::Range(range) => {
            bad(format!("\"{}\" is out of range for {kind} ({range})", shorten(text)))
        }
        _ => bad(format!("\"{}\" is not {}", shorten(text), with_article(&kind.to_string()))),
    })
}

fn read_bytes(text: &str) -> Result<Bytes, DecodeError> {
    text.strip_prefix("0x")
        .and_then(|digits| hex::decode(digits).ok().filter(|_| !digits.starts_with("0x")))
        .map(Bytes::from)
        .ok_or_else(|| bad(format!("\"{}\" is not hexadecimal with 0x", shorten(text))))
}

fn read_items(items: &[Json], element: &Type) -> Result<Value, DecodeError> {
    let read_one = |(index, item): (usize, &Json)| {
        read(item, element).map_err(|error| within(error, &format!("[{index}]")))
    };
    items.iter().enumerate().map(read_one).collect::<Result<_, _>>().map(Value::Array)
}

fn read_fields(items: &[Json], tuple: &TupleType) -> Result<Value, DecodeError> {
    if items.len() != tuple.fields.len() {
        let expected = tuple.fields.len();
        return Err(bad(format!("{expected} fields expected, {} given", items.len())));
    }
    let mut values = Vec::with_capacity(items.len());
    for (index, (item, field)) in items.iter().zip(&tuple.fields).enumerate() {
        let value = read(item, &field.kind);
        values.push(value.map_err(|error| within(error, &segment(index, &field.name)))?);
    }
    Ok(Value::Tuple(values))
}

fn read_named(entries: &Map<String, Json>, tuple: &TupleType) -> Result<Value, DecodeError> {
    let known = |name: &String| tuple.fields.iter().any(|field| field.name == *name);
    if let Some(name) = entries.keys().find(|name| !known(name)) {
        return Err(bad(format!("there is no field \"{}\"", shorten(name))));
    }
    let mut values = Vec::with_capacity(tuple.fields.len());
    for (index, field) in tuple.fields.iter().enumerate() {
        let value = match (entries.get(&field.name), is_option(&field.kind)) {
            (Some(entry), _) => read(entry, &field.kind),
            (None, true) => Ok(Value::none()),
            (None, false) => Err(bad("the field is missing")),
        };
        values.push(value.map_err(|error| within(error, &segment(index, &field.name)))?);
    }
    Ok(Value::Tuple(values))
}

fn read_enum(document: &Json, kind: &Type, found: &EnumType) -> Result<Value, DecodeError> {
    let (name, payload) = match document {
        Json::String(name) => (name, None),
        Json::Object(entries) if entries.len() == 1 => {
            let (name, payload) = entries.iter().next().ok_or_else(|| mismatch(document, kind))?;
            (name, Some(payload))
        }
        _ => return Err(mismatch(document, kind)),
    };
    let (number, variant) = found
        .variant(name)
        .ok_or_else(|| bad(format!("\"{}\" is not a variant of {kind}", shorten(name))))?;
    match (&variant.payload, payload) {
        (None, None) => Ok(Value::variant(number)),
        (Some(kind), Some(payload)) => read(payload, kind)
            .map(|payload| Value::variant_with(number, payload))
            .map_err(|error| within(error, &segment(0, name))),
        (None, Some(_)) => Err(bad(format!("the variant {name} has no payload"))),
        (Some(kind), None) => Err(bad(format!("the variant {name} has a payload of {kind}"))),
    }
}

#[cold]
fn mismatch(document: &Json, kind: &Type) -> DecodeError {
    let kind = with_article(&kind.to_string());
    bad(format!("{} is not {kind}", shorten(&document.to_string())))
}

#[cold]
fn bad(reason: impl Into<String>) -> DecodeError {
    DecodeError::Json { path: String::new(), reason: reason.into() }
}

/// The same error, seen from one step further out.
fn within(mut error: DecodeError, step: &str) -> DecodeError {
    if let DecodeError::Json { path, .. } = &mut error {
        path.insert_str(0, step);
    }
    error
}
