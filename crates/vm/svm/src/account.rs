//! What the state holds of an account, beside its coin.

use primitives::{Address, CodeHash, U256, WEI_PER_LAMPORT, Wei};
use solana_account::{Account, AccountSharedData};
use solana_pubkey::Pubkey;
use solana_sdk_ids::system_program;

/// The record of an account: who owns it and what is in it.
///
/// Its bytes are flags (one byte), the owner, the hash of the code where the flags say so, and the
/// data. The flags are 1 for an executable account and 2 for one whose data ends in code that is
/// kept by its hash, as the data of a program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The program that may change the account.
    pub owner: Address,
    /// Whether the account is a program.
    pub is_executable: bool,
    /// The code that follows `data`, where it is kept by its hash.
    pub code_hash: Option<CodeHash>,
    /// The data, or what comes before the code.
    pub data: Vec<u8>,
}

/// Lamports that programs see at most: the rest of a larger balance stays unseen, so that no sum
/// of a program overflows.
const LAMPORTS_SEEN_MAX: u64 = u64::MAX / 4;

const EXECUTABLE: u8 = 1;
const CODE_BY_HASH: u8 = 2;

const OWNER_START: usize = 1;
const OWNER_END: usize = OWNER_START + 32;

impl AccountRecord {
    /// What an account without a record is: empty, and the system program's.
    #[must_use]
    pub fn empty() -> Self {
        let owner = address(&system_program::ID);
        Self { owner, is_executable: false, code_hash: None, data: Vec::new() }
    }

    /// The bytes in the state.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut flags = if self.is_executable { EXECUTABLE } else { 0 };
        if self.code_hash.is_some() {
            flags |= CODE_BY_HASH;
        }
        let mut bytes = Vec::with_capacity(OWNER_END + 32 + self.data.len());
        bytes.push(flags);
        bytes.extend_from_slice(self.owner.as_bytes());
        if let Some(hash) = &self.code_hash {
            bytes.extend_from_slice(hash.0.as_slice());
        }
        bytes.extend_from_slice(&self.data);
        bytes
    }

    /// The record of these bytes, or nothing where they are no record.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (flags, rest) = bytes.split_first()?;
        let (owner, mut rest) = rest.split_first_chunk::<32>()?;
        let mut code_hash = None;
        if flags & CODE_BY_HASH != 0 {
            let (hash, data) = rest.split_first_chunk::<32>()?;
            code_hash = Some(CodeHash((*hash).into()));
            rest = data;
        }
        let is_known = flags & !(EXECUTABLE | CODE_BY_HASH) == 0;
        is_known.then(|| Self {
            owner: Address::new(*owner),
            is_executable: flags & EXECUTABLE != 0,
            code_hash,
            data: rest.to_vec(),
        })
    }
}

/// The lamports that programs see of a balance, and whether that is all of it but what is below a
/// lamport.
#[must_use]
pub fn lamports_of(balance: Wei) -> u64 {
    let lamports = balance.0 / WEI_PER_LAMPORT.0;
    u64::try_from(lamports).unwrap_or(u64::MAX).min(LAMPORTS_SEEN_MAX)
}

/// Lamports in wei.
#[must_use]
pub fn wei_of(lamports: u64) -> Wei {
    Wei(U256::from(lamports) * WEI_PER_LAMPORT.0)
}

/// The rent epoch of every account: accounts are exempt or not there.
const RENT_EPOCH: u64 = u64::MAX;

/// An account as the runtime has it.
pub(crate) fn shared(
    lamports: u64,
    data: Vec<u8>,
    owner: Pubkey,
    executable: bool,
) -> AccountSharedData {
    Account { lamports, data, owner, executable, rent_epoch: RENT_EPOCH }.into()
}

/// The identity of a key.
pub(crate) const fn address(key: &Pubkey) -> Address {
    Address::new(key.to_bytes())
}

/// The key of an identity.
pub(crate) const fn pubkey(address: &Address) -> Pubkey {
    Pubkey::new_from_array(*address.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_record_comes_back(
            owner in any::<[u8; 32]>(),
            is_executable in any::<bool>(),
            hash in any::<Option<[u8; 32]>>(),
            data in any::<Vec<u8>>(),
        ) {
            let code_hash = hash.map(|hash| CodeHash(hash.into()));
            let owner = Address::new(owner);
            let record = AccountRecord { owner, is_executable, code_hash, data };
            prop_assert_eq!(AccountRecord::decode(&record.encode()), Some(record));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
            if let Some(record) = AccountRecord::decode(&bytes) {
                prop_assert_eq!(record.encode(), bytes);
            }
        }
    }

    #[test]
    fn what_is_below_a_lamport_is_unseen() {
        assert_eq!(lamports_of(Wei::from_u64(1_999_999_999)), 1);
        assert_eq!(lamports_of(Wei(U256::MAX)), LAMPORTS_SEEN_MAX);
        assert_eq!(wei_of(3), Wei::from_u64(3_000_000_000));
    }
}
