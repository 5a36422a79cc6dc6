//! What is run: transactions that read a view and leave a write set.

use std::{fmt, ops::Range, sync::Arc};

use primitives::{Bytes, U256};
use state::{Delta, Key, WriteSet};

use crate::View;

/// On what an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footing {
    /// Something before it may still change; the attempt may be for nothing.
    Speculative,
    /// Everything before it is final, and so is the attempt: its error is the error of the run.
    Certain,
}

/// What a stretch of transactions did.
#[derive(Debug, Clone)]
pub struct Attempt<O> {
    /// What the caller wants to know of it.
    pub output: O,
    /// The records that it sets.
    pub writes: WriteSet,
    /// The keys of `writes` that may be set to what was there before, for example because they were
    /// not read.
    pub blind: Vec<Key>,
    /// The records that it only adds to or subtracts from; none of them is in `writes`. Who
    /// subtracts has asked [`View::at_least`] whether it can.
    pub deltas: Vec<(Key, Delta)>,
    /// What it weighs in observations: its gas.
    pub weight: u64,
}

/// What becomes of a stretch that was found valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is final.
    Accept,
    /// It cannot stand as it is for a reason beyond the records; it is run once more on certain
    /// ground. A certain attempt never gets this verdict.
    Again,
    /// It is final, and nothing after it happens.
    Stop,
}

/// How the number in a record is read and changed. This crate does not know what records hold.
pub trait Numbers: Send + Sync + fmt::Debug {
    /// The record after `delta`, where there is nothing without one; an error where it holds no
    /// number or the number leaves its range.
    ///
    /// # Errors
    ///
    /// [`NotApplicable`] as said.
    fn apply(
        &self,
        key: &Key,
        before: Option<&Bytes>,
        delta: &Delta,
    ) -> Result<Option<Bytes>, NotApplicable>;

    /// Whether the number in the record is `amount` or more.
    ///
    /// # Errors
    ///
    /// [`NotApplicable`] where the record holds no number.
    fn is_at_least(
        &self,
        key: &Key,
        record: Option<&Bytes>,
        amount: U256,
    ) -> Result<bool, NotApplicable>;
}

/// The record that is there holds no number, or one that a delta cannot be applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotApplicable;

/// A list of transactions and how to run them.
///
/// They are numbered from 0; a *stretch* is a range of them that is run in one go, in their order.
pub trait Task: Send + Sync + 'static {
    /// What a thread needs to run transactions. It is made in its thread and stays there.
    type Worker;
    /// What a stretch leaves beside records.
    type Output: Send + 'static;
    /// Why the run cannot go on.
    type Error: Send + 'static;

    /// How many transactions there are.
    fn count(&self) -> usize;

    /// Prepares a thread that will read through `view`.
    fn worker(&self, view: Arc<View>) -> Self::Worker;

    /// Runs a stretch over the worker's view, of which nothing must be remembered from earlier
    /// attempts.
    ///
    /// A worker whose attempt fails or panics is not used again.
    ///
    /// On speculative ground an error only means that the attempt is for nothing.
    ///
    /// # Errors
    ///
    /// Where the view or the host failed.
    fn execute(
        &self,
        worker: &mut Self::Worker,
        stretch: Range<usize>,
        footing: Footing,
    ) -> Result<Attempt<Self::Output>, Self::Error>;

    /// Takes the output of a stretch that is valid. Stretches come in their order.
    fn commit(&self, stretch: Range<usize>, output: Self::Output) -> Verdict;

    /// Calls `hint` with a number for each record that a transaction surely changes by what was
    /// in it before: a later transaction with the same number waits for this one.
    fn hints(&self, index: usize, hint: &mut dyn FnMut(u64)) {
        let _ = (index, hint);
    }

    /// Whether a transaction surely does next to nothing, such as to move a number.
    fn is_light(&self, index: usize) -> bool {
        let _ = index;
        false
    }
}
