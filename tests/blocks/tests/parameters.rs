//! Blocks that change the parameters of their chain give the same chain on any number of threads.

use std::sync::Arc;

use braid_block_tests::{Traffic, traffic::config};
use braidvm::{
    Address, BlockNumber, Bytes, Engine, Gas, Genesis, Hash, Parameter, U256, dev_accounts,
    parameter_input,
    rooms::{kernel::Transaction, state::MemoryStore, vm_native::system},
};
use crossing_tests::call_data;

const BLOCKS: u64 = 4;
const TRANSACTIONS: usize = 60;

fn engine(threads: usize, verify: bool) -> Engine {
    let accounts = dev_accounts().into_iter();
    let accounts: String =
        accounts.map(|it| format!("[accounts.{}]\nbalance = \"1000ether\"\n", it.name)).collect();
    let text = format!("accepts_impersonated = true\n[governance]\nowner = \"bob\"\n{accounts}");
    let genesis = Genesis::from_text("test", &text).expect("a genesis");
    let mut config = config(threads);
    config.execution.verify = verify;
    let none = |_: &std::path::Path| unreachable!("no artifacts");
    let store = Arc::new(MemoryStore::new());
    Engine::with_genesis(config, store, &genesis, &none).expect("an engine")
}

/// A call of the contract of parameters by bob, the owner, as the `nonce`th of his block.
fn call(engine: &Engine, nonce: u64, input: Bytes) -> braidvm::SignedTransaction {
    let bob: Address = engine.account("bob").expect("known");
    let transaction = Transaction {
        from: bob,
        to: Some(system::parameters()),
        input,
        gas_limit: Gas(200_000),
        ..Transaction::default()
    };
    let known = engine.nonce(&bob).expect("the state reads");
    engine.sign(&transaction, known + nonce).expect("it has a form")
}

/// The chain of random traffic, between which the owner reads and changes the limit of gas.
fn chain(threads: usize, verify: bool) -> Vec<Hash> {
    let mut engine = engine(threads, verify);
    let mut traffic = Traffic::begin(&mut engine, 11);
    let bob = engine.account("bob").expect("known");
    for round in 0..BLOCKS {
        let mut transactions = traffic.block(&engine, TRANSACTIONS);
        transactions.retain(|it| it.recover().expect("signed").transaction.from != bob);
        let get = call_data("get(string)", &["gas_limit".into()]);
        let set = |value: u64| parameter_input(Parameter::GasLimit, U256::from(value));
        let limit = 60_000_000 + round;
        let calls = [get.clone(), set(1_000_000), get.clone(), set(limit), get];
        for (nonce, input) in (0..).zip(calls) {
            let place = (nonce as usize) * transactions.len() / 5;
            transactions.insert(place, call(&engine, nonce, input));
        }
        let before = engine.rules().gas_limit.0;
        let block = engine.send_block(&transactions).expect("the host does not fail");
        assert!(block.skipped.is_empty(), "{:?}", block.skipped);
        assert_eq!(block.record.header.gas_limit, before);
        let read: Vec<_> = block
            .receipts
            .iter()
            .filter(|it| it.gas_by_vm.iter().any(|(kind, _)| *kind == braidvm::VmKind::Native))
            .map(|it| it.output.clone())
            .collect();
        assert_eq!(read.len(), 5);
        for index in [0, 2, 4] {
            assert_eq!(U256::from_be_slice(&read[index]), U256::from(before), "one in a block");
        }
        assert_eq!(engine.rules().gas_limit.0, limit, "the last change holds in the next block");
        assert_eq!(engine.replay(engine.tip()).expect("held"), None);
    }
    let hash = |number| engine.block(BlockNumber(number)).expect("held").hash();
    (0..=engine.tip().0).map(hash).collect()
}

#[test]
fn changes_within_a_block_are_seen_by_the_next_on_any_number_of_threads() {
    let expected = chain(1, false);
    assert_eq!(chain(4, false), expected);
    assert_eq!(chain(3, true), expected, "both ways at once");
}
