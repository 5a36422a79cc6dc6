//! Where the EVM hands a call to another machine.

use core::fmt::Debug;

use primitives::{Address, Bytes, CodeHash, Depth, EvmAddress, Gas, VmKind, Wei};
use vm::{HaltReason, Outcome};

use crate::{Frames, GuardedCall, GuardedCreation};

/// A call to a contract of another machine. Its checkpoint is open and its value has moved; both
/// are taken back unless the outcome is a success.
#[derive(Debug, Clone, Copy)]
pub struct ForeignCall<'a> {
    /// The machine.
    pub kind: VmKind,
    /// The hash of the contract's real code.
    pub code_hash: CodeHash,
    /// The contract.
    pub contract: Address,
    /// Who called.
    pub caller: Address,
    /// What came with the call.
    pub value: Wei,
    /// Selector and arguments, or raw bytes.
    pub input: &'a Bytes,
    /// What the frame may use.
    pub gas_limit: Gas,
    /// Whether nothing may be written.
    pub is_static: bool,
    /// Frames below this one, over all machines.
    pub depth: Depth,
}

/// What the kernel does for the EVM: running contracts of other machines, and its own addresses.
///
/// A failure of the host is set as a fault ([`Scope::set_fault`](crate::Scope::set_fault), or by
/// the journal itself) and returned as a halt: the transaction then ends with an error.
pub trait Crossing: Send + Sync + Debug {
    /// Runs a call to a contract of another machine. `DELEGATECALL` and `CALLCODE` never get here.
    fn call(&self, frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome;

    /// The machine in whose name the kernel itself answers at this address: the EVM for what
    /// belongs to the transaction, another for contracts without code. Nothing where it does not
    /// answer. Asked for every call to an address without code, so it should be quick.
    fn system_kind(&self, address: &EvmAddress) -> Option<VmKind>;

    /// Runs a call to an address of the kernel. `kind` is what [`system_kind`](Self::system_kind)
    /// says, and the code hash is empty.
    fn system(&self, frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome;

    /// Whether a guarded contract takes a call: what it costs to know, at most the gas of the
    /// frame, or how the call ends. Asked for guarded contracts alone, of every machine.
    ///
    /// # Errors
    ///
    /// How a call ends that is refused.
    fn may_call(&self, _frames: &mut Frames<'_>, _call: &GuardedCall<'_>) -> Result<Gas, Outcome> {
        Ok(Gas::ZERO)
    }

    /// Whether an account may make a contract of the EVM: as [`may_call`](Self::may_call).
    ///
    /// # Errors
    ///
    /// How a creation ends that is refused.
    fn may_create(
        &self,
        _frames: &mut Frames<'_>,
        _creation: &GuardedCreation<'_>,
    ) -> Result<Gas, Outcome> {
        Ok(Gas::ZERO)
    }
}

/// No other machine and no address of the kernel: a plain EVM.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCrossing;

impl Crossing for NoCrossing {
    fn call(&self, _frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome {
        Outcome::halt(HaltReason::NotRunnable(format!("there is no machine {}", call.kind)))
    }

    fn system_kind(&self, _address: &EvmAddress) -> Option<VmKind> {
        None
    }

    fn system(&self, _frames: &mut Frames<'_>, _call: &ForeignCall<'_>) -> Outcome {
        Outcome::halt(HaltReason::NotRunnable("there is no kernel".to_owned()))
    }
}
