//! Native contracts: calls of them, and the system resources that they may read.

use primitives::{Address, Bytes, limits::FOREIGN_DEPTH_MAX};
use state::{Key, record::ContractRecord};
use vm::{GasMeter, HaltReason, Outcome, Status, Trap, schedule::words};
use vm_evm::{ForeignCall, Frames};
use vm_native::{ContractSummary, MachineSummary, NativeContract, NativeFrame, NativeHost};

use crate::{
    crossing::{Crossroads, cannot_run, on_enough_stack},
    host::FrameHost,
    lifecycle::{Desk, Stop, policy},
};

/// Runs a call of a native contract. Value has been moved and a checkpoint is open.
pub(crate) fn run(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &ForeignCall<'_>,
    contract: &dyn NativeContract,
) -> Outcome {
    if let Err(error) = crossroads.registry().machine(call.kind) {
        return Outcome::halt(cannot_run(frames, &error));
    }
    if !frames.scope().enter_foreign() {
        return Outcome::halt(HaltReason::CallDepth(FOREIGN_DEPTH_MAX));
    }
    let environment = frames.environment().clone();
    let frame = NativeFrame {
        address: call.contract,
        caller: call.caller,
        value: call.value,
        input: call.input,
        gas_limit: call.gas_limit,
        is_static: call.is_static,
        depth: call.depth,
    };
    // A method that says that it only reads is held to it.
    let is_static = call.is_static || contract.reads_only(call.input);
    let call = ForeignCall { is_static, ..*call };
    let outcome = on_enough_stack(|| {
        let mut host = FrameHost::of_native(crossroads, frames, &call, &environment);
        vm_native::run(contract, &frame, &mut host)
    });
    frames.scope().leave_foreign();
    if outcome.status == Status::Halt(HaltReason::Fault) {
        frames.scope().set_fault(format!("native contract \"{}\" failed", contract.name()));
    }
    assert!(outcome.gas_left <= call.gas_limit, "a native call left more gas than it was given");
    outcome
}

impl FrameHost<'_, '_> {
    /// A record of the system, charged as a record of storage is.
    fn system_record(&mut self, gas: &mut GasMeter, key: &Key) -> Result<Option<Bytes>, Trap> {
        let schedule = self.access.schedule();
        let is_cold = self.access.frames().journal().warm_record(key);
        gas.charge(schedule.read(is_cold, 0))?;
        let record = self.access.frames().journal().record(key).map_err(|_| Trap::Fault)?;
        let record_words = words(record.as_ref().map_or(0, |record| record.len()));
        gas.charge(schedule.read_word.saturating_mul(record_words))?;
        Ok(record)
    }

    /// The record of a contract, charged as a record of storage is.
    pub(crate) fn contract_record(
        &mut self,
        gas: &mut GasMeter,
        contract: &Address,
    ) -> Result<Option<ContractRecord>, Trap> {
        let key = Key::contract(contract);
        let Some(bytes) = self.system_record(gas, &key)? else { return Ok(None) };
        let record = ContractRecord::decode(&key, &bytes).map_err(|error| {
            self.access.frames().scope().set_fault(error.to_string());
            Trap::Fault
        })?;
        Ok(Some(record))
    }
}

impl NativeHost for FrameHost<'_, '_> {
    fn contract_summary(
        &mut self,
        gas: &mut GasMeter,
        contract: &Address,
    ) -> Result<Option<ContractSummary>, Trap> {
        let Some(record) = self.contract_record(gas, contract)? else { return Ok(None) };
        Ok(Some(ContractSummary {
            kind: record.kind,
            version: record.version,
            code_hash: record.code_hashes.last().copied().unwrap_or_default(),
            owner: record.owner,
            status: record.status.name(),
            created_block: record.created_block,
            updated_block: record.updated_block,
        }))
    }

    fn act_for(&mut self, caller: Address) {
        self.object_actor = Some(caller);
    }

    fn machines(&mut self, gas: &mut GasMeter) -> Result<Vec<MachineSummary>, Trap> {
        let environment = self.access.schedule().environment;
        let registry = self.crossroads.registry();
        gas.charge(environment.saturating_mul(registry.len() as u64))?;
        let summary = |it: crate::MachineStatus| MachineSummary {
            kind: it.kind,
            version: it.version,
            is_enabled: it.is_enabled,
        };
        Ok(registry.statuses().map(summary).collect())
    }

    fn chain_rules(&mut self, gas: &mut GasMeter) -> Result<Option<Bytes>, Trap> {
        self.system_record(gas, &Key::chain_rules())
    }

    fn ask_governance(
        &mut self,
        gas: &mut GasMeter,
        caller: &Address,
        input: &[u8],
    ) -> Result<Result<(), String>, Trap> {
        let (input, limit) = (Bytes::copy_from_slice(input), gas.remaining());
        let frames = self.access.frames();
        let mut desk = Desk::aside(self.crossroads, frames, (*caller, &input), limit);
        let asked = policy::ask_governance(&mut desk);
        let used = limit.checked_sub(desk.gas.remaining()).expect("invariant: gas never grows");
        gas.charge(used)?;
        match asked {
            Ok(()) => Ok(Ok(())),
            Err(Stop::Refused(reason)) => Ok(Err(reason)),
            Err(Stop::Halted(HaltReason::OutOfGas)) => Err(Trap::OutOfGas),
            Err(Stop::Halted(HaltReason::StaticViolation)) => Err(Trap::StaticViolation),
            Err(Stop::Halted(_) | Stop::Ended(_)) => Err(Trap::Fault),
        }
    }
}
