//! The shared library with V8, as a table of functions.
#![allow(unsafe_code, reason = "functions of a library in C++")]

use core::ffi::{CStr, c_char, c_void};
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::V8Error;

/// Bytes that are lent for a call, or until the next one.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    data: *const u8,
    length: usize,
}

impl Span {
    pub(crate) const EMPTY: Self = Self { data: core::ptr::null(), length: 0 };

    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), length: bytes.len() }
    }

    /// The bytes.
    ///
    /// # Safety
    ///
    /// They must live and stay unchanged for as long as the slice is used.
    pub(crate) const unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: the library hands out pointers with the length of what they point to.
        unsafe { core::slice::from_raw_parts(self.data, self.length) }
    }
}

/// What a function tells: equal to `Code` in `shim.cc`.
pub(crate) mod code {
    pub(crate) const DONE: i32 = 0;
    pub(crate) const REFUSED: i32 = 1;
    pub(crate) const STOPPED: i32 = 2;
}

/// How the host answers: equal to `Answer` in `shim.cc`.
pub(crate) mod answer {
    pub(crate) const VALUE: i32 = 0;
    pub(crate) const THROW: i32 = 1;
    pub(crate) const END: i32 = 2;
}

/// A snapshot of the library.
pub(crate) enum Blob {}
/// An isolate of the library.
pub(crate) enum Unit {}

/// The function of the host: the user's data, the operation, the chunk, the arguments, the reply.
pub(crate) type Host =
    unsafe extern "C" fn(*mut c_void, u32, i64, arguments: Span, reply: *mut Span) -> i32;

/// The functions, as `shim.cc` has them.
#[repr(C)]
pub(crate) struct Table {
    version: u32,
    start: unsafe extern "C" fn(with_jit: i32) -> *const c_char,
    engine_version: unsafe extern "C" fn() -> *const c_char,
    pub(crate) snapshot: unsafe extern "C" fn(Span, *mut *const c_char) -> *mut Blob,
    pub(crate) forget: unsafe extern "C" fn(*mut Blob),
    pub(crate) open: unsafe extern "C" fn(*mut Blob, usize, usize) -> *mut Unit,
    pub(crate) close: unsafe extern "C" fn(*mut Unit),
    pub(crate) arm: unsafe extern "C" fn(*mut Unit),
    pub(crate) terminate: unsafe extern "C" fn(*mut Unit),
    pub(crate) compile: unsafe extern "C" fn(*mut Unit, Span, usize, *mut Span) -> i32,
    pub(crate) load: unsafe extern "C" fn(*mut Unit, Span, Span, usize, *mut Span) -> i32,
    pub(crate) run:
        unsafe extern "C" fn(*mut Unit, usize, Host, *mut c_void, Span, *mut Span) -> i32,
    pub(crate) settle: unsafe extern "C" fn(*mut Unit, usize) -> usize,
}

/// The version of the table.
const TABLE_VERSION: u32 = 1;

/// V8, running in this process.
#[derive(Clone, Copy)]
pub struct Library {
    pub(crate) table: &'static Table,
}

impl core::fmt::Debug for Library {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Library").field("version", &self.version()).finish()
    }
}

/// The library of this process and whether it compiles, or why there is none.
static STARTED: OnceLock<Result<(Library, bool), V8Error>> = OnceLock::new();

impl Library {
    /// Starts V8, once in a process. `with_jit` lets it make native code.
    ///
    /// # Errors
    ///
    /// There is no V8, it cannot be used, or it runs in the other way already.
    pub fn start(with_jit: bool) -> Result<Self, V8Error> {
        let started = STARTED.get_or_init(|| load(with_jit).map(|library| (library, with_jit)));
        let (library, has_jit) = started.clone()?;
        if has_jit == with_jit { Ok(library) } else { Err(V8Error::OtherMode(has_jit)) }
    }

    /// The version of V8.
    #[must_use]
    pub fn version(&self) -> String {
        // SAFETY: the library hands out a text that lives as long as it does.
        text(unsafe { (self.table.engine_version)() })
    }
}

/// The text of the library, which is never unloaded.
pub(crate) fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the library hands out texts that end in a zero byte.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Where the build put the library, if it found V8.
const BUILT: Option<&str> = option_env!("SHIM_PATH");

/// Beside the program, where it was installed, or where it was built.
fn load(with_jit: bool) -> Result<Library, V8Error> {
    let built = BUILT.ok_or(V8Error::NotBuilt)?;
    let unusable = |error: &dyn core::fmt::Display| V8Error::Unusable(error.to_string());
    let program = std::env::current_exe().map_err(|error| unusable(&error))?;
    let beside = program.with_file_name("libbraid_v8.so");
    let path = if beside.exists() { beside } else { PathBuf::from(built) };
    // SAFETY: the library is the one that the build of this crate made; what runs when it is loaded
    // sets up its own data.
    let library = unsafe { libloading::Library::new(path) }.map_err(|error| unusable(&error))?;
    // It is never unloaded: V8 cannot be started again.
    let library: &'static libloading::Library = Box::leak(Box::new(library));
    type Entry = unsafe extern "C" fn() -> *const Table;
    // SAFETY: the symbol has this type in `shim.cc`, and the table lives as long as the library.
    let table = unsafe {
        let entry = library.get::<Entry>(b"braid_v8_table\0").map_err(|error| unusable(&error))?;
        &*entry()
    };
    if table.version != TABLE_VERSION {
        return Err(V8Error::Unusable(format!("its table has the version {}", table.version)));
    }
    // SAFETY: the lock around this function lets it be called once.
    let refusal = unsafe { (table.start)(i32::from(with_jit)) };
    if refusal.is_null() { Ok(Library { table }) } else { Err(unusable(&text(refusal))) }
}
