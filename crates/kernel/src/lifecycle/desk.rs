//! A system contract at work: what it reads, writes and emits, and what that costs.

use abi::{Interface, Value};
use primitives::{Address, Bytes, Gas};
use state::{
    Key, StateError,
    record::{ContractRecord, ContractStatus},
};
use vm::{GasMeter, HaltReason, OutOfGas, Outcome, Trap, schedule::words};
use vm_evm::{Access, ForeignCall, Frames};

use super::{DEPLOYER_INTERFACE, deployer};
use crate::crossing::{Crossroads, fault, refuse};

/// One call of a system contract, with the gas that is left of it.
pub(crate) struct Desk<'a, 'f> {
    pub(crate) crossroads: &'a Crossroads,
    pub(crate) frames: &'a mut Frames<'f>,
    pub(crate) gas: GasMeter,
    /// Who calls.
    pub(crate) caller: Address,
    /// All of the call's input, which approvals of a change name by its hash.
    pub(crate) input: &'a Bytes,
    system: Address,
    interface: &'static Interface,
    is_static: bool,
}

/// Why a call of a system contract does not do what it was asked.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was asked is not allowed, or does not make sense; nobody loses gas for it.
    Refused(String),
    /// The frame ends at once.
    Halted(HaltReason),
    /// As something beneath it ended.
    Ended(Outcome),
}

impl<'a, 'f> Desk<'a, 'f> {
    pub(crate) fn new(
        crossroads: &'a Crossroads,
        frames: &'a mut Frames<'f>,
        call: &ForeignCall<'a>,
        interface: &'static Interface,
    ) -> Self {
        let gas = GasMeter::new(call.gas_limit);
        let ForeignCall { caller, contract: system, input, is_static, .. } = *call;
        Self { crossroads, frames, gas, caller, input, system, interface, is_static }
    }

    /// The deployer at work outside of a call to it: a contract is made in another way.
    pub(crate) fn aside(
        crossroads: &'a Crossroads,
        frames: &'a mut Frames<'f>,
        (caller, code): (Address, &'a Bytes),
        gas_limit: Gas,
    ) -> Self {
        let (interface, gas) = (&*DEPLOYER_INTERFACE, GasMeter::new(gas_limit));
        let (system, input) = (deployer(), code);
        Self { crossroads, frames, gas, caller, input, system, interface, is_static: false }
    }

    /// How the call ends.
    pub(crate) fn end(self, result: Result<Bytes, Stop>) -> Outcome {
        let left = self.gas.remaining();
        assert!(left <= self.gas.limit(), "gas never grows");
        match result {
            Ok(output) => Outcome::success(output, left, self.gas.refund()),
            Err(Stop::Refused(reason)) => refuse(&reason, left),
            Err(Stop::Halted(reason)) => Outcome::halt(reason),
            Err(Stop::Ended(outcome)) => outcome,
        }
    }

    pub(crate) fn charge(&mut self, cost: Gas) -> Result<(), Stop> {
        Ok(self.gas.charge(cost)?)
    }

    pub(crate) fn refuse_if_static(&self) -> Result<(), Stop> {
        if self.is_static { Err(Stop::Halted(HaltReason::StaticViolation)) } else { Ok(()) }
    }

    pub(crate) fn read(&mut self, key: &Key) -> Result<Option<Bytes>, Stop> {
        let is_cold = self.frames.journal().warm_record(key);
        self.charge(self.crossroads.schedule().read(is_cold, 0))?;
        let value = self.frames.journal().record(key)?;
        let bytes = value.as_ref().map_or(0, |value| value.len());
        self.charge(self.crossroads.schedule().read_word.saturating_mul(words(bytes)))?;
        Ok(value)
    }

    pub(crate) fn write(&mut self, key: Key, value: Option<Bytes>) -> Result<(), Stop> {
        self.refuse_if_static()?;
        let schedule = self.crossroads.schedule();
        let is_cold = self.frames.journal().warm_record(&key);
        self.charge(schedule.write(is_cold, true, 0))?;
        let existed = self.frames.journal().record(&key)?.is_some();
        let bytes = key.suffix().len() + value.as_ref().map_or(0, |value| value.len());
        let whole = schedule.write(false, existed || value.is_none(), bytes);
        let paid = schedule.write(false, true, 0);
        self.charge(Gas(whole.0.saturating_sub(paid.0)))?;
        self.frames.journal().set_record(key, value);
        Ok(())
    }

    pub(crate) fn emit(&mut self, event: &str, values: &[Value]) -> Result<(), Stop> {
        let event = self.interface.event(event).expect("invariant: the event is its own");
        let (topics, data) =
            event.encode(values).expect("invariant: the values are of the event's types");
        let schedule = self.crossroads.schedule();
        let mut access = Access::new(self.frames, schedule, self.system, self.is_static);
        Ok(access.emit(&mut self.gas, &topics, &data)?)
    }

    /// The results of a method by its name.
    pub(crate) fn answer(&self, method: &str, values: &[Value]) -> Bytes {
        let method = self.interface.method(method).expect("invariant: the method is its own");
        method.encode_output(values).expect("invariant: the values are of the method's types")
    }

    /// The record of a contract.
    pub(crate) fn record(&mut self, contract: &Address) -> Result<ContractRecord, Stop> {
        let key = Key::contract(contract);
        match self.read(&key)? {
            Some(bytes) => Ok(ContractRecord::decode(&key, &bytes)?),
            None => Err(Stop::Refused(format!("{contract} has no record"))),
        }
    }

    /// The record of a contract, for its owner alone, while it is not revoked.
    pub(crate) fn own_record(&mut self, contract: &Address) -> Result<ContractRecord, Stop> {
        let record = self.record(contract)?;
        if record.owner != Some(self.caller) {
            let caller = self.caller;
            return Err(Stop::Refused(format!("{caller} is not the owner of {contract}")));
        }
        if record.status == ContractStatus::Revoked {
            return Err(Stop::Refused(format!("{contract} is revoked")));
        }
        Ok(record)
    }

    /// Keeps the record of a contract that has changed; calls ask it where they have to.
    pub(crate) fn put_record(
        &mut self,
        contract: &Address,
        mut record: ContractRecord,
    ) -> Result<(), Stop> {
        let versions = usize::try_from(record.version).unwrap_or(usize::MAX);
        assert!(record.code_hashes.len() == versions, "every version has its code");
        record.updated_block = self.frames.environment().block.number.0;
        self.write(Key::contract(contract), Some(record.encode()))?;
        if record.version > 0 {
            self.frames.journal().set_guarded(contract, record.is_guarded())?;
        }
        Ok(())
    }
}

/// An identity as contracts see it and records name it.
pub(crate) fn seen(address: Address) -> Address {
    Address::from_evm(address.evm_alias())
}

impl From<OutOfGas> for Stop {
    fn from(OutOfGas: OutOfGas) -> Self {
        Self::Halted(HaltReason::OutOfGas)
    }
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Halted(trap.halt_reason())
    }
}

impl From<StateError> for Stop {
    fn from(error: StateError) -> Self {
        Self::Halted(fault(error))
    }
}
