//! What people ask of a contract.

use primitives::{Address, Bytes, Gas, Wei};

use crate::{Artifact, Value};

/// The arguments of a method or a constructor.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Arguments {
    /// Values of the right types.
    Values(Vec<Value>),
    /// Texts as a person writes them: `5`, `1ether`, `alice`, `[1,2]`.
    Text(Vec<String>),
}

impl Arguments {
    /// No arguments.
    #[must_use]
    pub const fn none() -> Self {
        Self::Values(Vec::new())
    }

    /// How many arguments there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Text(texts) => texts.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Vec<Value>> for Arguments {
    fn from(values: Vec<Value>) -> Self {
        Self::Values(values)
    }
}

impl<const N: usize> From<[Value; N]> for Arguments {
    fn from(values: [Value; N]) -> Self {
        Self::Values(values.into())
    }
}

impl From<Vec<String>> for Arguments {
    fn from(texts: Vec<String>) -> Self {
        Self::Text(texts)
    }
}

impl<const N: usize> From<[&str; N]> for Arguments {
    fn from(texts: [&str; N]) -> Self {
        Self::Text(texts.iter().map(|text| (*text).to_owned()).collect())
    }
}

/// What a call and the making of a contract are told in the same words.
macro_rules! told {
    ($type:ty) => {
        impl $type {
            /// The same with these arguments.
            #[must_use]
            pub fn arguments(mut self, arguments: impl Into<Arguments>) -> Self {
                self.arguments = arguments.into();
                self
            }

            /// The same with coin that goes along.
            #[must_use]
            pub const fn value(mut self, value: Wei) -> Self {
                self.value = value;
                self
            }

            /// The same with a limit of gas.
            #[must_use]
            pub const fn gas_limit(mut self, gas_limit: Gas) -> Self {
                self.gas_limit = Some(gas_limit);
                self
            }
        }
    };
}

told!(Request);
told!(Deploy);

/// A call of a contract, or a plain transfer of coin.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who calls.
    pub from: Address,
    /// Whom.
    pub to: Address,
    /// A name (`transfer`), a signature (`transfer(address,uint256)`), a signature with results
    /// (`balanceOf(address)(uint256)`), or nothing for raw input.
    pub method: String,
    /// The arguments of the method.
    pub arguments: Arguments,
    /// Input as it is, where there is no method.
    pub input: Bytes,
    /// Coin that goes along.
    pub value: Wei,
    /// The most it may use; the gas of a block where nothing is said.
    pub gas_limit: Option<Gas>,
}

impl Request {
    /// A call of a method without arguments.
    #[must_use]
    pub fn new(from: Address, to: Address, method: &str) -> Self {
        Self {
            from,
            to,
            method: method.to_owned(),
            arguments: Arguments::none(),
            input: Bytes::new(),
            value: Wei::ZERO,
            gas_limit: None,
        }
    }

    /// A transfer of coin.
    #[must_use]
    pub fn transfer(from: Address, to: Address, value: Wei) -> Self {
        Self::new(from, to, "").value(value)
    }

    /// A call with raw input.
    #[must_use]
    pub fn raw(from: Address, to: Address, input: Bytes) -> Self {
        Self { input, ..Self::new(from, to, "") }
    }
}

/// The making of a contract.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// Who makes it.
    pub from: Address,
    /// Code and interface.
    pub artifact: Artifact,
    /// Arguments of the constructor.
    pub arguments: Arguments,
    /// Coin that goes to the contract.
    pub value: Wei,
    /// The most it may use; the gas of a block where nothing is said.
    pub gas_limit: Option<Gas>,
    /// Whether its owner may replace its code where that is EVM code; of other machines every
    /// owner may.
    pub is_managed: bool,
}

impl Deploy {
    /// A contract whose constructor takes no arguments.
    #[must_use]
    pub const fn new(from: Address, artifact: Artifact) -> Self {
        Self {
            from,
            artifact,
            arguments: Arguments::none(),
            value: Wei::ZERO,
            gas_limit: None,
            is_managed: false,
        }
    }

    /// The same as a contract whose owner may replace its code.
    #[must_use]
    pub const fn managed(mut self) -> Self {
        self.is_managed = true;
        self
    }
}
