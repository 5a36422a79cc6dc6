//! What may be wrong with a type, a value, bytes on the wire or an interface.

use alloy_primitives::U256;
use thiserror::Error;

use crate::limits::{
    ENCODED_BYTES_MAX, ENUM_VARIANTS_MAX, QUOTED_BYTES_MAX, TYPE_DEPTH_MAX, TYPE_PARTS_MAX,
};

/// Why a text or a construction is not a type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TypeError {
    /// No type has this name.
    #[error("\"{text}\" is not a type")]
    Unknown {
        /// The name as it was given.
        text: String,
    },
    /// The text breaks off or goes on where something else is expected.
    #[error("{expected} expected at character {at} of \"{text}\"")]
    Syntax {
        /// The whole text, shortened.
        text: String,
        /// Where, counted in bytes from 0.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// An integer has an impossible width.
    #[error("an integer has 8 to 256 bits in steps of 8, not {bits}")]
    IntegerBits {
        /// The width that was asked for.
        bits: u16,
    },
    /// A byte string of fixed length has an impossible length.
    #[error("bytes{length} is not a type: the length is 1 to 32")]
    BytesLength {
        /// The length that was asked for.
        length: u8,
    },
    /// A fixed array has no element.
    #[error("a fixed array has at least one element")]
    EmptyArray,
    /// A tuple has no field: it would take no bytes, so that no input would bound how many of them
    /// an array holds.
    #[error("a tuple has at least one field")]
    EmptyTuple,
    /// An enum has no variant or too many.
    #[error("an enum has 1 to {ENUM_VARIANTS_MAX} variants, not {count}")]
    Variants {
        /// How many it has.
        count: usize,
    },
    /// Two variants share a name, or one has none.
    #[error("the variant \"{name}\" of an enum is unnamed or there twice")]
    VariantName {
        /// The name.
        name: String,
    },
    /// A type nests too deep.
    #[error("a type nests more than {TYPE_DEPTH_MAX} deep")]
    Depth,
    /// A type has too many parts.
    #[error("a type has more than {TYPE_PARTS_MAX} parts")]
    Parts,
}

/// Why values cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// There are more or fewer values than types.
    #[error("{expected} values expected, {given} given")]
    Count {
        /// How many the types ask for.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// A value is not of its type.
    #[error("value {path} is not of type {expected}: {given}")]
    Mismatch {
        /// Where: the position, then fields and indices (`1.amount[3]`).
        path: String,
        /// The type it should have.
        expected: String,
        /// The value, shortened.
        given: String,
    },
    /// A sequence is longer than the format can say.
    #[error("a sequence of {length} elements is longer than the format allows ({limit})")]
    Length {
        /// Its length.
        length: usize,
        /// The limit of the format.
        limit: usize,
    },
    /// The encoding would be too large.
    #[error("the encoding has more than {ENCODED_BYTES_MAX} bytes")]
    Size,
    /// The type itself is invalid.
    #[error(transparent)]
    Type(#[from] TypeError),
}

/// Why bytes cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The input is too short.
    #[error("the input has {length} bytes, but {needed} are expected at byte {at}")]
    Ends {
        /// Where reading began.
        at: usize,
        /// How many bytes should follow.
        needed: usize,
        /// The length of the input.
        length: usize,
    },
    /// A length is larger than what the input can hold.
    #[error("the length {count} at byte {at} is more than the input holds ({length} bytes)")]
    Length {
        /// Where the length stands.
        at: usize,
        /// The length.
        count: U256,
        /// The length of the input.
        length: usize,
    },
    /// An offset points out of the input.
    #[error("the offset {offset} at byte {at} points out of the input ({length} bytes)")]
    Offset {
        /// Where the offset stands.
        at: usize,
        /// The offset.
        offset: U256,
        /// The length of the input.
        length: usize,
    },
    /// Several offsets point to the same bytes, so that the values would outgrow the input.
    #[error("the parts of the input overlap at byte {at}: more is read than its {length} bytes")]
    Overlap {
        /// Where reading stopped.
        at: usize,
        /// The length of the input.
        length: usize,
    },
    /// The bytes are there but are no value of the type.
    #[error("the bytes at {at} are not {}: {reason}", with_article(kind))]
    Invalid {
        /// Where the bytes stand.
        at: usize,
        /// The type they should have.
        kind: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Bytes are left over.
    #[error("{left} bytes are left over after byte {at}")]
    Trailing {
        /// Where the value ends.
        at: usize,
        /// How many bytes follow.
        left: usize,
    },
    /// The JSON is malformed or does not fit the type.
    #[error("json{}{path}: {reason}", if path.is_empty() { "" } else { " " })]
    Json {
        /// Where: the position, then fields and indices; empty for the document itself.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The input of a call begins with another method's selector.
    #[error("the selector 0x{given} is not that of {signature} (0x{expected})")]
    Selector {
        /// The selector of the input, in hexadecimal digits.
        given: String,
        /// The method that should decode it.
        signature: String,
        /// The selector of that method.
        expected: String,
    },
    /// The topics of a log are not those of the event.
    #[error("the log has {given} topics that do not fit {signature} ({expected} topics)")]
    Topics {
        /// The signature of the event.
        signature: String,
        /// How many topics the event has.
        expected: usize,
        /// How many topics the log has.
        given: usize,
    },
    /// The type itself is invalid.
    #[error(transparent)]
    Type(#[from] TypeError),
}

/// Why a text is not an interface, or a JSON document is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InterfaceError {
    /// The text is not JSON.
    #[error("the interface is not JSON: {reason}")]
    NotJson {
        /// What the JSON reader says.
        reason: String,
    },
    /// The document is neither an array of items nor an artifact with an `abi`.
    #[error("an interface is an array of items or an object with \"abi\", not {found}")]
    Shape {
        /// What was found instead.
        found: &'static str,
    },
    /// One item of the array is wrong.
    #[error("item {index} of the interface: {reason}")]
    Item {
        /// Position in the array, from 0.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// A signature in words is wrong.
    #[error("signature \"{text}\": {reason}")]
    Signature {
        /// The signature, shortened.
        text: String,
        /// What is wrong.
        reason: String,
    },
}

/// Why a name does not lead to one method, event or error.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LookupError {
    /// Nothing has this name.
    #[error("there is no {what} \"{name}\"{hint}")]
    Unknown {
        /// `method`, `event` or `error`.
        what: &'static str,
        /// The name as it was given.
        name: String,
        /// `, did you mean "..."?`, a list of what there is, or nothing.
        hint: String,
    },
    /// Several methods have this name; the full signature tells them apart.
    #[error("the {what} \"{name}\" has overloads, name one of: {}", overloads.join(", "))]
    Ambiguous {
        /// `method`, `event` or `error`.
        what: &'static str,
        /// The name as it was given.
        name: String,
        /// The signatures of all of them.
        overloads: Vec<String>,
    },
}

impl EncodeError {
    /// The same error, seen from one step further out.
    pub(crate) fn within(mut self, step: &str) -> Self {
        if let Self::Mismatch { path, .. } = &mut self {
            path.insert_str(0, step);
        }
        self
    }
}

/// The name of a type as a sentence needs it: `a bool`, `an address`.
pub(crate) fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// A text made short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    if text.len() <= QUOTED_BYTES_MAX {
        return text.to_owned();
    }
    let end = (0..=QUOTED_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… ({} bytes)", text.get(..end).unwrap_or_default(), text.len())
}
