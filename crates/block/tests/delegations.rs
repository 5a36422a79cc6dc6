//! An account that delegates its code twice in one block (EIP-7702), serially and in parallel.
#![allow(unused_crate_dependencies, reason = "tests use few of them")]

use std::sync::Arc;

use alloy_eips::eip7702;
use braid_block::{
    SecretKey,
    execution::{ExecutionMode, Executor, ExecutorConfig},
};
use kernel::{Authorization, Kernel, KernelConfig, Transaction};
use primitives::{Address, CodeHash, EvmAddress, Gas, U256, Wei};
use secp256k1::{Message, SECP256K1};
use state::{EmptyView, Key, Overlay, StateView, WriteSet, record::AccountRecord};
use vm::BlockEnvironment;

const SECRET: [u8; 32] = [7; 32];
const SENDERS: u8 = 6;

fn sender(number: u8) -> Address {
    Address::from_evm(EvmAddress::repeat_byte(0xa0 + number))
}

fn target(number: u8) -> EvmAddress {
    EvmAddress::repeat_byte(0x60 + number)
}

fn authorization(nonce: u64, address: EvmAddress) -> Authorization {
    let unsigned = eip7702::Authorization { chain_id: U256::ZERO, address, nonce };
    let message = Message::from_digest(unsigned.signature_hash().0);
    let key = secp256k1::SecretKey::from_byte_array(SECRET).expect("a key");
    let (parity, bytes) = SECP256K1.sign_ecdsa_recoverable(message, &key).serialize_compact();
    Authorization {
        chain_id: U256::ZERO,
        address: Address::from_evm(address),
        nonce,
        y_parity: u8::try_from(i32::from(parity)).expect("0 or 1"),
        r: U256::from_be_slice(&bytes[..32]),
        s: U256::from_be_slice(&bytes[32..]),
    }
}

/// Everybody sends one transaction, which makes the same account delegate to somebody else.
fn transactions() -> Vec<Transaction> {
    let delegates = |number: u8| Transaction {
        from: sender(number),
        to: Some(sender(number)),
        gas_limit: Gas(200_000),
        nonce: Some(0),
        chain_id: Some(BlockEnvironment::default().chain_id),
        authorizations: vec![authorization(u64::from(number), target(number))],
        ..Transaction::default()
    };
    (0..SENDERS).map(delegates).collect()
}

fn world() -> Arc<dyn StateView> {
    let mut records = WriteSet::new();
    for number in 0..SENDERS {
        let record = AccountRecord { balance: Wei::from_u64(1 << 40), ..AccountRecord::default() };
        records.put(Key::account(&sender(number)), record.encode());
    }
    Arc::new(Overlay::new(Arc::new(EmptyView), records))
}

#[test]
fn both_ways_of_execution_keep_the_code_of_every_delegation() {
    let kernel = Arc::new(Kernel::new(KernelConfig::default()).expect("defaults are sound"));
    let config = ExecutorConfig {
        mode: ExecutionMode::Verify,
        workers: 2,
        stretch: 1,
        ..ExecutorConfig::default()
    };
    let executor = Executor::new(kernel, &config);
    let block = BlockEnvironment { gas_limit: Gas(1 << 40), ..BlockEnvironment::default() };
    let executed = executor.execute(world(), &block, transactions()).expect("both ways agree");
    assert!(executed.outcomes.iter().all(|outcome| outcome.included().is_some()));
    let code = |number| [&[0xef, 0x01, 0x00], target(number).as_slice()].concat();
    for number in 0..SENDERS {
        let record = executed.writes.get(&Key::code(&CodeHash::of(&code(number)))).flatten();
        assert_eq!(record.map(|it| it.to_vec()), Some(code(number)), "delegation {number}");
    }
    let signer = SecretKey::secp256k1(SECRET).expect("a key").address();
    let key = Key::account(&signer);
    let record = executed.writes.get(&key).flatten().expect("the account was written");
    let record = AccountRecord::decode(&key, record).expect("an account");
    assert_eq!(record.nonce, u64::from(SENDERS));
    assert_eq!(record.code_hash, CodeHash::of(&code(SENDERS - 1)));
}
