//! Identities: 32 bytes in every machine, 20 of them where the EVM speaks.

use core::fmt;

use crate::host;

/// An account or a contract of any machine.
///
/// An EVM address is twelve zero bytes followed by its twenty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address([u8; 32]);

impl Address {
    /// The identity of nobody.
    pub const ZERO: Self = Self([0; 32]);

    /// An identity from its 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The identity of an EVM address.
    #[must_use]
    pub fn from_evm(bytes: &[u8; 20]) -> Self {
        let mut whole = [0; 32];
        whole[12..].copy_from_slice(bytes);
        Self(whole)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this is the identity of nobody.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// Whether the first twelve bytes are zero.
    #[must_use]
    pub fn is_evm(&self) -> bool {
        self.0[..12].iter().all(|byte| *byte == 0)
    }

    /// The 20 bytes by which the EVM names this identity: its own for an EVM address, the last
    /// 20 of keccak256 over all 32 for any other.
    #[must_use]
    pub fn evm_alias(&self) -> [u8; 20] {
        let whole = if self.is_evm() { self.0 } else { host::keccak256(&self.0) };
        let mut alias = [0; 20];
        alias.copy_from_slice(&whole[12..]);
        alias
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        let from = if self.is_evm() { 12 } else { 0 };
        self.0[from..].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn an_evm_address_keeps_its_bytes() {
        let address = Address::from_evm(&[0xab; 20]);
        assert_eq!(address.evm_alias(), [0xab; 20]);
        assert_eq!(address.to_string(), "0xabababababababababababababababababababab");
    }

    #[test]
    fn a_wide_identity_has_a_hashed_alias() {
        let address = Address::new([7; 32]);
        assert_eq!(address.evm_alias(), alloy_primitives::keccak256([7; 32]).0[12..]);
        assert_eq!(address.to_string().len(), 66);
    }
}
