//! The file calls of the C library, as this process has them.
//!
//! A symbol of an executable comes before that of a shared library, so the standard library and
//! all crates of this process call what is here. Each call below the watched folder is logged, and
//! fails where the plan says so; every other call goes through as it is. Calls are made one at a
//! time, so that the log has one order.
//!
//! A crate that asks the kernel without the C library is not seen. The one such call of the store
//! is a rename of the database (its `current`), which shows in the log when the file is opened
//! under its new name.
#![expect(unsafe_code, reason = "it stands in for functions of the C library")]

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString, c_char, c_int, c_long, c_void},
    fs,
    mem::MaybeUninit,
    os::unix::{ffi::OsStrExt, fs::DirEntryExt},
    path::Path,
    slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use braid_fault_tests::{
    fault::{Call, Fault, Place, Plan, Setup},
    operation::Operation,
};
use libc::{iovec, mode_t, off_t, size_t, ssize_t};

static SHIM: Mutex<Option<Shim>> = Mutex::new(None);

struct Shim {
    root: String,
    log: c_int,
    plan: Option<Plan>,
    /// Calls so far at the place of the plan.
    calls: u64,
    broken: Option<Broken>,
    open: BTreeMap<c_int, OpenFile>,
}

struct OpenFile {
    path: String,
    number: u64,
}

/// A medium that fails from now on.
#[derive(Clone, Copy)]
struct Broken {
    errno: c_int,
    once: bool,
    space_alone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Pass,
    Fail(c_int),
    Short,
    ShortThenKill,
    KillAfter,
}

/// Begins to watch the folder of a setup.
///
/// # Errors
///
/// Where the folder cannot be found or the log not be opened.
pub(crate) fn install(setup: &Setup) -> anyhow::Result<()> {
    let root = setup.root.canonicalize().with_context(|| setup.root.display().to_string())?;
    let root = root.to_str().context("the folder has a name in Unicode")?.to_owned();
    let log = CString::new(setup.log.as_os_str().as_bytes())?;
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
    // SAFETY: the path ends with a zero byte and lives through the call.
    let log = unsafe { real_open(libc::AT_FDCWD, log.as_ptr(), flags, 0o600) };
    anyhow::ensure!(log >= 0, "{}: not opened", setup.log.display());
    let plan = setup.plan.clone();
    let shim = Shim { root, log, plan, calls: 0, broken: None, open: BTreeMap::new() };
    log_names(&shim, Path::new(&shim.root))?;
    *lock() = Some(shim);
    Ok(())
}

/// Logs every file as if it were opened: the process before may have ended after a rename that the
/// shim does not see, and before it opened the file under its new name.
fn log_names(shim: &Shim, folder: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            log_names(shim, &entry.path())?;
            continue;
        }
        let path = entry.path().strip_prefix(&shim.root)?.to_str().context("a name")?.to_owned();
        let number = entry.ino();
        shim.log(&Operation::Open { path, number, created: false, truncated: false });
    }
    Ok(())
}

/// Puts an entry into the log that is no call.
///
/// # Errors
///
/// Where nothing is watched.
pub(crate) fn note(operation: &Operation) -> anyhow::Result<()> {
    lock().as_mut().context("the shim is installed")?.log(operation);
    Ok(())
}

fn lock() -> MutexGuard<'static, Option<Shim>> {
    SHIM.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shim {
    fn log(&self, operation: &Operation) {
        let bytes = operation.encode().expect("invariant: every operation has an encoding");
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            // SAFETY: the bytes live through the call.
            let written = unsafe { real_write(self.log, rest.as_ptr().cast(), rest.len()) };
            let written = usize::try_from(written).expect("invariant: the log takes all");
            rest = &rest[written..];
        }
    }

    /// The path of a name below the watched folder, relative to it.
    fn path(&self, folder: c_int, name: *const c_char) -> Option<String> {
        // SAFETY: the caller of the C function gives a string that ends with a zero byte.
        let name = unsafe { CStr::from_ptr(name) }.to_str().ok()?;
        if Path::new(name).is_absolute() {
            let below = name.strip_prefix(&self.root)?;
            return Some(below.strip_prefix('/').unwrap_or(below).to_owned());
        }
        let folder = &self.open.get(&folder)?.path;
        Some(if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
    }

    fn decide(&mut self, path: &str, call: Call, takes_space: bool) -> Decision {
        if let Some(broken) = self.broken
            && (takes_space || !broken.space_alone)
        {
            if broken.once {
                self.broken = None;
            }
            return Decision::Fail(broken.errno);
        }
        let Some(plan) = &self.plan else { return Decision::Pass };
        if plan.place.call != call || plan.place != Place::new(path, call) {
            return Decision::Pass;
        }
        let (fault, is_planned) = (plan.fault, plan.number == self.calls);
        self.calls += 1;
        if is_planned { self.begin(fault, takes_space) } else { Decision::Pass }
    }

    fn begin(&mut self, fault: Fault, takes_space: bool) -> Decision {
        let io = Broken { errno: libc::EIO, once: false, space_alone: false };
        match fault {
            Fault::ErrorOnce | Fault::SyncError => Decision::Fail(libc::EIO),
            Fault::ErrorFromThen => {
                self.broken = Some(io);
                Decision::Fail(libc::EIO)
            }
            Fault::NoSpaceFromThen => {
                self.broken = Some(Broken { errno: libc::ENOSPC, space_alone: true, ..io });
                if takes_space { Decision::Fail(libc::ENOSPC) } else { Decision::Pass }
            }
            Fault::ShortThenError => {
                self.broken = Some(Broken { once: true, ..io });
                Decision::Short
            }
            Fault::ShortThenKill => Decision::ShortThenKill,
            Fault::KillBefore => kill(),
            Fault::KillAfter => Decision::KillAfter,
        }
    }

    /// Makes a call that is done whole or not at all, and logs it where it was done.
    fn call(
        &mut self,
        (path, call, takes_space): (&str, Call, bool),
        make: impl FnOnce() -> c_long,
        log: impl FnOnce(&Self, c_long),
    ) -> c_long {
        let decision = self.decide(path, call, takes_space);
        if let Decision::Fail(errno) = decision {
            return fail(errno);
        }
        if decision == Decision::ShortThenKill {
            kill();
        }
        let result = make();
        if result >= 0 {
            let errno = errno();
            log(self, result);
            set_errno(errno);
        }
        if decision == Decision::KillAfter {
            kill();
        }
        result
    }

    fn write(&mut self, file: c_int, bytes: &[u8], place: Option<off_t>) -> c_long {
        let path = self.open.get(&file).map(|open| open.path.clone()).unwrap_or_default();
        let decision = self.decide(&path, Call::Write, true);
        let taken = match decision {
            Decision::Fail(errno) => return fail(errno),
            Decision::Short | Decision::ShortThenKill => bytes.len().div_ceil(2),
            Decision::Pass | Decision::KillAfter => bytes.len(),
        };
        let offset = place.unwrap_or_else(|| position(file));
        // SAFETY: `taken` is at most the length of the bytes, which live through the call.
        let written = unsafe {
            match place {
                Some(place) => {
                    libc::syscall(libc::SYS_pwrite64, file, bytes.as_ptr(), taken, place)
                }
                None => real_write(file, bytes.as_ptr().cast(), taken),
            }
        };
        if let (Ok(count), Some(open)) = (usize::try_from(written), self.open.get(&file)) {
            let number = open.number;
            let offset = u64::try_from(offset).expect("invariant: a place in a file");
            self.log(&Operation::Write { number, offset, bytes: bytes[..count].to_vec() });
        }
        if matches!(decision, Decision::ShortThenKill | Decision::KillAfter) {
            kill();
        }
        written
    }
}

fn kill() -> ! {
    // SAFETY: the call takes no memory; the process ends by it.
    unsafe {
        libc::kill(libc::getpid(), libc::SIGKILL);
        libc::_exit(1)
    }
}

fn errno() -> c_int {
    // SAFETY: the C library gives the place of this thread's number.
    unsafe { *libc::__errno_location() }
}

fn set_errno(errno: c_int) {
    // SAFETY: as in `errno`.
    unsafe { *libc::__errno_location() = errno }
}

fn fail(errno: c_int) -> c_long {
    set_errno(errno);
    -1
}

fn inode(file: c_int) -> Option<libc::stat64> {
    let mut stat = MaybeUninit::uninit();
    // SAFETY: the place is large enough, and read only where the call has filled it.
    unsafe { (libc::fstat64(file, stat.as_mut_ptr()) == 0).then(|| stat.assume_init()) }
}

/// Where the next plain write to a file goes.
fn position(file: c_int) -> off_t {
    // SAFETY: the calls take no memory.
    let (flags, place) =
        unsafe { (libc::fcntl(file, libc::F_GETFL), libc::lseek(file, 0, libc::SEEK_CUR)) };
    if flags & libc::O_APPEND == 0 { place } else { inode(file).map_or(0, |stat| stat.st_size) }
}

// SAFETY: the caller gives bytes of that length that it may read.
unsafe fn real_write(file: c_int, bytes: *const c_void, count: size_t) -> c_long {
    // SAFETY: as the caller says.
    unsafe { libc::syscall(libc::SYS_write, file, bytes, count) }
}

// SAFETY: the caller gives a path that ends with a zero byte.
unsafe fn real_open(folder: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller says.
    let file = unsafe { libc::syscall(libc::SYS_openat, folder, path, flags, mode) };
    c_int::try_from(file).unwrap_or(-1)
}

// SAFETY: as `openat` of the C library.
unsafe fn open_below(folder: c_int, name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let mut guard = lock();
    // SAFETY: as the caller says.
    let open = || unsafe { real_open(folder, name, flags, mode) };
    let Some(shim) = guard.as_mut() else { return open() };
    let Some(path) = shim.path(folder, name) else { return open() };
    // SAFETY: as the caller says.
    let is_there = unsafe { libc::faccessat(folder, name, libc::F_OK, 0) } == 0;
    let created = !is_there && flags & libc::O_CREAT != 0;
    let truncated = is_there && flags & libc::O_TRUNC != 0;
    let mut opened = None;
    let mut log = |shim: &Shim, file: c_long| {
        let file = c_int::try_from(file).expect("invariant: the number of an open file");
        let number = inode(file).expect("invariant: an open file has an inode").st_ino;
        shim.log(&Operation::Open { path: path.clone(), number, created, truncated });
        opened = Some((file, OpenFile { path: path.clone(), number }));
    };
    let file = if created || truncated {
        shim.call((&path, Call::Make, true), || c_long::from(open()), log)
    } else {
        let file = c_long::from(open());
        if file >= 0 {
            log(shim, file);
        }
        file
    };
    if let Some((file, open)) = opened {
        shim.open.insert(file, open);
    }
    c_int::try_from(file).unwrap_or(-1)
}

/// Calls a function of one open file, through the shim where the file is watched.
fn on_file(
    file: c_int,
    (call, takes_space): (Call, bool),
    make: impl FnOnce() -> c_long,
    operation: impl FnOnce(u64) -> Operation,
) -> c_int {
    let mut guard = lock();
    let watched = guard.as_mut().and_then(|shim| {
        let open = shim.open.get(&file)?;
        let (path, number) = (open.path.clone(), open.number);
        Some((shim, path, number))
    });
    let result = match watched {
        None => make(),
        Some((shim, path, number)) => {
            shim.call((&path, call, takes_space), make, |shim, _| shim.log(&operation(number)))
        }
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// Syncs; one that fails is logged as well, since what it was to put on disk may be lost.
fn sync(file: c_int, call: c_long) -> c_int {
    // SAFETY: the call takes no memory.
    let make = || unsafe { libc::syscall(call, file) };
    let result =
        on_file(file, (Call::Sync, false), make, |number| Operation::Sync { number, ok: true });
    if result < 0 {
        let errno = errno();
        let guard = lock();
        if let Some((shim, open)) =
            guard.as_ref().and_then(|shim| Some((shim, shim.open.get(&file)?)))
        {
            shim.log(&Operation::Sync { number: open.number, ok: false });
        }
        set_errno(errno);
    }
    result
}

/// Calls a function of one name, through the shim where the name is watched.
fn on_name(
    folder: c_int,
    name: *const c_char,
    (call, takes_space): (Call, bool),
    make: impl FnOnce() -> c_long,
    operation: impl FnOnce(String) -> Operation,
) -> c_int {
    let mut guard = lock();
    let watched = guard.as_mut().and_then(|shim| {
        let path = shim.path(folder, name)?;
        Some((shim, path))
    });
    let result = match watched {
        None => make(),
        Some((shim, path)) => {
            let at = path.clone();
            shim.call((&at, call, takes_space), make, |shim, _| shim.log(&operation(path)))
        }
    };
    c_int::try_from(result).unwrap_or(-1)
}

/// As the function of the C library, whose contract its callers keep. Its last argument is there
/// only where a file may be made; it is handed on and not looked at.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn open(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller says.
    unsafe { open_below(libc::AT_FDCWD, name, flags, mode) }
}

/// As [`open`].
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn open64(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller says.
    unsafe { open_below(libc::AT_FDCWD, name, flags, mode) }
}

/// As [`open`], from a folder.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat(
    folder: c_int,
    name: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    // SAFETY: as the caller says.
    unsafe { open_below(folder, name, flags, mode) }
}

/// As [`openat`].
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(
    folder: c_int,
    name: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    // SAFETY: as the caller says.
    unsafe { open_below(folder, name, flags, mode) }
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
extern "C" fn close(file: c_int) -> c_int {
    let mut guard = lock();
    if let Some(shim) = guard.as_mut() {
        shim.open.remove(&file);
    }
    // SAFETY: the call takes no memory. It is made under the lock, so that nobody else gets the
    // number of the file before it is forgotten here.
    let result = unsafe { libc::syscall(libc::SYS_close, file) };
    c_int::try_from(result).unwrap_or(-1)
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(file: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    let mut guard = lock();
    let written = match guard.as_mut().filter(|shim| shim.open.contains_key(&file)) {
        // SAFETY: as the caller says.
        None => {
            drop(guard);
            // SAFETY: as the caller says.
            unsafe { real_write(file, bytes, count) }
        }
        Some(shim) => {
            // SAFETY: the caller gives so many bytes.
            shim.write(file, unsafe { slice::from_raw_parts(bytes.cast(), count) }, None)
        }
    };
    ssize_t::try_from(written).unwrap_or(-1)
}

/// As the function of the C library; it takes the first part alone, as it may.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(file: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller gives so many parts.
    let parts = unsafe { slice::from_raw_parts(parts, count) };
    match parts.iter().find(|part| part.iov_len > 0) {
        // SAFETY: a part is a place and its length.
        Some(part) => unsafe { write(file, part.iov_base, part.iov_len) },
        None => 0,
    }
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(
    file: c_int,
    bytes: *const c_void,
    count: size_t,
    place: off_t,
) -> ssize_t {
    let mut guard = lock();
    let written = match guard.as_mut().filter(|shim| shim.open.contains_key(&file)) {
        // SAFETY: as the caller says.
        None => unsafe { libc::syscall(libc::SYS_pwrite64, file, bytes, count, place) },
        Some(shim) => {
            // SAFETY: the caller gives so many bytes.
            shim.write(file, unsafe { slice::from_raw_parts(bytes.cast(), count) }, Some(place))
        }
    };
    ssize_t::try_from(written).unwrap_or(-1)
}

/// As [`pwrite64`].
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(
    file: c_int,
    bytes: *const c_void,
    count: size_t,
    place: off_t,
) -> ssize_t {
    // SAFETY: as the caller says.
    unsafe { pwrite64(file, bytes, count, place) }
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
extern "C" fn fsync(file: c_int) -> c_int {
    sync(file, libc::SYS_fsync)
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
extern "C" fn fdatasync(file: c_int) -> c_int {
    sync(file, libc::SYS_fdatasync)
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
extern "C" fn ftruncate64(file: c_int, length: off_t) -> c_int {
    // SAFETY: the call takes no memory.
    let make = || unsafe { libc::syscall(libc::SYS_ftruncate, file, length) };
    let grows = inode(file).is_none_or(|stat| stat.st_size < length);
    on_file(file, (Call::SetLength, grows), make, |number| {
        let length = u64::try_from(length).expect("invariant: a length that was set");
        Operation::SetLength { number, length }
    })
}

/// As [`ftruncate64`].
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
extern "C" fn ftruncate(file: c_int, length: off_t) -> c_int {
    ftruncate64(file, length)
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let here = libc::AT_FDCWD;
    let target = lock().as_ref().and_then(|shim| shim.path(here, to)).unwrap_or_default();
    // SAFETY: as the caller says.
    let make = || unsafe { libc::syscall(libc::SYS_renameat2, here, from, here, to, 0) };
    on_name(here, from, (Call::Rename, false), make, |from| Operation::Rename { from, to: target })
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlinkat(folder: c_int, name: *const c_char, flags: c_int) -> c_int {
    // SAFETY: as the caller says.
    let make = || unsafe { libc::syscall(libc::SYS_unlinkat, folder, name, flags) };
    on_name(folder, name, (Call::Remove, false), make, |path| Operation::Remove { path })
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(name: *const c_char) -> c_int {
    // SAFETY: as the caller says.
    unsafe { unlinkat(libc::AT_FDCWD, name, 0) }
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn rmdir(name: *const c_char) -> c_int {
    // SAFETY: as the caller says.
    unsafe { unlinkat(libc::AT_FDCWD, name, libc::AT_REMOVEDIR) }
}

/// As the function of the C library.
// SAFETY: the name and the arguments are those of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(name: *const c_char, mode: mode_t) -> c_int {
    let here = libc::AT_FDCWD;
    // SAFETY: as the caller says.
    let make = || unsafe { libc::syscall(libc::SYS_mkdirat, here, name, mode) };
    on_name(here, name, (Call::Make, true), make, |path| {
        let mut stat = MaybeUninit::uninit();
        // SAFETY: the place is large enough, and read only where the call has filled it.
        let stat =
            unsafe { (libc::stat64(name, stat.as_mut_ptr()) == 0).then(|| stat.assume_init()) };
        let stat: libc::stat64 = stat.expect("invariant: a folder that was made is there");
        Operation::MakeFolder { path, number: stat.st_ino }
    })
}
