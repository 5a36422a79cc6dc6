//! Where the machines meet: a call whose target is code of a hosted machine runs here.

use std::sync::Arc;

use abi::revert::encode_error_string;
use primitives::{
    Address, Bytes, CodeHash, Depth, EvmAddress, Gas, VmKind, Wei, limits::FOREIGN_DEPTH_MAX,
};
use state::StateError;
use vm::{Entry, Frame, HaltReason, Outcome, Schedule, Status, may_keep_records};
use vm_evm::{Crossing, ForeignCall, Frames, GuardedCall, GuardedCreation, TransactionResult};
use vm_native::Natives;

use crate::{
    codes::Codes,
    host::FrameHost,
    lifecycle::{self, Desk},
    native,
    registry::{Registry, RegistryError},
};

/// Native stack that must be left before a hosted frame starts: the compiled code's own limit
/// (2 MiB) and half of it for the host functions and the EVM frames between.
const STACK_RED_ZONE_BYTES: usize = 3 << 20;

/// Native stack that is added where less is left.
const STACK_GROWTH_BYTES: usize = 8 << 20;

/// What a contract is told that calls one of another machine where that is switched off.
pub(crate) const CROSSING_REFUSED: &str = "calls between machines are switched off on this chain";

/// The machines and prices of a chain: all that a crossing needs beside the open transaction.
#[derive(Debug)]
pub struct Crossroads {
    registry: Arc<Registry>,
    schedule: Schedule,
    natives: Natives,
    codes: Codes,
}

/// Code of a hosted machine, and what its frame is to do.
pub(crate) struct HostedRun<'a> {
    pub(crate) entry: Entry,
    pub(crate) kind: VmKind,
    pub(crate) code_hash: CodeHash,
    pub(crate) contract: Address,
    pub(crate) caller: Address,
    pub(crate) value: Wei,
    pub(crate) input: &'a [u8],
    pub(crate) gas_limit: Gas,
    pub(crate) is_static: bool,
    pub(crate) depth: Depth,
}

impl Crossroads {
    /// The crossing of these machines and native contracts under these prices.
    #[must_use]
    pub fn new(registry: Arc<Registry>, schedule: Schedule, natives: Natives) -> Self {
        Self { registry, schedule, natives, codes: Codes::default() }
    }

    /// The native contracts.
    #[must_use]
    pub const fn natives(&self) -> &Natives {
        &self.natives
    }

    /// The prices.
    #[must_use]
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The machines.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Lets the machines make ready what a transaction stored.
    pub(crate) fn prepare(&self, result: &TransactionResult) {
        for (kind, code) in &result.new_code {
            if let Ok(machine) = self.registry.machine(*kind) {
                machine.prepare(code);
            }
        }
    }

    /// Runs one frame of a hosted machine. Value has been moved, a checkpoint is open, and the
    /// frame is counted among the foreign ones.
    pub(crate) fn run(&self, frames: &mut Frames<'_>, run: &HostedRun<'_>) -> Outcome {
        let code = match self.runnable_code(frames, run) {
            Ok(code) => code,
            Err(reason) => return Outcome::halt(reason),
        };
        let outcome = on_enough_stack(|| self.execute(frames, run, &code));
        if outcome.status == Status::Halt(HaltReason::Fault) {
            frames.scope().set_fault(format!("machine {} failed in {}", run.kind, run.contract));
        }
        assert!(outcome.gas_left <= run.gas_limit, "a frame left more gas than it was given");
        assert!(
            !matches!(outcome.status, Status::Halt(_)) || outcome.gas_left == Gas::ZERO,
            "a halt leaves no gas"
        );
        outcome
    }

    fn execute(&self, frames: &mut Frames<'_>, run: &HostedRun<'_>, code: &Bytes) -> Outcome {
        let not_runnable = |reason: String| Outcome::halt(HaltReason::NotRunnable(reason));
        let machine = match self.registry.hosted(run.kind) {
            Ok(Some(machine)) => machine,
            Ok(None) => return not_runnable(format!("machine {} runs no hosted frames", run.kind)),
            Err(error) => return Outcome::halt(cannot_run(frames, &error)),
        };
        let environment = frames.environment().clone();
        let frame = Frame {
            entry: run.entry,
            code,
            code_hash: run.code_hash,
            contract: run.contract,
            caller: run.caller,
            value: run.value,
            input: run.input,
            gas_limit: run.gas_limit,
            is_static: run.is_static,
            depth: run.depth,
            environment: &environment,
        };
        machine.execute(&frame, &mut FrameHost::new(self, frames, (run.kind, &frame)))
    }

    /// Whether a contract of another machine calls, and may not. A transaction may call any
    /// contract, and so may system and native contracts.
    fn is_refused(
        &self,
        frames: &mut Frames<'_>,
        call: &ForeignCall<'_>,
    ) -> Result<bool, StateError> {
        let is_transaction = call.depth == Depth(0);
        let is_system = || self.system_kind(&call.caller.evm_alias()).is_some();
        if self.registry.allows_crossing() || is_transaction || is_system() {
            return Ok(false);
        }
        // A constructor of the EVM has no code yet.
        let caller = frames.journal().account(&call.caller)?;
        let kind = if caller.code_hash.is_empty() { VmKind::Evm } else { caller.kind };
        Ok(kind != call.kind)
    }

    /// The code of the contract. Whether it may be called was asked before the frame began.
    fn runnable_code(
        &self,
        frames: &mut Frames<'_>,
        run: &HostedRun<'_>,
    ) -> Result<Bytes, HaltReason> {
        if let Some(code) = self.codes.get(&run.code_hash) {
            return Ok(code);
        }
        let code = frames.journal().code(&run.code_hash).map_err(fault)?;
        let missing = || HaltReason::NotRunnable(format!("code {} is missing", run.code_hash));
        let code = code.ok_or_else(missing)?;
        self.codes.put(run.code_hash, code.clone());
        Ok(code)
    }
}

impl Crossroads {
    /// A call of a machine's own address, counted among the foreign frames.
    fn call_counted(&self, frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome {
        if !frames.scope().enter_foreign() {
            return Outcome::halt(HaltReason::CallDepth(FOREIGN_DEPTH_MAX));
        }
        let outcome = self.call(frames, call);
        frames.scope().leave_foreign();
        outcome
    }
}

impl Crossing for Crossroads {
    fn call(&self, frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome {
        match self.is_refused(frames, call) {
            Ok(true) => return refuse(CROSSING_REFUSED, call.gas_limit),
            Ok(false) => {}
            Err(error) => return Outcome::halt(fault(error)),
        }
        let mut caller = call.caller;
        if may_keep_records(call.kind) {
            // A machine that checks authority itself has to know the whole identity.
            caller = match frames.journal().identity(&caller) {
                Ok(identity) => identity,
                Err(error) => return Outcome::halt(fault(error)),
            };
        }
        let run = HostedRun {
            entry: Entry::Call,
            kind: call.kind,
            code_hash: call.code_hash,
            contract: call.contract,
            caller,
            value: call.value,
            input: call.input,
            gas_limit: call.gas_limit,
            is_static: call.is_static,
            depth: call.depth,
        };
        self.run(frames, &run)
    }

    fn system_kind(&self, address: &EvmAddress) -> Option<VmKind> {
        if [lifecycle::DEPLOYER_EVM, lifecycle::access::ACCESS_EVM].contains(address) {
            return Some(VmKind::Evm);
        }
        if is_bridge(address) {
            return Some(VmKind::Svm);
        }
        self.natives.at(address).map(|_| VmKind::Native)
    }

    fn system(&self, frames: &mut Frames<'_>, call: &ForeignCall<'_>) -> Outcome {
        if call.kind == VmKind::Svm {
            return self.call_counted(frames, call);
        }
        match self.natives.get(&call.contract) {
            Some(contract) => native::run(self, frames, call, contract.as_ref()),
            None if call.contract == lifecycle::access::access_control() => {
                lifecycle::access::run(self, frames, call)
            }
            None => lifecycle::run(self, frames, call),
        }
    }

    fn may_call(&self, frames: &mut Frames<'_>, call: &GuardedCall<'_>) -> Result<Gas, Outcome> {
        lifecycle::guard::may_call(self, frames, call)
    }

    fn may_create(
        &self,
        frames: &mut Frames<'_>,
        creation: &GuardedCreation<'_>,
    ) -> Result<Gas, Outcome> {
        let whom = (creation.creator, creation.init_code);
        let mut desk = Desk::aside(self, frames, whom, creation.gas_limit);
        match lifecycle::guard::may_create(&mut desk, creation.init_code) {
            Ok(_) => Ok(desk.gas.used()),
            Err(stop) => Err(desk.end(Err(stop))),
        }
    }
}

/// Whether Solana's machine itself answers at an address.
#[cfg(feature = "svm")]
fn is_bridge(address: &EvmAddress) -> bool {
    *address == vm_svm::BRIDGE_EVM
}

/// Whether Solana's machine itself answers at an address: it is not part of this build.
#[cfg(not(feature = "svm"))]
const fn is_bridge(_: &EvmAddress) -> bool {
    false
}

/// Runs a frame on native stack that is grown where little is left.
pub(crate) fn on_enough_stack<T>(frame: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_RED_ZONE_BYTES, STACK_GROWTH_BYTES, frame)
}

/// A revert of a system contract with a reason in words.
pub(crate) fn refuse(reason: &str, gas_left: Gas) -> Outcome {
    Outcome::revert(encode_error_string(reason), gas_left)
}

/// Why a frame ends that needs a machine which cannot run: a result like any other where the rules
/// of the chain say so, and a fault where this node has stopped it.
pub(crate) fn cannot_run(frames: &mut Frames<'_>, error: &RegistryError) -> HaltReason {
    let reason = error.to_string();
    if matches!(error, RegistryError::Stopped(_)) {
        frames.scope().set_fault(reason);
        return HaltReason::Fault;
    }
    HaltReason::NotRunnable(reason)
}

/// The journal remembers the failure of the state; the halt only unwinds.
pub(crate) fn fault(_: StateError) -> HaltReason {
    HaltReason::Fault
}
