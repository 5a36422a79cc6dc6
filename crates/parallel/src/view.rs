//! The state as one stretch sees it: what the stretches below it wrote, over the base.

use std::{fmt, sync::Arc};

use primitives::{Bytes, Hash, U256};
use state::{Key, ScanEntry, StateError, StateView};

use crate::{
    memory::{Asked, Index, Memory, Reads, Unreadable},
    range::RangeRead,
    sync::{AtomicBool, Guard, Mutex, Ordering},
};

/// Says whether an attempt is withdrawn at one of its reads: of which stretch, in which attempt
/// at it, at which read. Tests force withdrawals by it; none changes a result.
pub type Interruption = Arc<dyn Fn(u32, u32, u32) -> bool + Send + Sync>;

/// The state as one stretch of transactions sees it, which is set from attempt to attempt.
///
/// It remembers what was read. Once it has withdrawn an attempt, every further read fails, so that
/// no guest can go on as if nothing had happened.
pub struct View {
    memory: Arc<Memory>,
    is_over: Arc<AtomicBool>,
    interruption: Option<Interruption>,
    attempt: Mutex<Current>,
}

/// Why an attempt was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    /// A stretch below is being run again.
    WaitsFor(Index),
    /// For no reason that a later attempt would meet.
    Interrupted,
}

/// What an attempt is to see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    pub(crate) index: Index,
    pub(crate) incarnation: u32,
    pub(crate) is_certain: bool,
    pub(crate) is_recorded: bool,
}

#[derive(Debug)]
struct Current {
    aim: Aim,
    reads: Reads,
    reads_count: u32,
    withdrawal: Option<Withdrawal>,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl View {
    pub(crate) fn new(
        memory: Arc<Memory>,
        is_over: Arc<AtomicBool>,
        interruption: Option<Interruption>,
    ) -> Self {
        let aim = Aim { index: 0, incarnation: 0, is_certain: false, is_recorded: false };
        let current = Current { aim, reads: Reads::default(), reads_count: 0, withdrawal: None };
        Self { memory, is_over, interruption, attempt: Mutex::new(current) }
    }

    /// Begins an attempt.
    pub(crate) fn begin(&self, aim: Aim) {
        let mut current = self.attempt.lock();
        current.aim = aim;
        current.reads = Reads::default();
        current.reads_count = 0;
        current.withdrawal = None;
    }

    /// What the attempt read, or why it was withdrawn.
    pub(crate) fn end(&self) -> Result<Reads, Withdrawal> {
        let mut current = self.attempt.lock();
        match current.withdrawal {
            Some(withdrawal) => Err(withdrawal),
            None => Ok(std::mem::take(&mut current.reads)),
        }
    }

    /// Whether the number in a record is `amount` or more. Only the answer counts as read, so that
    /// changes which leave it as it is are no conflict.
    ///
    /// # Errors
    ///
    /// As [`StateView::read`].
    pub fn at_least(&self, key: &Key, amount: U256) -> Result<bool, StateError> {
        let mut current = self.enter()?;
        let index = current.aim.index;
        let asked = self.memory.ask(key, amount, index);
        let holds = asked.map_err(|reason| current.withdraw(reason))?;
        if current.aim.is_recorded {
            current.reads.asked.push(Asked { key: key.clone(), amount, holds });
        }
        Ok(holds)
    }

    fn enter(&self) -> Result<Guard<'_, Current>, StateError> {
        let mut current = self.attempt.lock();
        current.reads_count += 1;
        let Aim { index, incarnation, is_certain, .. } = current.aim;
        if is_certain {
            return Ok(current);
        }
        let is_interrupted = self.is_over.load(Ordering::Relaxed)
            || self
                .interruption
                .as_ref()
                .is_some_and(|interrupts| interrupts(index, incarnation, current.reads_count));
        if is_interrupted {
            current.withdrawal.get_or_insert(Withdrawal::Interrupted);
        }
        match current.withdrawal {
            Some(_) => Err(StateError::Withdrawn),
            None => Ok(current),
        }
    }
}

impl Current {
    #[cold]
    fn withdraw(&mut self, reason: Unreadable) -> StateError {
        let withdrawal = match reason {
            Unreadable::Failed(error) => return error,
            Unreadable::Estimate(index) => Withdrawal::WaitsFor(index),
            // What does not fit now may when all is known.
            Unreadable::Unresolvable => Withdrawal::Interrupted,
        };
        assert!(!self.aim.is_certain, "below a certain attempt everything can be read");
        self.withdrawal.get_or_insert(withdrawal);
        StateError::Withdrawn
    }
}

impl StateView for View {
    fn read(&self, key: &Key) -> Result<Option<Bytes>, StateError> {
        let mut current = self.enter()?;
        if current.aim.index == 0 && !current.aim.is_recorded {
            return self.memory.base().read(key);
        }
        if !current.aim.is_recorded {
            let value = self.memory.peek(key, current.aim.index);
            return value.map_err(|reason| current.withdraw(reason));
        }
        let seen = self.memory.read(key, current.aim.index);
        let seen = seen.map_err(|reason| current.withdraw(reason))?;
        let value = seen.value.clone();
        current.reads.records.push(seen);
        Ok(value)
    }

    fn number_at_least(&self, key: &Key, amount: U256) -> Result<bool, StateError> {
        self.at_least(key, amount)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<ScanEntry>, StateError> {
        let mut current = self.enter()?;
        let found = self.memory.scan((prefix, from, limit), current.aim.index);
        let found = found.map_err(|reason| current.withdraw(reason))?;
        if current.aim.is_recorded {
            let (prefix, from) = (prefix.to_vec(), from.to_vec());
            let found = found.clone();
            current.reads.ranges.push(RangeRead { prefix, from, limit, found });
        }
        Ok(found)
    }

    fn block_hash(&self, number: u64) -> Result<Option<Hash>, StateError> {
        drop(self.enter()?);
        self.memory.base().block_hash(number)
    }
}
