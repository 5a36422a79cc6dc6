//! The records of the state and their bytes.

mod contract;

use primitives::{Bytes, CodeHash, U256, VmKind, Wei};

pub use self::contract::{ContractRecord, ContractStatus, UpgradePolicy, VersionRecord};
use crate::{Key, StateError};

/// What every identity has: one balance and one nonce in all machines, and the code it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountRecord {
    /// Native coin.
    pub balance: Wei,
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// The machine that runs the code.
    pub kind: VmKind,
    /// The hash of the code, [`CodeHash::EMPTY`] where there is none.
    pub code_hash: CodeHash,
    /// Whether calls have to ask the contract's record first: it is not active, or some of its
    /// methods are not for everybody.
    pub is_guarded: bool,
}

const BALANCE_END: usize = 32;
const NONCE_END: usize = BALANCE_END + 8;
const KIND_END: usize = NONCE_END + 1;
const ACCOUNT_BYTES: usize = KIND_END + 32;

/// The bit beside the kind that says that calls have to ask first.
const GUARDED: u8 = 0x80;

impl Default for AccountRecord {
    fn default() -> Self {
        Self {
            balance: Wei::ZERO,
            nonce: 0,
            kind: VmKind::Evm,
            code_hash: CodeHash::EMPTY,
            is_guarded: false,
        }
    }
}

impl AccountRecord {
    /// The bytes in the store: balance (32, big-endian), nonce (8, big-endian), kind (1, with
    /// the highest bit set where it is guarded), and the code hash (32) where there is code.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(ACCOUNT_BYTES);
        bytes.extend_from_slice(&self.balance.0.to_be_bytes::<32>());
        bytes.extend_from_slice(&self.nonce.to_be_bytes());
        let guarded = if self.is_guarded { GUARDED } else { 0 };
        bytes.push(self.kind.code() | guarded);
        if !self.code_hash.is_empty() {
            bytes.extend_from_slice(self.code_hash.0.as_slice());
        }
        bytes.into()
    }

    /// The record that `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`StateError::Corrupt`] naming `key` where the bytes are no account.
    pub fn decode(key: &Key, bytes: &[u8]) -> Result<Self, StateError> {
        let corrupt = |reason: String| StateError::Corrupt { key: key.to_string(), reason };
        if bytes.len() != KIND_END && bytes.len() != ACCOUNT_BYTES {
            return Err(corrupt(format!("an account does not have {} bytes", bytes.len())));
        }
        let (balance, rest) = bytes.split_at(BALANCE_END);
        let (nonce, rest) = rest.split_at(NONCE_END - BALANCE_END);
        let (kind, code_hash) = rest.split_at(KIND_END - NONCE_END);
        let mut nonce_bytes = [0; 8];
        nonce_bytes.copy_from_slice(nonce);
        let code = kind.first().copied().unwrap_or_default();
        let is_guarded = code & GUARDED != 0;
        let kind = VmKind::from_code(code & !GUARDED)
            .ok_or_else(|| corrupt("unknown kind of machine".to_owned()))?;
        let code_hash = match code_hash {
            [] => CodeHash::EMPTY,
            bytes => CodeHash(primitives::B256::from_slice(bytes)),
        };
        Ok(Self {
            balance: Wei(U256::from_be_slice(balance)),
            nonce: u64::from_be_bytes(nonce_bytes),
            kind,
            code_hash,
            is_guarded,
        })
    }
}

#[cfg(test)]
mod tests {
    use primitives::Address;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn accounts_round_trip(
            balance in any::<[u64; 4]>(),
            nonce: u64,
            kind in 0u8..9,
            code in any::<Option<[u8; 32]>>(),
            is_guarded: bool,
        ) {
            let record = AccountRecord {
                balance: Wei(U256::from_limbs(balance)),
                nonce,
                kind: VmKind::from_code(kind).expect("nine kinds"),
                code_hash: code.map_or(CodeHash::EMPTY, |bytes| CodeHash(bytes.into())),
                is_guarded,
            };
            let key = Key::account(&Address::ZERO);
            let decoded = AccountRecord::decode(&key, &record.encode()).expect("own bytes");
            prop_assert_eq!(decoded, record);
        }

        #[test]
        fn other_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(AccountRecord::decode(&Key::account(&Address::ZERO), &bytes).is_err());
        }
    }
}
