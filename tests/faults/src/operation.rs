//! The log of the file calls of a child, in the order in which they happened.

use std::{fs, path::Path};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Bytes before each entry that say how long it is.
pub const LENGTH_BYTES: usize = 4;

/// A call that changed a file or folder, and what else the model of the disk has to know. Paths
/// are relative to the folder of the store; a number is that of an inode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// A file or folder was opened.
    Open {
        /// Its path.
        path: String,
        /// Its inode.
        number: u64,
        /// Whether the call made it.
        created: bool,
        /// Whether the call emptied it.
        truncated: bool,
    },
    /// Bytes were written to a file.
    Write {
        /// Its inode.
        number: u64,
        /// Where they went.
        offset: u64,
        /// The bytes that were taken.
        bytes: Vec<u8>,
    },
    /// The length of a file was set.
    SetLength {
        /// Its inode.
        number: u64,
        /// The new length.
        length: u64,
    },
    /// A file or folder was synced.
    Sync {
        /// Its inode.
        number: u64,
        /// Whether the call said that it was.
        ok: bool,
    },
    /// A name was changed.
    Rename {
        /// The path before.
        from: String,
        /// The path after.
        to: String,
    },
    /// The name of a file or an empty folder was removed.
    Remove {
        /// Its path.
        path: String,
    },
    /// A folder was made.
    MakeFolder {
        /// Its path.
        path: String,
        /// Its inode.
        number: u64,
    },
    /// The child acknowledged a step: so many were taken.
    Acknowledged {
        /// How many.
        steps: u64,
    },
}

impl Operation {
    /// The entry of the log.
    ///
    /// # Errors
    ///
    /// Where it cannot be encoded.
    pub fn encode(&self) -> anyhow::Result<Vec<u8>> {
        let body = bcs::to_bytes(self)?;
        let length = u32::try_from(body.len())?;
        Ok([&length.to_le_bytes()[..], &body].concat())
    }
}

/// Reads a log. Half an entry at its end, of a process that was killed, is left out.
///
/// # Errors
///
/// Where the file does not read, or an entry is none.
pub fn read_log(path: &Path) -> anyhow::Result<Vec<Operation>> {
    let log = fs::read(path).with_context(|| path.display().to_string())?;
    let mut rest = &log[..];
    let mut operations = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<LENGTH_BYTES>() {
        let length = usize::try_from(u32::from_le_bytes(*length))?;
        let Some((body, after)) = after.split_at_checked(length) else { break };
        operations.push(bcs::from_bytes(body)?);
        rest = after;
    }
    Ok(operations)
}
