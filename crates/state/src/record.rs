//! The records of the state and their bytes.

use primitives::{Address, Bytes, CodeHash, U256, VmKind, Wei};
use serde::{Deserialize, Serialize};

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
}

const BALANCE_END: usize = 32;
const NONCE_END: usize = BALANCE_END + 8;
const KIND_END: usize = NONCE_END + 1;
const ACCOUNT_BYTES: usize = KIND_END + 32;

impl Default for AccountRecord {
    fn default() -> Self {
        Self { balance: Wei::ZERO, nonce: 0, kind: VmKind::Evm, code_hash: CodeHash::EMPTY }
    }
}

impl AccountRecord {
    /// The bytes in the store: balance (32, big-endian), nonce (8, big-endian), kind (1), and the
    /// code hash (32) where there is code.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(ACCOUNT_BYTES);
        bytes.extend_from_slice(&self.balance.0.to_be_bytes::<32>());
        bytes.extend_from_slice(&self.nonce.to_be_bytes());
        bytes.push(self.kind.code());
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
        let kind = kind
            .first()
            .and_then(|code| VmKind::from_code(*code))
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
        })
    }
}

/// Whether a contract may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ContractStatus {
    /// It may.
    Active,
    /// Not until its owner thaws it.
    Frozen,
    /// Never again.
    Revoked,
}

impl ContractStatus {
    /// The number that leads a record, so that a call need not read all of it.
    const fn code(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::Frozen => 1,
            Self::Revoked => 2,
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Revoked => "revoked",
        }
    }
}

/// The lifecycle of a contract. An EVM contract that another contract created has no record and
/// counts as active, version 1, without owner or interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRecord {
    /// The machine that runs it.
    pub kind: VmKind,
    /// 1 for the first deploy, one more for each upgrade.
    pub version: u32,
    /// Code hashes of all versions, oldest first; the last is the present one.
    pub code_hashes: Vec<CodeHash>,
    /// Who may upgrade it.
    pub owner: Option<Address>,
    /// Whether it may be called.
    pub status: ContractStatus,
    /// Its interface as JSON text, as the author shipped it or as the code tells it.
    pub interface: Option<String>,
    /// The block of the first deploy.
    pub created_block: u64,
    /// The block of the last change.
    pub updated_block: u64,
}

impl ContractRecord {
    /// The bytes in the store: the number of the status, then JSON in the order of the fields.
    ///
    /// # Panics
    ///
    /// Never: the record holds only what JSON can name.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = vec![self.status.code()];
        serde_json::to_writer(&mut bytes, self).expect("invariant: a record is plain data");
        bytes.into()
    }

    /// The status alone, as the first byte tells it; nothing where it tells none.
    #[must_use]
    pub fn status_of(bytes: &[u8]) -> Option<ContractStatus> {
        let statuses = [ContractStatus::Active, ContractStatus::Frozen, ContractStatus::Revoked];
        statuses.into_iter().find(|status| bytes.first() == Some(&status.code()))
    }

    /// The record that `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`StateError::Corrupt`] naming `key` where the bytes are no contract record.
    pub fn decode(key: &Key, bytes: &[u8]) -> Result<Self, StateError> {
        let corrupt = |reason: String| StateError::Corrupt { key: key.to_string(), reason };
        let (_, json) =
            bytes.split_first().ok_or_else(|| corrupt("the record is empty".to_owned()))?;
        let record: Self =
            serde_json::from_slice(json).map_err(|error| corrupt(error.to_string()))?;
        if Self::status_of(bytes) != Some(record.status) {
            return Err(corrupt("the record names two statuses".to_owned()));
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn accounts_round_trip(
            balance in any::<[u64; 4]>(),
            nonce: u64,
            kind in 0u8..9,
            code in any::<Option<[u8; 32]>>(),
        ) {
            let record = AccountRecord {
                balance: Wei(U256::from_limbs(balance)),
                nonce,
                kind: VmKind::from_code(kind).expect("nine kinds"),
                code_hash: code.map_or(CodeHash::EMPTY, |bytes| CodeHash(bytes.into())),
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
