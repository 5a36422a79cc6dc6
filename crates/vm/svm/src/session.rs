//! The way out of a running program and back into it.
//!
//! A builtin program of Solana's runtime is a plain function, so the bridge finds its host through
//! the thread: while a program runs, the thread lends a [`Link`] to it, and while the bridge waits
//! for another machine, the thread lends a [`Nest`] to whoever calls a Solana program meanwhile.
//! Both are references with a scope, and no two are lent at a time.

use std::rc::Rc;

use abi::revert::encode_error_string;
use primitives::{Bytes, CodeHash, Gas};
use solana_instruction::{Instruction, error::InstructionError};
use solana_program_runtime::invoke_context::InvokeContext;
use solana_pubkey::Pubkey;
use solana_sbpf::vm::ContextObject;
use solana_svm_timings::ExecuteTimings;
use solana_system_interface::instruction::transfer;
use vm::{CallOutcome, CallRequest, GasMeter, HaltReason, Host, OutOfGas, Outcome, Status, Trap};

use crate::{
    account::{address, pubkey, wei_of},
    bridge::{BRIDGE, BRIDGE_FAILED, BridgeCall, vault},
    config::GAS_PER_COMPUTE_UNIT,
    held::HeldAccounts,
};

#[allow(
    unsafe_code,
    reason = "the macro lends references with a scope; its unsafe code is its own"
)]
mod lent {
    use super::{Link, Nest};

    scoped_tls_hkt::scoped_thread_local!(
        /// The host of the program that runs.
        pub(crate) static mut LINK: for<'a> &'a mut (dyn Link + 'a)
    );
    scoped_tls_hkt::scoped_thread_local!(
        /// The context below a call that has left for another machine.
        pub(crate) static mut NEST: for<'a> &'a mut (dyn Nest + 'a)
    );
}

pub(crate) use lent::{LINK, NEST};

/// What a running program reaches the other machines through.
pub(crate) trait Link {
    /// The bridge's instruction that is on top of the stack.
    fn call_out(&mut self, context: &mut InvokeContext<'_, '_>) -> Result<(), InstructionError>;
}

/// What another machine reaches the programs of the context below through.
pub(crate) trait Nest {
    /// Runs an instruction in the context below; gives its return data.
    fn run(
        &mut self,
        instruction: Instruction,
        signers: &[Pubkey],
        way: (&mut dyn Host, &mut GasMeter),
    ) -> Result<Vec<u8>, Stop>;
}

/// Why a frame ends without success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It gives up, with revert data.
    Revert(Bytes),
    /// It is ended.
    Halt(HaltReason),
}

/// What the frames of one context share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) held: HeldAccounts,
    /// Compute units that the context began with.
    budget: u64,
    /// Compute units that are used and have been paid for in gas.
    paid: u64,
    /// Why the context cannot go on: what failed in it was not undone in it.
    stop: Option<Stop>,
}

/// A program that runs, and the host below it.
pub(crate) struct Session<'s> {
    pub(crate) host: &'s mut (dyn Host + 's),
    pub(crate) gas: &'s mut GasMeter,
    pub(crate) shared: &'s mut Shared,
}

/// A context whose top instruction waits for another machine.
struct Waiting<'w, 'b, 'c> {
    context: &'w mut InvokeContext<'b, 'c>,
    shared: &'w mut Shared,
}

impl Stop {
    /// A revert with a reason in words.
    pub(crate) fn refused(reason: &str) -> Self {
        Self::Revert(encode_error_string(reason))
    }

    /// The state holds something else than an account.
    pub(crate) fn corrupt(_key: &Pubkey) -> Self {
        Self::Halt(HaltReason::Fault)
    }

    /// The state lacks code that an account names.
    pub(crate) fn corrupt_code(_hash: &CodeHash) -> Self {
        Self::Halt(HaltReason::Fault)
    }

    /// What an error of the runtime is to other machines: what ends the code itself takes all gas,
    /// as it takes all compute units on Solana; an error that a program gives back does not.
    pub(crate) fn of_error(error: &InstructionError, program: &Pubkey, logs: &[String]) -> Self {
        let is_spent = |line: &String| line.contains("exceeded CUs meter");
        match error {
            InstructionError::ComputationalBudgetExceeded => Self::Halt(HaltReason::OutOfGas),
            InstructionError::ProgramFailedToComplete if logs.iter().any(is_spent) => {
                Self::Halt(HaltReason::OutOfGas)
            }
            InstructionError::ProgramFailedToComplete => {
                Self::Halt(HaltReason::Trap(format!("program {program} failed to complete")))
            }
            _ => Self::refused(&format!("program {program}: {error}")),
        }
    }

    /// The end of the frame.
    pub(crate) fn outcome(self, gas: &GasMeter) -> Outcome {
        match self {
            Self::Revert(output) => Outcome::revert(output, gas.remaining()),
            Self::Halt(reason) => Outcome::halt(reason),
        }
    }
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Halt(trap.halt_reason())
    }
}

impl From<OutOfGas> for Stop {
    fn from(error: OutOfGas) -> Self {
        Trap::from(error).into()
    }
}

impl Shared {
    pub(crate) const fn new(held: HeldAccounts, budget: u64) -> Self {
        Self { held, budget, paid: 0, stop: None }
    }

    /// Why the context cannot go on, if it cannot.
    pub(crate) const fn take_stop(&mut self) -> Option<Stop> {
        self.stop.take()
    }

    /// Pays in gas for the compute units that are used and not paid for.
    pub(crate) fn pay(&mut self, units_left: u64, gas: &mut GasMeter) -> Result<(), Stop> {
        let used = self.budget.checked_sub(units_left).expect("invariant: units only go");
        let owed = used.checked_sub(self.paid).expect("invariant: what is paid for is used");
        self.paid = used;
        gas.charge(Gas(owed.saturating_mul(GAS_PER_COMPUTE_UNIT)))?;
        Ok(())
    }

    fn flush(&mut self, context: &InvokeContext<'_, '_>, way: Way<'_, '_>) -> Result<(), Stop> {
        let accounts = Rc::clone(context.transaction_context.accounts());
        self.held.flush(&accounts, false, way)
    }
}

type Way<'h, 'g> = (&'h mut dyn Host, &'g mut GasMeter);

impl Link for Session<'_> {
    fn call_out(&mut self, context: &mut InvokeContext<'_, '_>) -> Result<(), InstructionError> {
        let call = BridgeCall::read(context)?;
        if let Some(payer) = call.payer {
            let instruction = transfer(&payer, &vault(), call.value);
            context.native_invoke_signed(instruction, &[])?;
        }
        match self.cross(context, &call) {
            Ok(output) => {
                context.transaction_context.set_return_data(pubkey(&BRIDGE), output.to_vec())
            }
            Err(stop) => {
                self.shared.stop.get_or_insert(stop);
                Err(InstructionError::Custom(BRIDGE_FAILED))
            }
        }
    }
}

impl Session<'_> {
    /// Calls a contract of another machine, with the state as the context has it.
    fn cross(
        &mut self,
        context: &mut InvokeContext<'_, '_>,
        call: &BridgeCall,
    ) -> Result<Bytes, Stop> {
        self.shared.pay(context.get_remaining(), self.gas)?;
        self.shared.flush(context, (self.host, self.gas))?;
        if call.value > 0 {
            let amount = wei_of(call.value);
            let from = address(&vault());
            if !self.host.move_coin(self.gas, &from, &call.caller, amount)? {
                return Err(Stop::refused("the vault does not hold the value"));
            }
            self.shared.held.take_out(&vault(), call.value);
        }
        let outcome = self.call_metered(context, call)?;
        if let Some(stop) = self.shared.stop.take() {
            return Err(stop);
        }
        match outcome.status {
            Status::Success => {}
            Status::Revert => return Err(Stop::Revert(outcome.output)),
            Status::Halt(reason) => return Err(Stop::refused(&reason.to_string())),
        }
        self.shared.held.check_unchanged((self.host, self.gas))?;
        Ok(outcome.output)
    }

    /// Makes the call, and takes its gas from the compute units too.
    fn call_metered(
        &mut self,
        context: &mut InvokeContext<'_, '_>,
        call: &BridgeCall,
    ) -> Result<CallOutcome, Stop> {
        let units_before = context.get_remaining();
        let gas_before = self.gas.remaining();
        let affordable = Gas(units_before.saturating_mul(GAS_PER_COMPUTE_UNIT));
        let request = CallRequest {
            to: call.target,
            value: wei_of(call.value),
            input: &call.input,
            gas_limit: call.gas_limit.min(affordable),
            is_static: false,
        };
        let mut waiting = Waiting { context: &mut *context, shared: &mut *self.shared };
        let (host, gas) = (&mut *self.host, &mut *self.gas);
        let outcome = NEST.set(&mut waiting, || host.call_as(gas, &call.caller, &request));
        let used = gas_before.0.saturating_sub(self.gas.remaining().0);
        let nested = units_before.saturating_sub(context.get_remaining());
        let units = used.div_ceil(GAS_PER_COMPUTE_UNIT).saturating_sub(nested);
        let taken = units.min(context.get_remaining());
        context.consume(taken);
        self.shared.paid = self.shared.paid.saturating_add(taken);
        let outcome = outcome?;
        if taken < units {
            return Err(Stop::Halt(HaltReason::OutOfGas));
        }
        Ok(outcome)
    }
}

impl Nest for Waiting<'_, '_, '_> {
    fn run(
        &mut self,
        instruction: Instruction,
        signers: &[Pubkey],
        way: (&mut dyn Host, &mut GasMeter),
    ) -> Result<Vec<u8>, Stop> {
        if let Some(stop) = &self.shared.stop {
            return Err(stop.clone());
        }
        let result = self.run_open(instruction, signers, way);
        if let Err(stop) = &result {
            self.shared.stop = Some(stop.clone());
        }
        result
    }
}

impl Waiting<'_, '_, '_> {
    fn run_open(
        &mut self,
        instruction: Instruction,
        signers: &[Pubkey],
        (host, gas): (&mut dyn Host, &mut GasMeter),
    ) -> Result<Vec<u8>, Stop> {
        let Self { context, shared } = self;
        shared.held.check_unchanged((host, gas))?;
        let program = instruction.program_id;
        let result = {
            let mut session = Session { host, gas, shared };
            LINK.set(&mut session, || {
                context.prepare_next_cpi_instruction(instruction, signers)?;
                context.process_instruction(&mut 0, &mut ExecuteTimings::default())
            })
        };
        shared.pay(context.get_remaining(), gas)?;
        if let Err(error) = result {
            if let Some(stop) = shared.stop.take() {
                return Err(stop);
            }
            let collector = context.get_log_collector();
            let logs = collector.map(|logs| logs.borrow().get_recorded_content().to_vec());
            return Err(Stop::of_error(&error, &program, &logs.unwrap_or_default()));
        }
        shared.flush(context, (host, gas))?;
        let (_, data) = context.transaction_context.get_return_data();
        Ok(data.to_vec())
    }
}
