//! Contexts at rest: by contract, bounded in number and bytes, those used last kept. And what an
//! engine counts.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use primitives::CodeHash;

use crate::warmer::Warmer;

/// Contexts at rest. One that runs is not in it, so that a frame within a frame has another one.
#[derive(Debug)]
pub(crate) struct Pool<S> {
    resting: Mutex<Resting<S>>,
    slots_max: usize,
    bytes_max: u64,
}

/// In the order of their last use, the oldest first. Few enough to look through.
#[derive(Debug)]
struct Resting<S> {
    slots: VecDeque<Rest<S>>,
    bytes: u64,
}

#[derive(Debug)]
struct Rest<S> {
    code_hash: CodeHash,
    bytes: u64,
    slot: S,
}

impl<S> Pool<S> {
    /// A pool of at most so many contexts of at most so many bytes together.
    pub(crate) const fn new(slots_max: usize, bytes_max: u64) -> Self {
        let resting = Resting { slots: VecDeque::new(), bytes: 0 };
        Self { resting: Mutex::new(resting), slots_max, bytes_max }
    }

    /// A context that has loaded the code, the one used last.
    pub(crate) fn take(&self, code_hash: &CodeHash) -> Option<S> {
        let mut resting = self.resting.lock();
        let at = resting.slots.iter().rposition(|rest| rest.code_hash == *code_hash)?;
        resting.remove(at)
    }

    /// The context that was used longest ago, where there is no room for another one.
    pub(crate) fn take_oldest(&self) -> Option<S> {
        let mut resting = self.resting.lock();
        let is_full = resting.slots.len() >= self.slots_max;
        if is_full { resting.remove(0) } else { None }
    }

    /// Takes a context back, and lets go of those used longest ago where there is too much. Tells
    /// how many went.
    pub(crate) fn put(&self, code_hash: CodeHash, slot: S, bytes: u64) -> u64 {
        let mut evicted = Vec::new();
        {
            let mut resting = self.resting.lock();
            resting.bytes = resting.bytes.saturating_add(bytes);
            resting.slots.push_back(Rest { code_hash, bytes, slot });
            while resting.slots.len() > self.slots_max || resting.bytes > self.bytes_max {
                let Some(slot) = resting.remove(0) else { break };
                evicted.push(slot);
            }
        }
        // Dropped without the lock: freeing a context takes a while.
        evicted.len() as u64
    }

    /// How many contexts rest, and about how many bytes they hold.
    pub(crate) fn size(&self) -> (u64, u64) {
        let resting = self.resting.lock();
        (resting.slots.len() as u64, resting.bytes)
    }
}

impl<S> Resting<S> {
    fn remove(&mut self, at: usize) -> Option<S> {
        let rest = self.slots.remove(at)?;
        self.bytes = self.bytes.saturating_sub(rest.bytes);
        Some(rest.slot)
    }
}

/// What an engine counts, for people.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Runs that found a context that had loaded the code.
    pub(crate) hits: AtomicU64,
    /// Runs that had to load it.
    pub(crate) misses: AtomicU64,
    /// Contexts that were let go of for others.
    pub(crate) evictions: AtomicU64,
    /// Runs that an operation ended: out of gas, memory, depth.
    pub(crate) terminations: AtomicU64,
    /// Runs that the watchdog ended.
    pub(crate) timeouts: AtomicU64,
    /// Runs that this node failed, those too late included.
    pub(crate) failures: AtomicU64,
}

impl Counters {
    /// The counts, with those of `pool` and `warmer`.
    pub(crate) fn report<S: Send + 'static>(
        &self,
        pool: &Pool<S>,
        warmer: &Warmer<S>,
    ) -> Vec<(&'static str, u64)> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (contexts, bytes) = pool.size();
        let (warm, warm_hits) = warmer.size();
        vec![
            ("contexts", contexts),
            ("context_bytes", bytes),
            ("context_hits", read(&self.hits)),
            ("context_misses", read(&self.misses)),
            ("context_evictions", read(&self.evictions)),
            ("warm_contexts", warm),
            ("warm_context_hits", warm_hits),
            ("terminations", read(&self.terminations)),
            ("timeouts", read(&self.timeouts)),
            ("failures", read(&self.failures)),
        ]
    }
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u8) -> CodeHash {
        CodeHash::of(&[number])
    }

    #[test]
    fn those_used_last_are_kept() {
        let pool = Pool::new(2, 100);
        assert_eq!((pool.put(hash(1), 'a', 10), pool.put(hash(2), 'b', 10)), (0, 0));
        assert_eq!(pool.take(&hash(1)), Some('a'));
        assert_eq!(pool.take_oldest(), None, "there is room");
        pool.put(hash(1), 'a', 10);
        assert_eq!(pool.put(hash(3), 'c', 10), 1);
        assert_eq!((pool.take(&hash(2)), pool.size()), (None, (2, 20)));
        assert_eq!(pool.put(hash(3), 'd', 95), 2, "bytes count too");
        assert_eq!((pool.take(&hash(3)), pool.size()), (Some('d'), (0, 0)));
        pool.put(hash(4), 'e', 1);
        pool.put(hash(5), 'f', 1);
        assert_eq!((pool.take_oldest(), pool.size()), (Some('e'), (1, 1)));
        assert_eq!(Pool::new(0, 100).put(hash(1), 'a', 1), 1);
    }
}
