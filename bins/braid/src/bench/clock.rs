//! How long work takes: on the processor where the system tells it, else on the wall.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// What the measuring thread runs. What neighbors on a loaded machine take does not count.
pub(super) struct Clock {
    processor: Option<Duration>,
    wall: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { processor: processor_time(), wall: Instant::now() }
    }

    /// The time since the start, on the processor if both readings are known.
    pub(super) fn elapsed(&self) -> Duration {
        let wall = self.wall.elapsed();
        match (self.processor, processor_time()) {
            (Some(start), Some(end)) => end.saturating_sub(start),
            _ => wall,
        }
    }
}

fn processor_time() -> Option<Duration> {
    // The scheduler books the time of a running thread at its next tick, that of one which gives
    // the processor away at once: so the reading is exact after the shortest of sleeps.
    thread::sleep(Duration::from_nanos(1));
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn work_takes_time() {
        let clock = Clock::start();
        let sum = (0..1_000_000u64).fold(0, |sum, next| black_box(sum ^ next));
        assert_eq!(sum, 0);
        assert!(clock.elapsed() > Duration::ZERO);
    }
}
