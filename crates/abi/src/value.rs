//! A value of any type, the same for every machine and codec.
//!
//! A value does not carry its type: an integer has no width, a byte string no fixed length, a
//! struct no field names. [`Value::matches`] tells whether it is one of a type.

use alloy_primitives::{Bytes, I256, U256};
use primitives::Address;

use crate::{EnumType, Type, display::compact, error::EncodeError};

/// A value of some [`Type`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// Of [`Type::Bool`].
    Bool(bool),
    /// Of [`Type::Uint`].
    Uint(U256),
    /// Of [`Type::Int`].
    Int(I256),
    /// Of [`Type::Address`].
    Address(Address),
    /// Of [`Type::Bytes`] and [`Type::FixedBytes`].
    Bytes(Bytes),
    /// Of [`Type::String`].
    String(String),
    /// Of [`Type::Array`] and [`Type::FixedArray`].
    Array(Vec<Self>),
    /// Of [`Type::Tuple`].
    Tuple(Vec<Self>),
    /// Of [`Type::Enum`]: the number of the variant and what it carries.
    Enum(u32, Option<Box<Self>>),
    /// Of [`Type::Option`].
    Option(Option<Box<Self>>),
}

impl Value {
    /// An unsigned integer.
    #[must_use]
    pub fn uint(number: u64) -> Self {
        Self::Uint(U256::from(number))
    }

    /// A signed integer.
    #[must_use]
    pub fn int(number: i64) -> Self {
        let magnitude = I256::from_raw(U256::from(number.unsigned_abs()));
        Self::Int(if number < 0 { magnitude.wrapping_neg() } else { magnitude })
    }

    /// A byte string.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// The variant of an enum with this number, without payload.
    #[must_use]
    pub const fn variant(number: u32) -> Self {
        Self::Enum(number, None)
    }

    /// The variant of an enum with this number and a payload.
    #[must_use]
    pub fn variant_with(number: u32, payload: Self) -> Self {
        Self::Enum(number, Some(Box::new(payload)))
    }

    /// An option that holds `value`.
    #[must_use]
    pub fn some(value: Self) -> Self {
        Self::Option(Some(Box::new(value)))
    }

    /// An option that holds nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self::Option(None)
    }

    /// The truth value, where it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The unsigned integer, where it is one.
    #[must_use]
    pub const fn as_uint(&self) -> Option<U256> {
        if let Self::Uint(number) = self { Some(*number) } else { None }
    }

    /// The unsigned integer as a machine word, where it is one and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_uint().and_then(|number| u64::try_from(number).ok())
    }

    /// The signed integer, where it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<I256> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The address, where it is one.
    #[must_use]
    pub const fn as_address(&self) -> Option<Address> {
        if let Self::Address(address) = self { Some(*address) } else { None }
    }

    /// The bytes, where it is a byte string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The elements of an array or the fields of a tuple.
    #[must_use]
    pub fn as_items(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Whether this is a value of `kind`: shape, widths, lengths, variants.
    #[must_use]
    pub fn matches(&self, kind: &Type) -> bool {
        self.check(kind).is_ok()
    }

    /// The value that stands for "nothing there": zero, empty, the first variant.
    ///
    /// It exists for every type that passes [`Type::check`].
    #[must_use]
    pub fn default_of(kind: &Type) -> Self {
        match kind {
            Type::Bool => Self::Bool(false),
            Type::Uint(_) => Self::Uint(U256::ZERO),
            Type::Int(_) => Self::Int(I256::ZERO),
            Type::Address => Self::Address(Address::ZERO),
            Type::FixedBytes(length) => Self::bytes(vec![0; usize::from(*length)]),
            Type::Bytes => Self::Bytes(Bytes::new()),
            Type::String => Self::String(String::new()),
            Type::Array(_) => Self::Array(Vec::new()),
            Type::FixedArray(element, length) => {
                Self::Array((0..*length).map(|_| Self::default_of(element)).collect())
            }
            Type::Tuple(tuple) => Self::Tuple(
                tuple.fields.iter().map(|field| Self::default_of(&field.kind)).collect(),
            ),
            Type::Enum(enumeration) => {
                let payload = enumeration.variants.first().and_then(|first| first.payload.as_ref());
                Self::Enum(0, payload.map(|kind| Box::new(Self::default_of(kind))))
            }
            Type::Option(_) => Self::none(),
            Type::Custom(custom) => Self::default_of(&custom.kind),
        }
    }

    /// Whether this is a value of `kind`, and where not.
    pub(crate) fn check(&self, kind: &Type) -> Result<(), EncodeError> {
        let fits = match (self, kind.resolved()) {
            (Self::Bool(_), Type::Bool)
            | (Self::Address(_), Type::Address)
            | (Self::Bytes(_), Type::Bytes)
            | (Self::String(_), Type::String)
            | (Self::Option(None), Type::Option(_)) => true,
            (Self::Uint(number), Type::Uint(bits)) => number.bit_len() <= usize::from(*bits),
            (Self::Int(number), Type::Int(bits)) => signed_bits(*number) <= u32::from(*bits),
            (Self::Bytes(bytes), Type::FixedBytes(length)) => bytes.len() == usize::from(*length),
            (Self::Array(items), Type::Array(element)) => return check_items(items, element),
            (Self::Array(items), Type::FixedArray(element, length))
                if items.len() as u64 == u64::from(*length) =>
            {
                return check_items(items, element);
            }
            (Self::Tuple(items), Type::Tuple(tuple)) if items.len() == tuple.fields.len() => {
                for (index, (item, field)) in items.iter().zip(&tuple.fields).enumerate() {
                    item.check(&field.kind)
                        .map_err(|error| error.within(&segment(index, &field.name)))?;
                }
                true
            }
            (Self::Enum(number, payload), Type::Enum(enumeration)) => {
                match (payload_type(enumeration, *number), payload) {
                    (Some(Some(kind)), Some(payload)) => return payload.check(kind),
                    (Some(None), None) => true,
                    _ => false,
                }
            }
            (Self::Option(Some(value)), Type::Option(kind)) => return value.check(kind),
            _ => false,
        };
        if fits { Ok(()) } else { Err(mismatch(self, kind)) }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::uint(number)
    }
}

impl From<U256> for Value {
    fn from(number: U256) -> Self {
        Self::Uint(number)
    }
}

impl From<Address> for Value {
    fn from(address: Address) -> Self {
        Self::Address(address)
    }
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

/// Whether there are as many values as types and each is of its type.
///
/// # Errors
///
/// [`EncodeError`] naming the first value that is not, or the type that is invalid.
pub(crate) fn check_values(values: &[Value], kinds: &[&Type]) -> Result<(), EncodeError> {
    if values.len() != kinds.len() {
        return Err(EncodeError::Count { expected: kinds.len(), given: values.len() });
    }
    for (index, (value, kind)) in values.iter().zip(kinds).enumerate() {
        kind.check()?;
        value.check(kind).map_err(|error| error.within(&(index + 1).to_string()))?;
    }
    Ok(())
}

/// The payload of variant `number`: nothing where there is no such variant.
pub(crate) fn payload_type(enumeration: &EnumType, number: u32) -> Option<Option<&Type>> {
    let variant = enumeration.variants.get(usize::try_from(number).ok()?)?;
    Some(variant.payload.as_ref())
}

/// How many bits a signed integer takes in two's complement.
pub(crate) fn signed_bits(number: I256) -> u32 {
    let raw = number.into_raw();
    let significant = if number.is_negative() { !raw } else { raw };
    u32::try_from(significant.bit_len()).expect("invariant: 256 bits at most") + 1
}

/// The step from a tuple to one of its fields.
pub(crate) fn segment(index: usize, name: &str) -> String {
    if name.is_empty() { format!(".{index}") } else { format!(".{name}") }
}

fn check_items(items: &[Value], element: &Type) -> Result<(), EncodeError> {
    for (index, item) in items.iter().enumerate() {
        item.check(element).map_err(|error| error.within(&format!("[{index}]")))?;
    }
    Ok(())
}

#[cold]
fn mismatch(value: &Value, kind: &Type) -> EncodeError {
    EncodeError::Mismatch { path: String::new(), expected: kind.to_string(), given: compact(value) }
}
