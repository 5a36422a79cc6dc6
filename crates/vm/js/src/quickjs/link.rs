//! What the host function of a context shares with the slot around it: the door of the run, and
//! how the run ended.
#![allow(unsafe_code, reason = "a host function demands 'static data, a door is borrowed")]

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::{Door, DoorError, JsValue};

/// Shared by a slot, its interrupt handler and its host function.
#[derive(Default)]
pub(super) struct Link {
    door: Cell<Option<NonNull<dyn Door>>>,
    /// Set by the watchdog where the run takes too long.
    is_late: RefCell<Option<Arc<AtomicBool>>>,
    has_ended: Cell<bool>,
    has_panicked: Cell<bool>,
}

impl core::fmt::Debug for Link {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Link").field("has_ended", &self.has_ended).finish_non_exhaustive()
    }
}

/// Takes the door back, also where the run panics.
struct Lent<'a>(&'a Link);

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.0.door.set(None);
        self.0.is_late.take();
    }
}

impl Link {
    /// Lends `door` to the host function while `run` lasts.
    pub(super) fn lend<R>(
        &self,
        door: &mut dyn Door,
        is_late: Option<Arc<AtomicBool>>,
        run: impl FnOnce() -> R,
    ) -> R {
        let pointer = NonNull::from(door);
        // SAFETY: only the lifetime changes. The guard takes the pointer back before this borrow
        // ends, and `call` is the only reader.
        let pointer: NonNull<dyn Door> = unsafe { core::mem::transmute(pointer) };
        self.has_ended.set(false);
        self.has_panicked.set(false);
        self.is_late.replace(is_late);
        self.door.set(Some(pointer));
        let _lent = Lent(self);
        run()
    }

    /// Does an operation of the door that is lent.
    pub(super) fn call(
        &self,
        operation: u32,
        chunk: i64,
        arguments: &[JsValue],
    ) -> Result<JsValue, DoorError> {
        // Taken while it is in use, so that there is never a second borrow.
        let Some(mut pointer) = self.door.take() else {
            self.has_ended.set(true);
            return Err(DoorError::End);
        };
        // SAFETY: `lend` holds the exclusive borrow that the pointer was made of, and nothing else
        // has the pointer until it is put back.
        let door = unsafe { pointer.as_mut() };
        // A panic goes no further than here: the engine's code does not unwind.
        let work = AssertUnwindSafe(|| door.call(operation, chunk, arguments));
        let result = catch_unwind(work).unwrap_or_else(|_| {
            self.has_panicked.set(true);
            Err(DoorError::End)
        });
        self.door.set(Some(pointer));
        if result == Err(DoorError::End) {
            self.has_ended.set(true);
        }
        result
    }

    /// Whether the script shall stop: the frame has ended, or it ran too long for this node.
    pub(super) fn must_stop(&self) -> bool {
        let is_late = self.is_late.borrow();
        self.has_ended.get() || is_late.as_ref().is_some_and(|flag| flag.load(Ordering::Acquire))
    }

    /// Whether an operation ended the frame.
    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended.get()
    }

    /// Whether an operation panicked.
    pub(super) const fn has_panicked(&self) -> bool {
        self.has_panicked.get()
    }
}
