//! Blocks in which everybody changes one counter.

use std::sync::Arc;

use block::execution::{Executed, ExecutionMode, Executor, ExecutorConfig};
use braid_block_tests::{
    Random,
    town::{kernel, sender},
};
use braidvm::{
    Address, Bytes, Gas, U256,
    rooms::{
        kernel::{Kernel, Transaction},
        state::{Key, Overlay, StateView, WriteSet, number},
        vm::BlockEnvironment,
    },
};
use crossing_tests::{World, contracts::WASM_COUNTER};

const READ: u8 = 0;
const ADD: u8 = 1;
const SUB: u8 = 2;
const ADD_THEN_REVERT: u8 = 3;
const ADD_TWICE: u8 = 4;

/// A contract with one counter.
struct Counted {
    world: World,
    contract: Address,
    kernel: Arc<Kernel>,
}

impl Counted {
    fn new() -> Self {
        let mut world = World::new();
        let contract = world.deploy_wat(WASM_COUNTER);
        Self { world, contract, kernel: kernel(None) }
    }

    fn key(&self) -> Key {
        Key::counter(&self.contract, b"n")
    }

    /// The state in which the counter holds `number`.
    fn view(&self, number: U256) -> Arc<dyn StateView> {
        let writes: WriteSet = [(self.key(), number::encode(number))].into_iter().collect();
        Arc::new(Overlay::new(self.world.engine.store().latest(), writes))
    }

    /// One transaction for each operation, every one from somebody else.
    fn transactions(&self, operations: &[(u8, U256)]) -> Vec<Transaction> {
        let transaction = |(index, (operation, amount)): (usize, &(u8, U256))| Transaction {
            from: sender(100 + index as u64),
            to: Some(self.contract),
            input: Bytes::from([&[*operation], amount.to_be_bytes::<32>().as_slice()].concat()),
            gas_limit: Gas(200_000),
            nonce: Some(0),
            chain_id: Some(BlockEnvironment::default().chain_id),
            ..Transaction::default()
        };
        operations.iter().enumerate().map(transaction).collect()
    }

    /// Executes serially and in parallel, which must agree.
    fn execute(&self, workers: usize, start: U256, operations: &[(u8, U256)]) -> Executed {
        let mode = ExecutionMode::Verify;
        let config = ExecutorConfig { mode, workers, stretch: 1, ..ExecutorConfig::default() };
        let executor = Executor::new(Arc::clone(&self.kernel), &config);
        let environment =
            BlockEnvironment { gas_limit: Gas(u64::MAX >> 1), ..BlockEnvironment::default() };
        let transactions = self.transactions(operations);
        executor
            .execute(self.view(start), &environment, transactions)
            .unwrap_or_else(|error| panic!("{workers} workers: {error}"))
    }

    /// What the counter holds after the block.
    fn after(&self, executed: &Executed) -> U256 {
        let record = executed.writes.get(&self.key()).expect("the counter has changed");
        number::decode(&self.key(), record).expect("a number")
    }
}

/// How many calls answered that the change was made.
fn done(executed: &Executed) -> usize {
    let is_done = |outcome: &&block::execution::Outcome| {
        let result = outcome.included().expect("every transaction is valid");
        result.output.as_ref() == [1]
    };
    executed.outcomes.iter().filter(is_done).count()
}

#[test]
fn changes_of_one_counter_are_no_conflict() {
    let counted = Counted::new();
    let operations: Vec<_> = (0..300u64)
        .map(|index| (if index % 3 == 0 { SUB } else { ADD }, U256::from(index + 1)))
        .collect();
    for workers in [2, 4, 8, 16] {
        let executed = counted.execute(workers, U256::from(1_000_000), &operations);
        assert_eq!(done(&executed), 300);
        let run = executed.statistics.run.expect("it ran in parallel");
        assert_eq!(run.reexecutions, 0, "{workers} workers: {:?}", run.conflicts);
        assert!(run.conflicts.is_empty());
    }
}

#[test]
fn no_more_is_taken_than_there_is() {
    let counted = Counted::new();
    let operations = vec![(SUB, U256::ONE); 200];
    for workers in 1..=16 {
        let executed = counted.execute(workers, U256::from(120), &operations);
        assert_eq!(done(&executed), 120, "{workers} workers");
        assert_eq!(counted.after(&executed), U256::ZERO);
        let is_first = |index: usize| index < 120;
        for (index, outcome) in executed.outcomes.iter().enumerate() {
            let answer = &outcome.included().expect("valid").output;
            assert_eq!(answer.as_ref(), [u8::from(is_first(index))], "whoever comes first");
        }
    }
}

#[test]
fn near_both_bounds_the_order_decides() {
    let counted = Counted::new();
    let starts = [U256::ZERO, U256::from(3), U256::from(40), U256::MAX - U256::from(9), U256::MAX];
    let mut counts = [0usize; 2];
    for workers in [1, 2, 3, 5, 8, 16] {
        for (seed, start) in starts.into_iter().enumerate() {
            let mut random = Random::new(seed as u64);
            let operations: Vec<_> = (0..120)
                .map(|_| match random.below(24) {
                    0 => (READ, U256::ZERO),
                    1 => (ADD_THEN_REVERT, U256::from(random.below(9))),
                    2 => (ADD_TWICE, U256::from(random.below(5))),
                    3..=12 => (ADD, U256::from(random.below(6))),
                    _ => (SUB, U256::from(random.below(6))),
                })
                .collect();
            let executed = counted.execute(workers, start, &operations);
            let done = done(&executed);
            counts[0] += done;
            counts[1] += operations.len() - done;
        }
    }
    assert!(counts.iter().all(|count| *count > 400), "one answer is rare: {counts:?}");
}
