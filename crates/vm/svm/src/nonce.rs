//! Nonce accounts: values that stand in the place of a recent block's hash until they advance.

use primitives::{Address, Hash};
use solana_hash::Hash as SolanaHash;
use solana_nonce::{
    state::{Data, DurableNonce, State},
    versions::Versions,
};
use solana_sdk_ids::system_program;

use crate::{
    account::{AccountRecord, address, pubkey},
    sysvar::LAMPORTS_PER_SIGNATURE,
};

/// What a nonce account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// Who advances it.
    pub authority: Address,
    /// What a transaction names in the place of a recent block's hash.
    pub value: Hash,
}

impl Nonce {
    /// The nonce in an account, or nothing where it is no nonce account that was made ready.
    #[must_use]
    pub fn read(record: &AccountRecord) -> Option<Self> {
        if record.owner != address(&system_program::ID) || record.code_hash.is_some() {
            return None;
        }
        let Ok(Versions::Current(state)) = bincode::deserialize(&record.data) else { return None };
        match *state {
            State::Uninitialized => None,
            State::Initialized(data) => Some(Self {
                authority: address(&data.authority),
                value: data.blockhash().to_bytes().into(),
            }),
        }
    }

    /// Its value once it has advanced in a block with this parent.
    #[must_use]
    pub fn value_after(parent: &Hash) -> Hash {
        durable(parent).as_hash().to_bytes().into()
    }

    /// Its account once it has advanced in a block with this parent.
    ///
    /// # Panics
    ///
    /// Never: a nonce has a form in bytes.
    #[must_use]
    pub fn record_after(&self, parent: &Hash) -> AccountRecord {
        let data = Data::new(pubkey(&self.authority), durable(parent), LAMPORTS_PER_SIGNATURE);
        let data = bincode::serialize(&Versions::new(State::Initialized(data)));
        AccountRecord {
            owner: address(&system_program::ID),
            is_executable: false,
            code_hash: None,
            data: data.expect("invariant: a nonce has a form in bytes"),
        }
    }
}

fn durable(parent: &Hash) -> DurableNonce {
    DurableNonce::from_blockhash(&SolanaHash::new_from_array(parent.0))
}
