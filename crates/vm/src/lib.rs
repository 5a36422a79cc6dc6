//! The door between the kernel and the machines.
//!
//! [`Vm`] is what a machine says of code, [`HostedVm`] one that runs frames over a [`Host`], which
//! is all that code in a frame can reach. A machine knows nothing of the journal, of other
//! machines, or of blocks; it is handed a [`Frame`] and a host, and gives back an [`Outcome`].
//!
//! Three kinds of failure never mix. What the guest does is an [`Outcome`]: success, revert, or
//! halt. What the host cannot do is a fault, which the host remembers and no guest can catch: a
//! machine sees [`Trap::Fault`], unwinds, and whatever it returns is discarded. A bug is a panic.

mod code;
pub mod crypto;
mod environment;
mod frame;
mod gas;
mod host;
pub mod object;
mod outcome;
pub mod schedule;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod trace;

pub use code::{CodeError, CodeReport, HostedVm, Vm, VmStatus};
pub use environment::{BlockEnvironment, Environment, TransactionEnvironment};
pub use frame::{Entry, Frame};
pub use gas::{GasMeter, OutOfGas};
pub use host::{
    CallOutcome, CallRequest, DeployOutcome, DeployRequest, Host, RecordPlace, RecordSpace,
    ScanRequest, Trap, may_keep_records,
};
pub use outcome::{HaltReason, Outcome, Status};
pub use schedule::Schedule;
