//! What the macros build on: entries, events, errors, callers.

use alloc::{string::String, vec::Vec};

use crate::{
    Address, U256,
    abi::{self, AbiType},
    host::{self, CallError, Gas, Outcome},
    text::{Interface, Json},
};

/// A contract: `#[contract]` implements it.
pub trait Contract {
    /// The interface as Solidity ABI JSON, the content of section `braid.interface`.
    const INTERFACE: Interface;

    /// Runs a call. `Ok` is the output, `Err` the revert data.
    ///
    /// # Errors
    ///
    /// The revert data where the call fails.
    fn call(input: &[u8]) -> Outcome;

    /// Runs the constructor on its encoded arguments.
    ///
    /// # Errors
    ///
    /// The revert data where the deployment fails.
    fn deploy(arguments: &[u8]) -> Outcome;
}

/// An event: `#[derive(Event)]` implements it.
pub trait Event {
    /// The event as JSON.
    const JSON: Json;

    /// The hash of the signature, then the indexed fields.
    fn topics(&self) -> Vec<[u8; 32]>;

    /// The other fields, ABI-encoded.
    fn data(&self) -> Vec<u8>;
}

/// A failure with revert data: `#[derive(ContractError)]` implements it.
pub trait ContractError {
    /// The errors as JSON, with commas between them.
    const JSON: Json;

    /// The revert data: the selector and the ABI-encoded fields.
    fn encode(&self) -> Vec<u8>;
}

impl ContractError for String {
    const JSON: Json = Json::new();

    fn encode(&self) -> Vec<u8> {
        host::encode_message(self)
    }
}

impl ContractError for &str {
    const JSON: Json = Json::new();

    fn encode(&self) -> Vec<u8> {
        host::encode_message(self)
    }
}

impl ContractError for CallError {
    const JSON: Json = Json::new();

    fn encode(&self) -> Vec<u8> {
        self.clone().into_revert_data()
    }
}

/// Emits an event.
pub fn emit<E: Event>(event: &E) {
    host::emit_raw(&event.topics(), &event.data());
}

/// Ends the frame with an error.
pub fn fail<E: ContractError>(error: &E) -> ! {
    host::revert(&error.encode())
}

/// A call that failed, turned into a failure of this frame where that is wanted.
pub trait OrBubble<T> {
    /// The result; or the end of this frame with the revert data of the callee.
    fn or_bubble(self) -> T;
}

impl<T> OrBubble<T> for Result<T, CallError> {
    fn or_bubble(self) -> T {
        self.unwrap_or_else(|error| host::revert(&error.into_revert_data()))
    }
}

/// A contract of any machine as the callers of `#[interface]` see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callee {
    /// Where it is.
    pub address: Address,
    /// The coin that goes with the next call.
    pub value: U256,
    /// Gas for a call.
    pub gas: Gas,
}

impl Callee {
    /// A callee without coin and with all gas.
    #[must_use]
    pub const fn new(address: Address) -> Self {
        Self { address, value: U256::ZERO, gas: Gas::All }
    }

    /// Calls a method and decodes the tuple of its results.
    ///
    /// # Errors
    ///
    /// [`CallError`] where the callee failed or returned something else than the interface says.
    pub fn call<A: AbiType, R: AbiType>(
        &self,
        selector: u32,
        arguments: &A,
        is_view: bool,
    ) -> Result<R, CallError> {
        let input = abi::encode_call(selector, arguments);
        let output = if is_view {
            host::static_call(&self.address, &input, self.gas)?
        } else {
            host::call(&self.address, &self.value, &input, self.gas)?
        };
        abi::decode(&output).map_err(|_| CallError::Malformed)
    }
}

/// Runs an entry of a contract: the body of the exports `call` and `deploy`.
#[must_use]
pub fn run(input_bytes: u32, entry: fn(&[u8]) -> Outcome) -> i32 {
    let (output, result) = match entry(&host::input(input_bytes as usize)) {
        Ok(output) => (output, 0),
        Err(data) => (data, 1),
    };
    host::output_write(&output);
    result
}

/// Splits a call into its selector and its arguments.
#[must_use]
pub fn split_selector(input: &[u8]) -> Option<(u32, &[u8])> {
    input.split_first_chunk::<4>().map(|(selector, rest)| (u32::from_be_bytes(*selector), rest))
}

/// Decodes arguments; what does not fit reverts without data, as in Solidity.
///
/// # Errors
///
/// Empty revert data.
pub fn arguments<T: AbiType>(input: &[u8]) -> Result<T, Vec<u8>> {
    abi::decode(input).map_err(|_| Vec::new())
}

/// Refuses coin for what is not payable, without data, as Solidity does.
///
/// # Errors
///
/// Empty revert data.
pub fn refuse_value() -> Result<(), Vec<u8>> {
    if host::value().is_zero() { Ok(()) } else { Err(Vec::new()) }
}
