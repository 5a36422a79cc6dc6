//! The one place that lets an engine's store, which must own its data for ever, reach a frame and
//! a host that are borrowed for one run.
#![allow(unsafe_code, reason = "a store demands 'static data, a frame's host is borrowed")]

use core::fmt;
use core::ptr::NonNull;

use vm::{Frame, Host};

/// What one run borrows.
pub(crate) struct Scope<'a> {
    /// The frame that runs.
    pub(super) frame: &'a Frame<'a>,
    /// What it can reach.
    pub(super) host: &'a mut (dyn Host + 'a),
}

/// A [`Scope`] whose lifetime is kept by the way it is made and used, not by the compiler.
pub(crate) struct ScopePointer(NonNull<Scope<'static>>);

impl fmt::Debug for ScopePointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopePointer")
    }
}

impl<'a> Scope<'a> {
    /// What a run of `frame` over `host` borrows.
    pub(crate) fn new(frame: &'a Frame<'a>, host: &'a mut (dyn Host + 'a)) -> Self {
        Self { frame, host }
    }

    /// Lends the scope to `run`, which must not let the pointer outlive it: it puts the pointer
    /// into the data of a store that it makes, and drops the store.
    pub(crate) fn lend<R>(&mut self, run: impl FnOnce(ScopePointer) -> R) -> R {
        run(ScopePointer(NonNull::from(self).cast()))
    }
}

impl ScopePointer {
    /// What the run borrows. The borrow cannot outlive this one, and there is no second: the
    /// pointer is neither cloned nor copied.
    pub(super) fn get(&mut self) -> (&Frame<'_>, &mut dyn Host) {
        // SAFETY: `lend` made the pointer from an exclusive borrow that lasts until `run` returns,
        // and whoever holds the pointer drops it before. `self` is borrowed exclusively and is the
        // only pointer to the scope, so that the result is the only access. The lifetimes of what
        // the scope holds are longer than that of the result, which is the lifetime of `self`.
        let scope = unsafe { self.0.as_mut() };
        (scope.frame, &mut *scope.host)
    }
}
