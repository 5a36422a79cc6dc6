//! The life of contracts: who may make them, give them other code, stop them and own them, and who
//! may call which of their methods.
//!
//! A deploy is: check the code, charge for it, derive the address, make the account, store the
//! code once, run the constructor, write the contract's record. An upgrade does the same to a
//! contract that is there and keeps its storage. Each happens as a whole or not at all.
//!
//! The system contract of all this is the *deployer*; [`access`] has another one for roles.

pub(crate) mod access;
mod create;
mod describe;
mod desk;
pub(crate) mod guard;
mod input;
mod managed;
mod migrate;
mod owner;
pub(crate) mod policy;
mod upgrade;

use std::sync::LazyLock;

use abi::{Interface, Value};
use primitives::{Address, B256, Bytes, EvmAddress, VmKind, limits::INTERFACE_BYTES_MAX};
use state::record::ContractStatus;
use vm::{GasMeter, HaltReason, Outcome, Status, schedule::words};
use vm_evm::{ForeignCall, Frames, Transaction};

use self::desk::seen;
pub use self::input::{deploy_input, describe_input, lifecycle_input, upgrade_input};
pub(crate) use self::{
    create::{Creation, create},
    desk::{Desk, Stop},
};
use crate::crossing::{Crossroads, refuse};

/// The address of the deployer as the EVM names it.
pub(crate) const DEPLOYER_EVM: EvmAddress = vm::system::DEPLOYER;

/// What the deployer offers, as any contract sees it.
pub static DEPLOYER_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function deploy(uint8 kind, bytes code, bytes arguments, string abi) payable \
         returns (address)",
        "function deploy2(uint8 kind, bytes code, bytes arguments, string abi, bytes32 salt) \
         payable returns (address)",
        "function describe(address contract, uint64 nonce, string abi)",
        "function upgrade(address contract, bytes code, string abi) returns (uint32)",
        "function rollback(address contract, uint32 version) returns (uint32)",
        "function freeze(address contract)",
        "function unfreeze(address contract)",
        "function revoke(address contract)",
        "function transferOwnership(address contract, address newOwner)",
        "function acceptOwnership(address contract)",
        "function renounceOwnership(address contract)",
        "function setPolicy(address contract, uint8 policy, uint32 threshold)",
        "function propose(address contract, bytes32 hash)",
        "function approve(address contract, bytes32 hash)",
        "function withdraw(address contract, bytes32 hash)",
        "function approvals(address contract, bytes32 hash) view returns (uint32)",
        "function owner(address contract) view returns (address)",
        "function pendingOwner(address contract) view returns (address)",
        "function version(address contract) view returns (uint32)",
        "function status(address contract) view returns (uint8)",
        "function policy(address contract) view returns (uint8 policy, uint32 threshold)",
        "event Upgraded(address indexed contract, uint32 version, bytes32 codeHash, address by)",
        "event RolledBack(address indexed contract, uint32 version, uint32 restored, address by)",
        "event Frozen(address indexed contract, address by)",
        "event Unfrozen(address indexed contract, address by)",
        "event Revoked(address indexed contract, address by)",
        "event OwnershipTransferStarted(address indexed contract, \
         address indexed previousOwner, address indexed newOwner)",
        "event OwnershipTransferred(address indexed contract, \
         address indexed previousOwner, address indexed newOwner)",
        "event PolicyChanged(address indexed contract, uint8 policy, uint32 threshold)",
        "event Proposed(address indexed contract, bytes32 indexed hash, address by)",
        "event Approved(address indexed contract, bytes32 indexed hash, address by)",
        "event Withdrawn(address indexed contract, bytes32 indexed hash, address by)",
    ])
    .expect("invariant: the deployer's own signatures parse")
});

/// The address of the deployer.
#[must_use]
pub fn deployer() -> Address {
    Address::from_evm(DEPLOYER_EVM)
}

/// Whether a transaction asks the deployer for a contract, and not for something else.
pub(crate) fn is_deploy(transaction: &Transaction) -> bool {
    if transaction.to != Some(deployer()) {
        return false;
    }
    let selector = transaction.input.first_chunk::<4>();
    let method = selector.and_then(|it| DEPLOYER_INTERFACE.method_by_selector(*it));
    method.is_some_and(|it| ["deploy", "deploy2"].contains(&it.name.as_str()))
}

/// A call of the deployer.
pub(crate) fn run(
    crossroads: &Crossroads,
    frames: &mut Frames<'_>,
    call: &ForeignCall<'_>,
) -> Outcome {
    let (name, arguments) = match decode_call(&DEPLOYER_INTERFACE, call.input) {
        Ok(decoded) => decoded,
        Err(reason) => return refuse(&reason, call.gas_limit),
    };
    match (name.as_str(), arguments.as_slice()) {
        ("describe", [contract, nonce, text]) if !call.is_static => {
            describe::describe(crossroads, frames, call, (contract, nonce, text))
        }
        ("deploy" | "deploy2", [kind, code, arguments, text, salt @ ..]) if !call.is_static => {
            let parts = [kind, code, arguments, text];
            match create::creation(call, parts, salt.first()) {
                Ok(creation) => deploy(crossroads, frames, &creation),
                Err(reason) => refuse(&reason, call.gas_limit),
            }
        }
        ("describe" | "deploy" | "deploy2", _) => Outcome::halt(HaltReason::StaticViolation),
        (name, [contract, rest @ ..]) => {
            let mut desk = Desk::new(crossroads, frames, call, &DEPLOYER_INTERFACE);
            let contract = seen(contract.as_address().unwrap_or(Address::ZERO));
            let result = if call.value.is_zero() {
                answer(&mut desk, name, contract, rest)
            } else {
                Err(Stop::Refused(format!("{name} takes no coin")))
            };
            desk.end(result)
        }
        _ => refuse("the deployer has no such method", call.gas_limit),
    }
}

/// Makes a contract, and answers with its address.
fn deploy(crossroads: &Crossroads, frames: &mut Frames<'_>, creation: &Creation) -> Outcome {
    let (mut outcome, address) = if creation.kind == VmKind::Evm {
        managed::create(crossroads, frames, creation)
    } else {
        create(crossroads, frames, creation)
    };
    if let (Status::Success, Some(address)) = (&outcome.status, address) {
        outcome.output = Bytes::copy_from_slice(address.as_bytes());
    }
    outcome
}

/// What the owner of a contract, or those whose approval it needs, want of it.
fn answer(
    desk: &mut Desk<'_, '_>,
    name: &str,
    contract: Address,
    rest: &[Value],
) -> Result<Bytes, Stop> {
    match (name, rest) {
        ("upgrade", [code, text]) => upgrade::upgrade(desk, contract, (code, text)),
        ("rollback", [version]) => upgrade::rollback(desk, contract, version),
        ("freeze", []) => owner::set_status(desk, contract, ContractStatus::Frozen),
        ("unfreeze", []) => owner::set_status(desk, contract, ContractStatus::Active),
        ("revoke", []) => owner::set_status(desk, contract, ContractStatus::Revoked),
        ("transferOwnership", [next]) => {
            owner::offer(desk, contract, next.as_address().unwrap_or(Address::ZERO))
        }
        ("acceptOwnership", []) => owner::accept(desk, contract),
        ("renounceOwnership", []) => owner::renounce(desk, contract),
        ("setPolicy", [policy, threshold]) => {
            policy::set_policy(desk, contract, (policy, threshold))
        }
        ("propose", [hash]) => policy::approve(desk, contract, word(hash), true),
        ("approve", [hash]) => policy::approve(desk, contract, word(hash), false),
        ("withdraw", [hash]) => policy::withdraw(desk, contract, word(hash)),
        ("approvals", [hash]) => {
            let count = policy::approvals(desk, &contract, &word(hash))?;
            Ok(desk.answer(name, &[Value::uint(count.into())]))
        }
        (name, []) => tell(desk, name, contract),
        _ => Err(Stop::Refused("the deployer has no such method".to_owned())),
    }
}

/// What the record of a contract says.
fn tell(desk: &mut Desk<'_, '_>, name: &str, contract: Address) -> Result<Bytes, Stop> {
    let record = desk.record(&contract)?;
    let identity = |it: Option<Address>| Value::from(it.unwrap_or(Address::ZERO));
    let (policy, threshold) = record.upgrade_policy.code();
    let values = match name {
        "owner" => vec![identity(record.owner)],
        "pendingOwner" => vec![identity(record.pending_owner)],
        "version" => vec![Value::uint(record.version.into())],
        "status" => vec![Value::uint(record.status.code().into())],
        "policy" => vec![Value::uint(policy.into()), Value::uint(threshold.into())],
        _ => return Err(Stop::Refused("the deployer has no such method".to_owned())),
    };
    Ok(desk.answer(name, &values))
}

fn word(value: &Value) -> B256 {
    value.as_bytes().and_then(|bytes| B256::try_from(bytes).ok()).unwrap_or_default()
}

/// Charges for an interface that is stored with a contract, and checks that it is one.
fn charge_interface(
    crossroads: &Crossroads,
    interface: Option<&str>,
    gas: &mut GasMeter,
) -> Result<(), Outcome> {
    let bytes = interface.map_or(0, str::len);
    if bytes > INTERFACE_BYTES_MAX {
        let reason =
            format!("interface of {bytes} bytes breaks the limit of {INTERFACE_BYTES_MAX} bytes");
        return Err(refuse(&reason, gas.remaining()));
    }
    let cost = crossroads.schedule().write_word.saturating_mul(words(bytes));
    gas.charge(cost).map_err(|_| Outcome::halt(HaltReason::OutOfGas))?;
    match interface.map(Interface::from_json) {
        Some(Err(error)) => Err(refuse(&format!("interface: {error}"), gas.remaining())),
        _ => Ok(()),
    }
}

fn decode_call(interface: &Interface, input: &[u8]) -> Result<(String, Vec<Value>), String> {
    let selector = input
        .first_chunk::<4>()
        .ok_or_else(|| format!("input of {} bytes has no selector", input.len()))?;
    let method = interface
        .method_by_selector(*selector)
        .ok_or_else(|| "the system contract has no such method".to_owned())?;
    let arguments = method.decode_input(input).map_err(|error| error.to_string())?;
    Ok((method.name.clone(), arguments))
}
