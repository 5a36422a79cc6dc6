//! Counters: numbers of contracts that are changed without being read.
//!
//! An open counter is a change of a number that the journal need not know. Whether a change fits
//! is a question to the number below, [`StateView::number_at_least`](state::StateView), of which
//! only the answer counts as read. So changes of many transactions to one counter get in each
//! other's way only near the bounds.

use primitives::U256;
use state::{Delta, Key, Namespace, StateError, WriteSet, number};

use crate::{Journal, undo::Change};

impl Journal {
    /// The number in a counter.
    ///
    /// # Errors
    ///
    /// [`StateError`] where the view fails or has failed before; [`StateError::Withdrawn`] where
    /// what a deferring journal reads contradicts what it was told before.
    ///
    /// # Panics
    ///
    /// Where `key` is no counter.
    pub fn counter(&mut self, key: &Key) -> Result<U256, StateError> {
        assert_counter(key);
        let below = self.inner.database.number(key)?;
        let number = self.change_of(key).apply(below);
        number.ok_or_else(|| self.inner.database.fail(StateError::Withdrawn))
    }

    /// Whether the number in a counter is `amount` or more.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    ///
    /// # Panics
    ///
    /// Where `key` is no counter.
    pub fn counter_at_least(&mut self, key: &Key, amount: U256) -> Result<bool, StateError> {
        assert_counter(key);
        match self.change_of(key).needed_before(amount) {
            Some(needed) => self.inner.database.number_at_least(key, needed),
            None => Ok(false),
        }
    }

    /// Adds to a counter. Says whether the sum fits; where it does not, nothing has changed.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    ///
    /// # Panics
    ///
    /// Where `key` is no counter.
    pub fn counter_add(&mut self, key: &Key, amount: U256) -> Result<bool, StateError> {
        let first_refused = (U256::MAX - amount).checked_add(U256::ONE);
        let is_refused = match first_refused {
            Some(number) => self.counter_at_least(key, number)?,
            None => false,
        };
        if !is_refused {
            self.change_counter(key, Delta::Add(amount));
        }
        Ok(!is_refused)
    }

    /// Subtracts from a counter. Says whether there was as much; where there was not, nothing has
    /// changed.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    ///
    /// # Panics
    ///
    /// Where `key` is no counter.
    pub fn counter_sub(&mut self, key: &Key, amount: U256) -> Result<bool, StateError> {
        let suffices = self.counter_at_least(key, amount)?;
        if suffices {
            self.change_counter(key, Delta::Sub(amount));
        }
        Ok(suffices)
    }

    /// Lets the journal leave numbers unread that need not be known: what it does to them is then
    /// in [`Changes::deltas`](crate::Changes::deltas), and it has to be [closed](Self::close) in
    /// the end. Results are the same.
    ///
    /// # Panics
    ///
    /// Where changes are open.
    pub fn set_deferring(&mut self, is_deferring: bool) {
        assert!(self.counters.is_empty(), "numbers are deferred from the start or not at all");
        self.inner.database.set_deferring(is_deferring);
    }

    /// Moves the open counters into `writes`, or among the deltas that are handed out where the
    /// number below is not known and need not be.
    pub(crate) fn take_counters(
        &mut self,
        writes: &mut WriteSet,
    ) -> Result<Vec<(Key, Delta)>, StateError> {
        let mut deltas = Vec::new();
        for (key, delta) in std::mem::take(&mut self.counters) {
            if delta.is_none() {
                continue;
            }
            let database = &mut self.inner.database;
            if database.defers(&key) {
                deltas.push((key, delta));
                continue;
            }
            let number = delta.apply(database.number(&key)?);
            let number = number.ok_or_else(|| database.fail(StateError::Withdrawn))?;
            writes.set(key, number::encode(number));
        }
        debug_assert!(deltas.is_sorted_by_key(|(key, _)| key), "in the order of the keys");
        Ok(deltas)
    }

    fn change_counter(&mut self, key: &Key, delta: Delta) {
        if delta.is_none() {
            return;
        }
        let before = self.change_of(key);
        let after = before.then(delta).expect("invariant: a change that fits was asked for");
        self.counters.insert(key.clone(), after);
        self.push_undo(Change::Counter { key: key.clone(), before });
    }

    fn change_of(&self, key: &Key) -> Delta {
        self.counters.get(key).copied().unwrap_or(Delta::NONE)
    }
}

fn assert_counter(key: &Key) {
    assert!(key.namespace() == Namespace::Counter, "{key} is no counter");
}
