//! The same block gives the same on any number of threads.

use std::sync::Arc;

use block::execution::{ExecutionMode, Executor, ExecutorConfig, Outcome};
use braid_block_tests::{
    Random, Town,
    town::{kernel, sender},
};
use braidvm::rooms::kernel::Kernel;

const SEEDS: u64 = 5;
const TRANSACTIONS: u64 = 90;

fn executor(kernel: &Arc<Kernel>, workers: usize, stretch: usize) -> Executor {
    let mode = ExecutionMode::Verify;
    let config = ExecutorConfig { mode, workers, stretch, ..ExecutorConfig::default() };
    Executor::new(Arc::clone(kernel), &config)
}

#[test]
fn any_number_of_threads_gives_what_one_after_another_gives() {
    let town = Town::new();
    let mut counts = [0usize; 2];
    for recipient in [None, Some(sender(5))] {
        let kernel = kernel(recipient);
        for (workers, stretch) in [(1, 1), (2, 1), (2, 7), (4, 0), (8, 2), (16, 1)] {
            let executor = executor(&kernel, workers, stretch);
            for seed in 0..SEEDS {
                let block = town.block(seed, TRANSACTIONS);
                let executed =
                    executor.execute(town.view(), &block.environment, block.transactions);
                let executed = executed.unwrap_or_else(|error| {
                    panic!("seed {seed}, {workers} workers, stretch {stretch}: {error}")
                });
                for outcome in &executed.outcomes {
                    counts[usize::from(matches!(outcome, Outcome::Included(_)))] += 1;
                }
            }
        }
    }
    assert!(counts[0] > 100 && counts[1] > 1_000, "one outcome is rare: {counts:?}");
}

#[test]
fn attempts_that_are_withdrawn_anywhere_leave_nothing() {
    let town = Town::new();
    let kernel = kernel(Some(sender(5)));
    for seed in 0..SEEDS {
        let interrupts = move |index: u32, attempt: u32, read: u32| {
            let mixed = u64::from(index) << 40 | u64::from(attempt) << 20 | u64::from(read);
            Random::new(seed ^ mixed).below(3 + seed) == 0
        };
        let executor = executor(&kernel, 4, 1).with_interruption(Arc::new(interrupts));
        let block = town.block(seed, TRANSACTIONS);
        let executed = executor.execute(town.view(), &block.environment, block.transactions);
        let executed = executed.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let run = executed.statistics.run.expect("it ran in parallel");
        assert!(run.reexecutions > 0, "seed {seed}: nothing was withdrawn");
    }
}
