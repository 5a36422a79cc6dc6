//! The words of the commands that measure and try braid itself.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// What to measure
    #[arg(value_enum)]
    pub(crate) group: BenchGroup,
    /// How many rounds; each measures every side once, in rotated order
    #[arg(
        long,
        default_value_t = 7,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=1000),
    )]
    pub(crate) rounds: u32,
    /// Only the measurements whose name has this in it
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Files of tests, or folders with files named *.test.ts, *.test.js
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run the tests alone whose names, those of their groups before them, contain this
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub(crate) filter: String,
    /// What a test may take, in milliseconds
    #[arg(long, default_value_t = 60_000, value_name = "MILLISECONDS")]
    pub(crate) time_limit_ms: u64,
}

/// A group of measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchGroup {
    /// The EVM through the whole kernel against raw revm
    Evm,
    /// WebAssembly against raw wasmtime
    Wasm,
    /// Programs in Go
    Go,
    /// JavaScript: transfers in kept and fresh contexts, against other machines, and metering
    Js,
    /// A call into another machine against a call within one
    Crossing,
    /// Solana programs: a call through one, and transfers of tokens against litesvm
    Svm,
    /// The store
    State,
    /// Blocks on many threads against one transaction after another
    Parallel,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VectorsCommand {
    /// Ethereum state tests from a folder, a .tar or a .tar.zst
    Evm {
        /// The folder or archive
        path: PathBuf,
        /// Only files whose name contains this
        #[arg(long, value_name = "TEXT")]
        filter: Option<String>,
        /// Only this hardfork, as the tests name it
        #[arg(long, value_name = "FORK")]
        fork: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct WriterArgs {
    /// The folder
    pub(crate) folder: PathBuf,
    /// The contract that makes two calls
    pub(crate) relay: String,
    /// The counter that it calls first
    pub(crate) first: String,
    /// The counter that it calls second
    pub(crate) second: String,
}
