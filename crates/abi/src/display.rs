//! Values as people read them in call trees and messages: on one line, compact.
//!
//! Long bytes are shortened, text is quoted and its control characters escaped, so that what a
//! contract returns cannot write to the terminal.

use core::fmt::{self, Write as _};

use alloy_primitives::hex;

use crate::{Parameter, Type, Value, error::shorten, value::payload_type};

/// Bytes that are shown whole; longer ones keep their ends.
const BYTES_SHOWN_MAX: usize = 36;

/// Bytes of a text that are shown.
const TEXT_SHOWN_MAX: usize = 256;

/// Elements of an array that are shown.
const ITEMS_SHOWN_MAX: usize = 32;

/// A value together with its type, to be shown with the names of fields and variants.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    value: &'a Value,
    kind: Option<&'a Type>,
}

impl Value {
    /// The value with the names of its fields and variants: `{amount: 5, to: 0x…}`.
    #[must_use]
    pub const fn show<'a>(&'a self, kind: &'a Type) -> Shown<'a> {
        Shown { value: self, kind: Some(kind) }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(f, self, None)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(f, self.value, self.kind)
    }
}

/// Bytes in hexadecimal; long ones as `0x1234…abcd (96 bytes)`.
#[must_use]
pub fn show_bytes(bytes: &[u8]) -> String {
    let (first, last) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>());
    match (first, last) {
        (Some(first), Some(last)) if bytes.len() > BYTES_SHOWN_MAX => {
            format!("0x{}…{} ({} bytes)", hex::encode(first), hex::encode(last), bytes.len())
        }
        _ => format!("0x{}", hex::encode(bytes)),
    }
}

/// Text in quotes, control characters escaped, shortened where it is long.
#[must_use]
pub fn show_text(text: &str) -> String {
    let end = (0..=text.len().min(TEXT_SHOWN_MAX))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let shown = text.get(..end).unwrap_or_default();
    let mut quoted = String::with_capacity(shown.len() + 2);
    quoted.push('"');
    for letter in shown.chars() {
        if letter == '\'' { quoted.push(letter) } else { quoted.extend(letter.escape_debug()) }
    }
    quoted.push('"');
    if end < text.len() {
        quoted.push_str(&format!("… ({} bytes)", text.len()));
    }
    quoted
}

/// A value short enough for a message.
pub(crate) fn compact(value: &Value) -> String {
    shorten(&value.to_string())
}

fn write_value(f: &mut fmt::Formatter<'_>, value: &Value, kind: Option<&Type>) -> fmt::Result {
    let kind = kind.map(Type::resolved);
    match value {
        Value::Bool(truth) => write!(f, "{truth}"),
        Value::Uint(number) => write!(f, "{number}"),
        Value::Int(number) => write!(f, "{number}"),
        Value::Address(address) => write!(f, "{address}"),
        Value::Bytes(bytes) => f.write_str(&show_bytes(bytes)),
        Value::String(text) => f.write_str(&show_text(text)),
        Value::Array(items) => {
            let element = match kind {
                Some(Type::Array(element) | Type::FixedArray(element, _)) => Some(&**element),
                _ => None,
            };
            write_array(f, items, element)
        }
        Value::Tuple(items) => write_tuple(f, items, kind),
        Value::Enum(number, payload) => write_enum(f, *number, payload.as_deref(), kind),
        Value::Option(None) => f.write_str("none"),
        Value::Option(Some(inner)) => {
            let kind = if let Some(Type::Option(kind)) = kind { Some(&**kind) } else { None };
            f.write_str("some(")?;
            write_value(f, inner, kind)?;
            f.write_char(')')
        }
    }
}

/// Named values in parentheses: the arguments of a call, the fields of an event or an error.
pub(crate) fn write_fields(
    f: &mut fmt::Formatter<'_>,
    fields: &[(Parameter, Value)],
) -> fmt::Result {
    f.write_char('(')?;
    for (index, (parameter, value)) in fields.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        if !parameter.name.is_empty() {
            write!(f, "{}: ", parameter.name)?;
        }
        write_value(f, value, Some(&parameter.kind))?;
    }
    f.write_char(')')
}

fn write_array(f: &mut fmt::Formatter<'_>, items: &[Value], element: Option<&Type>) -> fmt::Result {
    f.write_char('[')?;
    for (index, item) in items.iter().take(ITEMS_SHOWN_MAX).enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write_value(f, item, element)?;
    }
    if items.len() > ITEMS_SHOWN_MAX {
        write!(f, ", … ({} items)", items.len())?;
    }
    f.write_char(']')
}

fn write_tuple(f: &mut fmt::Formatter<'_>, items: &[Value], kind: Option<&Type>) -> fmt::Result {
    let tuple = if let Some(Type::Tuple(tuple)) = kind { Some(tuple) } else { None };
    let named = tuple.is_some_and(|tuple| tuple.has_names());
    f.write_char(if named { '{' } else { '(' })?;
    for (index, item) in items.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        let field = tuple.and_then(|tuple| tuple.fields.get(index));
        if let Some(field) = field.filter(|_| named) {
            write!(f, "{}: ", field.name)?;
        }
        write_value(f, item, field.map(|field| &field.kind))?;
    }
    f.write_char(if named { '}' } else { ')' })
}

fn write_enum(
    f: &mut fmt::Formatter<'_>,
    number: u32,
    payload: Option<&Value>,
    kind: Option<&Type>,
) -> fmt::Result {
    let enumeration = if let Some(Type::Enum(found)) = kind { Some(found) } else { None };
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    match enumeration.and_then(|enumeration| enumeration.variants.get(place)) {
        Some(variant) => f.write_str(&variant.name)?,
        None => write!(f, "#{number}")?,
    }
    let Some(payload) = payload else { return Ok(()) };
    let kind = enumeration.and_then(|enumeration| payload_type(enumeration, number)).flatten();
    if let Value::Tuple(_) = payload {
        return write_value(f, payload, kind);
    }
    f.write_char('(')?;
    write_value(f, payload, kind)?;
    f.write_char(')')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variant;
    use primitives::Address;

    fn check(value: &Value, kind: &Type, expected: &str) {
        assert_eq!(value.show(kind).to_string(), expected);
    }

    #[test]
    fn names_are_shown() {
        let point = Type::structure(
            "Point",
            vec![Parameter::new("x", Type::Int(8)), Parameter::new("label", Type::String)],
        );
        let value = Value::Tuple(vec![Value::int(-3), Value::text("a\"b")]);
        check(&value, &point, "{x: -3, label: \"a\\\"b\"}");
        assert_eq!(value.to_string(), "(-3, \"a\\\"b\")");
        let shape =
            Type::enumeration("Shape", vec![Variant::plain("Dot"), Variant::with("At", point)]);
        check(&Value::variant(0), &shape, "Dot");
        check(&Value::variant_with(1, value), &shape, "At{x: -3, label: \"a\\\"b\"}");
        check(&Value::some(Value::uint(1)), &Type::option(Type::UINT), "some(1)");
        check(&Value::none(), &Type::option(Type::UINT), "none");
        assert_eq!(Value::variant(7).to_string(), "#7");
    }

    #[test]
    fn long_bytes_are_shortened() {
        let address = Value::Address(Address::ZERO).to_string();
        assert_eq!(address, "0x0000000000000000000000000000000000000000");
        assert_eq!(show_bytes(&[0xab; 36]), format!("0x{}", "ab".repeat(36)));
        assert_eq!(show_bytes(&[0xab; 96]), "0xabababab…abababab (96 bytes)");
        assert_eq!(show_bytes(&[]), "0x");
        let many = Value::Array(vec![Value::uint(1); 100]);
        assert!(many.to_string().ends_with("1, 1, … (100 items)]"));
    }

    #[test]
    fn text_cannot_write_to_a_terminal() {
        assert_eq!(show_text("\u{1b}[31mred\n\0it's"), "\"\\u{1b}[31mred\\n\\0it's\"");
        assert_eq!(show_text("\u{202e}"), "\"\\u{202e}\"");
        assert_eq!(show_text(&"é".repeat(200)).len(), 2 + 256 + "… (400 bytes)".len());
    }
}
