//! The words of the commands for blocks and transactions.

use std::{num::NonZero, path::PathBuf};

use braidvm::{BlockNumber, Hash};
use clap::{Args, Subcommand};

use super::block_number;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The genesis: a file in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BlockArgs {
    /// The number or the hash of the block; the latest where none is named
    pub(crate) block: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<BlockCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BlockCommand {
    /// Make one block, or some, of many transactions that are signed already
    Make {
        /// The file: the bytes of a transaction as hexadecimal on each line; `-` is stdin
        file: PathBuf,
        /// Make a block of each so many transactions, instead of one of all
        #[arg(long, value_name = "COUNT")]
        per_block: Option<NonZero<usize>>,
        /// Tell each receipt as soon as it is final, while later transactions still run
        #[arg(long)]
        stream: bool,
        /// End the block with the first transaction that is final after so many milliseconds
        #[arg(long, value_name = "MS")]
        time_limit_ms: Option<u64>,
    },
    /// Run a block again and tell what of it can run at once, and what depends on what
    Stats {
        /// The number or the hash of the block; the latest where none is named
        block: Option<String>,
        /// Records by which transactions depend on one another to show
        #[arg(long, default_value_t = 10, value_name = "COUNT")]
        top: usize,
    },
    /// Run blocks again on the states of their parents, and tell the first difference
    Replay {
        /// The first block
        #[arg(long, default_value = "1", value_name = "BLOCK", value_parser = block_number)]
        from: BlockNumber,
        /// The last block; the latest where none is named
        #[arg(long, value_name = "BLOCK", value_parser = block_number)]
        to: Option<BlockNumber>,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct TxArgs {
    /// The hash of the transaction
    #[arg(required = true)]
    pub(crate) hash: Option<Hash>,
    #[command(subcommand)]
    pub(crate) command: Option<TxCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TxCommand {
    /// Read the bytes of a signed transaction and recover its sender
    Decode {
        /// The bytes
        raw: String,
    },
}
