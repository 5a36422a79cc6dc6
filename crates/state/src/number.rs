//! Numbers in records, and changes of them that commute.
//!
//! A number is 32 bytes, big-endian; a record that is absent is zero, and zero is kept as absence.

use primitives::{Bytes, U256};

use crate::{Key, StateError};

/// Bytes of a number in a record.
pub const NUMBER_BYTES: usize = 32;

/// A change of a number that is known without the number: such changes commute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delta {
    /// The number grows.
    Add(U256),
    /// The number falls.
    Sub(U256),
}

impl Delta {
    /// No change.
    pub const NONE: Self = Self::Add(U256::ZERO);

    /// Whether nothing changes.
    #[must_use]
    pub fn is_none(self) -> bool {
        let (Self::Add(amount) | Self::Sub(amount)) = self;
        amount.is_zero()
    }

    /// The number after the change, or nothing where it leaves its range.
    #[must_use]
    pub fn apply(self, number: U256) -> Option<U256> {
        match self {
            Self::Add(amount) => number.checked_add(amount),
            Self::Sub(amount) => number.checked_sub(amount),
        }
    }

    /// This change and then another, or nothing where no number has room for both.
    #[must_use]
    pub fn then(self, later: Self) -> Option<Self> {
        let both =
            match (self, later) {
                (Self::Add(first), Self::Add(second)) => Self::Add(first.checked_add(second)?),
                (Self::Sub(first), Self::Sub(second)) => Self::Sub(first.checked_add(second)?),
                (Self::Add(up), Self::Sub(down)) | (Self::Sub(down), Self::Add(up)) => {
                    if up >= down { Self::Add(up - down) } else { Self::Sub(down - up) }
                }
            };
        Some(both)
    }

    /// What a number has to be so that it is `amount` or more after the change; nothing where no
    /// number is that large.
    #[must_use]
    pub fn needed_before(self, amount: U256) -> Option<U256> {
        match self {
            Self::Add(added) => Some(amount.saturating_sub(added)),
            Self::Sub(taken) => amount.checked_add(taken),
        }
    }
}

/// The number in the record at `key`.
///
/// # Errors
///
/// [`StateError::Corrupt`] naming `key` where the record is no number.
pub fn decode(key: &Key, record: Option<&Bytes>) -> Result<U256, StateError> {
    let Some(bytes) = record else { return Ok(U256::ZERO) };
    let bytes = <[u8; NUMBER_BYTES]>::try_from(bytes.as_ref()).map_err(|_| {
        let reason = format!("a number does not have {} bytes", bytes.len());
        StateError::Corrupt { key: key.to_string(), reason }
    })?;
    Ok(U256::from_be_bytes(bytes))
}

/// The record that holds `number`; nothing where it is zero.
#[must_use]
pub fn encode(number: U256) -> Option<Bytes> {
    let bytes = number.to_be_bytes::<NUMBER_BYTES>();
    (!number.is_zero()).then(|| Bytes::copy_from_slice(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::Address;
    use proptest::prelude::*;

    /// Numbers near both ends of the range, where something can overflow.
    fn number() -> impl Strategy<Value = U256> {
        (0u64..6, any::<bool>()).prop_map(|(number, is_high)| {
            let number = U256::from(number);
            if is_high { U256::MAX - number } else { number }
        })
    }

    fn delta() -> impl Strategy<Value = Delta> {
        (number(), any::<bool>()).prop_map(|(amount, is_add)| match is_add {
            true => Delta::Add(amount),
            false => Delta::Sub(amount),
        })
    }

    proptest! {
        #[test]
        fn two_changes_are_one(first in delta(), second in delta(), number in number()) {
            let stepwise = first.apply(number).and_then(|between| second.apply(between));
            if let Some(after) = stepwise {
                let both = first.then(second).expect("this number has room");
                prop_assert_eq!(both.apply(number), Some(after));
            }
        }

        #[test]
        fn what_is_needed_is_needed(delta in delta(), amount in number(), number in number()) {
            if let Some(after) = delta.apply(number) {
                let holds = delta.needed_before(amount).is_some_and(|needed| number >= needed);
                prop_assert_eq!(holds, after >= amount);
            }
        }

        #[test]
        fn numbers_round_trip(limbs: [u64; 4]) {
            let (key, number) = (Key::counter(&Address::ZERO, b"n"), U256::from_limbs(limbs));
            prop_assert_eq!(decode(&key, encode(number).as_ref()).expect("own bytes"), number);
        }

        #[test]
        fn other_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assume!(bytes.len() != NUMBER_BYTES);
            let key = Key::counter(&Address::ZERO, b"n");
            prop_assert!(decode(&key, Some(&bytes.into())).is_err());
        }
    }

    #[test]
    fn zero_is_absence() {
        assert_eq!(encode(U256::ZERO), None);
        let absent = decode(&Key::counter(&Address::ZERO, b"n"), None);
        assert_eq!(absent.expect("no record is no problem"), U256::ZERO);
    }
}
