//! The log of the file calls of a child, in the order in which they happened.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::fault::{Call, Place};

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

/// The paths of inodes, as far as a log was followed.
#[derive(Debug, Default)]
pub struct Paths(BTreeMap<u64, String>);

impl Paths {
    /// Follows a call.
    pub fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::Open { path, number, .. } | Operation::MakeFolder { path, number } => {
                self.0.insert(*number, path.clone());
            }
            _ => {}
        }
    }

    /// The path under which an inode was opened last.
    #[must_use]
    pub fn of(&self, number: u64) -> &str {
        self.0.get(&number).map_or("?", |path| path)
    }

    /// The place of a call that can be made to fail.
    #[must_use]
    pub fn place(&self, operation: &Operation) -> Option<Place> {
        let (path, call) = match operation {
            Operation::Open { path, created, truncated, .. } => {
                (*created || *truncated).then_some((path.as_str(), Call::Make))?
            }
            Operation::MakeFolder { path, .. } => (path.as_str(), Call::Make),
            Operation::Write { number, .. } => (self.of(*number), Call::Write),
            Operation::SetLength { number, .. } => (self.of(*number), Call::SetLength),
            Operation::Sync { number, .. } => (self.of(*number), Call::Sync),
            Operation::Rename { from, .. } => (from.as_str(), Call::Rename),
            Operation::Remove { path } => (path.as_str(), Call::Remove),
            Operation::Acknowledged { .. } => return None,
        };
        Some(Place::new(path, call))
    }

    /// A call in a line, for people.
    #[must_use]
    pub fn describe(&self, operation: &Operation) -> String {
        match operation {
            Operation::Open { path, number, created, truncated } => {
                let made = if *created { ", made" } else { "" };
                let emptied = if *truncated { ", emptied" } else { "" };
                format!("open   {path} ({number}{made}{emptied})")
            }
            Operation::Write { number, offset, bytes } => {
                format!("write  {} {} at {offset}", self.of(*number), bytes.len())
            }
            Operation::SetLength { number, length } => {
                format!("length {} {length}", self.of(*number))
            }
            Operation::Sync { number, ok: true } => format!("sync   {}", self.of(*number)),
            Operation::Sync { number, ok: false } => format!("sync   {} FAILED", self.of(*number)),
            Operation::Rename { from, to } => format!("rename {from} to {to}"),
            Operation::Remove { path } => format!("remove {path}"),
            Operation::MakeFolder { path, number } => format!("folder {path} ({number})"),
            Operation::Acknowledged { steps } => format!("---- {steps} steps acknowledged"),
        }
    }
}

/// How many calls a log has at each place.
#[must_use]
pub fn places(log: &[Operation]) -> BTreeMap<Place, u64> {
    let mut paths = Paths::default();
    let mut places = BTreeMap::new();
    for operation in log {
        paths.follow(operation);
        if let Some(place) = paths.place(operation) {
            *places.entry(place).or_default() += 1;
        }
    }
    places
}

/// A log in lines, for people.
#[must_use]
pub fn describe(log: &[Operation]) -> Vec<String> {
    let mut paths = Paths::default();
    let lines = log.iter().map(|operation| {
        paths.follow(operation);
        paths.describe(operation)
    });
    lines.collect()
}
