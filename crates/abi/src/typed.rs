//! A value with its type, as one byte string: what a field of a state object holds.
//!
//! The bytes are the length of the type's canonical text (2 bytes, big-endian), the text
//! (`(uint256,string)[]`), and the value by the Solidity ABI. Each type and value has exactly one
//! encoding: text that is not canonical, and an encoding of the value that an encoder would not
//! have written, are refused.

use alloy_primitives::Bytes;

use crate::{
    Type, Value,
    error::{DecodeError, EncodeError, TypeError},
    solidity,
};

/// Bytes of the text of a type.
pub const TYPE_TEXT_BYTES_MAX: usize = 1 << 10;

/// Why bytes are no value with its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The bytes end before the type does.
    #[error("typed value of {length} bytes ends within its type")]
    Ends {
        /// How many bytes there are.
        length: usize,
    },
    /// The text of the type is too long.
    #[error("type of {found} bytes of text breaks the limit of {TYPE_TEXT_BYTES_MAX} bytes")]
    TypeLength {
        /// How many bytes it has.
        found: usize,
    },
    /// The text is no type.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// The text is not the canonical one.
    #[error("type is not written as \"{expected}\"")]
    TypeText {
        /// The canonical text.
        expected: String,
    },
    /// The value does not decode.
    #[error(transparent)]
    Value(#[from] DecodeError),
    /// The value cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The value decodes but is not what an encoder writes.
    #[error("value of type {kind} is not encoded canonically")]
    NotCanonical {
        /// Its type.
        kind: String,
    },
}

/// The bytes of `value` as one of `kind`. Names of structs and their fields are no part of them.
///
/// # Errors
///
/// [`TypedError`] where the value is not of the type, or the text of the type is too long.
pub fn encode(kind: &Type, value: &Value) -> Result<Bytes, TypedError> {
    kind.check()?;
    let encoded = solidity::encode(std::slice::from_ref(value), &[kind])?;
    join(&kind.canonical(), &encoded)
}

/// The type and the value that `bytes` are.
///
/// # Errors
///
/// [`TypedError`] telling what is not as it should be.
pub fn decode(bytes: &[u8]) -> Result<(Type, Value), TypedError> {
    let (text, encoded) = split(bytes)?;
    let kind: Type = text.parse()?;
    let expected = kind.canonical();
    if text != expected {
        return Err(TypedError::TypeText { expected });
    }
    let mut values = solidity::decode(encoded, &[&kind])?;
    let value = values.pop().ok_or(TypedError::Ends { length: bytes.len() })?;
    if solidity::encode(std::slice::from_ref(&value), &[&kind])? != encoded {
        return Err(TypedError::NotCanonical { kind: expected });
    }
    Ok((kind, value))
}

/// The text of the type and the encoding of the value, unchecked.
///
/// # Errors
///
/// [`TypedError`] where there is no text of a type at the start.
pub fn split(bytes: &[u8]) -> Result<(&str, &[u8]), TypedError> {
    let ends = TypedError::Ends { length: bytes.len() };
    let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(|| ends.clone())?;
    let found = usize::from(u16::from_be_bytes(*length));
    if found > TYPE_TEXT_BYTES_MAX {
        return Err(TypedError::TypeLength { found });
    }
    let (text, encoded) = rest.split_at_checked(found).ok_or_else(|| ends.clone())?;
    let text = core::str::from_utf8(text).map_err(|_| ends)?;
    Ok((text, encoded))
}

/// The bytes of a value whose text of the type and encoding by the Solidity ABI are given. Whether
/// they are of each other is for [`decode`] to say.
///
/// # Errors
///
/// [`TypedError::TypeLength`] where the text is too long.
pub fn join(text: &str, encoded: &[u8]) -> Result<Bytes, TypedError> {
    let found = text.len();
    let length = u16::try_from(found)
        .ok()
        .filter(|_| found <= TYPE_TEXT_BYTES_MAX)
        .ok_or(TypedError::TypeLength { found })?;
    Ok([length.to_be_bytes().as_slice(), text.as_bytes(), encoded].concat().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join_checked(text: &str, encoded: &[u8]) -> Result<Bytes, TypedError> {
        let bytes = join(text, encoded)?;
        decode(&bytes).map(|_| bytes)
    }

    #[test]
    fn a_number_is_its_type_and_its_word() {
        let bytes = encode(&Type::Uint(64), &Value::uint(5)).unwrap();
        assert_eq!(bytes[..8], *b"\0\x06uint64");
        assert_eq!(decode(&bytes).unwrap(), (Type::Uint(64), Value::uint(5)));
    }

    #[test]
    fn there_is_one_encoding_of_each_value() {
        let five = solidity::encode(&[Value::uint(5)], &[&Type::UINT]).unwrap();
        assert!(join_checked("uint256", &five).is_ok());
        for text in ["uint", " uint256", "uint256 ", "uint8", "string", "", "uint7", "uint256[]"] {
            let joined = join_checked(text, &five);
            assert!(joined.is_err() || text == "uint8", "{text}: {joined:?}");
        }
        let mut longer = five.clone();
        longer.extend_from_slice(&[0; 32]);
        assert!(join_checked("uint256", &longer).is_err());
        // A string whose offset skips a word decodes, but no encoder writes it.
        let mut words = vec![0; 128];
        (words[31], words[95], words[96]) = (64, 1, b'a');
        assert!(solidity::decode(&words, &[&Type::String]).is_ok());
        let error = join_checked("string", &words).unwrap_err();
        assert_eq!(error, TypedError::NotCanonical { kind: "string".to_owned() });
        assert!(decode(&[0, 9, b'u']).is_err() && decode(&[]).is_err());
        assert!(decode(&[0xff, 0xff, 0]).is_err());
    }
}
