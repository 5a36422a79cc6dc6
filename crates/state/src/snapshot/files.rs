//! Files of a snapshot: whole or not there, and never read beyond a limit.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read},
    path::Path,
};

use super::bad;
use crate::StateError;

/// Bytes that are collected before they are written.
pub(super) const BUFFER_BYTES: usize = 64 << 10;

/// What a file is called until it is whole.
const PARTIAL: &str = "partial";

/// Makes a file appear with all of what `write` puts into it, or not at all.
pub(super) fn create_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), StateError>,
) -> Result<(), StateError> {
    let partial = path.with_extension(PARTIAL);
    let file = File::create(&partial).map_err(|error| unwritable(&partial, &error))?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
    write(&mut out)?;
    let placed = || -> io::Result<()> {
        out.into_inner()?.sync_all()?;
        fs::rename(&partial, path)?;
        sync_directory(path.parent().unwrap_or(path))
    };
    placed().map_err(|error| unwritable(path, &error))
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Reads a whole file of at most `limit` bytes.
pub(super) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, StateError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(bad(path, format!("it has over {limit} bytes")));
    }
    Ok(bytes)
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> Result<(), StateError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

/// The error of a file that cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> StateError {
    StateError::Store(format!("{}: {error}", path.display()))
}

/// The error of a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> StateError {
    bad(path, format!("cannot read it: {error}"))
}
