//! Transactions as bytes, what is checked of them, genesis files, and blocks over a real kernel.

mod blocks;
mod envelope;
mod genesis;
mod vectors;

use braid_block::{Action, Payload, SecretKey};
use primitives::{Address, Gas, U256, Wei};

/// A key of secp256k1 that everybody knows.
fn key(seed: u8) -> SecretKey {
    SecretKey::secp256k1([seed; 32]).expect("a sound key")
}

/// A transfer on the chain of development.
fn transfer(nonce: u64, to: Address, wei: u64) -> Payload {
    Payload {
        chain_id: 31337,
        nonce,
        expiry: None,
        gas_limit: Gas(30_000),
        max_fee: 0,
        max_priority_fee: 0,
        action: Action::Transfer { to, value: Wei(U256::from(wei)) },
        hints: Vec::new(),
    }
}
