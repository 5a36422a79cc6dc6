//! The gas of one frame.

use primitives::Gas;
use thiserror::Error;

/// The frame has less gas left than the work costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("out of gas")]
pub struct OutOfGas;

/// What a frame was given and what is left of it. It never grows beyond what was given, except by
/// what a callee hands back of what it was lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GasMeter {
    limit: Gas,
    remaining: Gas,
    refund: i64,
}

impl GasMeter {
    /// A meter with `limit` to use.
    #[must_use]
    pub const fn new(limit: Gas) -> Self {
        Self { limit, remaining: limit, refund: 0 }
    }

    /// What was given.
    #[must_use]
    pub const fn limit(&self) -> Gas {
        self.limit
    }

    /// What is left.
    #[must_use]
    pub const fn remaining(&self) -> Gas {
        self.remaining
    }

    /// What is used.
    #[must_use]
    pub fn used(&self) -> Gas {
        Gas(self.limit.0 - self.remaining.0)
    }

    /// What the transaction gets back at its end for state that was cleared (EIP-3529), so far
    /// and in this frame. It may be negative within a frame.
    #[must_use]
    pub const fn refund(&self) -> i64 {
        self.refund
    }

    /// Takes `cost`, before the work is done.
    ///
    /// # Errors
    ///
    /// [`OutOfGas`] where less is left; then nothing is taken, and the frame ends.
    pub const fn charge(&mut self, cost: Gas) -> Result<(), OutOfGas> {
        match self.remaining.checked_sub(cost) {
            Some(rest) => {
                self.remaining = rest;
                Ok(())
            }
            None => Err(OutOfGas),
        }
    }

    /// Takes all that is left: what a halt costs.
    pub const fn charge_all(&mut self) {
        self.remaining = Gas::ZERO;
    }

    /// Sets what is left, for a machine that counts within its own code.
    ///
    /// # Panics
    ///
    /// Where `remaining` is more than was left: gas never grows.
    pub fn set_remaining(&mut self, remaining: Gas) {
        assert!(remaining <= self.remaining, "gas never grows: {} < {remaining}", self.remaining);
        self.remaining = remaining;
    }

    /// Takes back what a callee left of what it was lent.
    ///
    /// # Panics
    ///
    /// Where the sum is more than this frame was given.
    pub fn hand_back(&mut self, unused: Gas) {
        let sum = self.remaining.saturating_add(unused);
        assert!(sum <= self.limit, "gas never grows: {sum} of {}", self.limit);
        self.remaining = sum;
    }

    /// Adds to the refund of the transaction.
    pub const fn add_refund(&mut self, refund: i64) {
        self.refund = self.refund.saturating_add(refund);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_used_and_what_is_left_are_what_was_given(
            limit: u64,
            costs in proptest::collection::vec(any::<u64>(), 0..20),
        ) {
            let mut meter = GasMeter::new(Gas(limit));
            for cost in costs {
                let before = meter.remaining();
                match meter.charge(Gas(cost)) {
                    Ok(()) => prop_assert_eq!(meter.remaining().0, before.0 - cost),
                    Err(OutOfGas) => prop_assert_eq!(meter.remaining(), before),
                }
                prop_assert_eq!(meter.used().0 + meter.remaining().0, limit);
            }
        }
    }

    #[test]
    #[should_panic(expected = "gas never grows")]
    fn gas_cannot_be_made() {
        GasMeter::new(Gas(5)).hand_back(Gas(1));
    }
}
