//! What a native contract is.

use core::fmt::Debug;

use abi::{Interface, Method, Value, encode_error_string};
use primitives::{Address, Bytes, Depth, Gas, Wei};
use thiserror::Error;
use vm::{GasMeter, OutOfGas, Trap};

use crate::{FromValue, NativeHost};

/// A contract that is a Rust type.
///
/// What a call does follows from the call and from what it reads through the host alone: the same
/// on every node. A type keeps no state of its own between calls; what it remembers, it stores.
pub trait NativeContract: Send + Sync + Debug {
    /// The name in traces, lists and messages.
    fn name(&self) -> &str;

    /// What it offers. The methods that are `view` or `pure` cannot write; the others are refused
    /// in a static call before they begin. A method that is not `payable` gets no coin.
    fn interface(&self) -> &Interface;

    /// What the method itself costs, beside its base, its input and the operations of the host. It
    /// is charged before the method begins, so it covers all work that depends on the input.
    fn gas_cost(&self, method: &Method, input_bytes: usize) -> Gas {
        let (_, _) = (method, input_bytes);
        Gas::ZERO
    }

    /// Whether the input names a method that is `view` or `pure`: the host then refuses writes.
    fn reads_only(&self, input: &[u8]) -> bool {
        let selector = input.first_chunk::<4>();
        let method = selector.and_then(|it| self.interface().method_by_selector(*it));
        method.is_some_and(|method| method.mutability.is_read_only())
    }

    /// Runs a method to its results, which are of the types that the interface says.
    ///
    /// Unless it ends well, all that it did is taken back.
    ///
    /// # Errors
    ///
    /// [`NativeError::Revert`] where the contract refuses, [`NativeError::Trap`] as the host says.
    fn call(
        &self,
        call: &NativeCall<'_>,
        gas: &mut GasMeter,
        host: &mut dyn NativeHost,
    ) -> Result<Vec<Value>, NativeError>;
}

/// A call of a method, its arguments decoded.
#[derive(Debug, Clone, Copy)]
pub struct NativeCall<'a> {
    /// The method.
    pub method: &'a Method,
    /// Its arguments, of the types of the method's inputs.
    pub arguments: &'a [Value],
    /// Selector and arguments as they came.
    pub input: &'a [u8],
    /// Where the contract is: the space of its records, the owner of its balance.
    pub address: Address,
    /// Who called: a contract or the sender of the transaction.
    pub caller: Address,
    /// What came with the call; it already belongs to the contract.
    pub value: Wei,
    /// Whether nothing may be written.
    pub is_static: bool,
    /// Frames below this one.
    pub depth: Depth,
}

impl NativeCall<'_> {
    /// The argument at `index` as a Rust value.
    ///
    /// # Errors
    ///
    /// [`NativeError::Revert`] naming the argument where it does not fit the type, as a `uint256`
    /// that is too large for `u64`.
    pub fn argument<T: FromValue>(&self, index: usize) -> Result<T, NativeError> {
        let value = self.arguments.get(index);
        value.and_then(T::from_value).ok_or_else(|| {
            let name = self.method.inputs.get(index).map_or("", |input| input.name.as_str());
            let given = value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            NativeError::refuse(format!(
                "argument {index} ({name}) of {} is {given}, which does not fit",
                self.method.name
            ))
        })
    }
}

/// Why a native call does not end well.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NativeError {
    /// The contract refuses, with revert data by the Solidity ABI.
    #[error("the contract refuses")]
    Revert(Bytes),
    /// The frame was ended: out of gas, a write in a static call, a fault.
    #[error(transparent)]
    Trap(#[from] Trap),
}

impl NativeError {
    /// The contract refuses for a reason in words.
    #[must_use]
    pub fn refuse(reason: impl AsRef<str>) -> Self {
        Self::Revert(encode_error_string(reason.as_ref()))
    }
}

impl From<OutOfGas> for NativeError {
    fn from(error: OutOfGas) -> Self {
        Self::Trap(error.into())
    }
}
