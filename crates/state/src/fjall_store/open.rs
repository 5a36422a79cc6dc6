//! The directory of a durable store: creating it whole, locking it, refusing what is not one.
//!
//! ```text
//! lock           held by the process that has the store open
//! new/           a store that is being created; removed where it is left over
//! store/FORMAT   what this is, and the version of its layout
//! store/seal     the last acknowledged block, see `Seal`
//! store/db/      the files of fjall
//! ```
//!
//! A store appears by renaming `new` to `store`, so it is never there in part.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use super::{FjallConfig, layout::FORMAT_VERSION, seal::Seal};
use crate::StateError;

const LOCK: &str = "lock";
const NEW: &str = "new";
const STORE: &str = "store";
const FORMAT: &str = "FORMAT";
const SEAL: &str = "seal";
const DB: &str = "db";

/// What the file `FORMAT` holds before the number.
const FORMAT_TEXT: &str = "braid state store, format ";

/// The keyspaces of a store, in the order in which they are created.
const KEYSPACES: [&str; 5] = ["meta", "state", "hist", "chg", "block"];

/// The database and its keyspaces.
pub(super) struct Keyspaces {
    pub(super) meta: Keyspace,
    pub(super) state: Keyspace,
    pub(super) history: Keyspace,
    pub(super) changes: Keyspace,
    pub(super) blocks: Keyspace,
    pub(super) db: Database,
}

impl Keyspaces {
    /// All keyspaces.
    pub(super) const fn all(&self) -> [&Keyspace; KEYSPACES.len()] {
        [&self.state, &self.history, &self.changes, &self.blocks, &self.meta]
    }

    /// Whether all tables that were to be put on disk are there.
    pub(super) fn is_flushed(&self) -> bool {
        self.all().iter().all(|keyspace| keyspace.sealed_memtable_count() == 0)
    }
}

/// A directory that this process has locked.
pub(super) struct Directory {
    path: PathBuf,
    lock: File,
}

impl Directory {
    /// Locks the directory, which is made where it is not there and `create` is set.
    pub(super) fn lock(path: &Path, create: bool) -> Result<Self, StateError> {
        if create {
            fs::create_dir_all(path).map_err(|error| refused(path, &error))?;
        }
        let entries = fs::read_dir(path).map_err(|error| refused(path, &error))?;
        for entry in entries {
            let name = entry.map_err(|error| refused(path, &error))?.file_name();
            if ![LOCK, NEW, STORE].iter().any(|known| name == *known) {
                let reason = format!("it is no Braid store, it holds {}", name.display());
                return Err(StateError::Open { path: path.to_owned(), reason });
            }
        }
        if !create && !path.join(STORE).exists() {
            let reason = "there is no Braid store in it".to_owned();
            return Err(StateError::Open { path: path.to_owned(), reason });
        }
        let lock_path = path.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|error| refused(&lock_path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(StateError::Open {
                path: path.to_owned(),
                reason: "it is open already, here or in another process".to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(refused(&lock_path, &error)),
        }
    }

    /// Gives the lock to keep.
    pub(super) fn into_lock(self) -> File {
        self.lock
    }

    /// Opens the store in the directory, after creating it where there is none.
    pub(super) fn open(&self, config: &FjallConfig) -> Result<(Keyspaces, Seal), StateError> {
        let store = self.path.join(STORE);
        if !store.exists() {
            self.create(config)?;
        }
        check_format(&store.join(FORMAT))?;
        let keyspaces = open_keyspaces(&store.join(DB), config, Mode::Open)?;
        Ok((keyspaces, Seal::open(&store.join(SEAL))?))
    }

    /// Replaces the store by an empty one.
    pub(super) fn reset(&self, config: &FjallConfig) -> Result<(Keyspaces, Seal), StateError> {
        let store = self.path.join(STORE);
        fs::remove_dir_all(&store).map_err(|error| refused(&store, &error))?;
        self.open(config)
    }

    fn create(&self, config: &FjallConfig) -> Result<(), StateError> {
        let new = self.path.join(NEW);
        if new.exists() {
            fs::remove_dir_all(&new).map_err(|error| refused(&new, &error))?;
        }
        let made = || -> io::Result<()> {
            fs::create_dir(&new)?;
            let format = new.join(FORMAT);
            fs::write(&format, format!("{FORMAT_TEXT}{FORMAT_VERSION}\n"))?;
            File::open(&format)?.sync_all()
        };
        made().map_err(|error| refused(&new, &error))?;
        Seal::create(&new.join(SEAL))?;
        drop(open_keyspaces(&new.join(DB), config, Mode::Create)?);
        let moved = || -> io::Result<()> {
            File::open(&new)?.sync_all()?;
            fs::rename(&new, self.path.join(STORE))?;
            File::open(&self.path)?.sync_all()
        };
        moved().map_err(|error| refused(&new, &error))
    }
}

/// Empties the journal of a database that is closed and whose tables are all on disk.
///
/// The library reads its journal from the start at every opening, also what has long been put into
/// tables, and begins a new one only every 64 MB. An empty one it takes as it is; without any it
/// would forget how far its versions have come.
pub(super) fn empty_journal(path: &Path) -> Result<(), StateError> {
    let db = path.join(STORE).join(DB);
    let emptied = || -> io::Result<()> {
        let mut journals = Vec::new();
        for entry in fs::read_dir(&db)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "jnl") {
                journals.push(path);
            }
        }
        // More than one means that the library still needs the older ones.
        let [journal] = &journals[..] else { return Ok(()) };
        let file = OpenOptions::new().write(true).open(journal)?;
        file.set_len(0)?;
        file.sync_all()
    };
    emptied().map_err(|error| StateError::Store(format!("{}: {error}", db.display())))
}

/// The error of a file that the system refused.
pub(super) fn refused(path: &Path, error: &io::Error) -> StateError {
    StateError::Open { path: path.to_owned(), reason: error.to_string() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Create,
    Open,
}

fn check_format(path: &Path) -> Result<(), StateError> {
    let text = fs::read_to_string(path).map_err(|error| refused(path, &error))?;
    let version = text
        .strip_prefix(FORMAT_TEXT)
        .and_then(|rest| rest.strip_suffix('\n'))
        .and_then(|number| number.parse::<u32>().ok());
    let reason = match version {
        Some(FORMAT_VERSION) => return Ok(()),
        Some(version) if version > FORMAT_VERSION => format!(
            "the store has format {version}, this program reads up to {FORMAT_VERSION}: \
             use a newer one"
        ),
        Some(version) => format!("the store has format {version}, which was never in use"),
        None => "the file does not name the format of the store".to_owned(),
    };
    Err(StateError::Open { path: path.to_owned(), reason })
}

/// Opens the database. The library panics on some damaged files; that is damage, not a bug here.
fn open_keyspaces(path: &Path, config: &FjallConfig, mode: Mode) -> Result<Keyspaces, StateError> {
    let corrupt = |reason: String| StateError::Open { path: path.to_owned(), reason };
    let opened = catch_unwind(AssertUnwindSafe(|| open_database(path, config, mode)));
    match opened {
        Ok(Ok(keyspaces)) => Ok(keyspaces),
        Ok(Err(reason)) => Err(corrupt(reason)),
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(corrupt(format!("the files are damaged: {message}")))
        }
    }
}

fn open_database(path: &Path, config: &FjallConfig, mode: Mode) -> Result<Keyspaces, String> {
    // Of a path without its marker the library makes a new database: damage would become an
    // empty store.
    if mode == Mode::Open && !path.join("version").exists() {
        return Err("the files are damaged: the file \"version\" is missing".to_owned());
    }
    let db = Database::builder(path)
        .cache_size(config.cache_bytes)
        .open()
        .map_err(|error| describe(&error))?;
    for name in KEYSPACES {
        if mode == Mode::Open && !db.keyspace_exists(name) {
            return Err(format!("the files are damaged: keyspace \"{name}\" is missing"));
        }
    }
    let keyspace = |name: &str| {
        db.keyspace(name, KeyspaceCreateOptions::default).map_err(|error| describe(&error))
    };
    let [meta, state, history, changes, blocks] = KEYSPACES;
    Ok(Keyspaces {
        meta: keyspace(meta)?,
        state: keyspace(state)?,
        history: keyspace(history)?,
        changes: keyspace(changes)?,
        blocks: keyspace(blocks)?,
        db,
    })
}

/// What an error of the library means to the one who runs the store.
pub(super) fn describe(error: &fjall::Error) -> String {
    use fjall::Error;
    match error {
        Error::Io(error) => error.to_string(),
        Error::Storage(fjall::LsmError::Io(error)) => error.to_string(),
        Error::Locked => "it is open already, here or in another process".to_owned(),
        Error::Poisoned => "an earlier write failed; open the store again".to_owned(),
        Error::Storage(_)
        | Error::JournalRecovery(_)
        | Error::Decompress(_)
        | Error::InvalidTrailer
        | Error::InvalidTag(_)
        | Error::InvalidVersion(_)
        | Error::Unrecoverable => format!("the files are damaged: {error:?}"),
        other => format!("{other:?}"),
    }
}
