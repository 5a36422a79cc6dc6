//! Writes metering into a module, so that every engine gives the same gas, the same depth of the
//! stack and the same bits of a NaN.
//!
//! An engine's own fuel differs between its compilers and lies after some traps. Instead the
//! module counts by itself, in two exported globals:
//!
//! - [`GAS_GLOBAL`] (`i64`) holds the points that are left. The host sets it before a call and may
//!   read and lower it within a host function. It is exact after a return and within a host
//!   function. Where points run out the module traps and it is below zero: mostly [`OUT_OF_GAS`],
//!   or a debt where another trap came before the check. Below zero after a trap is out of gas,
//!   whatever the trap. After any other trap it is what it last was, which every engine agrees on
//!   and nobody needs: a trap takes all gas of its frame.
//! - [`STACK_GLOBAL`] (`i32`) holds the slots of the logical stack that a call by the host has; it
//!   starts at the limit. Where slots run out it becomes [`STACK_OVERFLOW`] and the module traps.
//!   It may become so too where points run out, so the points are to be looked at first.
//!
//! Within the module both counters are in parameters and results of its functions (see `function`),
//! since memory, which globals are, makes calls one after another wait for each other. An engine
//! must therefore admit functions with two results.
//!
//! A block of operators that run together is paid where it begins (see `regions`), an operation on
//! a range of memory before it runs, from its operand. Indices of functions, types and tables stay
//! as they were; the two globals come last, and so do the functions that the module exports in
//! place of its own. Custom sections are dropped.
//!
//! Making an instance runs no code of the module (a start function is refused), but is work all
//! the same: [`WasmCosts::instantiation`] is for the host to charge.

mod costs;
mod function;
mod module;
mod points;
mod regions;
mod thunks;

use primitives::VmKind;
use vm::CodeError;

use crate::limits::WasmLimits;
use crate::validate::{ImportSignature, ModuleReport, inspect_module};

pub(crate) use costs::is_float;
pub use costs::{WASM_COSTS_V1, WasmCosts};
pub use function::{LEAF_SLOTS_MAX, NATIVE_BYTES_PER_SLOT, frame_slots};
pub use points::{
    OUT_OF_GAS, POINTS_MAX, POINTS_PER_GAS, STACK_OVERFLOW, gas_from_points, gas_used,
    points_from_gas,
};

/// The exported global that holds the points that are left.
pub const GAS_GLOBAL: &str = "braid:gas";

/// The exported global that holds the slots of the logical stack that are left.
pub const STACK_GLOBAL: &str = "braid:stack";

/// The beginning of names that a module may not export itself.
pub const RESERVED_PREFIX: &str = "braid:";

/// A module with metering in it.
#[derive(Debug, Clone)]
pub struct Instrumented {
    /// The module, for an engine. The same bytes give the same module on every machine.
    pub module: Vec<u8>,
    /// What the static checks found in the module as it was.
    pub report: ModuleReport,
}

/// Checks `wasm` as [`inspect`](crate::inspect) does and writes metering into it.
///
/// # Errors
///
/// [`CodeError`] where the module is refused.
pub fn instrument(
    wasm: &[u8],
    limits: &WasmLimits,
    offered: &[ImportSignature],
    costs: &WasmCosts,
) -> Result<Instrumented, CodeError> {
    let inspection = inspect_module(wasm, limits, offered)?;
    let module = module::rewrite(wasm, limits, costs, &inspection).map_err(|error| {
        CodeError::Malformed {
            kind: VmKind::Wasm,
            offset: error.offset(),
            reason: error.message().to_owned(),
        }
    })?;
    Ok(Instrumented { module, report: inspection.report })
}
