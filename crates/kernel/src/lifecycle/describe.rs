//! Interfaces of contracts that the EVM made.

use abi::Value;
use primitives::{Address, Bytes};
use state::{Key, record::ContractRecord};
use vm::{GasMeter, HaltReason, Outcome};
use vm_evm::{ForeignCall, Frames};

use super::charge_interface;
use crate::crossing::{Crossroads, fault, refuse};

/// Attaches an interface to a contract that the EVM made. Only its creator may: the contract's
/// address must follow from the caller and the nonce.
pub(super) fn describe(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &ForeignCall<'_>,
    (contract, nonce, text): (&Value, &Value, &Value),
) -> Outcome {
    if !call.value.is_zero() {
        return refuse("describe takes no coin", call.gas_limit);
    }
    let mut gas = GasMeter::new(call.gas_limit);
    let (Some(contract), Some(nonce), Some(text)) =
        (contract.as_address(), nonce.as_uint(), text.as_text())
    else {
        return refuse("describe takes a contract, a nonce and an interface", gas.remaining());
    };
    let schedule = crossroads.schedule();
    let base = schedule.write(true, false, 0);
    if gas.charge(base).is_err() {
        return Outcome::halt(HaltReason::OutOfGas);
    }
    if let Err(outcome) = charge_interface(crossroads, Some(text), &mut gas) {
        return outcome;
    }
    let nonce = u64::try_from(nonce).unwrap_or(u64::MAX);
    let derived = Address::from_evm(call.caller.evm_alias().create(nonce));
    match described_record(frames, call.caller, contract, derived == contract, text) {
        Ok(Ok(record)) => {
            frames.journal().set_record(Key::contract(&contract), Some(record.encode()));
            Outcome::success(Bytes::new(), gas.remaining(), 0)
        }
        Ok(Err(reason)) => refuse(&reason, gas.remaining()),
        Err(error) => Outcome::halt(fault(error)),
    }
}

/// The record with the interface in it, or why the caller may not attach one.
fn described_record(
    frames: &mut Frames<'_>,
    caller: Address,
    contract: Address,
    is_creator: bool,
    text: &str,
) -> Result<Result<ContractRecord, String>, state::StateError> {
    let block = frames.environment().block.number.0;
    let key = Key::contract(&contract);
    if let Some(bytes) = frames.journal().record(&key)? {
        let mut record = ContractRecord::decode(&key, &bytes)?;
        if record.owner != Some(caller) {
            return Ok(Err(format!("{caller} is not the owner of {contract}")));
        }
        record.interface = Some(text.to_owned());
        record.updated_block = block;
        return Ok(Ok(record));
    }
    let account = frames.journal().account(&contract)?;
    if account.code_hash.is_empty() {
        return Ok(Err(format!("{contract} has no code")));
    }
    if !is_creator {
        return Ok(Err(format!("{caller} did not create {contract} with this nonce")));
    }
    let record = ContractRecord::new(account.kind, account.code_hash, caller, block);
    Ok(Ok(ContractRecord { interface: Some(text.to_owned()), ..record }))
}
