//! Unsigned integers of 256 bits, the numbers of the Solidity ABI.
//!
//! The operators are checked and end the frame with Solidity's `Panic` codes, as the same line of
//! Solidity would. There is no floating point and no rounding but towards zero.

use core::{
    cmp::Ordering,
    fmt,
    ops::{Add, AddAssign, Div, Mul, Rem, Sub, SubAssign},
};

use crate::host::{PanicCode, panic};

/// An unsigned integer of 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct U256 {
    /// Least significant first.
    limbs: [u64; 4],
}

impl U256 {
    /// 0.
    pub const ZERO: Self = Self { limbs: [0; 4] };
    /// 1.
    pub const ONE: Self = Self { limbs: [1, 0, 0, 0] };
    /// 2^256 - 1.
    pub const MAX: Self = Self { limbs: [u64::MAX; 4] };

    /// A number from its limbs, the least significant first.
    #[must_use]
    pub const fn from_limbs(limbs: [u64; 4]) -> Self {
        Self { limbs }
    }

    /// The limbs, the least significant first.
    #[must_use]
    pub const fn limbs(&self) -> &[u64; 4] {
        &self.limbs
    }

    /// A number from 32 bytes, the most significant first.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut limbs = [0; 4];
        for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.chunks_exact(8)) {
            *limb = chunk.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        }
        Self { limbs }
    }

    /// The 32 bytes, the most significant first.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(self.limbs.iter().rev()) {
            chunk.copy_from_slice(&limb.to_be_bytes());
        }
        bytes
    }

    /// Whether the number is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// How many bits the number needs; 0 for 0.
    #[must_use]
    pub fn bits(&self) -> u32 {
        for at in (0..4).rev() {
            if self.limbs[at] != 0 {
                return 64 * at as u32 + 64 - self.limbs[at].leading_zeros();
            }
        }
        0
    }

    /// `self + other`, and whether it left the range.
    #[must_use]
    pub fn overflowing_add(mut self, other: Self) -> (Self, bool) {
        let mut carry = false;
        for (limb, by) in self.limbs.iter_mut().zip(other.limbs) {
            let (sum, first) = limb.overflowing_add(by);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = first | second;
        }
        (self, carry)
    }

    /// `self - other`, and whether it left the range.
    #[must_use]
    pub fn overflowing_sub(mut self, other: Self) -> (Self, bool) {
        let mut borrow = false;
        for (limb, by) in self.limbs.iter_mut().zip(other.limbs) {
            let (difference, first) = limb.overflowing_sub(by);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            *limb = difference;
            borrow = first | second;
        }
        (self, borrow)
    }

    /// `self * other`, and whether it left the range.
    #[must_use]
    pub fn overflowing_mul(self, other: Self) -> (Self, bool) {
        let mut wide = [0_u64; 8];
        for (i, a) in self.limbs.into_iter().enumerate() {
            let mut carry = 0_u128;
            for (j, b) in other.limbs.into_iter().enumerate() {
                carry += u128::from(a) * u128::from(b) + u128::from(wide[i + j]);
                wide[i + j] = carry as u64;
                carry >>= 64;
            }
            wide[i + 4] = carry as u64;
        }
        let limbs = [wide[0], wide[1], wide[2], wide[3]];
        (Self { limbs }, wide[4..] != [0; 4])
    }

    /// `self + other`, `None` above the range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        within(self.overflowing_add(other))
    }

    /// `self - other`, `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        within(self.overflowing_sub(other))
    }

    /// `self * other`, `None` above the range.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        within(self.overflowing_mul(other))
    }

    /// The quotient, rounded down, and the rest; `None` where `divisor` is 0.
    #[must_use]
    pub fn checked_div_rem(self, divisor: Self) -> Option<(Self, Self)> {
        if divisor.is_zero() {
            return None;
        }
        if let (Ok(a), Ok(b)) = (u128::try_from(self), u128::try_from(divisor)) {
            return Some((Self::from(a / b), Self::from(a % b)));
        }
        let (mut quotient, mut rest) = (Self::ZERO, Self::ZERO);
        for bit in (0..self.bits()).rev() {
            let out = rest.limbs[3] >> 63 == 1;
            rest = rest.overflowing_add(rest).0;
            rest.limbs[0] |= self.limbs[bit as usize / 64] >> (bit % 64) & 1;
            if out || rest >= divisor {
                rest = rest.overflowing_sub(divisor).0;
                quotient.limbs[bit as usize / 64] |= 1 << (bit % 64);
            }
        }
        Some((quotient, rest))
    }
}

impl From<u128> for U256 {
    fn from(number: u128) -> Self {
        Self { limbs: [number as u64, (number >> 64) as u64, 0, 0] }
    }
}

macro_rules! from_small {
    ($($small:ty),*) => {$(
        impl From<$small> for U256 {
            fn from(number: $small) -> Self {
                Self { limbs: [u64::from(number), 0, 0, 0] }
            }
        }
    )*};
}
from_small!(bool, u8, u16, u32, u64);

/// A number that does not fit the smaller type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl TryFrom<U256> for u128 {
    type Error = TooLarge;

    fn try_from(number: U256) -> Result<Self, TooLarge> {
        match number.limbs {
            [low, high, 0, 0] => Ok(Self::from(high) << 64 | Self::from(low)),
            _ => Err(TooLarge),
        }
    }
}

impl TryFrom<U256> for u64 {
    type Error = TooLarge;

    fn try_from(number: U256) -> Result<Self, TooLarge> {
        match number.limbs {
            [low, 0, 0, 0] => Ok(low),
            _ => Err(TooLarge),
        }
    }
}

impl Ord for U256 {
    fn cmp(&self, other: &Self) -> Ordering {
        self.limbs.iter().rev().cmp(other.limbs.iter().rev())
    }
}

impl PartialOrd for U256 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Add for U256 {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.checked_add(other).unwrap_or_else(|| panic(PanicCode::Overflow))
    }
}

impl Sub for U256 {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or_else(|| panic(PanicCode::Overflow))
    }
}

impl Mul for U256 {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        self.checked_mul(other).unwrap_or_else(|| panic(PanicCode::Overflow))
    }
}

impl Div for U256 {
    type Output = Self;

    fn div(self, divisor: Self) -> Self {
        self.checked_div_rem(divisor).unwrap_or_else(|| panic(PanicCode::Division)).0
    }
}

impl Rem for U256 {
    type Output = Self;

    fn rem(self, divisor: Self) -> Self {
        self.checked_div_rem(divisor).unwrap_or_else(|| panic(PanicCode::Division)).1
    }
}

impl AddAssign for U256 {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for U256 {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl fmt::Display for U256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// 10^19, the largest power of ten in a limb.
        const STEP: u128 = 10_000_000_000_000_000_000;
        match u128::try_from(*self) {
            Ok(number) => fmt::Display::fmt(&number, f),
            Err(TooLarge) => {
                let (above, rest) = self.checked_div_rem(Self::from(STEP)).ok_or(fmt::Error)?;
                write!(f, "{above}{:019}", rest.limbs[0])
            }
        }
    }
}

impl fmt::Debug for U256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn within((number, overflow): (U256, bool)) -> Option<U256> {
    (!overflow).then_some(number)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use alloy_primitives::U256 as Reference;
    use proptest::prelude::*;

    use super::*;

    fn reference(number: U256) -> Reference {
        Reference::from_limbs(number.limbs)
    }

    fn limb() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), Just(1), Just(u64::MAX), Just(1 << 63), any::<u64>()]
    }

    fn number() -> impl Strategy<Value = U256> {
        [limb(), limb(), limb(), limb()].prop_map(U256::from_limbs)
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_another_implementation(a in number(), b in number()) {
            let (x, y) = (reference(a), reference(b));
            prop_assert_eq!(a.checked_add(b).map(reference), x.checked_add(y));
            prop_assert_eq!(a.checked_sub(b).map(reference), x.checked_sub(y));
            prop_assert_eq!(a.checked_mul(b).map(reference), x.checked_mul(y));
            let (quotient, rest) = match a.checked_div_rem(b) {
                Some((quotient, rest)) => (Some(reference(quotient)), Some(reference(rest))),
                None => (None, None),
            };
            prop_assert_eq!(quotient, x.checked_div(y));
            prop_assert_eq!(rest, x.checked_rem(y));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        }

        #[test]
        fn bytes_and_digits_agree_with_another_implementation(a in number()) {
            prop_assert_eq!(a.to_bytes(), reference(a).to_be_bytes::<32>());
            prop_assert_eq!(U256::from_bytes(&a.to_bytes()), a);
            prop_assert_eq!(a.to_string(), reference(a).to_string());
            prop_assert_eq!(a.bits() as usize, reference(a).bit_len());
        }
    }
}
