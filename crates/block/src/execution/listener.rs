//! Hearing of transactions while their block still runs.

use std::{fmt, ops::ControlFlow, sync::Arc};

use super::outcome::Outcome;

/// Is told the outcome of each transaction, by its place from 0, in their order and once, as soon
/// as it is final; later ones may still be running. On [`ControlFlow::Break`] the block ends with
/// this transaction, and those after it are [`Outcome::NotReached`].
///
/// It is called on whichever thread made the outcome final, and the block waits for it.
#[derive(Clone)]
pub struct Listener(Arc<Hear>);

type Hear = dyn Fn(usize, &Outcome) -> ControlFlow<()> + Send + Sync;

impl Listener {
    /// A listener that does `hear`.
    pub fn new(hear: impl Fn(usize, &Outcome) -> ControlFlow<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// A listener that ends the block after so many transactions.
    pub(super) fn ending_after(count: usize) -> Self {
        Self::new(move |index, _| match index + 1 < count {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        })
    }

    pub(super) fn hear(&self, index: usize, outcome: &Outcome) -> ControlFlow<()> {
        (self.0)(index, outcome)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}
