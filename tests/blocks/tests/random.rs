//! The same block gives the same on any number of threads.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

use block::execution::{ExecutionMode, Executor, ExecutorConfig, Job, Listener, Outcome};
use braid_block_tests::{
    Random, Town,
    town::{kernel, sender},
};
use braidvm::rooms::{kernel::Kernel, vm::Status, vm_native::system};

const SEEDS: u64 = 5;
const TRANSACTIONS: u64 = 90;

fn executor(kernel: &Arc<Kernel>, workers: usize, stretch: usize) -> Executor {
    let mode = ExecutionMode::Verify;
    let prefetch_threads = workers / 2;
    let config =
        ExecutorConfig { mode, workers, stretch, prefetch_threads, ..ExecutorConfig::default() };
    Executor::new(Arc::clone(kernel), &config)
}

#[test]
fn any_number_of_threads_gives_what_one_after_another_gives() {
    let town = Town::new();
    let mut counts = [0usize; 2];
    let mut go_counts = 0;
    let mut solana = [0usize; 2];
    let mut object_events = BTreeSet::new();
    for recipient in [None, Some(sender(5))] {
        let kernel = kernel(recipient);
        for (workers, stretch) in [(1, 1), (2, 1), (2, 7), (4, 0), (8, 2), (16, 1)] {
            let executor = executor(&kernel, workers, stretch);
            for seed in 0..SEEDS {
                let block = town.block(seed, TRANSACTIONS);
                let to: Vec<_> = block.transactions.iter().map(|it| it.to).collect();
                let anchors: Vec<_> = block.transactions.iter().map(|it| it.anchor).collect();
                let executed =
                    executor.execute(town.view(), &block.environment, block.transactions);
                let executed = executed.unwrap_or_else(|error| {
                    panic!("seed {seed}, {workers} workers, stretch {stretch}: {error}")
                });
                for (outcome, anchor) in executed.outcomes.iter().zip(anchors) {
                    let is_done =
                        matches!(outcome, Outcome::Included(it) if it.status.is_success());
                    solana[usize::from(is_done)] += usize::from(anchor.is_some());
                }
                for (outcome, to) in executed.outcomes.iter().zip(to) {
                    counts[usize::from(matches!(outcome, Outcome::Included(_)))] += 1;
                    let Outcome::Included(result) = outcome else { continue };
                    let is_go = to == Some(town.gopher());
                    go_counts += usize::from(is_go && result.status == Status::Success);
                    let events = result.events.iter();
                    let events = events.filter(|it| it.address == system::objects());
                    object_events.extend(events.map(|it| it.topics[0]));
                }
            }
        }
    }
    assert_eq!(object_events.len(), 4, "objects are made, changed, given away and deleted");
    assert!(solana[0] > 100 && solana[1] > 100, "one end of Solana's is rare: {solana:?}");
    assert!(go_counts > 50, "Go counts {go_counts} times");
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

#[test]
fn a_listener_hears_every_outcome_once_and_ends_the_block_where_it_says() {
    let town = Town::new();
    let kernel = kernel(Some(sender(5)));
    let settings = [(2, 1), (2, 7), (4, 0), (4, 3), (8, 2), (2, 90), (1, 1)];
    for (seed, (workers, stretch)) in (20..).zip(settings.repeat(3)) {
        let about = format!("seed {seed}, {workers} workers, stretch {stretch}");
        let block = town.block(seed, TRANSACTIONS);
        let end = usize::try_from(Random::new(seed).below(TRANSACTIONS + 10)).expect("small");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = {
            let heard = Arc::clone(&heard);
            Listener::new(move |index, outcome| {
                heard.lock().unwrap().push((index, format!("{outcome:?}")));
                if index == end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        };
        // The executor compares with serial execution that ends at the same place.
        let executor = executor(&kernel, workers, stretch);
        let job = Job::from(Arc::from(block.transactions)).with_listener(listener);
        let executed = executor.perform(&town.view(), &block.environment, &job);
        let outcomes = executed.unwrap_or_else(|error| panic!("{about}: {error}")).outcomes;
        assert_eq!(outcomes.len() as u64, TRANSACTIONS, "{about}");
        let reached = outcomes.len().min(end + 1);
        let is_reached = |it: &Outcome| !matches!(it, Outcome::NotReached);
        assert!(outcomes[..reached].iter().all(is_reached), "{about}");
        assert!(!outcomes[reached..].iter().any(is_reached), "{about}");
        let outcomes = outcomes[..reached].iter().map(|it| format!("{it:?}"));
        let heard = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!(heard, outcomes.enumerate().collect::<Vec<_>>(), "{about}");
    }
}
