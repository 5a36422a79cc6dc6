//! A method, a constructor and a custom error: names and types, and the bytes they become.

use core::fmt;

use alloy_primitives::{Bytes, hex, keccak256};

use crate::{
    Parameter, Value,
    error::{DecodeError, EncodeError, InterfaceError},
    human, solidity,
    types::{canonical_list, kinds},
};

/// What a method promises about the state (the `stateMutability` of Solidity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mutability {
    /// Reads nothing and writes nothing.
    Pure,
    /// Writes nothing.
    View,
    /// May write; takes no coins.
    #[default]
    NonPayable,
    /// May write and takes coins.
    Payable,
}

/// A method of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Method {
    /// The name; several methods may share it (overloads).
    pub name: String,
    /// What it takes.
    pub inputs: Vec<Parameter>,
    /// What it returns.
    pub outputs: Vec<Parameter>,
    /// What it promises about the state.
    pub mutability: Mutability,
}

/// How a contract is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Constructor {
    /// What it takes.
    pub inputs: Vec<Parameter>,
    /// Whether it takes coins.
    pub mutability: Mutability,
}

/// An error that a contract reverts with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ErrorDefinition {
    /// The name.
    pub name: String,
    /// What it carries.
    pub inputs: Vec<Parameter>,
}

impl Mutability {
    /// The word of Solidity for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pure => "pure",
            Self::View => "view",
            Self::NonPayable => "nonpayable",
            Self::Payable => "payable",
        }
    }

    /// The mutability of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pure, Self::View, Self::NonPayable, Self::Payable]
            .into_iter()
            .find(|mutability| mutability.name() == name)
    }

    /// Whether a static call suffices.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::Pure | Self::View)
    }
}

impl fmt::Display for Mutability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Method {
    /// A method from its signature: `transfer(address,uint256)(bool)`,
    /// `function get() view returns (uint256)`.
    ///
    /// # Errors
    ///
    /// [`InterfaceError::Signature`] naming the place where the text is not one.
    pub fn parse(text: &str) -> Result<Self, InterfaceError> {
        human::method_from(text)
    }

    /// The name and the canonical types of the inputs: `transfer(address,uint256)`.
    #[must_use]
    pub fn signature(&self) -> String {
        signature_of(&self.name, &self.inputs)
    }

    /// The first four bytes of the keccak256 of the [signature](Self::signature).
    #[must_use]
    pub fn selector(&self) -> [u8; 4] {
        selector_of(&self.signature())
    }

    /// The input of a call: the selector, then the arguments.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where a value is not of the type of its parameter.
    pub fn encode_call(&self, arguments: &[Value]) -> Result<Bytes, EncodeError> {
        with_selector(self.selector(), arguments, &self.inputs)
    }

    /// The arguments in the input of a call.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where the selector is another's or the arguments are malformed.
    pub fn decode_input(&self, input: &[u8]) -> Result<Vec<Value>, DecodeError> {
        decode_selected(input, &self.signature(), &self.inputs)
    }

    /// The output of a call that returns `results`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where a value is not of the type of its result.
    pub fn encode_output(&self, results: &[Value]) -> Result<Bytes, EncodeError> {
        solidity::encode(results, &kinds(&self.outputs)).map(Bytes::from)
    }

    /// The results in the output of a call.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where the output is malformed.
    pub fn decode_output(&self, output: &[u8]) -> Result<Vec<Value>, DecodeError> {
        solidity::decode(output, &kinds(&self.outputs))
    }
}

impl Constructor {
    /// The bytes that follow the code of a contract, or are the input of its `deploy`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where a value is not of the type of its parameter.
    pub fn encode_input(&self, arguments: &[Value]) -> Result<Bytes, EncodeError> {
        solidity::encode(arguments, &kinds(&self.inputs)).map(Bytes::from)
    }

    /// The arguments in such bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where they are malformed.
    pub fn decode_input(&self, input: &[u8]) -> Result<Vec<Value>, DecodeError> {
        solidity::decode(input, &kinds(&self.inputs))
    }
}

impl ErrorDefinition {
    /// The name and the canonical types: `InsufficientBalance(uint256,uint256)`.
    #[must_use]
    pub fn signature(&self) -> String {
        signature_of(&self.name, &self.inputs)
    }

    /// The first four bytes of the keccak256 of the [signature](Self::signature).
    #[must_use]
    pub fn selector(&self) -> [u8; 4] {
        selector_of(&self.signature())
    }

    /// The revert data: the selector, then what the error carries.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where a value is not of its type.
    pub fn encode(&self, values: &[Value]) -> Result<Bytes, EncodeError> {
        with_selector(self.selector(), values, &self.inputs)
    }

    /// What the error carries in `data`, which begins with its selector.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where the selector is another's or the data is malformed.
    pub fn decode(&self, data: &[u8]) -> Result<Vec<Value>, DecodeError> {
        decode_selected(data, &self.signature(), &self.inputs)
    }
}

/// The signature as one writes it: `transfer(address to, uint256 amount) returns (bool)`.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        human::write_parameters(f, &self.inputs)?;
        if self.mutability != Mutability::NonPayable {
            write!(f, " {}", self.mutability)?;
        }
        if self.outputs.is_empty() {
            return Ok(());
        }
        f.write_str(" returns ")?;
        human::write_parameters(f, &self.outputs)
    }
}

/// The signature as one writes it: `error Short(uint256 balance)`.
impl fmt::Display for ErrorDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {}", self.name)?;
        human::write_parameters(f, &self.inputs)
    }
}

pub(crate) fn signature_of(name: &str, inputs: &[Parameter]) -> String {
    format!("{name}{}", canonical_list(inputs.iter()))
}

pub(crate) fn selector_of(signature: &str) -> [u8; 4] {
    let [first, second, third, fourth, ..] = keccak256(signature).0;
    [first, second, third, fourth]
}

fn with_selector(
    selector: [u8; 4],
    values: &[Value],
    parameters: &[Parameter],
) -> Result<Bytes, EncodeError> {
    let mut input = selector.to_vec();
    input.extend_from_slice(&solidity::encode(values, &kinds(parameters))?);
    Ok(input.into())
}

fn decode_selected(
    input: &[u8],
    signature: &str,
    parameters: &[Parameter],
) -> Result<Vec<Value>, DecodeError> {
    let selector = selector_of(signature);
    let Some((given, arguments)) = input.split_first_chunk::<4>() else {
        return Err(DecodeError::Ends { at: 0, needed: 4, length: input.len() });
    };
    if *given != selector {
        return Err(DecodeError::Selector {
            given: hex::encode(given),
            signature: signature.to_owned(),
            expected: hex::encode(selector),
        });
    }
    solidity::decode(arguments, &kinds(parameters))
}
