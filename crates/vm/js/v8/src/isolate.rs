//! Isolates: each with one context that has loaded the prelude and at most one contract.
#![allow(unsafe_code, reason = "functions of a library in C++")]

use core::ffi::c_void;
use core::ptr::NonNull;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::V8Error;
use crate::library::{Blob, Library, Span, Unit, answer, code, text};

/// What isolates begin with: a world that has run the prelude.
#[derive(Debug, Clone)]
pub struct Snapshot {
    library: Library,
    blob: Arc<OwnedBlob>,
}

struct OwnedBlob {
    library: Library,
    pointer: NonNull<Blob>,
}

impl core::fmt::Debug for OwnedBlob {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OwnedBlob").finish_non_exhaustive()
    }
}

// SAFETY: the blob is bytes that nobody writes after they are made.
unsafe impl Send for OwnedBlob {}
// SAFETY: as above.
unsafe impl Sync for OwnedBlob {}

impl Drop for OwnedBlob {
    fn drop(&mut self) {
        // SAFETY: every isolate that reads the blob holds a reference to this, so none is left.
        unsafe { (self.library.table.forget)(self.pointer.as_ptr()) }
    }
}

/// What an isolate may use. Both are caps of the node.
#[derive(Debug, Clone, Copy)]
pub struct IsolateLimits {
    /// Bytes of the heap.
    pub heap_bytes: usize,
    /// Bytes of arrays, which lie outside it.
    pub array_bytes: usize,
    /// Bytes of native stack that a script may use. The caller provides them.
    pub stack_bytes: usize,
}

/// A world for one contract at a time. It may move between threads.
#[derive(Debug)]
pub struct Isolate {
    library: Library,
    unit: Arc<SharedUnit>,
    pointer: NonNull<Unit>,
    stack_bytes: usize,
    _blob: Arc<OwnedBlob>,
}

// SAFETY: the library takes the lock of the isolate for every function, and sets the bounds of the
// stack anew; `&mut self` keeps all but `terminate` from being called at once.
unsafe impl Send for Isolate {}

/// The isolate for those that may only stop it, as long as it is there.
struct SharedUnit(Mutex<Option<NonNull<Unit>>>);

impl core::fmt::Debug for SharedUnit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SharedUnit").finish_non_exhaustive()
    }
}

// SAFETY: the pointer is used under the lock, for the one function that the library lets any thread
// call at any time.
unsafe impl Send for SharedUnit {}
// SAFETY: as above.
unsafe impl Sync for SharedUnit {}

/// Stops what runs in an isolate, from any thread.
#[derive(Debug, Clone)]
pub struct Stopper {
    library: Library,
    unit: Arc<SharedUnit>,
}

/// What the host answers to an operation.
#[derive(Debug)]
pub enum Answer {
    /// A value in bytes.
    Value(Vec<u8>),
    /// The script gets this text as an exception.
    Throw(String),
    /// Nothing of the script runs any more.
    End,
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// The prelude handed back a value, in bytes.
    Returned(Vec<u8>),
    /// The host or a [`Stopper`] stopped it.
    Stopped,
    /// An operation of the host panicked.
    Panicked,
    /// The isolate failed; it must not be used again.
    Failed(V8Error),
}

impl Library {
    /// Runs a prelude, an expression whose value is a function: it gets the function of the host
    /// and hands back the one that runs contracts.
    ///
    /// # Errors
    ///
    /// What the prelude throws.
    pub fn snapshot(&self, prelude: &str) -> Result<Snapshot, V8Error> {
        let mut reason = core::ptr::null();
        // SAFETY: the span lives for the call; the library hands out a blob of its own.
        let blob = unsafe { (self.table.snapshot)(Span::of(prelude.as_bytes()), &raw mut reason) };
        match NonNull::new(blob) {
            Some(pointer) => {
                let blob = Arc::new(OwnedBlob { library: *self, pointer });
                Ok(Snapshot { library: *self, blob })
            }
            None => Err(V8Error::Refused(text(reason))),
        }
    }
}

impl Snapshot {
    /// The version of V8.
    #[must_use]
    pub fn version(&self) -> String {
        self.library.version()
    }

    /// A new isolate.
    ///
    /// # Errors
    ///
    /// There is no memory for it.
    pub fn open(&self, limits: &IsolateLimits) -> Result<Isolate, V8Error> {
        let (heap, arrays) = (limits.heap_bytes, limits.array_bytes);
        // SAFETY: the isolate holds a reference to the blob for as long as it lives.
        let unit = unsafe { (self.library.table.open)(self.blob.pointer.as_ptr(), heap, arrays) };
        let pointer = NonNull::new(unit).ok_or(V8Error::NoMemory)?;
        Ok(Isolate {
            library: self.library,
            unit: Arc::new(SharedUnit(Mutex::new(Some(pointer)))),
            pointer,
            stack_bytes: limits.stack_bytes,
            _blob: Arc::clone(&self.blob),
        })
    }
}

impl Isolate {
    /// Compiles a script ahead of its use: bytes for [`Isolate::load`] of this process.
    ///
    /// # Errors
    ///
    /// What V8 says of the script.
    pub fn compile(&mut self, script: &str) -> Result<Vec<u8>, V8Error> {
        let mut out = Span::EMPTY;
        let script = Span::of(script.as_bytes());
        let (unit, stack) = (self.pointer.as_ptr(), self.stack_bytes);
        // SAFETY: the isolate lives, and nothing else uses it.
        let told = unsafe { (self.library.table.compile)(unit, script, stack, &raw mut out) };
        // SAFETY: the bytes are the isolate's and stay until it is used again.
        let bytes = unsafe { out.bytes() };
        result(told, bytes).map(|()| bytes.to_vec())
    }

    /// Loads the contract whose script is an expression, in a fresh context where there was
    /// another one. `compiled` is what [`Isolate::compile`] made of it.
    ///
    /// # Errors
    ///
    /// What V8 says of the script.
    pub fn load(&mut self, script: &str, compiled: &[u8]) -> Result<(), V8Error> {
        let mut out = Span::EMPTY;
        let (script, compiled) = (Span::of(script.as_bytes()), Span::of(compiled));
        let (unit, stack) = (self.pointer.as_ptr(), self.stack_bytes);
        // SAFETY: as in `compile`.
        let told =
            unsafe { (self.library.table.load)(unit, script, compiled, stack, &raw mut out) };
        // SAFETY: as in `compile`.
        result(told, unsafe { out.bytes() })
    }

    /// What stops a run of this isolate. A request from before the run is forgotten.
    pub fn stopper(&mut self) -> Stopper {
        // SAFETY: the isolate lives, and nothing else uses it.
        unsafe { (self.library.table.arm)(self.pointer.as_ptr()) }
        Stopper { library: self.library, unit: Arc::clone(&self.unit) }
    }

    /// Calls the function of the prelude with the contract and the values in `input`, a list in
    /// bytes. `host` does what the script asks for.
    pub fn run(&mut self, input: &[u8], host: &mut dyn FnMut(u32, i64, &[u8]) -> Answer) -> RunEnd {
        let mut bridge = Bridge { host, reply: Vec::new(), has_panicked: false };
        let mut out = Span::EMPTY;
        let user: *mut Bridge<'_, '_> = &raw mut bridge;
        let (unit, stack, input) = (self.pointer.as_ptr(), self.stack_bytes, Span::of(input));
        // SAFETY: the isolate lives, nothing else uses it, and the bridge outlives the call, which
        // is all that `operate` is called in.
        let told = unsafe {
            (self.library.table.run)(unit, stack, operate, user.cast(), input, &raw mut out)
        };
        if bridge.has_panicked {
            return RunEnd::Panicked;
        }
        // SAFETY: the bytes are the isolate's and stay until it is used again.
        let bytes = unsafe { out.bytes() };
        match told {
            code::STOPPED => RunEnd::Stopped,
            told => match result(told, bytes) {
                Ok(()) => RunEnd::Returned(bytes.to_vec()),
                Err(error) => RunEnd::Failed(error),
            },
        }
    }

    /// Bytes in use, after garbage is collected where there are more than `bytes_max`.
    pub fn settle(&mut self, bytes_max: usize) -> usize {
        // SAFETY: the isolate lives, and nothing else uses it.
        unsafe { (self.library.table.settle)(self.pointer.as_ptr(), bytes_max) }
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        // Nobody stops it any more.
        *self.unit.0.lock() = None;
        // SAFETY: nothing uses the isolate, and it is not used after this.
        unsafe { (self.library.table.close)(self.pointer.as_ptr()) }
    }
}

impl Stopper {
    /// Ends what runs in the isolate, if it is still there.
    pub fn stop(&self) {
        if let Some(unit) = *self.unit.0.lock() {
            // SAFETY: the lock keeps the isolate from being closed, and the library lets any thread
            // call this one.
            unsafe { (self.library.table.terminate)(unit.as_ptr()) }
        }
    }
}

fn result(told: i32, bytes: &[u8]) -> Result<(), V8Error> {
    match told {
        code::DONE => Ok(()),
        code::REFUSED => Err(V8Error::Refused(String::from_utf8_lossy(bytes).into_owned())),
        code::STOPPED => Err(V8Error::Refused("it was stopped".to_owned())),
        _ => Err(V8Error::NoMemory),
    }
}

/// What a run lends to the function of the host.
struct Bridge<'a, 'b> {
    host: &'a mut (dyn FnMut(u32, i64, &[u8]) -> Answer + 'b),
    /// The bytes of the last reply, which the library reads after the call.
    reply: Vec<u8>,
    has_panicked: bool,
}

unsafe extern "C" fn operate(
    user: *mut c_void,
    operation: u32,
    chunk: i64,
    arguments: Span,
    reply: *mut Span,
) -> i32 {
    // SAFETY: `run` hands over its bridge, which nothing else touches while the library runs.
    let bridge = unsafe { &mut *user.cast::<Bridge<'_, '_>>() };
    // SAFETY: the library keeps the bytes for the call.
    let arguments = unsafe { arguments.bytes() };
    // A panic goes no further than here: code in C++ does not unwind.
    let work = AssertUnwindSafe(|| (bridge.host)(operation, chunk, arguments));
    let (told, bytes) = match catch_unwind(work) {
        Ok(Answer::Value(bytes)) => (answer::VALUE, bytes),
        Ok(Answer::Throw(message)) => (answer::THROW, message.into_bytes()),
        Ok(Answer::End) => (answer::END, Vec::new()),
        Err(_) => {
            bridge.has_panicked = true;
            (answer::END, Vec::new())
        }
    };
    bridge.reply = bytes;
    // SAFETY: the library lends a place for the reply.
    unsafe { *reply = Span::of(&bridge.reply) };
    told
}
