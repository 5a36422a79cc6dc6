//! A call of a native contract, from its input to its output.

use abi::{Method, Mutability};
use primitives::{Address, Bytes, Depth, Gas, Wei, limits::OUTPUT_BYTES_MAX};
use vm::{GasMeter, Outcome, Trap, schedule::words};

use crate::{NativeCall, NativeContract, NativeError, NativeHost};

/// A call as it comes: its input is not decoded yet.
#[derive(Debug, Clone, Copy)]
pub struct NativeFrame<'a> {
    /// Where the contract is.
    pub address: Address,
    /// Who called.
    pub caller: Address,
    /// What came with the call; it already belongs to the contract.
    pub value: Wei,
    /// Selector and arguments by the Solidity ABI.
    pub input: &'a [u8],
    /// What the call may use.
    pub gas_limit: Gas,
    /// Whether nothing may be written.
    pub is_static: bool,
    /// Frames below this one.
    pub depth: Depth,
}

/// Runs a call: charges for it, decodes its arguments, runs the method, encodes its results.
///
/// # Panics
///
/// Where the contract returns values that are not of the types its interface says: a bug of the
/// contract.
pub fn run(
    contract: &dyn NativeContract,
    frame: &NativeFrame<'_>,
    host: &mut dyn NativeHost,
) -> Outcome {
    let mut gas = GasMeter::new(frame.gas_limit);
    match answer(contract, frame, &mut gas, host) {
        Ok(output) => Outcome::success(output, gas.remaining(), gas.refund()),
        Err(NativeError::Revert(data)) => Outcome::revert(data, gas.remaining()),
        Err(NativeError::Trap(trap)) => Outcome::halt(trap.halt_reason()),
    }
}

fn answer(
    contract: &dyn NativeContract,
    frame: &NativeFrame<'_>,
    gas: &mut GasMeter,
    host: &mut dyn NativeHost,
) -> Result<Bytes, NativeError> {
    let (base, copy_word) = (host.schedule().native_call, host.schedule().copy_word);
    let copied = |bytes: usize| copy_word.saturating_mul(words(bytes));
    gas.charge(base.saturating_add(copied(frame.input.len())))?;
    let method = method_of(contract, frame)?;
    gas.charge(contract.gas_cost(method, frame.input.len()))?;
    let arguments = method
        .decode_input(frame.input)
        .map_err(|error| NativeError::refuse(format!("{}: {error}", contract.name())))?;
    let call = NativeCall {
        method,
        arguments: &arguments,
        input: frame.input,
        address: frame.address,
        caller: frame.caller,
        value: frame.value,
        is_static: frame.is_static,
        depth: frame.depth,
    };
    let results = contract.call(&call, gas, host)?;
    let output = method.encode_output(&results).expect("invariant: results are of their types");
    gas.charge(copied(output.len()))?;
    if output.len() > OUTPUT_BYTES_MAX {
        let found = output.len() as u64;
        return Err(
            Trap::Limit { what: "bytes of output", found, limit: OUTPUT_BYTES_MAX as u64 }.into()
        );
    }
    Ok(output)
}

/// The method that a call names, if the call may be made.
fn method_of<'a>(
    contract: &'a dyn NativeContract,
    frame: &NativeFrame<'_>,
) -> Result<&'a Method, NativeError> {
    let name = contract.name();
    let selector = frame.input.first_chunk::<4>().ok_or_else(|| {
        NativeError::refuse(format!("{name}: input of {} bytes has no selector", frame.input.len()))
    })?;
    let method = contract
        .interface()
        .method_by_selector(*selector)
        .ok_or_else(|| NativeError::refuse(format!("{name} has no such method")))?;
    if !frame.value.is_zero() && method.mutability != Mutability::Payable {
        return Err(NativeError::refuse(format!("{name}.{} takes no coin", method.name)));
    }
    if frame.is_static && !method.mutability.is_read_only() {
        return Err(Trap::StaticViolation.into());
    }
    Ok(method)
}
