//! What a value may be, in the terms of every machine.
//!
//! The types of Solidity, and beyond them enums with payloads, options and named types, which
//! have a place on the Solidity wire too:
//!
//! | type | Solidity wire |
//! |---|---|
//! | enum without payloads | `uint8`, the number of the variant |
//! | enum with payloads | `(uint8,bytes)`: the number, then `abi.encode(payload)` or nothing |
//! | option | `(bool,T)`: whether there is a value, then the value or the default of its type |
//! | custom | what it stands for |
//!
//! A type does not know any contract; names in it are for people.

use core::{fmt, fmt::Write as _, str::FromStr};
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    error::TypeError,
    limits::{ENUM_VARIANTS_MAX, TYPE_DEPTH_MAX, TYPE_PARTS_MAX},
    parse,
};

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Type {
    /// True or false.
    Bool,
    /// Unsigned integer of so many bits: 8 to 256 in steps of 8.
    Uint(u16),
    /// Signed integer of so many bits: 8 to 256 in steps of 8.
    Int(u16),
    /// An identity: 20 bytes on the Solidity wire, 32 bytes in BCS and Borsh.
    Address,
    /// So many bytes: 1 to 32.
    FixedBytes(u8),
    /// Bytes of any length.
    Bytes,
    /// UTF-8 text.
    String,
    /// Values of one type, of any number.
    Array(Box<Self>),
    /// Values of one type, of that number (at least 1).
    FixedArray(Box<Self>, u32),
    /// Values of several types: a tuple, or a struct where it has a name.
    Tuple(TupleType),
    /// One of several variants.
    Enum(EnumType),
    /// A value or none.
    Option(Box<Self>),
    /// A name that stands for another type.
    Custom(CustomType),
}

/// The fields of a tuple or struct.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct TupleType {
    /// The name of the struct, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The fields in the order of the wire.
    pub fields: Vec<Parameter>,
}

/// A place for a value: a parameter, a result, a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Parameter {
    /// The name; empty where it has none.
    #[serde(default)]
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Type,
}

/// The variants of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct EnumType {
    /// The name of the enum, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The variants; the first has number 0.
    pub variants: Vec<Variant>,
}

/// One variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Variant {
    /// Its name, unique in the enum.
    pub name: String,
    /// What it carries; several values are a tuple.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Type>,
}

/// A name that stands for another type (`type Price is uint256`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CustomType {
    /// The name.
    pub name: String,
    /// What it stands for.
    #[serde(rename = "type")]
    pub kind: Box<Type>,
}

impl Type {
    /// `uint256`, the integer of Solidity.
    pub const UINT: Self = Self::Uint(256);

    /// An array of `element`s of any number.
    #[must_use]
    pub fn array(element: Self) -> Self {
        Self::Array(Box::new(element))
    }

    /// An array of `length` `element`s.
    #[must_use]
    pub fn fixed_array(element: Self, length: u32) -> Self {
        Self::FixedArray(Box::new(element), length)
    }

    /// A tuple of unnamed fields.
    #[must_use]
    pub fn tuple(kinds: impl IntoIterator<Item = Self>) -> Self {
        let fields = kinds.into_iter().map(|kind| Parameter::new("", kind)).collect();
        Self::Tuple(TupleType { name: None, fields })
    }

    /// A struct with a name and named fields.
    #[must_use]
    pub fn structure(name: impl Into<String>, fields: Vec<Parameter>) -> Self {
        Self::Tuple(TupleType { name: Some(name.into()), fields })
    }

    /// An enum with a name.
    #[must_use]
    pub fn enumeration(name: impl Into<String>, variants: Vec<Variant>) -> Self {
        Self::Enum(EnumType { name: Some(name.into()), variants })
    }

    /// A value of `kind` or none.
    #[must_use]
    pub fn option(kind: Self) -> Self {
        Self::Option(Box::new(kind))
    }

    /// A `name` that stands for `kind`.
    #[must_use]
    pub fn custom(name: impl Into<String>, kind: Self) -> Self {
        Self::Custom(CustomType { name: name.into(), kind: Box::new(kind) })
    }

    /// The type itself, or what it stands for where it is a custom one.
    #[must_use]
    pub fn resolved(&self) -> &Self {
        let mut kind = self;
        while let Self::Custom(custom) = kind {
            kind = &custom.kind;
        }
        kind
    }

    /// The text that goes into signatures and selectors: `(uint256,address)[3][]`.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        self.write_canonical(&mut text).expect("invariant: a string takes all that is written");
        text
    }

    /// Whether its place on the Solidity wire is an offset to where it is.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        match self {
            Self::Bytes | Self::String | Self::Array(_) => true,
            Self::FixedArray(element, _) => element.is_dynamic(),
            Self::Tuple(tuple) => tuple.fields.iter().any(|field| field.kind.is_dynamic()),
            Self::Enum(enumeration) => enumeration.has_payload(),
            Self::Option(kind) => kind.is_dynamic(),
            Self::Custom(custom) => custom.kind.is_dynamic(),
            _ => false,
        }
    }

    /// Whether the type is well-formed: widths, lengths, nesting, number of parts.
    ///
    /// Codecs ask this before they work, since a type may come from a contract.
    ///
    /// # Errors
    ///
    /// [`TypeError`] naming the limit that is broken.
    pub fn check(&self) -> Result<(), TypeError> {
        self.parts(1).map(|_| ())
    }

    fn parts(&self, depth: usize) -> Result<u64, TypeError> {
        if depth > TYPE_DEPTH_MAX {
            return Err(TypeError::Depth);
        }
        let below = depth + 1;
        let parts = match self {
            Self::Uint(bits) | Self::Int(bits) => {
                let valid = (8..=256).contains(bits) && bits % 8 == 0;
                valid.then_some(1).ok_or(TypeError::IntegerBits { bits: *bits })?
            }
            Self::FixedBytes(length) => (1..=32)
                .contains(length)
                .then_some(1)
                .ok_or(TypeError::BytesLength { length: *length })?,
            Self::Bool | Self::Address | Self::Bytes | Self::String => 1,
            Self::Array(element) => element.parts(below)? + 1,
            Self::FixedArray(_, 0) => return Err(TypeError::EmptyArray),
            Self::FixedArray(element, length) => {
                element.parts(below)?.saturating_mul(u64::from(*length))
            }
            Self::Tuple(tuple) if tuple.fields.is_empty() => return Err(TypeError::EmptyTuple),
            Self::Tuple(tuple) => sum(tuple.fields.iter().map(|field| &field.kind), below)?,
            Self::Enum(enumeration) => enumeration.parts(below)?,
            Self::Option(kind) => kind.parts(below)? + 1,
            Self::Custom(custom) => custom.kind.parts(below)?,
        };
        if parts > TYPE_PARTS_MAX { Err(TypeError::Parts) } else { Ok(parts) }
    }

    fn write_canonical(&self, text: &mut String) -> fmt::Result {
        match self {
            Self::Array(element) => {
                element.write_canonical(text)?;
                text.write_str("[]")
            }
            Self::FixedArray(element, length) => {
                element.write_canonical(text)?;
                write!(text, "[{length}]")
            }
            Self::Tuple(tuple) => {
                text.push_str(&canonical_list(tuple.fields.iter()));
                Ok(())
            }
            Self::Enum(enumeration) => {
                text.write_str(if enumeration.has_payload() { "(uint8,bytes)" } else { "uint8" })
            }
            Self::Option(kind) => {
                text.write_str("(bool,")?;
                kind.write_canonical(text)?;
                text.write_char(')')
            }
            Self::Custom(custom) => custom.kind.write_canonical(text),
            simple => write!(text, "{simple}"),
        }
    }
}

impl TupleType {
    /// Whether every field has a name and no two the same, so that names can tell them apart.
    #[must_use]
    pub fn has_names(&self) -> bool {
        let names: BTreeSet<_> = self.fields.iter().map(|field| field.name.as_str()).collect();
        !self.fields.is_empty() && names.len() == self.fields.len() && !names.contains("")
    }
}

impl Parameter {
    /// A place with its name (empty for none) and type.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Type) -> Self {
        Self { name: name.into(), kind }
    }
}

impl EnumType {
    /// Whether any variant carries something.
    #[must_use]
    pub fn has_payload(&self) -> bool {
        self.variants.iter().any(|variant| variant.payload.is_some())
    }

    /// The number and the definition of the variant of this name.
    #[must_use]
    pub fn variant(&self, name: &str) -> Option<(u32, &Variant)> {
        (0..).zip(&self.variants).find(|(_, variant)| variant.name == name)
    }

    fn parts(&self, depth: usize) -> Result<u64, TypeError> {
        let count = self.variants.len();
        if count == 0 || count > ENUM_VARIANTS_MAX {
            return Err(TypeError::Variants { count });
        }
        let mut names = BTreeSet::new();
        for variant in &self.variants {
            if variant.name.is_empty() || !names.insert(&variant.name) {
                return Err(TypeError::VariantName { name: variant.name.clone() });
            }
        }
        sum(self.variants.iter().filter_map(|variant| variant.payload.as_ref()), depth)
    }
}

impl Variant {
    /// A variant that carries nothing.
    #[must_use]
    pub fn plain(name: impl Into<String>) -> Self {
        Self { name: name.into(), payload: None }
    }

    /// A variant that carries a `payload`.
    #[must_use]
    pub fn with(name: impl Into<String>, payload: Type) -> Self {
        Self { name: name.into(), payload: Some(payload) }
    }
}

/// The canonical text, but options, enums and custom types by their own names.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Uint(bits) => write!(f, "uint{bits}"),
            Self::Int(bits) => write!(f, "int{bits}"),
            Self::Address => f.write_str("address"),
            Self::FixedBytes(length) => write!(f, "bytes{length}"),
            Self::Bytes => f.write_str("bytes"),
            Self::String => f.write_str("string"),
            Self::Array(element) => write!(f, "{element}[]"),
            Self::FixedArray(element, length) => write!(f, "{element}[{length}]"),
            Self::Tuple(tuple) => {
                f.write_str("(")?;
                for (index, field) in tuple.fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}", field.kind)?;
                }
                f.write_str(")")
            }
            Self::Enum(enumeration) => f.write_str(enumeration.name.as_deref().unwrap_or("enum")),
            Self::Option(kind) => write!(f, "option<{kind}>"),
            Self::Custom(custom) => f.write_str(&custom.name),
        }
    }
}

impl FromStr for Type {
    type Err = TypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::type_from(text)
    }
}

/// The canonical texts of `parameters` in parentheses: what follows a name in a signature.
pub(crate) fn canonical_list<'a>(parameters: impl Iterator<Item = &'a Parameter>) -> String {
    let kinds: Vec<_> = parameters.map(|parameter| parameter.kind.canonical()).collect();
    format!("({})", kinds.join(","))
}

/// The types of `parameters`, for a codec.
pub(crate) fn kinds(parameters: &[Parameter]) -> Vec<&Type> {
    parameters.iter().map(|parameter| &parameter.kind).collect()
}

fn sum<'a>(kinds: impl Iterator<Item = &'a Type>, depth: usize) -> Result<u64, TypeError> {
    kinds.map(|kind| kind.parts(depth)).try_fold(1, |total: u64, parts| {
        let total = total.saturating_add(parts?);
        if total > TYPE_PARTS_MAX { Err(TypeError::Parts) } else { Ok(total) }
    })
}
