//! The threads and how a list of transactions is cut for them.

use std::{ops::Range, sync::Arc};

use state::StateView;

use crate::{
    Finished, Numbers, RunError, Task,
    hints::{Advice, advise},
    pool::Pool,
    run::{Run, Setup},
    view::Interruption,
};

/// Stack of a thread. A transaction needs 8 MiB at most; half as much again is left over.
pub const STACK_BYTES: usize = 12 << 20;

/// Stretches that each worker gets, if there are enough transactions: fewer make threads idle at
/// the end, more cost more.
const STRETCHES_PER_WORKER: usize = 32;

/// The longest stretch that is chosen without being asked for.
const STRETCH_MAX: usize = 64;

/// How the transactions of one run are handled. No choice changes the result.
#[derive(Clone, Default)]
pub struct Plan {
    /// Transactions that are run in one go; 0 lets their number decide.
    pub stretch: usize,
    /// With fewer transactions than this the calling thread runs them one after another.
    pub parallel_from: usize,
    /// Whether every stretch is observed. That costs time.
    pub is_observed: bool,
    /// Withdraws attempts, for tests.
    pub interruption: Option<Interruption>,
}

/// Runs lists of transactions on threads of its own.
#[derive(Debug)]
pub struct Engine {
    pool: Option<Pool>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { stretch, parallel_from, is_observed, .. } = self;
        f.debug_struct("Plan")
            .field("stretch", stretch)
            .field("parallel_from", parallel_from)
            .field("is_observed", is_observed)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine with so many threads, which start with the first run that needs them. With one,
    /// transactions run on the calling thread.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { pool: (workers > 1).then(|| Pool::new(workers, STACK_BYTES)) }
    }

    /// How many threads there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.pool.as_ref().map_or(1, Pool::workers)
    }

    /// Runs all transactions of `task` over `base`, with the result that one after another has.
    ///
    /// # Errors
    ///
    /// [`RunError`] where a transaction fails on certain ground, the base does, or the system does
    /// not give the threads.
    ///
    /// # Panics
    ///
    /// Where a transaction does so on certain ground.
    pub fn run<T: Task>(
        &self,
        task: &Arc<T>,
        base: &Arc<dyn StateView>,
        numbers: &Arc<dyn Numbers>,
        plan: &Plan,
    ) -> Result<Finished, RunError<T::Error>> {
        let count = task.count();
        let pool = self.pool.as_ref().filter(|_| count >= plan.parallel_from);
        let workers = pool.map_or(1, Pool::workers);
        let may_be_alone = !plan.is_observed;
        let advice = match plan.stretch {
            0 if pool.is_none() && may_be_alone => Advice::alone(count),
            0 => {
                let longest = (count / (workers * STRETCHES_PER_WORKER)).min(STRETCH_MAX);
                advise(&**task, (longest, workers), may_be_alone)
            }
            length => Advice { length, is_linked: workers > 1, is_serial: false },
        };
        let pool = pool.filter(|_| !advice.is_serial);
        let workers = pool.map_or(1, Pool::workers);
        let setup = Setup {
            base: Arc::clone(base),
            numbers: Arc::clone(numbers),
            interruption: plan.interruption.clone(),
            stretches: stretches(count, advice.length.max(1)),
            is_linked: advice.is_linked,
            workers,
            is_observed: plan.is_observed,
        };
        let run = Arc::new(Run::new(Arc::clone(task), setup));
        match pool {
            None => {
                run.work(0);
                run.gather(0);
            }
            Some(pool) => {
                let (working, gathering) = (Arc::clone(&run), Arc::clone(&run));
                pool.run(Arc::new(move |number| working.work(number)))
                    .map_err(RunError::Threads)?;
                let gather = Arc::new(move |number| gathering.gather(number));
                pool.run(gather).map_err(RunError::Threads)?;
            }
        }
        run.finish()
    }
}

fn stretches(count: usize, length: usize) -> Vec<Range<usize>> {
    let starts = (0..count).step_by(length);
    starts.map(|start| start..count.min(start + length)).collect()
}
