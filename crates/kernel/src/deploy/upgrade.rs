//! New code for a contract that is there.

use abi::{Interface, Value};
use primitives::{Address, Bytes, CodeHash, U256, limits::CONTRACT_VERSIONS_MAX};
use state::{
    Key, StateError,
    record::{ContractRecord, ContractStatus},
};
use vm::{GasMeter, HaltReason, Outcome, schedule::words};
use vm_evm::{ForeignCall, Frames};

use super::{
    charge_interface,
    create::{checked_code, store_code},
};
use crate::crossing::{Crossroads, fault, refuse};

/// Gives a contract new code of the same machine: the next version. Only its owner may. Storage
/// and coin stay, no constructor runs, and the frames of the contract that are on the stack end
/// with the code they began with. Answers with the number of the version.
pub(super) fn upgrade(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &ForeignCall<'_>,
    (contract, code, text): (&Value, &Value, &Value),
) -> Outcome {
    if !call.value.is_zero() {
        return refuse("upgrade takes no coin", call.gas_limit);
    }
    let (Some(contract), Some(code), Some(text)) =
        (contract.as_address(), code.as_bytes(), text.as_text())
    else {
        return refuse("upgrade takes a contract, code and an interface", call.gas_limit);
    };
    let mut gas = GasMeter::new(call.gas_limit);
    if gas.charge(crossroads.schedule().write(true, true, 0)).is_err() {
        return Outcome::halt(HaltReason::OutOfGas);
    }
    let record = match upgradable(frames, call.caller, contract) {
        Ok(Ok(record)) => record,
        Ok(Err(reason)) => return refuse(&reason, gas.remaining()),
        Err(error) => return Outcome::halt(fault(error)),
    };
    let report = match checked_code(crossroads, record.kind, code, &mut gas) {
        Ok(report) => report,
        Err(outcome) => return outcome,
    };
    let shipped = (!text.is_empty()).then(|| text.to_owned());
    let interface = shipped.or_else(|| report.interface.as_ref().map(Interface::to_json));
    if let Err(outcome) = charge_interface(crossroads, interface.as_deref(), &mut gas) {
        return outcome;
    }
    let code_hash = CodeHash::of(&report.executable);
    let next = next_version(record, code_hash, interface, frames);
    let bytes = next.encode();
    let cost = crossroads.schedule().write_word.saturating_mul(words(bytes.len()));
    if gas.charge(cost).is_err() {
        return Outcome::halt(HaltReason::OutOfGas);
    }
    if let Err(error) = store_code(frames, code_hash, &report)
        .and_then(|()| frames.journal().set_contract_code(&contract, next.kind, code_hash))
    {
        return Outcome::halt(fault(error));
    }
    frames.journal().set_record(Key::contract(&contract), Some(bytes));
    frames.scope().store_code(next.kind, report.executable);
    let version = U256::from(next.version).to_be_bytes::<32>();
    Outcome::success(Bytes::copy_from_slice(&version), gas.remaining(), 0)
}

/// The record of a contract that `caller` may upgrade, or why it may not.
fn upgradable(
    frames: &mut Frames<'_>,
    caller: Address,
    contract: Address,
) -> Result<Result<ContractRecord, String>, StateError> {
    let key = Key::contract(&contract);
    let Some(bytes) = frames.journal().record(&key)? else {
        return Ok(Err(format!("{contract} has no record, so it cannot be upgraded")));
    };
    let record = ContractRecord::decode(&key, &bytes)?;
    if record.owner != Some(caller) {
        return Ok(Err(format!("{caller} is not the owner of {contract}")));
    }
    if record.status == ContractStatus::Revoked {
        return Ok(Err(format!("{contract} is revoked")));
    }
    if record.kind == primitives::VmKind::Evm {
        return Ok(Err(format!("{contract} is EVM code, which never changes: use a proxy")));
    }
    if record.kind == primitives::VmKind::Svm {
        let reason = format!("{contract} is a Solana program: its loader upgrades it");
        return Ok(Err(reason));
    }
    if record.version >= CONTRACT_VERSIONS_MAX {
        let reason =
            format!("{contract} is at version {CONTRACT_VERSIONS_MAX}, the last there may be");
        return Ok(Err(reason));
    }
    Ok(Ok(record))
}

fn next_version(
    mut record: ContractRecord,
    code_hash: CodeHash,
    interface: Option<String>,
    frames: &Frames<'_>,
) -> ContractRecord {
    assert!(record.version < CONTRACT_VERSIONS_MAX, "the version was checked");
    record.version += 1;
    record.code_hashes.push(code_hash);
    record.interface = interface;
    record.updated_block = frames.environment().block.number.0;
    record
}
