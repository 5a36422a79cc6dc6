//! How a frame ends.

use primitives::{Bytes, Gas};
use thiserror::Error;

/// How a frame ended, what it says, and what is left of its gas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Return data on success, revert data on revert, empty on halt.
    pub output: Bytes,
    /// What is left of the frame's gas; nothing after a halt.
    pub gas_left: Gas,
    /// What the frame adds to the refund of the transaction; zero unless it succeeded.
    pub gas_refund: i64,
}

impl Outcome {
    /// The frame did what was asked.
    #[must_use]
    pub const fn success(output: Bytes, gas_left: Gas, gas_refund: i64) -> Self {
        Self { status: Status::Success, output, gas_left, gas_refund }
    }

    /// The frame took everything back and says why.
    #[must_use]
    pub const fn revert(output: Bytes, gas_left: Gas) -> Self {
        Self { status: Status::Revert, output, gas_left, gas_refund: 0 }
    }

    /// The frame was ended: everything is taken back and its gas is lost.
    #[must_use]
    pub const fn halt(reason: HaltReason) -> Self {
        Self { status: Status::Halt(reason), output: Bytes::new(), gas_left: Gas(0), gas_refund: 0 }
    }
}

/// How a frame ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It did what was asked; its changes stand if its caller's do.
    Success,
    /// It gave up by itself: its changes are gone, its unused gas is not.
    Revert,
    /// It was ended: its changes and its gas are gone.
    Halt(HaltReason),
}

impl Status {
    /// Whether it did what was asked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Success)
    }
}

/// Why a frame was ended. The reason is for people and receipts: every halt has the same effect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HaltReason {
    /// The gas was used up.
    #[error("out of gas")]
    OutOfGas,
    /// The code trapped: unreachable, division by zero, access out of bounds.
    #[error("trap: {0}")]
    Trap(String),
    /// The code's own stack was used up.
    #[error("stack overflow")]
    StackOverflow,
    /// The code's memory reached its limit.
    #[error("memory limit of {0} bytes reached")]
    MemoryLimit(u64),
    /// Too many frames.
    #[error("call depth limit of {0} reached")]
    CallDepth(u32),
    /// A write in a static call.
    #[error("write in a static call")]
    StaticViolation,
    /// An argument to the host broke a limit.
    #[error("{what} of {found} breaks the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The guest handed the host something that is not what it should be.
    #[error("bad argument to the host: {0}")]
    BadArgument(String),
    /// The code that is stored cannot be run: its machine is disabled or does not accept it.
    #[error("code cannot run: {0}")]
    NotRunnable(String),
    /// The EVM ended the frame by a rule of its own.
    #[error("{0}")]
    Evm(String),
    /// The contract may not be called now.
    #[error("contract is {0}")]
    NotActive(&'static str),
    /// The host failed; the outcome will be discarded.
    #[error("host fault")]
    Fault,
}
