//! What can go wrong with the state itself, as opposed to a contract.

use std::path::PathBuf;

use thiserror::Error;

/// A failure of the host: never a contract's doing and never part of a receipt.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The store did not do what it was asked.
    #[error("store failed: {0}")]
    Store(String),
    /// A stored record does not read as what its key says it is.
    #[error("corrupt record at {key}: {reason}")]
    Corrupt {
        /// The key in hexadecimal.
        key: String,
        /// What is wrong with the bytes.
        reason: String,
    },
    /// The asked block is above the tip, or its history has been pruned.
    #[error("block {block} is not held: {reason}")]
    NotHeld {
        /// The block asked for.
        block: u64,
        /// Why it is not there.
        reason: String,
    },
    /// A block was handed in that does not follow the tip.
    #[error("block {block} cannot be committed: the next block is {expected}")]
    NotNext {
        /// The block handed in.
        block: u64,
        /// The only block that the store takes now.
        expected: u64,
    },
    /// A block was staged on a state that is not the last one any more.
    #[error("the block was staged on {staged_on}, the tip is {tip}: stage it again")]
    Stale {
        /// What it was staged on.
        staged_on: String,
        /// The tip of the store.
        tip: String,
    },
    /// A state was to be loaded into a store that holds blocks already.
    #[error("the store is not empty: its tip is block {tip}")]
    NotEmpty {
        /// The tip of the store.
        tip: u64,
    },
    /// The directory is not one that a store can be opened in: the path is wrong or may not be
    /// used, something else lies there, another process has it open, or a newer program made it.
    #[error("cannot open the store at {}: {reason}", path.display())]
    Open {
        /// The directory, or the file in it, that is at fault.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The files of a store are not what was written to them.
    #[error("the store at {} is damaged: {reason}", path.display())]
    Damaged {
        /// The directory, or the file in it, that is at fault.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A dump does not read as one.
    #[error("bad dump at line {line}: {reason}")]
    Dump {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of a snapshot is not what it should be, or is not there.
    #[error("bad snapshot, {}: {reason}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A parallel execution withdrew this attempt; it will be run again.
    #[error("speculative execution was withdrawn")]
    Withdrawn,
}

impl StateError {
    /// Whether the caller's input is at fault (a block, a path, a dump) and not the store, its
    /// medium or this program.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::NotHeld { .. }
            | Self::NotNext { .. }
            | Self::Stale { .. }
            | Self::NotEmpty { .. }
            | Self::Open { .. }
            | Self::Dump { .. }
            | Self::Snapshot { .. } => true,
            Self::Store(_) | Self::Corrupt { .. } | Self::Damaged { .. } | Self::Withdrawn => false,
        }
    }
}
