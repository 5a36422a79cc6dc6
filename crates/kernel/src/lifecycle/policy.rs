//! Who may give a contract other code, who may make contracts, and the approvals of both.

use abi::Value;
use primitives::{Address, B256, Bytes, keccak256, limits::APPROVALS_MAX};
use state::{
    Key,
    record::{ContractRecord, ContractStatus, UpgradePolicy},
};

use super::{
    access::{self, DEPLOYER_ROLE, UPGRADER_ROLE},
    deployer,
    desk::{Desk, Stop, seen},
};

/// The role by which one of the policies lets accounts change something.
pub(super) fn role_of(contract: &Address) -> B256 {
    if *contract == deployer() { *DEPLOYER_ROLE } else { *UPGRADER_ROLE }
}

/// Ends the call unless the policy of a contract lets the caller do what `hash` stands for. What
/// was approved for it is used up.
pub(super) fn authorize(
    desk: &mut Desk<'_, '_>,
    contract: &Address,
    record: &ContractRecord,
    hash: impl FnOnce(&mut Desk<'_, '_>) -> Result<B256, Stop>,
) -> Result<(), Stop> {
    let caller = desk.caller;
    let is_owner = record.owner == Some(caller);
    match record.upgrade_policy {
        UpgradePolicy::Open => Ok(()),
        UpgradePolicy::AllowList if !is_owner => {
            let role = role_of(contract);
            if access::has_role(desk, contract, &role, &caller)? {
                return Ok(());
            }
            Err(Stop::Refused(access::denied(contract, None, &role, &caller)))
        }
        UpgradePolicy::MultiSign(threshold) => {
            let role = role_of(contract);
            if !access::has_role(desk, contract, &role, &caller)? {
                return Err(Stop::Refused(access::denied(contract, None, &role, &caller)));
            }
            let hash = hash(desk)?;
            use_approvals(desk, contract, &hash, threshold)
        }
        _ if is_owner => Ok(()),
        _ => Err(Stop::Refused(format!("{caller} is not the owner of {contract}"))),
    }
}

/// Sets who may give a contract other code, or for the deployer's own address who may make
/// contracts. Where several have to approve of code, they have to approve of this too, by the
/// hash of the call's input.
pub(super) fn set_policy(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    (policy, threshold): (&Value, &Value),
) -> Result<Bytes, Stop> {
    let mut record = desk.own_record(&contract)?;
    let code = policy.as_u64().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
    let threshold = threshold.as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(u32::MAX);
    let next = UpgradePolicy::from_code(code, threshold).ok_or_else(|| {
        let reason = format!("there is no policy {code} with {threshold} approvals");
        Stop::Refused(format!("{reason}: 3 asks for 1 to {APPROVALS_MAX}, the others for 0"))
    })?;
    if matches!(record.upgrade_policy, UpgradePolicy::MultiSign(_)) {
        authorize(desk, &contract, &record, hash_of_input)?;
    }
    record.upgrade_policy = next;
    desk.put_record(&contract, record)?;
    let values = [contract.into(), Value::uint(code.into()), Value::uint(threshold.into())];
    desk.emit("PolicyChanged", &values)?;
    Ok(Bytes::new())
}

/// Ends the call unless those who govern the chain let the caller make the change that the input
/// asks for. Where several have to approve of code, they have to approve of this too.
pub(crate) fn ask_governance(desk: &mut Desk<'_, '_>) -> Result<(), Stop> {
    let chain = deployer();
    let record = match desk.record(&chain) {
        Err(Stop::Refused(_)) => {
            let reason = "the chain has no owner, so nobody changes its parameters";
            return Err(Stop::Refused(reason.to_owned()));
        }
        found => found?,
    };
    if matches!(record.upgrade_policy, UpgradePolicy::MultiSign(_)) {
        return authorize(desk, &chain, &record, hash_of_input);
    }
    if record.owner == Some(desk.caller) {
        return Ok(());
    }
    Err(Stop::Refused(format!("{} is not the owner of the chain", desk.caller)))
}

/// The hash by which approvals name the very call that is made.
pub(super) fn hash_of_input(desk: &mut Desk<'_, '_>) -> Result<B256, Stop> {
    let input = desk.input;
    hash_of(desk, input)
}

/// The hash by which approvals name code.
pub(super) fn hash_of(desk: &mut Desk<'_, '_>, bytes: &[u8]) -> Result<B256, Stop> {
    let schedule = desk.crossroads.schedule();
    let per_word = schedule.keccak256_word.saturating_mul(vm::schedule::words(bytes.len()));
    desk.charge(schedule.keccak256_base.saturating_add(per_word))?;
    Ok(keccak256(bytes))
}

/// Counts the caller's approval of code, or of a call, among those of the role. `is_first` where
/// nobody may have proposed it yet.
pub(super) fn approve(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    hash: B256,
    is_first: bool,
) -> Result<Bytes, Stop> {
    let caller = voter(desk, &contract)?;
    let proposal = proposal_key(&contract, &hash);
    if desk.read(&proposal)?.is_some() == is_first {
        let what = if is_first { "was proposed already" } else { "was not proposed" };
        return Err(Stop::Refused(format!("{hash} {what} for {contract}")));
    }
    if is_first {
        desk.write(proposal, Some(Bytes::copy_from_slice(caller.as_bytes())))?;
    }
    let vote = vote_key(&contract, &hash, &caller);
    if desk.read(&vote)?.is_some() {
        return Err(Stop::Refused(format!("{caller} approved of {hash} already")));
    }
    if votes(desk, &contract, &hash)?.len() >= APPROVALS_MAX as usize {
        return Err(Stop::Refused(format!("{hash} has {APPROVALS_MAX} approvals, the limit")));
    }
    desk.write(vote, Some(Bytes::from_static(&[1])))?;
    let event = if is_first { "Proposed" } else { "Approved" };
    desk.emit(event, &[contract.into(), Value::bytes(hash.to_vec()), caller.into()])?;
    Ok(Bytes::new())
}

/// Takes the caller's approval back. With the last one the proposal is gone.
pub(super) fn withdraw(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    hash: B256,
) -> Result<Bytes, Stop> {
    let caller = desk.caller;
    let vote = vote_key(&contract, &hash, &caller);
    if desk.read(&vote)?.is_none() {
        return Err(Stop::Refused(format!("{caller} has not approved of {hash}")));
    }
    desk.write(vote, None)?;
    if votes(desk, &contract, &hash)?.is_empty() {
        desk.write(proposal_key(&contract, &hash), None)?;
    }
    desk.emit("Withdrawn", &[contract.into(), Value::bytes(hash.to_vec()), caller.into()])?;
    Ok(Bytes::new())
}

/// How many approvals count: those of accounts that still have the role.
pub(super) fn approvals(
    desk: &mut Desk<'_, '_>,
    contract: &Address,
    hash: &B256,
) -> Result<u32, Stop> {
    let role = role_of(contract);
    let mut count = 0;
    for voter in votes(desk, contract, hash)? {
        count += u32::from(access::has_role(desk, contract, &role, &voter)?);
    }
    assert!(count <= APPROVALS_MAX, "approvals are limited");
    Ok(count)
}

fn use_approvals(
    desk: &mut Desk<'_, '_>,
    contract: &Address,
    hash: &B256,
    threshold: u32,
) -> Result<(), Stop> {
    let count = approvals(desk, contract, hash)?;
    if count < threshold {
        let reason = format!("{hash} has {count} of {threshold} approvals for {contract}");
        return Err(Stop::Refused(reason));
    }
    for voter in votes(desk, contract, hash)? {
        desk.write(vote_key(contract, hash, &voter), None)?;
    }
    desk.write(proposal_key(contract, hash), None)
}

/// The caller, if it is among those whose approvals count.
fn voter(desk: &mut Desk<'_, '_>, contract: &Address) -> Result<Address, Stop> {
    let record = desk.record(contract)?;
    if record.status == ContractStatus::Revoked {
        return Err(Stop::Refused(format!("{contract} is revoked")));
    }
    let (caller, role) = (desk.caller, role_of(contract));
    if access::has_role(desk, contract, &role, &caller)? {
        return Ok(caller);
    }
    Err(Stop::Refused(access::denied(contract, None, &role, &caller)))
}

fn votes(desk: &mut Desk<'_, '_>, contract: &Address, hash: &B256) -> Result<Vec<Address>, Stop> {
    let prefix = [b"v".as_slice(), hash.as_slice()].concat();
    let found = access::scan(desk, contract, &prefix, APPROVALS_MAX as usize)?;
    Ok(found.into_iter().map(seen).collect())
}

fn proposal_key(contract: &Address, hash: &B256) -> Key {
    Key::access(contract, &[b"p".as_slice(), hash.as_slice()].concat())
}

fn vote_key(contract: &Address, hash: &B256, voter: &Address) -> Key {
    Key::access(contract, &[b"v", hash.as_slice(), voter.as_bytes()].concat())
}
