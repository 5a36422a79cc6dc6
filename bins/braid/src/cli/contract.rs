//! The words of the commands that make and call contracts.

use std::path::PathBuf;

use braidvm::{BlockNumber, VmKind};
use clap::Args;

/// Who calls, and with what.
#[derive(Debug, Clone, Args)]
pub(crate) struct Caller {
    /// Who calls: a development account by name, or an address
    #[arg(long, default_value = "alice", value_name = "ACCOUNT")]
    pub(crate) from: String,
    /// Coin that goes along: wei, or with a unit as in 1ether, 5gwei
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub(crate) value: String,
    /// The most gas it may use
    #[arg(long, value_name = "GAS")]
    pub(crate) gas_limit: Option<u64>,
}

/// A contract, a method and its arguments.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// The contract or account: an address, or a development account by name
    pub(crate) to: String,
    /// The method: `transfer`, `"transfer(address,uint256)"`, or raw input as 0x…
    #[arg(allow_negative_numbers = true)]
    pub(crate) method: Option<String>,
    /// The arguments as people write them: `5`, `1ether`, `alice`, `true`, `[1,2]`
    #[arg(allow_negative_numbers = true)]
    pub(crate) arguments: Vec<String>,
}

/// Which state to read.
#[derive(Debug, Clone, Args)]
pub(crate) struct Moment {
    /// The state after this block instead of the latest
    #[arg(long, value_name = "BLOCK", value_parser = block_number)]
    pub(crate) block: Option<BlockNumber>,
}

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// The file, or the folder of a JavaScript project
    pub(crate) file: PathBuf,
    /// Arguments of the constructor
    #[arg(allow_negative_numbers = true)]
    pub(crate) arguments: Vec<String>,
    /// Interface, where the file has none: an ABI as JSON, or lines of Solidity signatures
    #[arg(long, value_name = "FILE")]
    pub(crate) abi: Option<PathBuf>,
    /// The machine, where the file does not tell it
    #[arg(long, value_name = "VM")]
    pub(crate) vm: Option<VmKind>,
    /// Let the owner replace the code later, also where it is EVM code
    #[arg(long)]
    pub(crate) managed: bool,
    #[command(flatten)]
    pub(crate) caller: Caller,
}

#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) caller: Caller,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The contract or account: an address, or a development account by name
    #[arg(required_unless_present = "raw")]
    pub(crate) to: Option<String>,
    /// The method: `transfer`, `"transfer(address,uint256)"`, or raw input as 0x…
    #[arg(allow_negative_numbers = true)]
    pub(crate) method: Option<String>,
    /// The arguments as people write them: `5`, `1ether`, `alice`, `true`, `[1,2]`
    #[arg(allow_negative_numbers = true)]
    pub(crate) arguments: Vec<String>,
    /// A transaction that is signed already, as the bytes of its envelope
    #[arg(long, value_name = "HEX", conflicts_with_all = ["to", "from", "value", "gas_limit"])]
    pub(crate) raw: Option<String>,
    #[command(flatten)]
    pub(crate) caller: Caller,
}

#[derive(Debug, Args)]
pub(crate) struct EstimateArgs {
    /// A contract, or a file to deploy (with --deploy)
    pub(crate) to: String,
    /// The method, or the first argument of the constructor
    #[arg(allow_negative_numbers = true)]
    pub(crate) method: Option<String>,
    /// The arguments
    #[arg(allow_negative_numbers = true)]
    pub(crate) arguments: Vec<String>,
    /// Estimate the deploy of the file
    #[arg(long, conflicts_with = "block")]
    pub(crate) deploy: bool,
    #[command(flatten)]
    pub(crate) caller: Caller,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) caller: Caller,
    /// Every EVM instruction instead of the frames, as debug_traceTransaction has it
    #[arg(long)]
    pub(crate) struct_logs: bool,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

pub(super) fn block_number(text: &str) -> Result<BlockNumber, String> {
    text.parse().map(BlockNumber).map_err(|_| format!("\"{text}\" is not a block number"))
}
