//! The trait of a machine, and what it says of code.

use abi::Interface;
use primitives::{Bytes, Gas, VmKind, VmVersion, Wei};
use thiserror::Error;

use crate::{Frame, Host, Outcome, Schedule};

/// A machine: what it says of code.
///
/// A machine has no mutable global. It may keep caches behind its own locks; nothing in them
/// changes what a frame does, only how fast. The EVM, which works on the journal itself, is a `Vm`
/// only; every other machine is a [`HostedVm`].
pub trait Vm: Send + Sync + core::fmt::Debug {
    /// Which machine this is.
    fn kind(&self) -> VmKind;

    /// The version of its rules.
    fn version(&self) -> VmVersion;

    /// Whether `code` looks like code of this machine, by its first bytes.
    fn recognizes(&self, code: &[u8]) -> bool;

    /// Static checks before code may be stored: format, limits, imports, forbidden operations.
    ///
    /// The same code gives the same answer on every node.
    ///
    /// # Errors
    ///
    /// [`CodeError`] naming what is wrong and where.
    fn validate(&self, code: &[u8]) -> Result<CodeReport, CodeError>;

    /// What the static checks of `code` cost. Who checks code for others charges it before.
    fn check_cost(&self, code: &[u8], schedule: &Schedule) -> Gas {
        schedule.compile_byte.saturating_mul(code.len() as u64)
    }

    /// Makes ready what running `code` needs and a call shall not wait for: compiling, caching.
    ///
    /// Never part of a consensus result: where it fails, the machine runs the code another way.
    /// `code` has passed [`validate`](Self::validate).
    fn prepare(&self, code: &[u8]);

    /// Lets the machine run again after [`stop`](Self::stop).
    fn start(&self) {}

    /// Gives back what the machine keeps for speed alone, since nothing will be asked of it until
    /// [`start`](Self::start).
    fn stop(&self) {}

    /// Coin that has to come with code when it is deployed, beside what the contract itself asks
    /// for.
    fn deposit(&self, code: &[u8]) -> Wei {
        let _ = code;
        Wei::ZERO
    }

    /// What the machine says of itself: caches, pools, counters.
    fn status(&self) -> VmStatus {
        VmStatus::default()
    }
}

/// A machine whose frames reach the world through a [`Host`] alone.
pub trait HostedVm: Vm {
    /// Runs one frame to its end. All effects go through `host`.
    fn execute(&self, frame: &Frame<'_>, host: &mut dyn Host) -> Outcome;
}

/// Counters of a machine for people and metrics, as (name, value) in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VmStatus {
    /// The counters.
    pub counters: Vec<(&'static str, u64)>,
}

/// What the static checks found in code that may be stored.
#[derive(Debug, Clone)]
pub struct CodeReport {
    /// What is stored and run. The same as the deployed bytes unless the machine transforms code
    /// before it stores it (a pre-initialised snapshot).
    pub executable: Bytes,
    /// The interface that the code itself tells.
    pub interface: Option<Interface>,
    /// The entry points, by name.
    pub exports: Vec<String>,
    /// What the code asks of the host, by name.
    pub imports: Vec<String>,
    /// Whether a constructor must run at deploy.
    pub has_constructor: bool,
}

/// Why code may not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The bytes are no code of this machine.
    #[error("malformed {kind} code at byte {offset}: {reason}")]
    Malformed {
        /// The machine.
        kind: VmKind,
        /// Where in the code.
        offset: usize,
        /// What is wrong.
        reason: String,
    },
    /// The code breaks a limit.
    #[error("{kind} code has {found} {what}, the limit is {limit}")]
    Limit {
        /// The machine.
        kind: VmKind,
        /// What there is too much of, in the plural.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The code asks for something that is not offered.
    #[error("{kind} code imports {name}, which is not offered: {reason}")]
    Import {
        /// The machine.
        kind: VmKind,
        /// The import.
        name: String,
        /// Why it is not offered.
        reason: String,
    },
    /// The code lacks an entry point.
    #[error("{kind} code does not export {name}: {reason}")]
    Export {
        /// The machine.
        kind: VmKind,
        /// The entry point.
        name: String,
        /// What it should be.
        reason: String,
    },
    /// The code holds an operation that is not allowed.
    #[error("{kind} code holds {operation} at byte {offset}, which is prohibited")]
    Prohibited {
        /// The machine.
        kind: VmKind,
        /// The operation by name.
        operation: String,
        /// Where in the code.
        offset: usize,
    },
}
