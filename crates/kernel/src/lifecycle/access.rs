//! Roles of accounts with a contract, and the methods that are for a role alone.
//!
//! The words are those of OpenZeppelin's `AccessControl`. The owner of a contract may do all that
//! the administrators of a role may, but has no role before it gives itself one.

use std::sync::LazyLock;

use abi::{Interface, Value};
use primitives::{Address, B256, Bytes, EvmAddress, keccak256};
use state::{Key, record::UpgradePolicy};
use vm::Outcome;
use vm_evm::{ForeignCall, Frames};

use super::{
    decode_call,
    desk::{Desk, Stop, seen},
    policy,
};
use crate::crossing::{Crossroads, refuse};

/// The address of the system contract of roles, as the EVM names it.
pub(crate) const ACCESS_EVM: EvmAddress =
    EvmAddress::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, 0xd1]);

/// What the system contract of roles offers, as any contract sees it.
pub static ACCESS_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function grantRole(address contract, bytes32 role, address account)",
        "function revokeRole(address contract, bytes32 role, address account)",
        "function renounceRole(address contract, bytes32 role)",
        "function hasRole(address contract, bytes32 role, address account) view returns (bool)",
        "function setRoleAdmin(address contract, bytes32 role, bytes32 adminRole)",
        "function getRoleAdmin(address contract, bytes32 role) view returns (bytes32)",
        "function setMethodRole(address contract, bytes4 selector, bytes32 role)",
        "function clearMethodRole(address contract, bytes4 selector)",
        "function getMethodRole(address contract, bytes4 selector) view returns (bool, bytes32)",
        "function canCall(address contract, address account, bytes4 selector) view returns (bool)",
        "event RoleGranted(address indexed contract, bytes32 indexed role, \
         address indexed account, address sender)",
        "event RoleRevoked(address indexed contract, bytes32 indexed role, \
         address indexed account, address sender)",
        "event RoleAdminChanged(address indexed contract, bytes32 indexed role, \
         bytes32 previousAdminRole, bytes32 newAdminRole)",
        "event MethodRoleSet(address indexed contract, bytes4 indexed selector, bytes32 role)",
        "event MethodRoleCleared(address indexed contract, bytes4 indexed selector)",
    ])
    .expect("invariant: the signatures of its own parse")
});

/// The role that administers the others where nobody says otherwise.
pub const DEFAULT_ADMIN_ROLE: B256 = B256::ZERO;

/// Who may give a contract other code, where its policy is a list or approvals.
pub static UPGRADER_ROLE: LazyLock<B256> = LazyLock::new(|| keccak256("UPGRADER_ROLE"));

/// Who may make contracts, where the policy of the chain is a list or approvals.
pub static DEPLOYER_ROLE: LazyLock<B256> = LazyLock::new(|| keccak256("DEPLOYER_ROLE"));

/// The address of the system contract of roles.
#[must_use]
pub fn access_control() -> Address {
    Address::from_evm(ACCESS_EVM)
}

/// A call of the system contract of roles.
pub(crate) fn run(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &ForeignCall<'_>,
) -> Outcome {
    if !call.value.is_zero() {
        return refuse("the system contract of roles takes no coin", call.gas_limit);
    }
    let (name, values) = match decode_call(&ACCESS_INTERFACE, call.input) {
        Ok(decoded) => decoded,
        Err(reason) => return refuse(&reason, call.gas_limit),
    };
    let mut desk = Desk::new(crossroads, frames, call, &ACCESS_INTERFACE);
    let result = answer(&mut desk, &name, &values);
    desk.end(result)
}

fn answer(desk: &mut Desk<'_, '_>, name: &str, values: &[Value]) -> Result<Bytes, Stop> {
    let [contract, rest @ ..] = values else {
        return Err(Stop::Refused("a contract is missing".to_owned()));
    };
    let contract = seen(contract.as_address().unwrap_or(Address::ZERO));
    match (name, rest) {
        ("grantRole", [role, account]) => set_role(desk, contract, (role, account), true),
        ("revokeRole", [role, account]) => set_role(desk, contract, (role, account), false),
        ("renounceRole", [role]) => renounce_role(desk, contract, word(role)),
        ("hasRole", [role, account]) => {
            let account = seen(account.as_address().unwrap_or(Address::ZERO));
            let has_role = has_role(desk, &contract, &word(role), &account)?;
            Ok(desk.answer(name, &[Value::Bool(has_role)]))
        }
        ("setRoleAdmin", [role, admin]) => set_admin(desk, contract, (word(role), word(admin))),
        ("getRoleAdmin", [role]) => {
            let admin = admin_of(desk, &contract, &word(role))?;
            Ok(desk.answer(name, &[Value::bytes(admin.to_vec())]))
        }
        ("setMethodRole", [selector, role]) => {
            set_method(desk, contract, selector, Some(word(role)))
        }
        ("clearMethodRole", [selector]) => set_method(desk, contract, selector, None),
        ("getMethodRole", [selector]) => {
            let role = desk.read(&method_key(&contract, bytes(selector)))?;
            let role_word = role.as_ref().map_or(B256::ZERO, kept);
            let values = [Value::Bool(role.is_some()), Value::bytes(role_word.to_vec())];
            Ok(desk.answer(name, &values))
        }
        ("canCall", [account, selector]) => {
            let account = seen(account.as_address().unwrap_or(Address::ZERO));
            let may_call = match desk.read(&method_key(&contract, bytes(selector)))? {
                Some(role) => has_role(desk, &contract, &kept(&role), &account)?,
                None => true,
            };
            Ok(desk.answer(name, &[Value::Bool(may_call)]))
        }
        _ => Err(Stop::Refused("the system contract of roles has no such method".to_owned())),
    }
}

/// Whether an account has a role with a contract.
pub(super) fn has_role(
    desk: &mut Desk<'_, '_>,
    contract: &Address,
    role: &B256,
    account: &Address,
) -> Result<bool, Stop> {
    Ok(desk.read(&member_key(contract, role, account))?.is_some())
}

/// Why a call is denied, in the form of a Solidity error; `selector` is nothing where it is not a
/// method of the contract.
pub(crate) fn denied(
    contract: &Address,
    selector: Option<&[u8]>,
    role: &B256,
    account: &Address,
) -> String {
    let method = selector.map(|it| Bytes::copy_from_slice(it).to_string());
    let method = method.unwrap_or_else(|| "code".to_owned());
    format!("AccessDenied({contract}, {method}, {}, {account})", role_name(role))
}

/// A role that has a name in this build, by it.
#[must_use]
pub fn role_name(role: &B256) -> String {
    match role {
        role if *role == DEFAULT_ADMIN_ROLE => "DEFAULT_ADMIN_ROLE".to_owned(),
        role if *role == *UPGRADER_ROLE => "UPGRADER_ROLE".to_owned(),
        role if *role == *DEPLOYER_ROLE => "DEPLOYER_ROLE".to_owned(),
        role => role.to_string(),
    }
}

/// The addresses at the ends of the keys under a prefix, charged before they are read.
pub(super) fn scan(
    desk: &mut Desk<'_, '_>,
    contract: &Address,
    prefix: &[u8],
    limit: usize,
) -> Result<Vec<Address>, Stop> {
    let schedule = desk.crossroads.schedule();
    let records = schedule.scan_record.saturating_mul(limit as u64);
    desk.charge(schedule.scan_base.saturating_add(records))?;
    let key = Key::access(contract, prefix);
    let found = desk.frames.journal().scan(key.as_bytes(), key.as_bytes(), limit)?;
    let end = |key: &Key| key.suffix().last_chunk::<32>().copied().map(Address::new);
    Ok(found.iter().filter_map(|(key, _)| end(key)).collect())
}

/// The key of an account that has a role with a contract.
#[must_use]
pub fn member_key(contract: &Address, role: &B256, account: &Address) -> Key {
    Key::access(contract, &[b"r", role.as_slice(), account.as_bytes()].concat())
}

/// The key of the role that a method is for.
pub(crate) fn method_key(contract: &Address, selector: &[u8]) -> Key {
    Key::access(contract, &[b"m", selector].concat())
}

fn admin_key(contract: &Address, role: &B256) -> Key {
    Key::access(contract, &[b"a", role.as_slice()].concat())
}

fn admin_of(desk: &mut Desk<'_, '_>, contract: &Address, role: &B256) -> Result<B256, Stop> {
    let admin = desk.read(&admin_key(contract, role))?;
    Ok(admin.as_ref().map_or(DEFAULT_ADMIN_ROLE, kept))
}

/// Ends the call unless the caller is the owner of the contract or has the role.
fn administrate(desk: &mut Desk<'_, '_>, contract: &Address, admin: &B256) -> Result<(), Stop> {
    let caller = desk.caller;
    if desk.record(contract)?.owner == Some(caller) || has_role(desk, contract, admin, &caller)? {
        return Ok(());
    }
    Err(Stop::Refused(denied(contract, None, admin, &caller)))
}

fn set_role(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    (role, account): (&Value, &Value),
    is_granted: bool,
) -> Result<Bytes, Stop> {
    let role = word(role);
    let account = seen(account.as_address().unwrap_or(Address::ZERO));
    let admin = admin_of(desk, &contract, &role)?;
    administrate(desk, &contract, &admin)?;
    approve_of_members(desk, &contract, &role)?;
    put_role(desk, contract, role, account, is_granted)
}

/// Those whose approvals a contract needs decide themselves who is one of them, once there are as
/// many as it needs.
fn approve_of_members(
    desk: &mut Desk<'_, '_>,
    contract: &Address,
    role: &B256,
) -> Result<(), Stop> {
    let record = desk.record(contract)?;
    let UpgradePolicy::MultiSign(threshold) = record.upgrade_policy else { return Ok(()) };
    if *role != policy::role_of(contract) {
        return Ok(());
    }
    let prefix = [b"r".as_slice(), role.as_slice()].concat();
    let members = scan(desk, contract, &prefix, threshold as usize)?;
    if members.len() < threshold as usize {
        return Ok(());
    }
    policy::authorize(desk, contract, &record, policy::hash_of_input)
}

fn renounce_role(desk: &mut Desk<'_, '_>, contract: Address, role: B256) -> Result<Bytes, Stop> {
    put_role(desk, contract, role, desk.caller, false)
}

fn put_role(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    role: B256,
    account: Address,
    is_granted: bool,
) -> Result<Bytes, Stop> {
    if has_role(desk, &contract, &role, &account)? == is_granted {
        return Ok(Bytes::new());
    }
    let value = is_granted.then(|| Bytes::from_static(&[1]));
    desk.write(member_key(&contract, &role, &account), value)?;
    let event = if is_granted { "RoleGranted" } else { "RoleRevoked" };
    let role = Value::bytes(role.to_vec());
    desk.emit(event, &[contract.into(), role, account.into(), desk.caller.into()])?;
    Ok(Bytes::new())
}

fn set_admin(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    (role, admin): (B256, B256),
) -> Result<Bytes, Stop> {
    let before = admin_of(desk, &contract, &role)?;
    administrate(desk, &contract, &before)?;
    let key = admin_key(&contract, &role);
    let value = (admin != DEFAULT_ADMIN_ROLE).then(|| Bytes::copy_from_slice(admin.as_slice()));
    desk.write(key, value)?;
    let words = [role, before, admin].map(|word| Value::bytes(word.to_vec()));
    let [role, before, admin] = words;
    desk.emit("RoleAdminChanged", &[contract.into(), role, before, admin])?;
    Ok(Bytes::new())
}

fn set_method(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    selector: &Value,
    role: Option<B256>,
) -> Result<Bytes, Stop> {
    administrate(desk, &contract, &DEFAULT_ADMIN_ROLE)?;
    let mut record = desk.record(&contract)?;
    if record.version == 0 {
        return Err(Stop::Refused("the methods of the chain itself are for all".to_owned()));
    }
    let value = role.map(|role| Bytes::copy_from_slice(role.as_slice()));
    desk.write(method_key(&contract, bytes(selector)), value)?;
    let has_rules = role.is_some() || has_methods(desk, &contract)?;
    if has_rules != record.has_method_rules {
        record.has_method_rules = has_rules;
        desk.put_record(&contract, record)?;
    }
    match role {
        Some(role) => {
            let values = [contract.into(), selector.clone(), Value::bytes(role.to_vec())];
            desk.emit("MethodRoleSet", &values)?;
        }
        None => desk.emit("MethodRoleCleared", &[contract.into(), selector.clone()])?,
    }
    Ok(Bytes::new())
}

fn has_methods(desk: &mut Desk<'_, '_>, contract: &Address) -> Result<bool, Stop> {
    let schedule = desk.crossroads.schedule();
    desk.charge(schedule.scan_base.saturating_add(schedule.scan_record))?;
    let key = Key::access(contract, b"m");
    Ok(!desk.frames.journal().scan(key.as_bytes(), key.as_bytes(), 1)?.is_empty())
}

/// A role as a record holds it.
pub(super) fn kept(bytes: &Bytes) -> B256 {
    B256::try_from(bytes.as_ref()).unwrap_or_default()
}

fn bytes(value: &Value) -> &[u8] {
    value.as_bytes().unwrap_or_default()
}

fn word(value: &Value) -> B256 {
    B256::try_from(bytes(value)).unwrap_or_default()
}
