//! How long each transaction of a block ran, and what it called.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use block::execution::Stopwatch;
use kernel::Transaction;

/// Marks a selector as there: the four bytes themselves may be zero.
const HAS_SELECTOR: u64 = 1 << 32;

/// The clock of one block.
#[derive(Debug)]
pub(crate) struct Watch {
    began: Instant,
    laps: Vec<Lap>,
}

#[derive(Debug, Default)]
struct Lap {
    nanoseconds: AtomicU64,
    selector: AtomicU64,
}

impl Watch {
    /// Begins now, over so many transactions; over none it measures the block alone.
    pub(crate) fn start(transactions: usize) -> Self {
        let laps = std::iter::repeat_with(Lap::default).take(transactions).collect();
        Self { began: Instant::now(), laps }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The nanoseconds of a transaction in all attempts at it, and the selector of its input.
    pub(crate) fn lap(&self, index: usize) -> (u64, Option<[u8; 4]>) {
        let Some(lap) = self.laps.get(index) else { return (0, None) };
        let selector = lap.selector.load(Ordering::Relaxed);
        let [.., a, b, c, d] = selector.to_be_bytes();
        let selector = (selector & HAS_SELECTOR != 0).then_some([a, b, c, d]);
        (lap.nanoseconds.load(Ordering::Relaxed), selector)
    }
}

impl Stopwatch for Watch {
    fn now(&self) -> u64 {
        nanoseconds(self.began.elapsed())
    }

    fn stop(&self, index: usize, transaction: &Transaction, began: u64) {
        let Some(lap) = self.laps.get(index) else { return };
        lap.nanoseconds.fetch_add(self.now().saturating_sub(began), Ordering::Relaxed);
        if let Some(selector) = transaction.input.first_chunk() {
            let selector = u64::from(u32::from_be_bytes(*selector));
            lap.selector.store(HAS_SELECTOR | selector, Ordering::Relaxed);
        }
    }
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
