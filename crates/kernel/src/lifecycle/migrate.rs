//! The entry point by which new code takes over what the old left.

use abi::{Interface, Method, Type, Value, decode_revert};
use primitives::{Address, Bytes, limits::FOREIGN_DEPTH_MAX};
use vm::{HaltReason, Status};
use vm_evm::NestedCall;

use super::{
    deployer,
    desk::{Desk, Stop},
};
use crate::crossing::on_enough_stack;

/// What the method is called: `migrate(uint32 fromVersion)` or `migrate()`.
const NAME: &str = "migrate";

/// Calls the `migrate` of a contract's new code, if its interface has one. It is called by the
/// deployer, which calls nothing else: by that the contract knows that it is an upgrade.
pub(super) fn migrate(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    (interface, from_version): (&Interface, u32),
) -> Result<(), Stop> {
    let Some((method, values)) = entry(interface, from_version) else { return Ok(()) };
    let input = method.encode_call(&values).expect("invariant: the values are of its types");
    let lent = desk.gas.remaining().all_but_one_64th();
    desk.charge(lent)?;
    if !desk.frames.scope().enter_foreign() {
        return Err(Stop::Halted(HaltReason::CallDepth(FOREIGN_DEPTH_MAX)));
    }
    let call = NestedCall {
        caller: deployer(),
        to: contract,
        value: primitives::Wei::ZERO,
        input,
        gas_limit: lent,
        is_static: false,
    };
    let outcome = on_enough_stack(|| desk.frames.call(call));
    desk.frames.scope().leave_foreign();
    assert!(outcome.gas_left <= lent, "migrate left more gas than it was lent");
    desk.gas.hand_back(outcome.gas_left);
    match outcome.status {
        Status::Success => {
            desk.gas.add_refund(outcome.gas_refund);
            Ok(())
        }
        Status::Revert => Err(failed(&decode_revert(&outcome.output, Some(interface)).to_string())),
        Status::Halt(HaltReason::Fault) => Err(Stop::Halted(HaltReason::Fault)),
        Status::Halt(reason) => Err(failed(&reason.to_string())),
    }
}

/// The method, and what it is called with.
fn entry(interface: &Interface, from_version: u32) -> Option<(&Method, Vec<Value>)> {
    let of_name = || interface.methods.iter().filter(|method| method.name == NAME);
    let takes =
        |method: &&Method, kinds: &[Type]| method.inputs.iter().map(|input| &input.kind).eq(kinds);
    let told = of_name().find(|method| takes(method, &[Type::Uint(32)]));
    let plain = of_name().find(|method| takes(method, &[]));
    let values = vec![Value::uint(from_version.into())];
    told.map(|method| (method, values)).or_else(|| plain.map(|method| (method, Vec::new())))
}

fn failed(reason: &str) -> Stop {
    Stop::Refused(format!("migrate failed: {reason}"))
}

/// The interface that a text holds; none where there is no text.
pub(super) fn interface(text: Option<&str>) -> Result<Option<Interface>, Stop> {
    let read = text.map(Interface::from_json).transpose();
    read.map_err(|error| Stop::Refused(format!("interface: {error}")))
}

/// Nothing is left to do for code that has no interface.
pub(super) fn migrate_by(
    desk: &mut Desk<'_, '_>,
    contract: Address,
    (text, from_version): (Option<&str>, u32),
) -> Result<Bytes, Stop> {
    if let Some(interface) = interface(text)? {
        migrate(desk, contract, (&interface, from_version))?;
    }
    Ok(Bytes::new())
}
