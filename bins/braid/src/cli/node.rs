//! The words of the commands for one node: its machines and its configuration.

use std::path::PathBuf;

use braidvm::VmKind;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum VmCommand {
    /// List the machines: versions, switches, counters
    List,
    /// Show one machine
    Status {
        /// The machine
        vm: VmKind,
    },
    /// Let a machine run again that was stopped in a data folder
    Enable {
        /// The machine
        vm: VmKind,
    },
    /// Stop a machine in a data folder: its contracts do not run
    Disable {
        /// The machine
        vm: VmKind,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every value, where it comes from, and what it means
    Explain {
        /// One key, or one section with all in it, such as `vm.wasm`
        key: Option<String>,
    },
    /// Read a file by itself and say what is wrong with it
    Check {
        /// The file
        file: PathBuf,
    },
}
