//! Locks and atomics: the system's, or those of a model checker that tries orders of threads.

#[cfg(feature = "loom")]
pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
#[cfg(all(feature = "shuttle", not(feature = "loom")))]
pub(crate) use shuttle::sync::atomic::{AtomicBool, Ordering};
#[cfg(not(any(feature = "loom", feature = "shuttle")))]
pub(crate) use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(not(any(feature = "loom", feature = "shuttle")))]
mod locks {
    pub(crate) use parking_lot::MutexGuard as Guard;

    /// A lock that a panic does not poison.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(parking_lot::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(parking_lot::Mutex::new(value))
        }

        #[inline]
        pub(crate) fn lock(&self) -> Guard<'_, T> {
            self.0.lock()
        }
    }

    /// Where threads sleep until something has changed.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(parking_lot::Condvar);

    impl Condvar {
        pub(crate) const fn new() -> Self {
            Self(parking_lot::Condvar::new())
        }

        pub(crate) fn wait<'a, T>(&self, mut guard: Guard<'a, T>) -> Guard<'a, T> {
            self.0.wait(&mut guard);
            guard
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

#[cfg(any(feature = "loom", feature = "shuttle"))]
mod locks {
    use std::sync::PoisonError;

    #[cfg(feature = "loom")]
    use loom::sync as model;
    #[cfg(all(feature = "shuttle", not(feature = "loom")))]
    use shuttle::sync as model;

    pub(crate) use model::MutexGuard as Guard;

    /// A lock that a panic does not poison.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(model::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(model::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> Guard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// Where threads sleep until something has changed.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(model::Condvar);

    impl Condvar {
        pub(crate) fn new() -> Self {
            Self(model::Condvar::new())
        }

        pub(crate) fn wait<'a, T>(&self, guard: Guard<'a, T>) -> Guard<'a, T> {
            self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

pub(crate) use locks::{Condvar, Guard, Mutex};
