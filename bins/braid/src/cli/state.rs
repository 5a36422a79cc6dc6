//! The words of the commands for the state as a whole.

use std::path::PathBuf;

use braidvm::{B256, BlockNumber, Hash};
use clap::{Args, Subcommand};

use super::{Moment, block_number};

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Print the root over all records
    Root {
        /// The state after this block instead of the latest
        #[arg(long, value_name = "BLOCK", value_parser = block_number)]
        block: Option<BlockNumber>,
    },
    /// Prove to those who know the root what a record is, or that there is none
    Prove(ProveArgs),
    /// Check a proof against a root, with no state at hand
    CheckProof {
        /// The file that `state prove` wrote
        file: PathBuf,
        /// The root, from somebody who is trusted
        #[arg(long, value_name = "HASH")]
        root: B256,
    },
    /// Bring the store of a data folder to the present format
    Upgrade,
    /// Write all records as lines of JSON
    Dump {
        /// The file; stdout where none is named
        file: Option<PathBuf>,
        #[command(flatten)]
        moment: Moment,
    },
    /// Fill an empty data folder from a dump
    Load {
        /// The file
        file: PathBuf,
    },
    /// Read every record, the tree, the history and the headers, and compare them
    Verify {
        /// Begin anew, also where an earlier verification was cut off
        #[arg(long)]
        restart: bool,
    },
    /// Show what the store holds: tip, window of history, how far pruning is, bytes
    Status,
    /// Give the disk the space of what was pruned or overwritten
    Compact,
    /// Show what differs between two blocks, or between two dumps
    Diff {
        /// A block or a dump
        left: String,
        /// A block or a dump; the latest block where none is named
        right: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// An address, an account by name, or a whole key of the state as 0x…
    pub(crate) target: String,
    /// A key of its storage instead of the account: a number, 0x…, or text
    pub(crate) key: Option<String>,
    /// The state after this block instead of the latest
    #[arg(long, value_name = "BLOCK", value_parser = block_number)]
    pub(crate) block: Option<BlockNumber>,
    /// The file to write; stdout where none is named
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotCommand {
    /// Write a state into an empty folder, or go on with an export that was interrupted
    Export {
        /// The folder
        directory: PathBuf,
        #[command(flatten)]
        moment: Moment,
    },
    /// Fill a data folder from a snapshot, or go on with an import that was interrupted
    Import {
        /// The folder of the snapshot
        directory: PathBuf,
        /// The root of the state, from somebody you trust
        #[arg(long, value_name = "ROOT", value_parser = state_root)]
        root: Option<Hash>,
    },
    /// Read a snapshot and check every chunk against the root
    Verify {
        /// The folder of the snapshot
        directory: PathBuf,
        /// The root of the state, from somebody you trust
        #[arg(long, value_name = "ROOT", value_parser = state_root)]
        root: Option<Hash>,
    },
}

fn state_root(text: &str) -> Result<Hash, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not a root: 0x and 64 hexadecimal digits"))
}
