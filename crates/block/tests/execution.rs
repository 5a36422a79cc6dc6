//! What becomes of the transactions of a block that is executed serially.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use braid_block::execution::{Executed, Executor, Job, Outcome, Stopwatch};
use kernel::{Kernel, KernelConfig, Transaction, TransactionError};
use primitives::{Address, Gas, Wei};
use state::{EmptyView, Key, Overlay, StateView, WriteSet, record::AccountRecord};
use vm::BlockEnvironment;

const TRANSFER_GAS: u64 = 21_000;

fn account(number: u8) -> Address {
    let mut bytes = [0; 32];
    bytes[31] = number;
    bytes[20] = 0x77;
    Address::new(bytes)
}

fn world() -> Arc<dyn StateView> {
    let mut records = WriteSet::new();
    for number in 0..4 {
        let record = AccountRecord { balance: Wei::from_u64(1_000_000), ..Default::default() };
        records.put(Key::account(&account(number)), record.encode());
    }
    Arc::new(Overlay::new(Arc::new(EmptyView), records))
}

fn transfer(from: u8, to: u8, nonce: u64) -> Transaction {
    Transaction {
        from: account(from),
        to: Some(account(to)),
        value: Wei::from_u64(10),
        gas_limit: Gas(TRANSFER_GAS),
        nonce: Some(nonce),
        ..Transaction::default()
    }
}

fn execute(gas_limit: u64, transactions: &[Transaction]) -> Executed {
    let kernel = Arc::new(Kernel::new(KernelConfig::default()).expect("defaults are sound"));
    let block = BlockEnvironment { gas_limit: Gas(gas_limit), ..BlockEnvironment::default() };
    Executor::serial(kernel).execute(world(), &block, transactions).expect("the host does not fail")
}

fn balance(executed: &Executed, number: u8) -> u64 {
    let key = Key::account(&account(number));
    let record = executed.writes.get(&key).flatten().expect("the account was written");
    AccountRecord::decode(&key, record).expect("an account").balance.0.to()
}

#[test]
fn transactions_see_what_those_before_them_did() {
    let executed = execute(1_000_000, &[transfer(0, 1, 0), transfer(0, 1, 1), transfer(1, 2, 0)]);
    assert!(executed.outcomes.iter().all(|outcome| outcome.included().is_some()));
    assert_eq!(executed.gas_used, Gas(3 * TRANSFER_GAS));
    assert_eq!((balance(&executed, 0), balance(&executed, 1)), (999_980, 1_000_010));
}

#[test]
fn an_invalid_transaction_is_skipped_and_leaves_nothing() {
    let executed = execute(1_000_000, &[transfer(0, 1, 7), transfer(2, 1, 0)]);
    let first = &executed.outcomes[0];
    assert!(matches!(first, Outcome::Skipped(TransactionError::NonceTooHigh { .. })), "{first:?}");
    assert!(executed.outcomes[1].included().is_some());
    assert!(executed.writes.get(&Key::account(&account(0))).is_none());
}

#[test]
fn what_no_longer_fits_is_skipped() {
    let block_gas = 2 * TRANSFER_GAS + 100;
    let all = [transfer(0, 1, 0), transfer(1, 2, 0), transfer(2, 3, 0)];
    let executed = execute(block_gas, &all);
    let last = &executed.outcomes[2];
    let Outcome::Skipped(TransactionError::AboveBlockGasLimit { limit, .. }) = last else {
        panic!("it fitted: {last:?}");
    };
    assert_eq!(*limit, 100);
    assert_eq!(executed.gas_used, Gas(2 * TRANSFER_GAS));
}

#[test]
fn what_is_as_it_was_is_not_among_the_writes() {
    let executed = execute(1_000_000, &[Transaction { value: Wei::ZERO, ..transfer(0, 1, 0) }]);
    assert!(executed.writes.get(&Key::account(&account(0))).is_some(), "the nonce has grown");
    assert!(executed.writes.get(&Key::account(&account(1))).is_none());
}

/// Counts how often it is read.
#[derive(Debug, Default)]
struct Counting {
    reads: AtomicU64,
    stops: AtomicU64,
}

impl Stopwatch for Counting {
    fn now(&self) -> u64 {
        self.reads.fetch_add(1, Ordering::Relaxed)
    }

    fn stop(&self, _index: usize, _transaction: &Transaction, _began: u64) {
        self.stops.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn measuring_reads_the_clock_twice_for_a_transaction_and_never_unasked() {
    let kernel = Arc::new(Kernel::new(KernelConfig::default()).expect("defaults are sound"));
    let block = BlockEnvironment { gas_limit: Gas(1_000_000), ..BlockEnvironment::default() };
    let transactions: Arc<[_]> = (0..20).map(|nonce| transfer(0, 1, nonce)).collect();
    let executor = Executor::serial(kernel);
    let watch = Arc::new(Counting::default());
    let counts = || [&watch.reads, &watch.stops].map(|it| it.load(Ordering::Relaxed));
    let run = |stopwatch: Option<Arc<dyn Stopwatch>>| {
        let job = Job::from(Arc::clone(&transactions)).with_stopwatch(stopwatch);
        executor.perform(&world(), &block, &job).expect("the host does not fail")
    };
    let unmeasured = run(None);
    assert_eq!(counts(), [0, 0]);
    let measured = run(Some(Arc::<Counting>::clone(&watch)));
    // A clock is read where a transaction begins, and by whoever is told that it has ended.
    assert_eq!(counts(), [20, 20]);
    assert_eq!((measured.writes, measured.gas_used), (unmeasured.writes, unmeasured.gas_used));
}
