//! The words of the commands for the life of contracts.

use std::path::PathBuf;

use braidvm::BlockNumber;
use clap::{Args, ValueEnum};

use super::block_number;

/// Which contract, and who asks.
#[derive(Debug, Clone, Args)]
pub(crate) struct Subject {
    /// The contract; `chain` for the chain itself
    pub(crate) contract: String,
    /// Who asks: a development account by name, or an address
    #[arg(long, default_value = "alice", value_name = "ACCOUNT")]
    pub(crate) from: String,
}

#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// The file of the new code; of EVM code the creation code, which runs aside
    pub(crate) file: PathBuf,
    /// Arguments of the constructor of EVM code
    #[arg(allow_negative_numbers = true)]
    pub(crate) arguments: Vec<String>,
    /// Interface, where the file has none: an ABI as JSON, or lines of Solidity signatures
    #[arg(long, value_name = "FILE")]
    pub(crate) abi: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// The number of the version that is to come back
    #[arg(value_name = "VERSION")]
    pub(crate) number: u32,
}

#[derive(Debug, Args)]
pub(crate) struct VersionsArgs {
    /// The contract
    pub(crate) contract: String,
    /// The state after this block instead of the latest
    #[arg(long, value_name = "BLOCK", value_parser = block_number)]
    pub(crate) block: Option<BlockNumber>,
}

#[derive(Debug, Args)]
pub(crate) struct OwnerArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) change: OwnerChange,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct OwnerChange {
    /// Offer it to another owner, who has to accept it
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) transfer: Option<String>,
    /// Accept what was offered
    #[arg(long)]
    pub(crate) accept: bool,
    /// Leave it without an owner for good
    #[arg(long)]
    pub(crate) renounce: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) change: PolicyChange,
    /// How many approvals `--set multi-sign` asks for
    #[arg(long, default_value_t = 0, value_name = "COUNT", requires = "set")]
    pub(crate) approvals: u32,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PolicyChange {
    /// Set who may upgrade the contract, or deploy on the chain
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) set: Option<PolicyWord>,
    /// Propose code: a file of it, or its keccak256
    #[arg(long, value_name = "CODE")]
    pub(crate) propose: Option<String>,
    /// Approve of proposed code
    #[arg(long, value_name = "CODE")]
    pub(crate) approve: Option<String>,
    /// Take an approval back
    #[arg(long, value_name = "CODE")]
    pub(crate) withdraw: Option<String>,
}

/// A policy by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyWord {
    /// Everybody
    Open,
    /// The owner
    Owner,
    /// The owner and who has the role
    AllowList,
    /// Who has the role, once enough of them approve
    MultiSign,
}

#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) change: AccessChange,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct AccessChange {
    /// Give an account a role, by its name or as 32 bytes
    #[arg(long, num_args = 2, value_names = ["ROLE", "ACCOUNT"])]
    pub(crate) grant: Vec<String>,
    /// Take a role from an account
    #[arg(long, num_args = 2, value_names = ["ROLE", "ACCOUNT"])]
    pub(crate) revoke: Vec<String>,
    /// Keep a method for a role
    #[arg(long, num_args = 2, value_names = ["METHOD", "ROLE"])]
    pub(crate) restrict: Vec<String>,
    /// Let everybody call a method again
    #[arg(long, value_name = "METHOD")]
    pub(crate) open: Option<String>,
}
