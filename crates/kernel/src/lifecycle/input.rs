//! What calls of the deployer look like.

use abi::{Interface, Value};
use primitives::{Address, Bytes, U256, VmKind};

use super::{DEPLOYER_INTERFACE, access::ACCESS_INTERFACE};

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

/// The input of any other call of the deployer, or of the system contract of roles.
///
/// # Errors
///
/// What is wrong with the name or the values.
pub fn lifecycle_input(method: &str, values: &[Value]) -> Result<Bytes, String> {
    let find = |interface: &Interface| interface.method(method).cloned();
    let method = find(&DEPLOYER_INTERFACE)
        .or_else(|error| find(&ACCESS_INTERFACE).map_err(|_| error))
        .map_err(|error| error.to_string())?;
    method.encode_call(values).map_err(|error| error.to_string())
}
