//! Threads that start with the first run, live as long as their pool and sleep between runs.

use std::{
    any::Any,
    fmt, io,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    thread::{Builder, JoinHandle},
};

use parking_lot::{Condvar, Mutex};

/// What all threads do in a run; each is told its number.
pub(crate) type Job = Arc<dyn Fn(usize) + Send + Sync>;

/// Threads with large stacks.
pub(crate) struct Pool {
    workers: usize,
    stack_bytes: usize,
    shared: Arc<Shared>,
    /// Those that have started. Who has the lock has the turn: one run at a time.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    orders: Mutex<Orders>,
    ordered: Condvar,
    done: Condvar,
}

#[derive(Default)]
struct Orders {
    job: Option<Job>,
    /// Raised with every job.
    round: u64,
    busy: usize,
    is_closed: bool,
    panic: Option<Box<dyn Any + Send>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("workers", &self.workers).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(workers: usize, stack_bytes: usize) -> Self {
        let (shared, threads) = (Arc::default(), Mutex::default());
        Self { workers, stack_bytes, shared, threads }
    }

    /// How many threads there are once they have started.
    pub(crate) const fn workers(&self) -> usize {
        self.workers
    }

    /// Lets every thread do `job` and waits until all have.
    ///
    /// # Errors
    ///
    /// Where the system does not give a thread. Then nobody has begun the job, and the next run
    /// asks for those that are missing.
    ///
    /// # Panics
    ///
    /// Where the job does.
    pub(crate) fn run(&self, job: Job) -> io::Result<()> {
        let mut threads = self.threads.lock();
        while threads.len() < self.workers {
            let thread = self.spawn(threads.len())?;
            threads.push(thread);
        }
        let mut orders = self.shared.orders.lock();
        orders.job = Some(job);
        orders.round += 1;
        orders.busy = threads.len();
        self.shared.ordered.notify_all();
        while orders.busy > 0 {
            self.shared.done.wait(&mut orders);
        }
        orders.job = None;
        if let Some(payload) = orders.panic.take() {
            drop(orders);
            panic::resume_unwind(payload);
        }
        Ok(())
    }

    fn spawn(&self, number: usize) -> io::Result<JoinHandle<()>> {
        let shared = Arc::clone(&self.shared);
        let builder = Builder::new().name(format!("parallel-{number}"));
        builder.stack_size(self.stack_bytes).spawn(move || shared.serve(number))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.orders.lock().is_closed = true;
        self.shared.ordered.notify_all();
        for thread in self.threads.get_mut().drain(..) {
            // A thread catches what its jobs do, so there is nothing to hear of it.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn serve(&self, number: usize) {
        let mut round = 0;
        let mut orders = self.orders.lock();
        loop {
            if orders.is_closed {
                return;
            }
            let Some(job) = orders.job.clone().filter(|_| orders.round > round) else {
                self.ordered.wait(&mut orders);
                continue;
            };
            round = orders.round;
            drop(orders);
            let done = panic::catch_unwind(AssertUnwindSafe(|| job(number)));
            drop(job);
            orders = self.orders.lock();
            if let Err(payload) = done {
                orders.panic = Some(payload);
            }
            orders.busy -= 1;
            if orders.busy == 0 {
                self.done.notify_all();
            }
        }
    }
}
