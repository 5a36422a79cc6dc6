//! Memory of one runtime: counted, capped, and the cap remembered, because a script can catch the
//! exception that the engine throws there.
#![allow(unsafe_code, reason = "the allocator of an engine in C")]

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::allocator::{Allocator, RustAllocator};

/// What is used of the memory of one runtime.
#[derive(Debug)]
pub(super) struct MemoryGauge {
    used: Cell<usize>,
    limit: usize,
    is_exceeded: Cell<bool>,
}

/// An allocator that counts into a gauge and refuses what goes beyond its limit.
pub(super) struct CappedAllocator {
    inner: RustAllocator,
    gauge: Rc<MemoryGauge>,
}

impl MemoryGauge {
    /// A gauge of at most `limit` bytes.
    pub(super) const fn new(limit: usize) -> Self {
        Self { used: Cell::new(0), limit, is_exceeded: Cell::new(false) }
    }

    /// Bytes in use.
    pub(super) const fn used(&self) -> usize {
        self.used.get()
    }

    /// Whether more was asked for than there may be.
    pub(super) const fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }

    fn admits(&self, more: usize) -> bool {
        let fits = self.used.get().checked_add(more).is_some_and(|sum| sum <= self.limit);
        if !fits {
            self.is_exceeded.set(true);
        }
        fits
    }

    fn add(&self, bytes: usize) {
        self.used.set(self.used.get().saturating_add(bytes));
    }

    fn remove(&self, bytes: usize) {
        self.used.set(self.used.get().saturating_sub(bytes));
    }
}

impl CappedAllocator {
    /// An allocator that counts into `gauge`.
    pub(super) const fn new(gauge: Rc<MemoryGauge>) -> Self {
        Self { inner: RustAllocator, gauge }
    }

    fn count(&self, pointer: *mut u8) -> *mut u8 {
        if !pointer.is_null() {
            // SAFETY: the pointer came from the inner allocator just now.
            self.gauge.add(unsafe { RustAllocator::usable_size(pointer) });
        }
        pointer
    }
}

// SAFETY: every pointer comes from the inner allocator, which keeps the contract; counting changes
// no pointer, and a refusal is the null pointer that the contract allows.
unsafe impl Allocator for CappedAllocator {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.gauge.admits(size) {
            return core::ptr::null_mut();
        }
        let pointer = self.inner.alloc(size);
        self.count(pointer)
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let admitted = count.checked_mul(size).is_some_and(|bytes| self.gauge.admits(bytes));
        if !admitted {
            return core::ptr::null_mut();
        }
        let pointer = self.inner.calloc(count, size);
        self.count(pointer)
    }

    unsafe fn dealloc(&mut self, pointer: *mut u8) {
        if pointer.is_null() {
            return;
        }
        // SAFETY: the caller hands back a pointer of this allocator, which is one of the inner one.
        unsafe {
            self.gauge.remove(RustAllocator::usable_size(pointer));
            self.inner.dealloc(pointer);
        }
    }

    unsafe fn realloc(&mut self, pointer: *mut u8, new_size: usize) -> *mut u8 {
        if pointer.is_null() {
            return self.alloc(new_size);
        }
        // SAFETY: as in `dealloc`.
        let old = unsafe { RustAllocator::usable_size(pointer) };
        if !self.gauge.admits(new_size.saturating_sub(old)) {
            return core::ptr::null_mut();
        }
        // SAFETY: as in `dealloc`.
        let moved = unsafe { self.inner.realloc(pointer, new_size) };
        if moved.is_null() {
            return moved;
        }
        self.gauge.remove(old);
        self.count(moved)
    }

    unsafe fn usable_size(pointer: *mut u8) -> usize {
        // SAFETY: the caller hands over a pointer of this allocator.
        unsafe { RustAllocator::usable_size(pointer) }
    }
}
