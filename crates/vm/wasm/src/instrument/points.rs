//! Points, the unit in which a metered module counts, and gas.
//!
//! The counter of a module is finer than gas, since an operation of compiled code is far cheaper
//! than any operation of the EVM. Points become gas, and gas points, only at the door of a frame
//! and of a host function.

use primitives::Gas;

/// Points of a unit of gas. An addition of the EVM costs 3 gas and takes an interpreter 3 to 5 ns,
/// so that a unit of gas buys 1 to 1.6 ns; compiled code runs 16 to 27 points of
/// [`WASM_COSTS_V1`](super::WASM_COSTS_V1) in a nanosecond.
pub const POINTS_PER_GAS: u64 = 16;

/// The most points that a module is ever given, so that no charge can wrap the counter.
pub const POINTS_MAX: i64 = 1 << 62;

/// What the gas global holds after the module ran out of gas.
pub const OUT_OF_GAS: i64 = -1;

/// What the stack global holds after the module ran out of stack.
pub const STACK_OVERFLOW: i32 = -1;

/// The points to put into the gas global for `gas`, at most [`POINTS_MAX`].
#[must_use]
pub fn points_from_gas(gas: Gas) -> i64 {
    let points = gas.0.saturating_mul(POINTS_PER_GAS);
    i64::try_from(points).map_or(POINTS_MAX, |points| points.min(POINTS_MAX))
}

/// The gas that was used where `given` points became `left`, rounded up, so that gas never grows.
/// All that was given where the module ran out of it.
#[must_use]
pub fn gas_used(given: i64, left: i64) -> Gas {
    let used = given.saturating_sub(left.max(0)).max(0);
    Gas(used.unsigned_abs().div_ceil(POINTS_PER_GAS))
}

/// The whole gas in `left` points, rounded down. Zero where the module ran out of gas.
#[must_use]
pub fn gas_from_points(left: i64) -> Gas {
    Gas(left.max(0).unsigned_abs() / POINTS_PER_GAS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gas_never_grows_at_the_door(gas: u64, share in 0.0..1.0f64) {
            let given = points_from_gas(Gas(gas));
            prop_assert!((0..=POINTS_MAX).contains(&given));
            let left = (given as f64 * share) as i64;
            let used = gas_used(given, left);
            prop_assert!(used.0 <= gas);
            prop_assert!(u128::from(used.0) * 16 >= (given - left) as u128);
            prop_assert!(gas_from_points(left).0 <= gas);
        }
    }

    #[test]
    fn what_ran_out_used_all() {
        assert_eq!(gas_used(points_from_gas(Gas(7)), OUT_OF_GAS), Gas(7));
        assert_eq!(gas_from_points(OUT_OF_GAS), Gas::ZERO);
        assert_eq!(gas_used(160, 159), Gas(1));
        assert_eq!(gas_used(160, 160), Gas::ZERO);
    }
}
