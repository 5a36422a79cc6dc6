//! Native code and the snapshots of Go programs on disk, so that a restart neither compiles nor
//! starts again.
//!
//! Loading native code means trusting it, so only files that this node wrote are loaded: the
//! directory is the owner's alone, and each file ends with a hash keyed with a secret of the node
//! over its name and its bytes. A file that does not fit is no error; it is made again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use primitives::CodeHash;

const KEY_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 32;

/// The name of the file that holds the node's secret.
const KEY_FILE: &str = "key";

/// Under what an artefact is kept. For native code it is the metered module, which holds the code,
/// the version of the metering and the limits, and the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArtefactName(String);

impl ArtefactName {
    /// The name of what an engine of this `compatibility` makes of `module`.
    pub(crate) fn new(module: &[u8], compatibility: u64) -> Self {
        Self(format!("{}-{compatibility:016x}.{EXTENSION}", blake3::hash(module).to_hex()))
    }

    /// The name of the snapshot of `code` under `rules`, which are all that it follows from beside
    /// the code and the sources of this crate.
    pub(crate) fn of_snapshot(code: &CodeHash, rules: &str) -> Self {
        let rules = blake3::hash(rules.as_bytes()).to_hex();
        Self(format!("{}-{rules}-{SOURCES}.{EXTENSION}", blake3::Hash::from(code.0.0).to_hex()))
    }
}

/// A number that differs where the sources of this crate do.
const SOURCES: &str = env!("WASM_STRAND_SOURCES");

/// What the name of an artefact ends with.
const EXTENSION: &str = "artefact";

/// A directory of artefacts, bounded by their bytes.
pub(crate) struct ArtefactStore {
    directory: PathBuf,
    bytes_max: u64,
    /// Held while the directory is trimmed, so that two threads do not count the same files.
    trimming: Mutex<()>,
    key: [u8; KEY_BYTES],
    serial: AtomicU64,
    /// Files that were there and did not fit.
    pub(crate) refused: AtomicU64,
}

impl core::fmt::Debug for ArtefactStore {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ArtefactStore").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl ArtefactStore {
    /// Opens the directory, makes it and its secret where there is none.
    pub(crate) fn open(directory: &Path, bytes_max: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        check_private(directory)?;
        let key = read_or_make_key(&directory.join(KEY_FILE))?;
        let directory = directory.to_owned();
        let store = Self {
            directory,
            bytes_max,
            trimming: Mutex::new(()),
            key,
            serial: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        };
        store.trim(None)?;
        Ok(store)
    }

    /// The artefact, where there is one that this node wrote under this name.
    pub(crate) fn get(&self, name: &ArtefactName) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.directory.join(&name.0)).ok()?;
        let body = bytes.len().checked_sub(CHECKSUM_BYTES);
        let is_own = body.is_some_and(|body| {
            let (artefact, checksum) = bytes.split_at(body);
            // The comparison of two blake3 hashes takes the same time wherever they differ.
            <[u8; CHECKSUM_BYTES]>::try_from(checksum)
                .is_ok_and(|checksum| self.checksum(name, artefact) == blake3::Hash::from(checksum))
        });
        if !is_own {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        bytes.truncate(body?);
        Some(bytes)
    }

    /// Keeps an artefact: whole or not at all. Those written first go where there is too much; the
    /// new one stays, however large it is.
    pub(crate) fn put(&self, name: &ArtefactName, artefact: &[u8]) -> io::Result<()> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let temporary =
            self.directory.join(format!("{}.{}.{serial}.part", name.0, std::process::id()));
        let written = write_new(&temporary, &[artefact, self.checksum(name, artefact).as_bytes()])
            .and_then(|()| fs::rename(&temporary, self.directory.join(&name.0)));
        if written.is_err() {
            // What cannot be removed is a file that nobody reads.
            let _ = fs::remove_file(&temporary);
        }
        written.and_then(|()| self.trim(Some(name)))
    }

    /// Removes the artefacts written first until the rest fits.
    fn trim(&self, kept: Option<&ArtefactName>) -> io::Result<()> {
        let _trimming = self.trimming.lock();
        let mut files = Vec::new();
        let mut bytes: u64 = 0;
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            // Another process may have removed it since.
            let Ok(data) = fs::metadata(&path) else { continue };
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                bytes = bytes.saturating_add(data.len());
                files.push((data.modified()?, path, data.len()));
            }
        }
        files.sort_unstable();
        let kept = kept.map(|name| self.directory.join(&name.0));
        for (_, path, file_bytes) in files {
            if bytes <= self.bytes_max {
                break;
            }
            if Some(&path) != kept.as_ref() && fs::remove_file(&path).is_ok() {
                bytes = bytes.saturating_sub(file_bytes);
            }
        }
        Ok(())
    }

    fn checksum(&self, name: &ArtefactName, artefact: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&(name.0.len() as u64).to_le_bytes());
        hasher.update(name.0.as_bytes());
        hasher.update(artefact);
        hasher.finalize()
    }
}

/// Refuses a directory into which another user could write.
fn check_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(directory)?.permissions().mode();
    if mode & 0o077 != 0 {
        let text = format!(
            "the mode of {} is {:o}, it must be 700: native code is loaded from it",
            directory.display(),
            mode & 0o777
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(())
}

fn read_or_make_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    match fs::read(path) {
        Ok(bytes) if bytes.len() == KEY_BYTES => {
            key.copy_from_slice(&bytes);
            return Ok(key);
        }
        // A key that was cut short signed nothing that could still be read.
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    match write_new(path, &[&key]) {
        Ok(()) => Ok(key),
        // Another process of this node was faster; its key is the key.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            File::open(path)?.read_exact(&mut key)?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

fn write_new(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn open(directory: &Path) -> io::Result<ArtefactStore> {
        ArtefactStore::open(directory, u64::MAX)
    }

    fn check_refused(spoil: impl Fn(&Path, &mut Vec<u8>)) {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("cache");
        let store = open(&directory).unwrap();
        let name = ArtefactName::new(b"module", 1);
        store.put(&name, b"native code").unwrap();
        assert_eq!(store.get(&name).as_deref(), Some(b"native code".as_slice()));
        let path = directory.join(&name.0);
        let mut bytes = fs::read(&path).unwrap();
        spoil(&directory, &mut bytes);
        fs::write(&path, bytes).unwrap();
        let store = open(&directory).unwrap();
        assert_eq!(store.get(&name), None);
        assert_eq!(store.refused.load(Ordering::Relaxed), 1);
        store.put(&name, b"native code").unwrap();
        assert!(store.get(&name).is_some(), "what was refused is made again");
    }

    #[test]
    fn a_file_that_was_changed_is_refused() {
        check_refused(|_, bytes| bytes[3] ^= 1);
        check_refused(|_, bytes| *bytes.last_mut().unwrap() ^= 1);
        check_refused(|_, bytes| bytes.truncate(bytes.len() - 1));
        check_refused(|_, bytes| bytes.truncate(5));
        check_refused(|_, bytes| bytes.clear());
        check_refused(|_, bytes| bytes.extend_from_slice(&[0; 40]));
        check_refused(|_, bytes| {
            let body = bytes.len() - CHECKSUM_BYTES;
            let plain = *blake3::hash(&bytes[..body]).as_bytes();
            bytes[body..].copy_from_slice(&plain);
        });
    }

    #[test]
    fn a_file_under_another_name_or_of_another_node_is_refused() {
        check_refused(|directory, bytes| {
            let store = open(directory).unwrap();
            let other = ArtefactName::new(b"another module", 1);
            store.put(&other, b"other code").unwrap();
            *bytes = fs::read(directory.join(&other.0)).unwrap();
        });
        check_refused(|directory, _| fs::write(directory.join(KEY_FILE), [9; 32]).unwrap());
        check_refused(|directory, _| fs::write(directory.join(KEY_FILE), [9; 5]).unwrap());
    }

    #[test]
    fn the_directory_and_the_key_are_the_owners_alone() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("cache");
        open(&directory).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        assert_eq!(mode(&directory.join(KEY_FILE)), 0o600);
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        let error = open(&directory).expect_err("others may read it");
        assert!(error.to_string().contains("it must be 700"), "{error}");
    }

    #[test]
    fn what_was_written_first_makes_room() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("cache");
        let names: Vec<ArtefactName> = (0..4).map(|it| ArtefactName::new(&[it], 1)).collect();
        let file_bytes = (100 + CHECKSUM_BYTES) as u64;
        let there = |store: &ArtefactStore| -> Vec<bool> {
            names.iter().map(|name| store.get(name).is_some()).collect()
        };
        let store = ArtefactStore::open(&directory, 3 * file_bytes).unwrap();
        for (age, name) in names.iter().enumerate() {
            store.put(name, &[7; 100]).unwrap();
            let file = File::options().write(true).open(directory.join(&name.0)).unwrap();
            let written = std::time::UNIX_EPOCH + std::time::Duration::from_secs(age as u64);
            file.set_modified(written).unwrap();
        }
        assert_eq!(there(&store), [false, true, true, true]);
        // A smaller limit counts from the next start on, and the key is no artefact.
        let store = ArtefactStore::open(&directory, file_bytes).unwrap();
        assert_eq!(there(&store), [false, false, false, true]);
        // The newest stays, also alone above the limit.
        store.put(&names[0], &[7; 500]).unwrap();
        assert_eq!(there(&store), [true, false, false, false]);
    }
}
