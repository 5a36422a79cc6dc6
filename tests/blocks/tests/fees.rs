//! Who gets the fees, paid directly or deferred.

use std::{collections::BTreeMap, sync::Arc};

use block::execution::{Executed, ExecutionMode, Executor, ExecutorConfig};
use braid_block_tests::{
    Town,
    town::{BASE_FEE, kernel, sender},
};
use braidvm::{
    Address, Bytes, Gas, U256, Wei,
    rooms::{
        kernel::Transaction,
        primitives::EvmAddress,
        state::{Key, Namespace, Records, StateView, record::AccountRecord},
        vm::BlockEnvironment,
        vm_evm::Fee,
    },
};

const TIP: u64 = 3;

/// Some stretches run one after another at once, some on their own.
const STRETCHES: [usize; 2] = [1, 4];

fn transfer(from: u64, nonce: u64, to: Address, tip: u64) -> Transaction {
    Transaction {
        from: sender(from),
        to: Some(to),
        value: Wei::from_u64(100),
        gas_limit: Gas(900_000),
        nonce: Some(nonce),
        chain_id: Some(BlockEnvironment::default().chain_id),
        fee: Fee::Dynamic {
            max_fee: Wei::from_u64(BASE_FEE + tip),
            max_priority_fee: Wei::from_u64(tip),
        },
        ..Transaction::default()
    }
}

/// Twelve senders to somebody, with what goes between.
fn with_others(special: &[Transaction], tip: u64) -> Vec<Transaction> {
    let others = |from: std::ops::Range<u64>| {
        from.map(|from| transfer(from, 0, sender(from + 20), tip)).collect::<Vec<_>>()
    };
    [others(0..5), special.to_vec(), others(5..10)].concat()
}

fn environment(beneficiary: Address) -> BlockEnvironment {
    BlockEnvironment {
        beneficiary,
        base_fee: Wei::from_u64(BASE_FEE),
        ..BlockEnvironment::default()
    }
}

fn execute(
    town: &Town,
    (beneficiary, recipient): (Address, Option<Address>),
    transactions: &[Transaction],
) -> Executed {
    let mut last = None;
    for stretch in STRETCHES {
        let config = ExecutorConfig {
            mode: ExecutionMode::Verify,
            workers: 4,
            stretch,
            ..ExecutorConfig::default()
        };
        let executor = Executor::new(kernel(recipient), &config);
        let executed = executor.execute(town.view(), &environment(beneficiary), transactions);
        let executed = executed.unwrap_or_else(|error| panic!("stretch {stretch}: {error}"));
        assert!(executed.outcomes.iter().all(|outcome| outcome.included().is_some()));
        last = Some(executed);
    }
    last.expect("it was executed")
}

fn balance(view: &Arc<dyn StateView>, executed: &Executed, address: &Address) -> U256 {
    let key = Key::account(address);
    let record = match executed.writes.get(&key) {
        Some(change) => change.cloned(),
        None => view.read(&key).expect("memory"),
    };
    record.map_or(U256::ZERO, |bytes| decode(&key, &bytes))
}

fn decode(key: &Key, bytes: &Bytes) -> U256 {
    AccountRecord::decode(key, bytes).expect("an account").balance.0
}

/// All coin before and after.
fn supplies(view: &Arc<dyn StateView>, executed: &Executed) -> [U256; 2] {
    let prefix = [Namespace::Account as u8];
    let mut balances: BTreeMap<Key, U256> = Records::starting_at(&**view, &prefix, &prefix)
        .map(|record| record.expect("memory"))
        .map(|(key, bytes)| (key.clone(), decode(&key, &bytes)))
        .collect();
    let before = balances.values().fold(U256::ZERO, |sum, balance| sum + balance);
    for (key, change) in executed.writes.iter().filter(|it| it.0.namespace() == Namespace::Account)
    {
        balances.insert(key.clone(), change.map_or(U256::ZERO, |bytes| decode(key, bytes)));
    }
    [before, balances.values().fold(U256::ZERO, |sum, balance| sum + balance)]
}

fn nobody() -> Address {
    Address::from_evm(EvmAddress::repeat_byte(0xbe))
}

fn tips(executed: &Executed) -> U256 {
    U256::from(executed.gas_used.0) * U256::from(TIP)
}

#[test]
fn a_beneficiary_that_did_not_exist_gets_the_tips() {
    let town = Town::new();
    let executed = execute(&town, (nobody(), None), &with_others(&[], TIP));
    assert_eq!(balance(&town.view(), &executed, &nobody()), tips(&executed));
}

#[test]
fn a_beneficiary_may_send_and_receive() {
    let town = Town::new();
    let beneficiary = sender(12);
    let special = [
        transfer(12, 0, sender(40), TIP),
        transfer(11, 0, beneficiary, TIP),
        transfer(12, 1, beneficiary, TIP),
    ];
    let executed = execute(&town, (beneficiary, None), &with_others(&special, TIP));
    let before = decode(
        &Key::account(&beneficiary),
        &town.view().read(&Key::account(&beneficiary)).expect("memory").expect("funded"),
    );
    let of_others = executed.gas_used.0 - 2 * 21_000;
    // It pays itself the tip and burns the base fee.
    let paid = U256::from(2 * 21_000 * BASE_FEE);
    let expected = before + U256::from(of_others * TIP) - paid - U256::from(100) + U256::from(100);
    assert_eq!(balance(&town.view(), &executed, &beneficiary), expected);
}

#[test]
fn no_tip_leaves_no_beneficiary() {
    let town = Town::new();
    let executed = execute(&town, (nobody(), None), &with_others(&[], 0));
    assert!(executed.writes.get(&Key::account(&nobody())).is_none());
}

#[test]
fn whoever_reads_the_beneficiary_sees_all_tips_before() {
    let town = Town::new();
    let watch = Transaction { value: Wei::ZERO, ..transfer(11, 0, town.watcher(), TIP) };
    let executed = execute(&town, (nobody(), None), &with_others(&[watch], TIP));
    let key = Key::slot(&town.watcher(), &Default::default());
    let seen = executed.writes.get(&key).flatten().expect("it was written");
    assert_eq!(U256::from_be_slice(seen), U256::from(5 * 21_000 * TIP));
}

#[test]
fn a_beneficiary_that_is_made_and_destroyed_gets_the_tips_after() {
    let town = Town::new();
    let destroyed = Address::from_evm(town.maker().evm_alias().create(1));
    let make = transfer(11, 0, town.maker(), TIP);
    let executed = execute(&town, (destroyed, None), &with_others(&[make], TIP));
    let got = balance(&town.view(), &executed, &destroyed);
    assert!(got >= U256::from(5 * 21_000 * TIP), "{got}");
    assert!(got < tips(&executed), "what it had when it was destroyed is gone: {got}");
}

#[test]
fn a_recipient_of_the_base_fee_keeps_coin_constant() {
    let town = Town::new();
    let recipients = [nobody(), sender(12), sender(41), town.watcher()];
    for recipient in recipients {
        for beneficiary in [nobody(), sender(12)] {
            let special = [transfer(12, 0, recipient, TIP), transfer(11, 0, beneficiary, TIP)];
            let transactions: Vec<_> = with_others(&special, TIP)
                .into_iter()
                .filter(|it| it.to != Some(town.watcher()))
                .collect();
            let executed = execute(&town, (beneficiary, Some(recipient)), &transactions);
            let [before, after] = supplies(&town.view(), &executed);
            assert_eq!(before, after, "{recipient} gets the base fee, {beneficiary} the tips");
        }
    }
    let burnt = execute(&town, (nobody(), None), &with_others(&[], TIP));
    let [before, after] = supplies(&town.view(), &burnt);
    assert_eq!(before - after, U256::from(burnt.gas_used.0 * BASE_FEE));
}
