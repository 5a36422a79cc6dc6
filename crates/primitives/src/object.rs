//! State objects: their identities and owners.

use core::{fmt, str::FromStr};

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use crate::Address;

/// The identity of a state object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectId(pub B256);

/// Who has a state object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectOwner {
    /// An account or a contract.
    Address(Address),
    /// Another object: whoever may change that one may change this one.
    Object(ObjectId),
}

impl ObjectId {
    /// The 32 bytes of the identity.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectId {
    type Err = <B256 as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl ObjectOwner {
    /// An owner from its number and bytes; nothing where the number is neither.
    #[must_use]
    pub const fn from_parts(code: u8, bytes: [u8; 32]) -> Option<Self> {
        match code {
            0 => Some(Self::Address(Address::new(bytes))),
            1 => Some(Self::Object(ObjectId(B256::new(bytes)))),
            _ => None,
        }
    }

    /// 0 for an account or a contract, 1 for an object.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Address(_) => 0,
            Self::Object(_) => 1,
        }
    }

    /// The 32 bytes of the address or of the identity.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        match self {
            Self::Address(address) => address.as_bytes(),
            Self::Object(object) => object.as_bytes(),
        }
    }

    /// The owner as every machine names it: a wide identity under its alias.
    #[must_use]
    pub fn by_alias(self) -> Self {
        match self {
            Self::Address(address) => Self::Address(Address::from_evm(address.evm_alias())),
            Self::Object(_) => self,
        }
    }
}

impl fmt::Display for ObjectOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => fmt::Display::fmt(address, f),
            Self::Object(object) => write!(f, "object {object}"),
        }
    }
}
