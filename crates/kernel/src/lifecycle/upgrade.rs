//! Other code for a contract that is there: a new version, or an earlier one again.

use abi::{Interface, Value};
use primitives::{
    Address, Bytes, CodeHash, Gas, VmKind,
    limits::{CONTRACT_VERSIONS_MAX, FOREIGN_CODE_BYTES_MAX},
};
use state::{
    Key,
    record::{ContractRecord, ContractStatus, VersionRecord},
};
use vm::schedule::words;

use super::{
    charge_interface,
    create::checked_code,
    desk::{Desk, Stop},
    migrate, policy,
};

/// The price of a byte of EVM code that is stored (EIP-170).
const EVM_CODE_BYTE: Gas = Gas(200);

/// The code that a contract is to have.
struct Next {
    code: Bytes,
    code_hash: CodeHash,
    interface: Option<String>,
}

/// Gives a contract new code of the same machine: the next version. Storage and coin stay, no
/// constructor runs, and the frames of the contract that are on the stack end with the code they
/// began with. The new code's `migrate` runs in the same transaction; where it fails, everything
/// is as before. Answers with the number of the version.
pub(super) fn upgrade(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    (code, text): (&Value, &Value),
) -> Result<Bytes, Stop> {
    let (code, text) = (code.as_bytes().unwrap_or_default(), text.as_text().unwrap_or_default());
    let record = upgradable(desk, &contract)?;
    policy::authorize(desk, &contract, &record, |desk| policy::hash_of(desk, code))?;
    let shipped = (!text.is_empty()).then(|| text.to_owned());
    let next = if record.kind == VmKind::Evm {
        evm_code(desk, code, shipped)?
    } else {
        hosted_code(desk, &record, code, shipped)?
    };
    charge_interface(desk.crossroads, next.interface.as_deref(), &mut desk.gas)
        .map_err(Stop::Ended)?;
    let from_version = record.version;
    let (version, code_hash) = (from_version + 1, next.code_hash);
    let interface = next.interface.clone();
    put(desk, contract, record, next)?;
    migrate::migrate_by(desk, contract, (interface.as_deref(), from_version))?;
    let values = [
        contract.into(),
        Value::uint(version.into()),
        Value::bytes(code_hash.0.to_vec()),
        desk.caller.into(),
    ];
    desk.emit("Upgraded", &values)?;
    Ok(desk.answer("upgrade", &[Value::uint(version.into())]))
}

/// Gives a contract the code and the interface of an earlier version again, as a new version.
/// Nothing of it runs: the storage is as the later version left it.
pub(super) fn rollback(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    restored: &Value,
) -> Result<Bytes, Stop> {
    let restored = restored.as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(u32::MAX);
    let record = upgradable(desk, &contract)?;
    let place = restored.checked_sub(1).and_then(|place| usize::try_from(place).ok());
    let hash = place.and_then(|place| record.code_hashes.get(place)).copied();
    let code_hash = hash.filter(|_| restored < record.version).ok_or_else(|| {
        let present = record.version;
        Stop::Refused(format!("{contract} is at version {present}: there is no earlier {restored}"))
    })?;
    policy::authorize(desk, &contract, &record, |_| Ok(code_hash.0))?;
    let schedule = desk.crossroads.schedule();
    desk.charge(schedule.cold_access)?;
    let code = desk.frames.journal().code(&code_hash)?;
    let code = code.ok_or_else(|| Stop::Refused(format!("code {code_hash} is missing")))?;
    assert!(code.len() <= FOREIGN_CODE_BYTES_MAX, "code was checked when it was stored");
    desk.charge(schedule.read_word.saturating_mul(words(code.len())))?;
    let key = Key::version(&contract, restored);
    let earlier = desk.read(&key)?.map(|bytes| VersionRecord::decode(&key, &bytes)).transpose()?;
    let interface = earlier.and_then(|it| it.interface);
    let version = record.version + 1;
    put(desk, contract, record, Next { code, code_hash, interface })?;
    let values = [
        contract.into(),
        Value::uint(version.into()),
        Value::uint(restored.into()),
        desk.caller.into(),
    ];
    desk.emit("RolledBack", &values)?;
    Ok(desk.answer("rollback", &[Value::uint(version.into())]))
}

/// The record of a contract that can have other code, or why it cannot.
fn upgradable(desk: &mut Desk<'_, '_>, contract: &Address) -> Result<ContractRecord, Stop> {
    let refused = |reason: &str| Err(Stop::Refused(format!("{contract} {reason}")));
    let record = desk.record(contract)?;
    if record.version == 0 {
        return refused("is the chain itself, which has no code");
    }
    if record.status == ContractStatus::Revoked {
        return refused("is revoked");
    }
    if record.kind == VmKind::Svm {
        return refused("is a Solana program, which its loader upgrades");
    }
    if record.kind == VmKind::Evm && !record.is_managed {
        return refused("is EVM code that never changes: deploy it as managed, or use a proxy");
    }
    if record.version >= CONTRACT_VERSIONS_MAX {
        return refused(&format!("is at version {CONTRACT_VERSIONS_MAX}, the last there may be"));
    }
    Ok(record)
}

fn hosted_code(
    desk: &mut Desk<'_, '_>,
    record: &ContractRecord,
    code: &[u8],
    shipped: Option<String>,
) -> Result<Next, Stop> {
    let whereabouts = (desk.crossroads, &mut *desk.frames);
    let report =
        checked_code(whereabouts, record.kind, code, &mut desk.gas).map_err(Stop::Ended)?;
    let interface = shipped.or_else(|| report.interface.as_ref().map(Interface::to_json));
    let code_hash = CodeHash::of(&report.executable);
    Ok(Next { code: report.executable, code_hash, interface })
}

/// EVM code is as it is stored: no creation code runs.
fn evm_code(desk: &mut Desk<'_, '_>, code: &[u8], interface: Option<String>) -> Result<Next, Stop> {
    let bytes = code.len() as u64;
    let schedule = desk.crossroads.schedule();
    desk.charge(EVM_CODE_BYTE.saturating_add(schedule.compile_byte).saturating_mul(bytes))?;
    let code = Bytes::copy_from_slice(code);
    Ok(Next { code_hash: CodeHash::of(&code), code, interface })
}

/// Makes `next` the present version and keeps what the one before it was.
fn put(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    mut record: ContractRecord,
    next: Next,
) -> Result<(), Stop> {
    assert!(record.version < CONTRACT_VERSIONS_MAX, "the version was checked");
    let before = record.present().encode();
    desk.write(Key::version(&contract, record.version), Some(before))?;
    if record.kind == VmKind::Evm {
        let set = desk.frames.set_evm_code(&contract, next.code)?;
        set.map_err(Stop::Refused)?;
    } else {
        let key = Key::code(&next.code_hash);
        if desk.frames.journal().record(&key)?.is_none() {
            desk.frames.journal().set_record(key, Some(next.code.clone()));
        }
        desk.frames.journal().set_contract_code(&contract, record.kind, next.code_hash)?;
        desk.frames.scope().store_code(record.kind, next.code);
    }
    record.version += 1;
    record.code_hashes.push(next.code_hash);
    record.interface = next.interface;
    record.version_block = Some(desk.frames.environment().block.number.0);
    record.version_author = Some(desk.caller);
    desk.put_record(&contract, record)
}
