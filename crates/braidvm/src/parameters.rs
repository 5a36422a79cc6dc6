//! The parameters of the chain: rules that those who govern it change from a block on.

use abi::{Interface, Value};
use kernel::{Parameter, parameters};
use primitives::{Address, Bytes, Hash, U256, keccak256};
use vm_native::system::PARAMETERS_INTERFACE;

use crate::{Engine, EngineError, Receipt, Request, StateAt};

/// What a state says of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterValue {
    /// Which one.
    pub parameter: Parameter,
    /// What held in the block that left the state.
    pub value: U256,
    /// What holds from the next block on.
    pub next: U256,
    /// The first block in which the last change holds; 0 where there was none.
    pub from_block: u64,
}

impl StateAt<'_> {
    /// The parameters of the chain, in the order of [`Parameter::ALL`].
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the store fails or holds no rules of a chain.
    pub fn parameters(&self) -> Result<Vec<ParameterValue>, EngineError> {
        let view = self.view().as_ref();
        let rules = block::ChainRules::of(view)?.ok_or(EngineError::NoRules)?;
        let read = |parameter: Parameter| {
            let record = block::parameter_record(view, parameter)?;
            let next = rules.parameter(parameter);
            Ok(ParameterValue {
                parameter,
                value: match record {
                    Some(record) if record.from_block > self.block().0 => record.before,
                    _ => next,
                },
                next,
                from_block: record.map_or(0, |record| record.from_block),
            })
        };
        Parameter::ALL.into_iter().map(read).collect()
    }
}

impl Engine {
    /// Changes a parameter of the chain, in a block of its own; it holds from the block after that.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where the host failed. A change that is refused, for its value or because
    /// `from` may not make it, is no error but a receipt.
    pub fn set_parameter(
        &mut self,
        from: Address,
        parameter: Parameter,
        value: U256,
    ) -> Result<Receipt, EngineError> {
        self.send(&Request::raw(from, parameters(), parameter_input(parameter, value)))
    }
}

/// The input of the call that changes a parameter.
///
/// # Panics
///
/// Never: the values are of the types of the method.
#[must_use]
pub fn parameter_input(parameter: Parameter, value: U256) -> Bytes {
    let interface: &Interface = &PARAMETERS_INTERFACE;
    let method = interface.method("set").expect("invariant: the contract has the method");
    let values = [Value::text(parameter.name()), Value::Uint(value)];
    method.encode_call(&values).expect("invariant: the values are of the method's types")
}

/// What approvals of a change name it by, where several have to approve: they are given with
/// [`Lifecycle`](crate::Lifecycle) for the address of the [deployer](kernel::deployer).
#[must_use]
pub fn parameter_hash(parameter: Parameter, value: U256) -> Hash {
    keccak256(parameter_input(parameter, value))
}
