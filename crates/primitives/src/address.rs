//! One identity, 32 bytes wide, with a 20-byte name inside the EVM.

use core::{fmt, str::FromStr};

use alloy_primitives::{hex, keccak256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::EvmAddress;

/// An account or a contract, in every machine the same 32 bytes.
///
/// An EVM address is twelve zero bytes followed by its twenty. Identities that are 32 bytes by
/// nature (Solana keys, Move addresses) keep all of them and have a 20-byte
/// [alias](Self::evm_alias).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address([u8; 32]);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text holds something else than hexadecimal digits.
    #[error("address \"{text}\" is not hexadecimal")]
    NotHexadecimal {
        /// The text as it was given.
        text: String,
    },
    /// The text has the wrong number of bytes.
    #[error("address \"{text}\" has {length} bytes, an address has 20 or 32")]
    Length {
        /// The text as it was given.
        text: String,
        /// How many bytes it denotes.
        length: usize,
    },
}

impl Address {
    /// The identity of nobody: 32 zero bytes, the EVM's zero address.
    pub const ZERO: Self = Self([0; 32]);

    /// An identity from its 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The identity of an EVM address: twelve zero bytes, then the twenty.
    #[must_use]
    pub const fn from_evm(address: EvmAddress) -> Self {
        let mut bytes = [0; 32];
        let (_, own) = bytes.split_at_mut(12);
        own.copy_from_slice(&address.0.0);
        Self(bytes)
    }

    /// The 32 bytes of the identity.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the identity is an EVM address: its first twelve bytes are zero.
    #[must_use]
    pub fn is_evm(&self) -> bool {
        self.0[..12].iter().all(|byte| *byte == 0)
    }

    /// The 20 bytes under which the EVM and the journal name this identity.
    ///
    /// For an EVM address these are its own bytes; for any other identity the last 20 bytes of
    /// keccak256 over all 32.
    #[must_use]
    pub fn evm_alias(&self) -> EvmAddress {
        if self.is_evm() {
            EvmAddress::from_slice(&self.0[12..])
        } else {
            EvmAddress::from_slice(&keccak256(self.0)[12..])
        }
    }
}

impl From<EvmAddress> for Address {
    fn from(address: EvmAddress) -> Self {
        Self::from_evm(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_evm() {
            write!(f, "{}", self.evm_alias())
        } else {
            write!(f, "0x{}", hex::encode(self.0))
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let bytes = hex::decode(digits)
            .map_err(|_| AddressError::NotHexadecimal { text: text.to_owned() })?;
        match bytes.len() {
            20 => Ok(Self::from_evm(EvmAddress::from_slice(&bytes))),
            32 => {
                let mut whole = [0; 32];
                whole.copy_from_slice(&bytes);
                Ok(Self(whole))
            }
            length => Err(AddressError::Length { text: text.to_owned(), length }),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_evm_address_keeps_its_bytes() {
        let text = "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4";
        let address: Address = text.parse().expect("a valid address");
        assert!(address.is_evm());
        assert_eq!(address.to_string(), text);
        assert_eq!(address.evm_alias().to_string(), text);
    }

    #[test]
    fn a_wide_identity_has_a_hashed_alias() {
        let address = Address::new([7; 32]);
        assert!(!address.is_evm());
        assert_eq!(address.evm_alias().as_slice(), &keccak256([7; 32])[12..]);
    }

    #[test]
    fn a_bad_text_is_named() {
        let error = "0x12".parse::<Address>().expect_err("two digits");
        assert_eq!(error.to_string(), "address \"0x12\" has 1 bytes, an address has 20 or 32");
        assert!("0xzz".parse::<Address>().is_err());
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes in any::<[u8; 32]>()) {
            let address = Address::new(bytes);
            prop_assert_eq!(address.to_string().parse::<Address>().expect("own text"), address);
        }
    }
}
