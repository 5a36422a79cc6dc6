//! One run: the threads' loop over the schedule, the memory and the task.

use std::{
    any::Any,
    fmt, io,
    ops::Range,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use state::{Key, StateError, StateView, WriteSet};

use crate::{
    Attempt, Footing, Numbers, Task, Verdict, View,
    memory::{Index, Memory, Stamp},
    observe::{Observed, Statistics, Timing, Watch, shared, sources},
    schedule::{Ran, Schedule, Step},
    sync::{AtomicBool, Condvar, Guard, Mutex, Ordering},
    view::{Aim, Interruption, Withdrawal},
};

/// What came of a run.
#[derive(Debug)]
pub struct Finished {
    /// The records that differ from those of the base, and no other.
    pub writes: WriteSet,
    /// How it went.
    pub statistics: Statistics,
}

/// Why a run has no result.
#[derive(Debug)]
pub enum RunError<E> {
    /// A stretch failed on certain ground.
    Task(E),
    /// The base failed when the result was compared with it.
    Base(StateError),
    /// The system does not give the threads.
    Threads(io::Error),
}

/// How a run begins.
pub(crate) struct Setup {
    pub(crate) base: Arc<dyn StateView>,
    pub(crate) numbers: Arc<dyn Numbers>,
    pub(crate) interruption: Option<Interruption>,
    pub(crate) stretches: Vec<Range<usize>>,
    pub(crate) workers: usize,
    /// Whether hints are followed.
    pub(crate) is_linked: bool,
    pub(crate) is_observed: bool,
}

/// One run of the transactions of a task.
pub(crate) struct Run<T: Task> {
    task: Arc<T>,
    stretches: Vec<Range<usize>>,
    memory: Arc<Memory>,
    interruption: Option<Interruption>,
    is_over: Arc<AtomicBool>,
    watch: Watch,
    state: Mutex<State<T>>,
    changed: Condvar,
    finals: Mutex<Finals>,
}

struct State<T: Task> {
    schedule: Schedule<Attempt<T::Output>>,
    sleeping: usize,
    end: Option<End<T::Error>>,
}

/// Why a run ended before its last stretch.
enum End<E> {
    Failed(E),
    Panicked(Box<dyn Any + Send>),
}

/// What is final.
#[derive(Default)]
struct Finals {
    writes: WriteSet,
    /// Keys whose final record may be what the base holds.
    suspects: Vec<Key>,
    statistics: Statistics,
}

/// What a thread runs stretches with.
struct Bench<W> {
    number: usize,
    view: Arc<View>,
    worker: Option<W>,
}

type Attempted<T> = Result<Attempt<<T as Task>::Output>, Failure<<T as Task>::Error>>;

enum Failure<E> {
    Error(E),
    Panic(Box<dyn Any + Send>),
}

impl<T: Task> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("stretches", &self.stretches.len()).finish_non_exhaustive()
    }
}

impl<T: Task> Run<T> {
    pub(crate) fn new(task: Arc<T>, setup: Setup) -> Self {
        let mut schedule = Schedule::new(setup.stretches.len(), setup.workers, !setup.is_observed);
        if setup.is_linked {
            crate::hints::link(&*task, &setup.stretches, &mut schedule);
        }
        let statistics = Statistics {
            workers: setup.workers,
            stretches: setup.stretches.len(),
            ..Statistics::default()
        };
        Self {
            task,
            stretches: setup.stretches,
            memory: Arc::new(Memory::new(setup.base, setup.numbers)),
            interruption: setup.interruption,
            is_over: Arc::new(AtomicBool::new(false)),
            watch: Watch::new(setup.is_observed),
            state: Mutex::new(State { schedule, sleeping: 0, end: None }),
            changed: Condvar::new(),
            finals: Mutex::new(Finals { statistics, ..Finals::default() }),
        }
    }

    /// Takes part until everything is final.
    pub(crate) fn work(&self, number: usize) {
        let worked = panic::catch_unwind(AssertUnwindSafe(|| self.take_part(number)));
        if let Err(payload) = worked {
            self.end(End::Panicked(payload));
        }
    }

    /// What came of it, once all threads have left.
    ///
    /// # Panics
    ///
    /// Where a stretch panicked on certain ground: with its panic.
    pub(crate) fn finish(&self) -> Result<Finished, RunError<T::Error>> {
        let mut state = self.state.lock();
        match state.end.take() {
            Some(End::Panicked(payload)) => panic::resume_unwind(payload),
            Some(End::Failed(error)) => return Err(RunError::Task(error)),
            None => {}
        }
        let Finals { mut writes, mut suspects, mut statistics } =
            std::mem::take(&mut *self.finals.lock());
        statistics.reexecutions = state.schedule.in_vain();
        suspects.sort_unstable();
        suspects.dedup();
        for key in suspects {
            let before = self.memory.base_record(&key).map_err(RunError::Base)?;
            if writes.get(&key).is_some_and(|change| change == before.as_ref()) {
                writes.forget(&key);
            }
        }
        Ok(Finished { writes, statistics })
    }

    fn take_part(&self, number: usize) {
        let (memory, is_over) = (Arc::clone(&self.memory), Arc::clone(&self.is_over));
        let view = Arc::new(View::new(memory, is_over, self.interruption.clone()));
        let mut bench = Bench { number, view, worker: None };
        loop {
            match self.next() {
                Step::Speculate(index) => self.speculate(&mut bench, index),
                Step::Head(index, ran) => self.head(&mut bench, index, ran),
                Step::Lane(stretches) => self.lane(&mut bench, stretches),
                Step::Check(index, ran) => self.check(index, ran),
                Step::Wait => unreachable!("a thread waits in `next`"),
                Step::Leave => return,
            }
        }
    }

    fn next(&self) -> Step<Attempt<T::Output>> {
        let mut state = self.state.lock();
        loop {
            match state.schedule.step() {
                Step::Wait => {
                    state.sleeping += 1;
                    state = self.changed.wait(state);
                    state.sleeping -= 1;
                }
                step => return step,
            }
        }
    }

    /// Changes the schedule and wakes whoever waits for that.
    fn change<R>(&self, change: impl FnOnce(&mut Schedule<Attempt<T::Output>>) -> R) -> R {
        let mut state = self.state.lock();
        let result = change(&mut state.schedule);
        self.wake(state);
        result
    }

    fn wake(&self, state: Guard<'_, State<T>>) {
        let is_awaited = state.sleeping > 0;
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    fn end(&self, end: End<T::Error>) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut state = self.state.lock();
        state.end.get_or_insert(end);
        state.schedule.end();
        self.wake(state);
    }

    fn speculate(&self, bench: &mut Bench<T::Worker>, index: Index) {
        let incarnation = self.state.lock().schedule.attempts(index);
        let aim = Aim { index, incarnation, is_certain: false, is_recorded: true };
        let (attempted, timing) = self.attempt(bench, aim, self.transactions(index..index + 1));
        match (attempted, bench.view.end()) {
            (Ok(attempt), Ok(reads)) => {
                let before = self.state.lock().schedule.take_cells(index);
                let stamp = Stamp { index, incarnation };
                let cells = self.memory.publish(stamp, (&attempt.writes, &attempt.deltas), &before);
                self.change(|schedule| schedule.ran(index, cells, Ran { attempt, reads, timing }));
            }
            (_, Err(withdrawal)) => {
                let waits_for = match withdrawal {
                    Withdrawal::WaitsFor(below) => Some(below),
                    Withdrawal::Interrupted => None,
                };
                self.change(|schedule| schedule.withdrawn(index, waits_for));
            }
            (Err(_), Ok(_)) => self.change(|schedule| schedule.failed(index)),
        }
    }

    /// Makes the stretch at the head final.
    fn head(
        &self,
        bench: &mut Bench<T::Worker>,
        index: Index,
        ran: Option<Ran<Attempt<T::Output>>>,
    ) {
        if let Some(ran) = ran {
            if self.settle_speculative(index, ran) {
                return;
            }
            let cells = self.change(|schedule| {
                schedule.head_in_vain(index);
                schedule.take_cells(index)
            });
            self.memory.estimate(index, &cells);
            self.certain(bench, index..index + 1, &cells);
        } else {
            let cells = self.state.lock().schedule.take_cells(index);
            self.certain(bench, index..index + 1, &cells);
        }
    }

    /// Runs several stretches as one.
    fn lane(&self, bench: &mut Bench<T::Worker>, stretches: Range<Index>) {
        self.finals.lock().statistics.contended += stretches.len();
        for index in stretches.clone() {
            let cells = self.state.lock().schedule.take_cells(index);
            self.memory.withdraw(index, &cells);
        }
        self.certain(bench, stretches, &[]);
    }

    fn check(&self, index: Index, ran: Ran<Attempt<T::Output>>) {
        let publications = self.state.lock().schedule.publications();
        match self.memory.validate_ahead(&ran.reads, index) {
            Ok(()) => self.change(|it| it.checked(index, publications, Some(ran))),
            Err(conflict) => {
                self.finals.lock().statistics.count_conflict(conflict);
                let cells = self.state.lock().schedule.take_cells(index);
                self.memory.estimate(index, &cells);
                self.change(|schedule| {
                    schedule.put_back_cells(index, cells);
                    schedule.checked(index, publications, None);
                });
            }
        }
    }

    /// Makes a speculative attempt final, if it holds.
    fn settle_speculative(&self, index: Index, ran: Ran<Attempt<T::Output>>) -> bool {
        let Ran { attempt, reads, timing } = ran;
        if let Err(conflict) = self.memory.validate(&reads, index) {
            self.finals.lock().statistics.count_conflict(conflict);
            return false;
        }
        let observed = self.observed(&attempt, timing, &reads);
        self.settle(index..index + 1, attempt, observed)
    }

    /// Runs stretches from the head on certain ground and makes them final.
    fn certain(
        &self,
        bench: &mut Bench<T::Worker>,
        stretches: Range<Index>,
        before: &[crate::memory::CellId],
    ) {
        let last = stretches.end - 1;
        let incarnation = self.state.lock().schedule.count_attempt(last);
        let is_recorded = self.watch.is_on();
        let aim = Aim { index: stretches.start, incarnation, is_certain: true, is_recorded };
        let (attempted, timing) = self.attempt(bench, aim, self.transactions(stretches.clone()));
        let attempt = match attempted {
            Ok(attempt) => attempt,
            Err(Failure::Error(error)) => return self.end(End::Failed(error)),
            Err(Failure::Panic(payload)) => return self.end(End::Panicked(payload)),
        };
        let reads = bench.view.end().unwrap_or_default();
        let is_read_again = (stretches.end as usize) < self.stretches.len();
        if is_read_again || !attempt.deltas.is_empty() || !before.is_empty() {
            let stamp = Stamp { index: last, incarnation };
            let cells = self.memory.publish(stamp, (&attempt.writes, &attempt.deltas), before);
            self.state.lock().schedule.put_back_cells(last, cells);
        }
        let observed = self.observed(&attempt, timing, &reads);
        let is_settled = self.settle(stretches, attempt, observed);
        assert!(is_settled, "a certain attempt holds");
    }

    /// Makes an attempt final, of which all that it read is. Says whether the task agrees.
    fn settle(
        &self,
        stretches: Range<Index>,
        attempt: Attempt<T::Output>,
        observed: Option<Observed>,
    ) -> bool {
        let Attempt { output, mut writes, blind, deltas, .. } = attempt;
        let mut suspects = blind;
        for (key, _) in deltas {
            let Ok(value) = self.memory.materialise(&key, stretches.end - 1) else { return false };
            suspects.push(key.clone());
            writes.set(key, value);
        }
        let verdict = self.task.commit(self.transactions(stretches.clone()), output);
        if verdict == Verdict::Again {
            return false;
        }
        let mut finals = self.finals.lock();
        let Finals { writes: all, suspects: all_suspects, statistics } = &mut *finals;
        all_suspects.append(&mut suspects);
        all.extend_noting(writes, |key| all_suspects.push(key.clone()));
        statistics.observed.extend(observed);
        drop(finals);
        self.change(|schedule| {
            schedule.finished(stretches);
            if verdict == Verdict::Stop {
                self.is_over.store(true, Ordering::Relaxed);
                schedule.end();
            }
        });
        true
    }

    fn attempt(
        &self,
        bench: &mut Bench<T::Worker>,
        aim: Aim,
        transactions: Range<usize>,
    ) -> (Attempted<T>, Timing) {
        let footing = if aim.is_certain { Footing::Certain } else { Footing::Speculative };
        bench.view.begin(aim);
        let mut timing = self.watch.begin(bench.number);
        let Bench { view, worker, .. } = bench;
        let ran = panic::catch_unwind(AssertUnwindSafe(|| {
            let worker = worker.get_or_insert_with(|| self.task.worker(Arc::clone(view)));
            self.task.execute(worker, transactions, footing)
        }));
        self.watch.end(&mut timing);
        let attempted = match ran {
            Ok(result) => result.map_err(Failure::Error),
            Err(payload) => Err(Failure::Panic(payload)),
        };
        if attempted.is_err() {
            bench.worker = None;
        }
        (attempted, timing)
    }

    fn observed(
        &self,
        attempt: &Attempt<T::Output>,
        timing: Timing,
        reads: &crate::memory::Reads,
    ) -> Option<Observed> {
        self.watch.is_on().then(|| Observed {
            reads_from: sources(reads),
            weight: attempt.weight,
            duration: timing.duration,
            worker: timing.worker,
            began: timing.began,
            records: (reads.records.len(), attempt.writes.len() + attempt.deltas.len()),
            shared: shared(reads, &self.memory),
        })
    }

    fn transactions(&self, stretches: Range<Index>) -> Range<usize> {
        let of = |index: Index| self.stretches[index as usize].clone();
        of(stretches.start).start..of(stretches.end - 1).end
    }
}
