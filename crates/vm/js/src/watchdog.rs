//! What ends runs that take too long for this node: one thread for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// The one that watches. Its thread starts with the first run and ends with the watchdog.
#[derive(Debug, Default)]
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By deadline, and by number where several end at once.
    runs: BTreeMap<(Instant, u64), Watched>,
    next: u64,
    /// When the thread looks again by itself.
    wakes_at: Option<Instant>,
    is_running: bool,
    is_over: bool,
}

struct Watched {
    is_late: Arc<AtomicBool>,
    stop: Stop,
}

/// What stops a run, beside the flag. It must not block, and must not panic.
pub(crate) type Stop = Box<dyn Fn() + Send>;

impl core::fmt::Debug for State {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("State").field("runs", &self.runs.len()).finish_non_exhaustive()
    }
}

/// A run that is watched. It is stopped at most until this is dropped, never after.
#[derive(Debug)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
    key: (Instant, u64),
    is_late: Arc<AtomicBool>,
}

impl Watchdog {
    /// Watches a run that may take `limit`: after it, the flag of the watch is set and `stop` is
    /// called, once.
    pub(crate) fn watch(&self, limit: Duration, stop: Stop) -> Watch {
        let now = Instant::now();
        // A limit beyond all time is one that is never met.
        let deadline = now.checked_add(limit).unwrap_or(now + Duration::from_secs(1 << 32));
        let is_late = Arc::new(AtomicBool::new(false));
        let mut state = self.shared.state.lock();
        let key = (deadline, state.next);
        state.next += 1;
        state.runs.insert(key, Watched { is_late: Arc::clone(&is_late), stop });
        if !state.is_running {
            state.is_running = true;
            self.start();
        } else if state.wakes_at.is_none_or(|wakes_at| deadline < wakes_at) {
            self.shared.changed.notify_one();
        }
        drop(state);
        Watch { shared: Arc::clone(&self.shared), key, is_late }
    }

    fn start(&self) {
        let shared = Arc::clone(&self.shared);
        let thread = Builder::new().name("js-watchdog".to_owned());
        thread.spawn(move || shared.guard()).expect("invariant: a process has room for one thread");
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.state.lock().is_over = true;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn guard(&self) {
        let mut state = self.state.lock();
        while !state.is_over {
            let now = Instant::now();
            while let Some(first) = state.runs.first_entry()
                && first.key().0 <= now
            {
                let watched = first.remove();
                watched.is_late.store(true, Ordering::Release);
                (watched.stop)();
            }
            state.wakes_at = state.runs.first_key_value().map(|((deadline, _), _)| *deadline);
            match state.wakes_at {
                Some(deadline) => {
                    self.changed.wait_until(&mut state, deadline);
                }
                None => self.changed.wait(&mut state),
            }
        }
    }
}

impl Watch {
    /// The flag that is set where the run took too long.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_late)
    }

    /// Whether the run took too long.
    pub(crate) fn is_late(&self) -> bool {
        self.is_late.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.state.lock().runs.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn runs_are_stopped_in_the_order_of_their_deadlines() {
        let watchdog = Watchdog::default();
        let (sender, stopped) = channel();
        let watch = |limit, name: &'static str| {
            let sender = sender.clone();
            watchdog.watch(limit, Box::new(move || sender.send(name).expect("it is read below")))
        };
        let long = watch(Duration::MAX, "long");
        let forgotten = watch(Duration::from_secs(3600), "forgotten");
        let late = watch(Duration::from_millis(2), "late");
        let first = watch(Duration::ZERO, "first");
        assert_eq!((stopped.recv(), stopped.recv()), (Ok("first"), Ok("late")));
        assert!(first.is_late() && late.is_late() && late.flag().load(Ordering::Relaxed));
        drop(forgotten);
        assert!(!long.is_late());
        let again = watch(Duration::ZERO, "again");
        assert_eq!(stopped.recv(), Ok("again"));
        drop((again, watchdog));
        assert!(stopped.try_recv().is_err());
    }
}
