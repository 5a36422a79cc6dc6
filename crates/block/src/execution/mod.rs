//! The execution of whole blocks: one transaction after another, or many at once with the same
//! result.
//!
//! Serial execution is the oracle: what it gives is the meaning of a block.

mod crowd;
mod gas;
mod job;
mod listener;
mod outcome;
mod parallel;
mod prefetch;
mod serial;
mod verify;

use std::sync::Arc;

use ::parallel::{Engine, Interruption, Plan};
use kernel::{Kernel, Transaction};
use state::StateView;
use vm::BlockEnvironment;

use crowd::Crowds;

pub use ::parallel::{Observed, Policy, Simulated, Statistics, simulate};
pub use job::Job;
pub use listener::Listener;
pub use outcome::{BlockStatistics, Executed, ExecutionError, Outcome};

/// Transactions from which on a block is worth the threads.
pub const PARALLEL_FROM: usize = 32;

/// How an executor goes about a block. No choice changes what comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExecutionMode {
    /// One transaction after another, on the calling thread.
    #[default]
    Serial,
    /// Many at once.
    Parallel,
    /// Both, which must agree.
    Verify,
}

/// The settings of an executor.
#[derive(Debug, Clone)]
pub struct ExecutorConfig {
    /// How blocks are executed.
    pub mode: ExecutionMode,
    /// Threads of the executor, at least one.
    pub workers: usize,
    /// Blocks with fewer transactions are executed serially.
    pub parallel_from: usize,
    /// Transactions that a thread takes at once; 0 leaves it to the block.
    pub stretch: usize,
    /// Threads that read ahead what the transactions of a block name; 0 for none. They gain where
    /// records are on a disk and cost where they are at hand.
    pub prefetch_threads: usize,
    /// Whether the statistics tell of every stretch. That costs time.
    pub is_observed: bool,
}

/// Executes blocks over the machines of one kernel.
#[derive(Debug)]
pub struct Executor {
    kernel: Arc<Kernel>,
    mode: ExecutionMode,
    engine: Engine,
    plan: Plan,
    crowds: Crowds,
    prefetch_threads: usize,
}

impl Default for ExecutorConfig {
    fn default() -> Self {
        Self {
            mode: ExecutionMode::default(),
            workers: 1,
            parallel_from: PARALLEL_FROM,
            stretch: 0,
            prefetch_threads: 0,
            is_observed: false,
        }
    }
}

impl Executor {
    /// An executor with threads of its own, unless it is serial. They start with the first block
    /// that needs them.
    #[must_use]
    pub fn new(kernel: Arc<Kernel>, config: &ExecutorConfig) -> Self {
        let workers = match config.mode {
            ExecutionMode::Serial => 1,
            ExecutionMode::Parallel | ExecutionMode::Verify => config.workers.max(1),
        };
        let plan = Plan {
            stretch: config.stretch,
            parallel_from: config.parallel_from,
            is_observed: config.is_observed,
            interruption: None,
        };
        Self {
            kernel,
            mode: config.mode,
            engine: Engine::new(workers),
            plan,
            crowds: Crowds::default(),
            prefetch_threads: config.prefetch_threads,
        }
    }

    /// An executor that goes one transaction after another.
    #[must_use]
    pub fn serial(kernel: Arc<Kernel>) -> Self {
        Self::new(kernel, &ExecutorConfig::default())
    }

    /// The machines.
    #[must_use]
    pub const fn kernel(&self) -> &Arc<Kernel> {
        &self.kernel
    }

    /// Threads of the executor.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.engine.workers()
    }

    /// Withdraws attempts of parallel execution now and then, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_interruption(mut self, interruption: Interruption) -> Self {
        self.plan.interruption = Some(interruption);
        self
    }

    /// Executes the transactions of `block` over `view`, in their order, without hints and traces.
    ///
    /// # Errors
    ///
    /// As [`perform`](Self::perform).
    pub fn execute(
        &self,
        view: Arc<dyn StateView>,
        block: &BlockEnvironment,
        transactions: impl Into<Arc<[Transaction]>>,
    ) -> Result<Executed, ExecutionError> {
        self.perform(&view, block, &Job::from(transactions.into()))
    }

    /// Executes a job over `view`, its transactions in their order.
    ///
    /// Where traces are asked for, they are those of serial execution.
    ///
    /// A [listener](Job::with_listener) hears of every outcome once it is final, and may end the
    /// block. Where it ends follows from the outcomes that the listener heard, not from threads.
    ///
    /// A transaction that is invalid, or whose gas limit does not fit into what the block has
    /// left, is skipped: nothing of it happens, and the next one is tried. Whoever wants to be
    /// strict refuses the block then.
    ///
    /// # Errors
    ///
    /// [`ExecutionError`] where the host failed, or where both ways were gone and do not agree;
    /// then there is no result.
    pub fn perform(
        &self,
        view: &Arc<dyn StateView>,
        block: &BlockEnvironment,
        job: &Job,
    ) -> Result<Executed, ExecutionError> {
        let is_short = job.transactions.len() < self.plan.parallel_from;
        let threads = if is_short { 0 } else { self.prefetch_threads };
        prefetch::ahead(view, job, threads, |view| self.dispatch(view, block, job))
    }

    fn dispatch(
        &self,
        view: &Arc<dyn StateView>,
        block: &BlockEnvironment,
        job: &Job,
    ) -> Result<Executed, ExecutionError> {
        let is_short = job.transactions.len() < self.plan.parallel_from;
        match self.mode {
            ExecutionMode::Verify => self.in_both_ways(view, block, job),
            ExecutionMode::Parallel if !job.is_traced && (!is_short || self.plan.is_observed) => {
                self.in_parallel(view, block, job)
            }
            ExecutionMode::Serial | ExecutionMode::Parallel => {
                serial::execute(&self.kernel, view, block, job)
            }
        }
    }

    /// Executes the block serially and in parallel and compares everything.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute), and [`ExecutionError::Differs`] where they do not agree.
    pub fn verify(
        &self,
        view: Arc<dyn StateView>,
        block: &BlockEnvironment,
        transactions: impl Into<Arc<[Transaction]>>,
    ) -> Result<Executed, ExecutionError> {
        self.in_both_ways(&view, block, &Job::from(transactions.into()))
    }

    fn in_both_ways(
        &self,
        view: &Arc<dyn StateView>,
        block: &BlockEnvironment,
        job: &Job,
    ) -> Result<Executed, ExecutionError> {
        let parallel = self.in_parallel(view, block, &job.clone().with_tracing(false))?;
        let again = job.ending_as(&parallel.outcomes);
        let untraced = again.clone().with_tracing(false);
        let serial = serial::execute(&self.kernel, view, block, &untraced)?;
        match verify::difference(&serial, &parallel) {
            Some(difference) => Err(ExecutionError::Differs(difference)),
            None if job.is_traced => serial::execute(&self.kernel, view, block, &again),
            None => Ok(parallel),
        }
    }

    fn in_parallel(
        &self,
        view: &Arc<dyn StateView>,
        block: &BlockEnvironment,
        job: &Job,
    ) -> Result<Executed, ExecutionError> {
        let engine = (&self.engine, &self.plan);
        let crowds = self.crowds.known();
        let executed = parallel::execute(engine, &self.kernel, view, block, (job, crowds))?;
        if let Some(statistics) = &executed.statistics.run {
            self.crowds.learn(&job.transactions, statistics);
        }
        Ok(executed)
    }
}
