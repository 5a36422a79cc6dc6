//! The directory of a durable store: creating it whole, locking it, refusing what is not one.
//!
//! ```text
//! lock           held by the process that has the store open
//! new/           a store that is being created or was given up; removed where it is left over
//! store/FORMAT   what this is, and the version of its layout
//! store/seal     the last acknowledged block, see `Seal`
//! store/db/      the files of fjall
//! ```
//!
//! A store appears by renaming `new` to `store`, so it is never there in part.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{
    FjallConfig, failed,
    journal::{cut_torn_end, write_again},
    layout::{FORMAT_VERSION, FORMAT_WITHOUT_TREE},
    seal::Seal,
};
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
const KEYSPACES: [&str; 7] = ["meta", "state", "hist", "chg", "block", "tree", "stale"];

/// The keyspaces of the format without a tree.
const KEYSPACES_WITHOUT_TREE: usize = 5;

/// How often, and how many times at most, a flush looks whether it is done: a minute in all.
const FLUSH_WAIT: Duration = Duration::from_millis(2);
const FLUSH_WAITS_MAX: u32 = 30_000;

/// The database and its keyspaces.
pub(super) struct Keyspaces {
    pub(super) meta: Keyspace,
    pub(super) state: Keyspace,
    pub(super) history: Keyspace,
    pub(super) changes: Keyspace,
    pub(super) blocks: Keyspace,
    pub(super) tree: Keyspace,
    pub(super) stale: Keyspace,
    pub(super) db: Database,
    /// The journal that this opening found and appends to.
    journal: Option<PathBuf>,
}

impl Keyspaces {
    /// All keyspaces.
    pub(super) const fn all(&self) -> [&Keyspace; KEYSPACES.len()] {
        [
            &self.state,
            &self.history,
            &self.changes,
            &self.blocks,
            &self.tree,
            &self.stale,
            &self.meta,
        ]
    }

    /// Empties the journal while the database is open. Nothing may be written meanwhile, and all
    /// that was has to be in tables on disk.
    ///
    /// The library appends to a journal that it found, so it goes on at the new end. One that it
    /// began itself, because the last grew too long, it writes at a place that it remembers: that
    /// one is left alone, as is one that waits for older ones.
    pub(super) fn empty_journal(&self) -> Result<(), StateError> {
        assert!(self.is_flushed(), "what the journal holds is in tables");
        let Some(journal) = &self.journal else { return Ok(()) };
        self.db.persist(PersistMode::SyncAll).map_err(failed)?;
        let emptied = || -> io::Result<()> {
            let is_only = *journals(journal.parent().unwrap_or(journal))? == [journal.clone()];
            if is_only { cut(journal) } else { Ok(()) }
        };
        emptied().map_err(|error| StateError::Store(format!("{}: {error}", journal.display())))
    }

    /// Puts the tables in memory on disk and waits until they are there.
    pub(super) fn flush_tables(&self) -> Result<(), StateError> {
        for keyspace in self.all() {
            keyspace.rotate_memtable().map_err(failed)?;
        }
        for _ in 0..FLUSH_WAITS_MAX {
            if self.is_flushed() {
                return Ok(());
            }
            self.check_usable()?;
            thread::sleep(FLUSH_WAIT);
        }
        Err(StateError::Store("the tables in memory are not put on disk in time".to_owned()))
    }

    /// Whether the journal that this opening found holds anything.
    pub(super) fn has_journal(&self) -> Result<bool, StateError> {
        let Some(journal) = &self.journal else { return Ok(false) };
        let metadata = fs::metadata(journal).map_err(|error| unreadable(journal, &error))?;
        Ok(metadata.len() > 0)
    }

    /// Tells of a failure that a thread of the library met: what it was about to do is not done,
    /// and never will be.
    pub(super) fn check_usable(&self) -> Result<(), StateError> {
        self.db.persist(PersistMode::Buffer).map_err(failed)
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

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the path and the lock to keep.
    pub(super) fn into_parts(self) -> (PathBuf, File) {
        (self.path, self.lock)
    }

    /// Opens the store in the directory, after creating it where there is none.
    pub(super) fn open(&self, config: &FjallConfig) -> Result<(Keyspaces, Seal), StateError> {
        let store = self.path.join(STORE);
        if store.exists() {
            // The process that gave the store its name may have ended before it was synced.
            let synced = File::open(&self.path).and_then(|folder| folder.sync_all());
            synced.map_err(|error| refused(&self.path, &error))?;
        } else {
            self.create(config)?;
        }
        let path = store.join(FORMAT);
        if read_format(&path)? == FORMAT_WITHOUT_TREE {
            let reason = format!(
                "the store has format {FORMAT_WITHOUT_TREE}, this program uses format \
                 {FORMAT_VERSION}: upgrade the store first"
            );
            return Err(StateError::Open { path, reason });
        }
        let keyspaces = open_keyspaces(&store.join(DB), config, Mode::Open)?;
        Ok((keyspaces, Seal::open(&store.join(SEAL))?))
    }

    /// Opens a store of the format without a tree, to build one, or nothing where the store has the
    /// present format.
    pub(super) fn open_older(
        &self,
        config: &FjallConfig,
    ) -> Result<Option<(Keyspaces, Seal)>, StateError> {
        let store = self.path.join(STORE);
        if read_format(&store.join(FORMAT))? == FORMAT_VERSION {
            return Ok(None);
        }
        let keyspaces = open_keyspaces(&store.join(DB), config, Mode::Upgrade)?;
        Ok(Some((keyspaces, Seal::open(&store.join(SEAL))?)))
    }

    /// Writes down that the store has the present format now.
    pub(super) fn finish_upgrade(path: &Path) -> Result<(), StateError> {
        let store = path.join(STORE);
        let new = store.join("FORMAT.new");
        let written = || -> io::Result<()> {
            write_format(&new)?;
            fs::rename(&new, store.join(FORMAT))?;
            File::open(&store)?.sync_all()
        };
        written().map_err(|error| refused(&new, &error))
    }

    /// Replaces the store by an empty one. What is there is given up whole, by its name, before
    /// any of it is removed.
    pub(super) fn reset(&self, config: &FjallConfig) -> Result<(Keyspaces, Seal), StateError> {
        let store = self.path.join(STORE);
        self.remove_new()?;
        let given_up = || -> io::Result<()> {
            fs::rename(&store, self.path.join(NEW))?;
            File::open(&self.path)?.sync_all()
        };
        given_up().map_err(|error| refused(&store, &error))?;
        self.open(config)
    }

    /// Removes a store that was being created or given up.
    fn remove_new(&self) -> Result<(), StateError> {
        let new = self.path.join(NEW);
        if new.exists() {
            fs::remove_dir_all(&new).map_err(|error| refused(&new, &error))?;
        }
        Ok(())
    }

    fn create(&self, config: &FjallConfig) -> Result<(), StateError> {
        self.remove_new()?;
        let new = self.path.join(NEW);
        let made = || -> io::Result<()> {
            fs::create_dir(&new)?;
            write_format(&new.join(FORMAT))
        };
        made().map_err(|error| refused(&new, &error))?;
        Seal::create(&new.join(SEAL))?;
        drop(open_keyspaces(&new.join(DB), config, Mode::Create)?);
        let moved = || -> io::Result<()> {
            // The library does not sync the names of the folders that it makes.
            sync_tree(&new)?;
            sync_names_above(&self.path)?;
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
    let emptied = || match &journals(&db)?[..] {
        [journal] => cut(journal),
        // More than one means that the library still needs the older ones.
        _ => Ok(()),
    };
    emptied().map_err(|error: io::Error| StateError::Store(format!("{}: {error}", db.display())))
}

/// The journals in the directory of a database, oldest first.
fn journals(db: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(db)? {
        let path = entry?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if let Some(number) = number.filter(|_| path.extension().is_some_and(|it| it == "jnl")) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Syncs the names of a folder and of those above it, so that no power cut takes the folder away,
/// whoever made it. A folder that may not be read is one that nobody just made.
fn sync_names_above(folder: &Path) -> io::Result<()> {
    for above in folder.canonicalize()?.ancestors().skip(1) {
        match File::open(above).and_then(|above| above.sync_all()) {
            Err(error) if !matches!(error.kind(), ErrorKind::PermissionDenied) => {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Syncs a folder and all that is in it.
fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// Syncs the names in a folder and in those below it.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

fn cut(journal: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(journal)?;
    file.set_len(0)?;
    file.sync_all()
}

/// The error of a path that the system refused: one that cannot be used, or a medium that failed.
pub(super) fn refused(path: &Path, error: &io::Error) -> StateError {
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::AlreadyExists
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput => {
            StateError::Open { path: path.to_owned(), reason: error.to_string() }
        }
        _ => StateError::Store(format!("{}: {error}", path.display())),
    }
}

/// The error of a file of a store: where it is missing or too short the store is damaged.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> StateError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::UnexpectedEof | ErrorKind::InvalidData => {
            StateError::Damaged { path: path.to_owned(), reason: error.to_string() }
        }
        _ => refused(path, error),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Create,
    Open,
    /// As `Open`, but the keyspaces of the tree are made where they are not there.
    Upgrade,
}

fn write_format(path: &Path) -> io::Result<()> {
    fs::write(path, format!("{FORMAT_TEXT}{FORMAT_VERSION}\n"))?;
    File::open(path)?.sync_all()
}

/// Reads the format of a store, which is one that this program knows.
fn read_format(path: &Path) -> Result<u32, StateError> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let version = text
        .strip_prefix(FORMAT_TEXT)
        .and_then(|rest| rest.strip_suffix('\n'))
        .and_then(|number| number.parse::<u32>().ok());
    let reason = match version {
        Some(known @ FORMAT_WITHOUT_TREE..=FORMAT_VERSION) => return Ok(known),
        Some(version) if version > FORMAT_VERSION => {
            let reason = format!(
                "the store has format {version}, this program reads up to {FORMAT_VERSION}: \
                 use a newer one"
            );
            return Err(StateError::Open { path: path.to_owned(), reason });
        }
        Some(version) => format!("the store has format {version}, which was never in use"),
        None => "the file does not name the format of the store".to_owned(),
    };
    Err(StateError::Damaged { path: path.to_owned(), reason })
}

/// Opens the database. The library panics on some damaged files; that is damage, not a bug here.
fn open_keyspaces(path: &Path, config: &FjallConfig, mode: Mode) -> Result<Keyspaces, StateError> {
    let opened = catch_unwind(AssertUnwindSafe(|| open_database(path, config, mode)));
    opened.unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(damaged(path, message.to_owned()))
    })
}

fn open_database(path: &Path, config: &FjallConfig, mode: Mode) -> Result<Keyspaces, StateError> {
    // Of a path without its marker the library makes a new database: damage would become an
    // empty store.
    if mode != Mode::Create && !path.join("version").exists() {
        return Err(damaged(path, "the file \"version\" is missing".to_owned()));
    }
    let mut journals = match mode {
        Mode::Create => Vec::new(),
        Mode::Open | Mode::Upgrade => journals(path).map_err(|error| unreadable(path, &error))?,
    };
    if let Some(journal) = journals.last() {
        cut_torn_end(journal).map_err(|error| unreadable(journal, &error))?;
    }
    for journal in &journals {
        write_again(journal).map_err(|error| unreadable(journal, &error))?;
    }
    if mode != Mode::Create {
        // A name that the last process gave and could not sync is what the library goes by, while
        // it removes what that name replaced: a power cut would then leave neither.
        sync_folders(path).map_err(|error| unreadable(path, &error))?;
    }
    let not_opened = |error: fjall::Error| not_opened(path, &error);
    let db = Database::builder(path).cache_size(config.cache_bytes).open().map_err(not_opened)?;
    let expected = match mode {
        Mode::Create => 0,
        Mode::Upgrade => KEYSPACES_WITHOUT_TREE,
        Mode::Open => KEYSPACES.len(),
    };
    for name in &KEYSPACES[..expected] {
        if !db.keyspace_exists(name) {
            return Err(damaged(path, format!("keyspace \"{name}\" is missing")));
        }
    }
    let keyspace =
        |name: &str| db.keyspace(name, KeyspaceCreateOptions::default).map_err(not_opened);
    let [meta, state, history, changes, blocks, tree, stale] = KEYSPACES;
    Ok(Keyspaces {
        meta: keyspace(meta)?,
        state: keyspace(state)?,
        history: keyspace(history)?,
        changes: keyspace(changes)?,
        blocks: keyspace(blocks)?,
        tree: keyspace(tree)?,
        stale: keyspace(stale)?,
        db,
        journal: journals.pop(),
    })
}

fn damaged(path: &Path, reason: String) -> StateError {
    StateError::Damaged { path: path.to_owned(), reason }
}

/// The error of the library at opening.
fn not_opened(path: &Path, error: &fjall::Error) -> StateError {
    use fjall::Error;
    match error {
        Error::Io(error) | Error::Storage(fjall::LsmError::Io(error)) => unreadable(path, error),
        Error::Locked => StateError::Open { path: path.to_owned(), reason: describe(error) },
        other => damaged(path, describe(other)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_path_is_told_from_a_failing_medium_and_from_damage() {
        let path = Path::new("/some/where");
        let cases = [
            (ErrorKind::NotFound, true, true),
            (ErrorKind::PermissionDenied, true, false),
            (ErrorKind::ReadOnlyFilesystem, true, false),
            (ErrorKind::StorageFull, false, false),
            (ErrorKind::QuotaExceeded, false, false),
            (ErrorKind::UnexpectedEof, false, true),
        ];
        for (kind, is_usage, is_damage) in cases {
            let error = io::Error::from(kind);
            let (refused, unreadable) = (refused(path, &error), unreadable(path, &error));
            assert_eq!(refused.is_usage(), is_usage, "{kind:?}");
            let found = matches!(unreadable, StateError::Damaged { .. });
            assert_eq!(found, is_damage, "{kind:?}");
            for message in [refused.to_string(), unreadable.to_string()] {
                assert!(message.contains("/some/where"), "{message}");
                assert!(message.contains(&kind.to_string()), "{message}");
            }
        }
    }
}
