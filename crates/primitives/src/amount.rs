//! Amounts: the native coin and gas.

use core::fmt;

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

/// Wei in one ether.
pub const WEI_PER_ETHER: Wei = Wei(U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]));

/// Wei in one lamport: Solana's unit is a billionth of a coin, Ethereum's a billionth of that.
pub const WEI_PER_LAMPORT: Wei = Wei(U256::from_limbs([1_000_000_000, 0, 0, 0]));

/// An amount of the native coin, in wei. There is one supply for all machines.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Wei(pub U256);

impl Wei {
    /// No coin at all.
    pub const ZERO: Self = Self(U256::ZERO);

    /// An amount from a machine word.
    #[must_use]
    pub const fn from_u64(amount: u64) -> Self {
        Self(U256::from_limbs([amount, 0, 0, 0]))
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// The sum, or nothing where 256 bits do not hold it.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing where `other` is more.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl From<U256> for Wei {
    fn from(amount: U256) -> Self {
        Self(amount)
    }
}

impl fmt::Display for Wei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// An amount of gas: Ethereum's unit, in every machine.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Gas(pub u64);

impl Gas {
    /// No gas.
    pub const ZERO: Self = Self(0);

    /// The sum, held at the largest amount.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The product with a count, held at the largest amount.
    #[must_use]
    pub const fn saturating_mul(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// The difference, or nothing where `other` is more.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    /// What a frame may hand on to the frames it calls: all but a 64th (EIP-150).
    #[must_use]
    pub const fn all_but_one_64th(self) -> Self {
        Self(self.0 - self.0 / 64)
    }
}

impl fmt::Display for Gas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_64th_stays_behind() {
        assert_eq!(Gas(64).all_but_one_64th(), Gas(63));
        assert_eq!(Gas(63).all_but_one_64th(), Gas(63));
        assert_eq!(Gas(6400).all_but_one_64th(), Gas(6300));
    }

    #[test]
    fn arithmetic_is_checked() {
        assert_eq!(Wei::ZERO.checked_sub(Wei::from_u64(1)), None);
        assert_eq!(Wei(U256::MAX).checked_add(Wei::from_u64(1)), None);
        assert_eq!(Gas(1).checked_sub(Gas(2)), None);
        assert_eq!(WEI_PER_ETHER.to_string(), "1000000000000000000");
    }
}
