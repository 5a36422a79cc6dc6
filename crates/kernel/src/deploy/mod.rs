//! The system contract that makes contracts of hosted machines, upgrades them and describes them.
//!
//! A deploy is: check the code, charge for it, derive the address, make the account, store the
//! code once, run the constructor, write the contract's record. An upgrade does the same to a
//! contract that is there and keeps its storage. Each happens as a whole or not at all.

mod create;
mod describe;
mod upgrade;

use std::sync::LazyLock;

use abi::{Interface, Value};
use primitives::{Address, Bytes, EvmAddress, U256, VmKind, limits::INTERFACE_BYTES_MAX};
use vm::{GasMeter, HaltReason, Outcome, Status, schedule::words};
use vm_evm::{ForeignCall, Frames, Transaction};

pub(crate) use self::create::{Creation, create};
use crate::crossing::{Crossroads, refuse};

/// The address of the deployer as the EVM names it.
pub(crate) const DEPLOYER_EVM: EvmAddress =
    EvmAddress::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb7, 0xa1, 0xd0]);

/// What the deployer offers, as any contract sees it.
pub static DEPLOYER_INTERFACE: LazyLock<Interface> = LazyLock::new(|| {
    Interface::from_signatures(&[
        "function deploy(uint8 kind, bytes code, bytes arguments, string abi) payable \
         returns (address)",
        "function deploy2(uint8 kind, bytes code, bytes arguments, string abi, bytes32 salt) \
         payable returns (address)",
        "function describe(address contract, uint64 nonce, string abi)",
        "function upgrade(address contract, bytes code, string abi) returns (uint32)",
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
    if call.is_static {
        return Outcome::halt(HaltReason::StaticViolation);
    }
    let (name, arguments) = match decode_call(call.input) {
        Ok(decoded) => decoded,
        Err(reason) => return refuse(&reason, call.gas_limit),
    };
    match (name.as_str(), arguments.as_slice()) {
        ("describe", [contract, nonce, text]) => {
            describe::describe(crossroads, frames, call, (contract, nonce, text))
        }
        ("upgrade", [contract, code, text]) => {
            upgrade::upgrade(crossroads, frames, call, (contract, code, text))
        }
        (_, [kind, code, arguments, text, salt @ ..]) => {
            let creation = match create::creation(call, [kind, code, arguments, text], salt.first())
            {
                Ok(creation) => creation,
                Err(reason) => return refuse(&reason, call.gas_limit),
            };
            let (mut outcome, address) = create(crossroads, frames, &creation);
            if let (Status::Success, Some(address)) = (&outcome.status, address) {
                outcome.output = Bytes::copy_from_slice(address.as_bytes());
            }
            outcome
        }
        _ => refuse("the deployer has no such method", call.gas_limit),
    }
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

fn decode_call(input: &[u8]) -> Result<(String, Vec<Value>), String> {
    let selector = input
        .first_chunk::<4>()
        .ok_or_else(|| format!("input of {} bytes has no selector", input.len()))?;
    let method = DEPLOYER_INTERFACE
        .method_by_selector(*selector)
        .ok_or_else(|| "the deployer has no such method".to_owned())?;
    let arguments = method.decode_input(input).map_err(|error| error.to_string())?;
    Ok((method.name.clone(), arguments))
}

/// The input of a call that makes a contract.
#[must_use]
pub fn deploy_input(kind: VmKind, code: &[u8], arguments: &[u8], interface: Option<&str>) -> Bytes {
    let method = DEPLOYER_INTERFACE.method("deploy").expect("invariant: the deployer deploys");
    let values = [
        Value::uint(u64::from(kind.code())),
        Value::bytes(Bytes::copy_from_slice(code)),
        Value::bytes(Bytes::copy_from_slice(arguments)),
        Value::text(interface.unwrap_or_default()),
    ];
    method.encode_call(&values).expect("invariant: the values are of the method's types")
}

/// The input of a call that attaches an interface to a contract the caller created.
#[must_use]
pub fn describe_input(contract: Address, nonce: u64, interface: &str) -> Bytes {
    let method = DEPLOYER_INTERFACE.method("describe").expect("invariant: the deployer describes");
    let values = [Value::from(contract), Value::from(U256::from(nonce)), Value::text(interface)];
    method.encode_call(&values).expect("invariant: the values are of the method's types")
}

/// The input of a call that gives a contract new code. Without an interface the new code's own
/// takes the place of the present one.
#[must_use]
pub fn upgrade_input(contract: Address, code: &[u8], interface: Option<&str>) -> Bytes {
    let method = DEPLOYER_INTERFACE.method("upgrade").expect("invariant: the deployer upgrades");
    let values = [
        Value::from(contract),
        Value::bytes(Bytes::copy_from_slice(code)),
        Value::text(interface.unwrap_or_default()),
    ];
    method.encode_call(&values).expect("invariant: the values are of the method's types")
}
