//! Contexts made ahead: a thread keeps some that have loaded the world and no contract yet, more of
//! them the faster they go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Builder;

use parking_lot::{Condvar, Mutex};

/// What makes a context, or nothing where this node cannot.
pub(crate) type Make<S> = Box<dyn Fn() -> Option<S> + Send + Sync>;

/// So many in a row that found one waiting, and one less is kept.
const CALM_TAKES: u32 = 64;

/// The stock. Its thread starts when a context is first missed and ends with the stock.
pub(crate) struct Warmer<S: Send + 'static> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    state: Mutex<State<S>>,
    changed: Condvar,
    make: Make<S>,
    stock_min: usize,
    stock_max: usize,
    hits: AtomicU64,
}

struct State<S> {
    stock: Vec<S>,
    /// How many there should be.
    target: usize,
    /// Takes since one was missed last.
    calm: u32,
    is_running: bool,
    is_over: bool,
}

impl<S: Send + 'static> core::fmt::Debug for Warmer<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Warmer").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl<S: Send + 'static> Warmer<S> {
    /// A stock of at least `min` contexts and at most `max`.
    pub(crate) fn new(min: usize, max: usize, make: Make<S>) -> Self {
        let stock_min = min.min(max);
        let state = State {
            stock: Vec::new(),
            target: stock_min,
            calm: 0,
            is_running: false,
            is_over: false,
        };
        let shared = Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            make,
            stock_min,
            stock_max: max,
            hits: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A context from the stock. Where there is none, more are kept from now on.
    pub(crate) fn take(&self) -> Option<S> {
        let shared = &self.shared;
        let mut state = shared.state.lock();
        let taken = state.stock.pop();
        if taken.is_some() {
            shared.hits.fetch_add(1, Ordering::Relaxed);
            state.calm += 1;
            if state.calm >= CALM_TAKES {
                state.calm = 0;
                state.target = state.target.saturating_sub(1).max(shared.stock_min);
            }
        } else {
            state.calm = 0;
            state.target = state.target.saturating_mul(2).max(1).min(shared.stock_max);
        }
        if state.stock.len() < state.target {
            self.wake(&mut state);
        }
        taken
    }

    fn wake(&self, state: &mut State<S>) {
        if state.is_running {
            self.shared.changed.notify_one();
            return;
        }
        state.is_running = true;
        let shared = Arc::clone(&self.shared);
        let thread = Builder::new().name("js-warmer".to_owned());
        thread.spawn(move || shared.work()).expect("invariant: a process has room for one thread");
    }

    /// How many contexts wait, and how often one was found.
    pub(crate) fn size(&self) -> (u64, u64) {
        let waiting = self.shared.state.lock().stock.len();
        (waiting as u64, self.shared.hits.load(Ordering::Relaxed))
    }
}

impl<S: Send + 'static> Drop for Warmer<S> {
    fn drop(&mut self) {
        self.shared.state.lock().is_over = true;
        self.shared.changed.notify_one();
    }
}

impl<S> Shared<S> {
    fn work(&self) {
        let mut state = self.state.lock();
        while !state.is_over {
            if state.stock.len() >= state.target {
                self.changed.wait(&mut state);
                continue;
            }
            drop(state);
            let made = (self.make)();
            state = self.state.lock();
            match made {
                Some(context) => state.stock.push(context),
                // Who runs a contract will hear why; there is no use in trying again at once.
                None => self.changed.wait(&mut state),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_stock_grows_with_what_is_missed_and_shrinks_in_calm() {
        let (sender, made) = channel();
        let sender = Mutex::new(sender);
        let make = move || {
            // The test may be over before the thread is.
            let _ = sender.lock().send(());
            Some(())
        };
        let warmer = Warmer::new(0, 3, Box::new(make));
        let target = || warmer.shared.state.lock().target;
        assert_eq!((target(), warmer.take(), target()), (0, None, 1));
        made.recv().unwrap();
        while warmer.size().0 == 0 {
            std::thread::yield_now();
        }
        assert_eq!((warmer.take(), warmer.size().1), (Some(()), 1));
        for _ in 0..4 {
            warmer.shared.state.lock().stock.clear();
            warmer.take();
        }
        assert_eq!(target(), 3, "it ends at the most");
        for _ in 0..CALM_TAKES * 4 {
            warmer.shared.state.lock().stock.push(());
            assert!(warmer.take().is_some());
        }
        assert_eq!(target(), 0, "it ends at the least");
    }

    #[test]
    fn what_cannot_be_made_is_not_waited_for() {
        let warmer = Warmer::<()>::new(2, 1, Box::new(|| None));
        assert_eq!((warmer.shared.stock_min, warmer.take(), warmer.take()), (1, None, None));
    }
}
