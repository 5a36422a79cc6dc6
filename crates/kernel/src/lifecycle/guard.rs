//! What is asked before a frame begins: whether the contract may be called, by this caller with
//! this method, and whether an account may make contracts.

use primitives::{Bytes, Gas};
use state::{
    Key,
    record::{ContractRecord, ContractStatus, UpgradePolicy},
};
use vm::{GasMeter, HaltReason, Outcome};
use vm_evm::{Frames, GuardedCall};

use super::{
    access, deployer,
    desk::{Desk, Stop},
    policy,
};
use crate::crossing::{Crossroads, fault, refuse};

/// Whether a guarded contract takes a call, and what it costs to know.
pub(crate) fn may_call(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &GuardedCall<'_>,
) -> Result<Gas, Outcome> {
    // The deployer calls nothing but what an upgrade migrates.
    if call.caller == deployer() {
        return Ok(Gas::ZERO);
    }
    let mut gas = GasMeter::new(call.gas_limit);
    let bytes = record(frames, &Key::contract(&call.contract))?;
    let Some(bytes) = bytes else { return Ok(Gas::ZERO) };
    let status = ContractRecord::status_of(&bytes);
    if status != Some(ContractStatus::Active) {
        let status = status.map_or("corrupt", ContractStatus::name);
        return Err(refuse(&format!("{} is {status}", call.contract), gas.remaining()));
    }
    // Borrowed code works on the state of who borrows it; a contract trusts itself.
    if call.is_borrowed || call.caller == call.contract {
        return Ok(Gas::ZERO);
    }
    let Some(selector) = call.input.first_chunk::<4>() else { return Ok(Gas::ZERO) };
    let key = access::method_key(&call.contract, selector);
    let Some(role) = charged(crossroads, frames, &key, &mut gas)? else { return Ok(gas.used()) };
    let role = access::kept(&role);
    let key = access::member_key(&call.contract, &role, &call.caller);
    if charged(crossroads, frames, &key, &mut gas)?.is_some() {
        return Ok(gas.used());
    }
    assert!(gas.remaining() <= call.gas_limit, "asking only takes gas");
    let reason = access::denied(&call.contract, Some(selector), &role, &call.caller);
    Err(refuse(&reason, gas.remaining()))
}

/// Whether the caller may make a contract of this code, and what the chain says that its upgrades
/// ask for. Knowing costs nothing where everybody may.
pub(crate) fn may_create(desk: &mut Desk<'_, '_>, code: &[u8]) -> Result<UpgradePolicy, Stop> {
    let Some(chain) = chain(desk)? else { return Ok(UpgradePolicy::Owner) };
    policy::authorize(desk, &deployer(), &chain, |desk| policy::hash_of(desk, code))?;
    Ok(chain.contract_policy)
}

/// What policy a new contract begins with.
pub(super) fn contract_policy(desk: &mut Desk<'_, '_>) -> Result<UpgradePolicy, Stop> {
    Ok(chain(desk)?.map_or(UpgradePolicy::Owner, |chain| chain.contract_policy))
}

/// What the chain says of itself, where its genesis says anything.
fn chain(desk: &mut Desk<'_, '_>) -> Result<Option<ContractRecord>, Stop> {
    let key = Key::contract(&deployer());
    let bytes = desk.frames.journal().record(&key)?;
    Ok(bytes.map(|bytes| ContractRecord::decode(&key, &bytes)).transpose()?)
}

fn charged(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    key: &Key,
    gas: &mut GasMeter,
) -> Result<Option<Bytes>, Outcome> {
    let is_cold = frames.journal().warm_record(key);
    let cost = crossroads.schedule().read(is_cold, 32);
    gas.charge(cost).map_err(|_| Outcome::halt(HaltReason::OutOfGas))?;
    record(frames, key)
}

fn record(frames: &mut Frames<'_>, key: &Key) -> Result<Option<Bytes>, Outcome> {
    frames.journal().record(key).map_err(|error| Outcome::halt(fault(error)))
}
