//! Contexts at rest: by contract, bounded in number and bytes, those used last kept.
#![allow(
    unsafe_code,
    reason = "the binding counts references without atoms, a slot holds them all"
)]

use std::collections::VecDeque;

use parking_lot::Mutex;
use primitives::CodeHash;

use super::slot::Slot;

/// Contexts at rest. One that runs is not in it.
#[derive(Debug)]
pub(super) struct Pool {
    resting: Mutex<Resting>,
    slots_max: usize,
    bytes_max: u64,
}

/// In the order of their last use, the oldest first. Few enough to look through.
#[derive(Debug, Default)]
struct Resting {
    slots: VecDeque<Rest>,
    bytes: u64,
}

#[derive(Debug)]
struct Rest {
    code_hash: CodeHash,
    bytes: u64,
    slot: Movable,
}

/// A slot on its way between threads.
#[derive(Debug)]
struct Movable(Slot);

// SAFETY: a runtime of the engine has no tie to a thread but the address of the stack, which a slot
// tells anew before each use. Every reference to the runtime, its context, its values and what its
// closures share lies within the slot, so that all of them move at once, and the lock of the pool
// orders one thread's use before the next one's.
unsafe impl Send for Movable {}

impl Pool {
    /// A pool of at most so many contexts of at most so many bytes together.
    pub(super) fn new(slots_max: usize, bytes_max: u64) -> Self {
        Self { resting: Mutex::default(), slots_max, bytes_max }
    }

    /// A context that has loaded the code, the one used last.
    pub(super) fn take(&self, code_hash: &CodeHash) -> Option<Slot> {
        let mut resting = self.resting.lock();
        let at = resting.slots.iter().rposition(|rest| rest.code_hash == *code_hash)?;
        let rest = resting.slots.remove(at)?;
        resting.bytes = resting.bytes.saturating_sub(rest.bytes);
        Some(rest.slot.0)
    }

    /// Takes a context back, and lets go of those used longest ago where there is too much. Tells
    /// how many went.
    pub(super) fn put(&self, code_hash: CodeHash, slot: Slot, bytes: u64) -> u64 {
        let mut evicted = Vec::new();
        {
            let mut resting = self.resting.lock();
            resting.bytes = resting.bytes.saturating_add(bytes);
            resting.slots.push_back(Rest { code_hash, bytes, slot: Movable(slot) });
            while resting.slots.len() > self.slots_max || resting.bytes > self.bytes_max {
                let Some(rest) = resting.slots.pop_front() else { break };
                resting.bytes = resting.bytes.saturating_sub(rest.bytes);
                evicted.push(rest);
            }
        }
        // Dropped without the lock: freeing a runtime takes a while.
        evicted.len() as u64
    }

    /// How many contexts rest, and about how many bytes they hold.
    pub(super) fn size(&self) -> (u64, u64) {
        let resting = self.resting.lock();
        (resting.slots.len() as u64, resting.bytes)
    }
}
