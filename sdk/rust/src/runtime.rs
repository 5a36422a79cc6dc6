//! What a contract has in place of an operating system: an allocator and a panic handler.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32,
    cell::Cell,
    panic::PanicInfo,
    ptr,
};

use crate::host::{PanicCode, panic};

const PAGE_BYTES: usize = 65_536;

/// Hands out memory from the end of the data upwards and never frees: an instance lives for one
/// call.
struct Bump {
    next: Cell<usize>,
}

// SAFETY: a contract has one thread.
unsafe impl Sync for Bump {}

unsafe extern "C" {
    /// Where the linker's data ends.
    static __heap_base: u8;
}

// SAFETY: every block starts where the last one ended, inside memory that has been grown for it.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = match self.next.get() {
            0 => &raw const __heap_base as usize,
            next => next,
        };
        let Some(from) = start.checked_next_multiple_of(layout.align()) else {
            return ptr::null_mut();
        };
        let Some(end) = from.checked_add(layout.size()) else { return ptr::null_mut() };
        let have = wasm32::memory_size::<0>() * PAGE_BYTES;
        if end > have {
            let pages = (end - have).div_ceil(PAGE_BYTES);
            if wasm32::memory_grow::<0>(pages) == usize::MAX {
                return ptr::null_mut();
            }
        }
        self.next.set(end);
        from as *mut u8
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // The last block grows in place: a vector that is being filled moves nothing.
        if block as usize + layout.size() == self.next.get() {
            self.next.set(block as usize);
        }
        // SAFETY: the caller vouches for block and layout; a block that stays in place is copied
        // onto itself, which `copy` allows.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !moved.is_null() && moved != block {
                ptr::copy(block, moved, layout.size().min(new_size));
            }
            moved
        }
    }
}

#[global_allocator]
static ALLOCATOR: Bump = Bump { next: Cell::new(0) };

/// A Rust panic is a revert with `Panic(0x01)`: the text of the panic would double a contract.
#[panic_handler]
fn on_panic(_info: &PanicInfo<'_>) -> ! {
    panic(PanicCode::Assertion)
}
