//! Whose a contract is, and whether it may be called.

use abi::Value;
use primitives::{Address, Bytes};
use state::record::{ContractRecord, ContractStatus};

use super::desk::{Desk, Stop, seen};

/// Lets a contract be called no more, or again, or never again.
pub(super) fn set_status(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    status: ContractStatus,
) -> Result<Bytes, Stop> {
    let mut record = desk.own_record(&contract)?;
    if record.version == 0 {
        return Err(Stop::Refused("the chain itself is not frozen: set its policy".to_owned()));
    }
    if record.status == status {
        return Err(Stop::Refused(format!("{contract} is {} already", status.name())));
    }
    record.status = status;
    desk.put_record(&contract, record)?;
    let event = match status {
        ContractStatus::Active => "Unfrozen",
        ContractStatus::Frozen => "Frozen",
        _ => "Revoked",
    };
    desk.emit(event, &[contract.into(), desk.caller.into()])?;
    Ok(Bytes::new())
}

/// Offers a contract to another owner, who has to accept it. Nobody (zero) takes an offer back.
pub(super) fn offer(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    next: Address,
) -> Result<Bytes, Stop> {
    let mut record = desk.own_record(&contract)?;
    let next = seen(next);
    record.pending_owner = (next != Address::ZERO).then_some(next);
    desk.put_record(&contract, record)?;
    let values = [contract.into(), desk.caller.into(), next.into()];
    desk.emit("OwnershipTransferStarted", &values)?;
    Ok(Bytes::new())
}

/// Makes the one to whom a contract was offered its owner.
pub(super) fn accept(desk: &mut Desk<'_, '_>, contract: Address) -> Result<Bytes, Stop> {
    let record = desk.record(&contract)?;
    if record.pending_owner != Some(desk.caller) {
        let caller = desk.caller;
        return Err(Stop::Refused(format!("{contract} was not offered to {caller}")));
    }
    hand_over(desk, contract, record, Some(desk.caller))
}

/// Leaves a contract without an owner for good.
pub(super) fn renounce(desk: &mut Desk<'_, '_>, contract: Address) -> Result<Bytes, Stop> {
    let record = desk.own_record(&contract)?;
    hand_over(desk, contract, record, None)
}

fn hand_over(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    mut record: ContractRecord,
    next: Option<Address>,
) -> Result<Bytes, Stop> {
    let name = |owner: Option<Address>| Value::from(owner.unwrap_or(Address::ZERO));
    let values = [contract.into(), name(record.owner), name(next)];
    // The present version stays the work of who made it.
    record.version_author = record.version_author.or(record.owner);
    record.version_block = Some(record.present_block());
    record.owner = next;
    record.pending_owner = None;
    desk.put_record(&contract, record)?;
    desk.emit("OwnershipTransferred", &values)?;
    Ok(Bytes::new())
}
