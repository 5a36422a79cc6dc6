//! Arguments as Rust values.

use abi::Value;
use primitives::{Address, B256, Bytes, U256};

/// What an argument may be read as.
pub trait FromValue: Sized {
    /// The value as this type, or nothing where it is another or does not fit.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Bool(truth) = value { Some(*truth) } else { None }
    }
}

impl FromValue for U256 {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_uint()
    }
}

impl FromValue for u64 {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_uint()?.try_into().ok()
    }
}

impl FromValue for u32 {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_uint()?.try_into().ok()
    }
}

impl FromValue for Address {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_address()
    }
}

impl FromValue for Bytes {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_bytes().map(Self::copy_from_slice)
    }
}

impl FromValue for B256 {
    fn from_value(value: &Value) -> Option<Self> {
        Some(Self::new(value.as_bytes()?.try_into().ok()?))
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        value.as_text().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_what_they_are_and_as_nothing_else() {
        assert_eq!(u64::from_value(&Value::uint(7)), Some(7));
        assert_eq!(u64::from_value(&Value::Uint(U256::MAX)), None);
        assert_eq!(u32::from_value(&Value::uint(1 << 32)), None);
        assert_eq!(bool::from_value(&Value::uint(1)), None);
        assert_eq!(String::from_value(&Value::text("a")).as_deref(), Some("a"));
        assert_eq!(B256::from_value(&Value::bytes(Bytes::from_static(&[1; 31]))), None);
    }
}
