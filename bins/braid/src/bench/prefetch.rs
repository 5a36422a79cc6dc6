//! Blocks over a store whose records have to be fetched, with threads that read ahead and without.
//!
//! The wait for a record is a sleep over records in memory, so it is simulated: a disk that answers
//! as many reads at once as it is asked.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use braidvm::{
    Bytes, Hash,
    rooms::{
        block::execution::{ExecutionMode, Executor, ExecutorConfig},
        kernel::Transaction,
        state::{Key, ScanEntry, StateError, StateView},
    },
};

use super::{
    Bench, Goal, Pair, host_failure,
    parallel::{Cast, WORKERS, account, coin},
    thousands_per_second,
};
use crate::failure::Failure;

const TRANSACTIONS: u64 = 1_000;
const PREFETCH_THREADS: usize = 16;
const WAIT: Duration = Duration::from_micros(50);

/// A view that takes its time for every record.
#[derive(Debug)]
struct Distant(Arc<dyn StateView>);

impl StateView for Distant {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        thread::sleep(WAIT);
        self.0.read(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        self.0.scan(prefix, from, limit)
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        self.0.block_hash(number)
    }
}

pub(super) fn run(bench: &mut Bench<'_>, cast: &Cast) -> Result<(), Failure> {
    let transfer = |at| coin(account(at), account(TRANSACTIONS + at));
    let transactions: Arc<[Transaction]> = (0..TRANSACTIONS).map(transfer).collect();
    let names = [
        (1, "records 50 us away (simulated), read ahead, one thread"),
        (WORKERS, "records 50 us away (simulated), read ahead, two threads"),
    ];
    for (workers, name) in names {
        let executor = |prefetch_threads| {
            let mode = if workers > 1 { ExecutionMode::Parallel } else { ExecutionMode::Serial };
            let config =
                ExecutorConfig { mode, workers, prefetch_threads, ..ExecutorConfig::default() };
            Executor::new(Arc::clone(cast.two.kernel()), &config)
        };
        let (ahead, plain) = (executor(PREFETCH_THREADS), executor(0));
        let rate = |executor: &Executor| {
            let clock = Instant::now();
            let view: Arc<dyn StateView> = Arc::new(Distant(Arc::clone(&cast.view)));
            let same = Arc::clone(&transactions);
            executor.execute(view, &cast.block, same).map_err(host_failure)?;
            Ok(thousands_per_second(TRANSACTIONS, clock.elapsed()))
        };
        bench.measure(Pair {
            name,
            unit: "thousand/s",
            goal: Goal::AtLeast(2.0),
            this: &mut || rate(&ahead),
            peer: &mut || rate(&plain),
        })?;
    }
    Ok(())
}
