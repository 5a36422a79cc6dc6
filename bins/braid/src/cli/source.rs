//! The words of the commands for the sources of contracts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum GoCommand {
    /// Build a contract: a package's folder, or one file
    Build(GoBuildArgs),
    /// Run the tests of a contract over a chain in memory, with the author's Go
    Test(GoTestArgs),
    /// Write the kit that contracts import into a folder, for editors
    Sdk {
        /// The folder
        folder: PathBuf,
    },
}

/// What to test.
#[derive(Debug, Args)]
pub(crate) struct GoTestArgs {
    /// The folder of the contract's package
    pub(crate) path: PathBuf,
    /// The program of Go (1.24 or later) instead of the one on the path
    #[arg(long, env = "GO", value_name = "FILE")]
    pub(crate) go: Option<PathBuf>,
    /// Flags of `go test`, after `--`
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

/// What to build and where to.
#[derive(Debug, Args)]
pub(crate) struct GoBuildArgs {
    /// The folder of the contract's package, or its only file
    pub(crate) path: PathBuf,
    /// The module to write; compressed where its name ends with .zst
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The program of Go (1.24 or later) instead of the one on the path
    #[arg(long, env = "GO", value_name = "FILE")]
    pub(crate) go: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JsCommand {
    /// Tell what is wrong with the sources of a contract, and show its interface
    Check {
        /// The entry file, or a folder with a package.json
        path: PathBuf,
    },
    /// Write the unit that a deploy stores: all modules, without types and comments
    Pack {
        /// The entry file, or a folder with a package.json
        path: PathBuf,
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Begin a project: a contract, its tests, the types of what they import
    New {
        /// The folder, which must be empty or not there
        folder: PathBuf,
    },
}
