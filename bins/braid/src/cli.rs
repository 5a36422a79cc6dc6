//! The words of the command line.

mod chain;
mod check;
mod contract;
pub(crate) mod lifecycle;
mod node;
mod parameters;
mod show;
pub(crate) mod solana;
mod source;
mod state;

use std::{net::SocketAddr, path::PathBuf};

use braidvm::{Hash, Retention, THREADS_MAX};
use clap::{Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};

pub(crate) use self::{
    chain::{BlockArgs, BlockCommand, InitArgs, TxArgs, TxCommand},
    check::{BenchArgs, BenchGroup, TestArgs, VectorsCommand, WriterArgs},
    contract::{CallArgs, Caller, DeployArgs, EstimateArgs, Moment, SendArgs, Target, TraceArgs},
    node::{ConfigCommand, VmCommand},
    parameters::{ParamsArgs, ParamsCommand, ParamsSetArgs},
    show::{AbiArgs, InspectArgs, ObjectArgs, TopArgs},
    source::{GoBuildArgs, GoCommand, GoTestArgs, JsCommand},
    state::{ProveArgs, SnapshotCommand, StateCommand},
};
use contract::block_number;

/// Smart contracts of many virtual machines over one state
#[derive(Debug, Parser)]
#[command(name = "braid", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Folder of the chain; without it the chain is in memory and ends with the command
    #[arg(long, global = true, env = "BRAID_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration file: YAML where its name ends in .yaml or .yml, else TOML
    #[arg(long, global = true, env = "BRAID_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Blocks whose states stay readable: a number or `all`; instead of the configuration's
    #[arg(long, global = true, env = "BRAID_RETENTION", value_name = "BLOCKS")]
    pub(crate) retention: Option<Retention>,
    /// Threads that execute blocks: 0 for as many as the machine has, 1 for one transaction after
    /// another; instead of the configuration's
    #[arg(long, global = true, env = "BRAID_THREADS", value_name = "COUNT", value_parser = threads)]
    pub(crate) threads: Option<usize>,
    /// Execute every block both on many threads and one transaction after another, and compare
    #[arg(
        long,
        global = true,
        env = "BRAID_VERIFY_PARALLEL",
        value_parser = BoolishValueParser::new(),
    )]
    pub(crate) verify_parallel: bool,
    /// Serve figures over HTTP while the command runs, as in 127.0.0.1:9464; port 0 takes a free
    /// one
    #[arg(long, global = true, env = "BRAID_METRICS", value_name = "ADDRESS")]
    pub(crate) metrics: Option<SocketAddr>,
    /// JSON on stdout, one object a line, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Colors
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    /// More: call trees of what succeeds too
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Less: no progress, no remarks
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell the story: contracts of two machines call each other, fail together, and survive
    Demo,
    /// List the development accounts, their balances and keys
    Accounts,
    /// Begin a chain in a data folder by a genesis file
    Init(InitArgs),
    /// Print the genesis of a chain for development, to begin an own one with
    Genesis,
    /// Make a contract: WebAssembly, TypeScript, JavaScript, a compiler's JSON, EVM creation code
    Deploy(DeployArgs),
    /// Call a contract and keep nothing
    Call(CallArgs),
    /// Call a contract and keep what it changed, or transfer coin
    Send(SendArgs),
    /// Give a contract new code: the next version
    Upgrade(lifecycle::UpgradeArgs),
    /// Give a contract the code of an earlier version again
    Rollback(lifecycle::RollbackArgs),
    /// Let a contract be called no more, until it is unfrozen
    Freeze(lifecycle::Subject),
    /// Let a frozen contract be called again
    Unfreeze(lifecycle::Subject),
    /// Let a contract never be called again
    Revoke(lifecycle::Subject),
    /// List the versions of a contract: code, interface, block, author
    Versions(lifecycle::VersionsArgs),
    /// Show whose a contract is, or hand it over
    Owner(lifecycle::OwnerArgs),
    /// Show or set who may upgrade a contract or deploy on the chain, and approve of code
    Policy(lifecycle::PolicyArgs),
    /// Show or set who has which role with a contract, and which method is for a role alone
    Access(lifecycle::AccessArgs),
    /// Show the parameters of the chain, or change one from the next block on
    Params(ParamsArgs),
    /// Show a block, make one, run blocks again and compare, or tell how one can be parallel
    Block(BlockArgs),
    /// Show a transaction of the chain, or what the bytes of one say
    Tx(TxArgs),
    /// Show the receipt of a transaction
    Receipt {
        /// The hash of the transaction
        hash: Hash,
    },
    /// Tell the least gas that a call or a deploy needs
    Estimate(EstimateArgs),
    /// Call a contract, keep nothing, and show every frame
    Trace(TraceArgs),
    /// Show an account or contract: balance, machine, code, interface, storage
    Inspect(InspectArgs),
    /// Show a state object, or the objects of an owner
    Object(ObjectArgs),
    /// Show the interface of a file or a contract, or encode and decode by it
    Abi(AbiArgs),
    /// Accounts, tokens and programs of Solana in its own words
    #[command(subcommand)]
    Solana(solana::SolanaCommand),
    /// The state as a whole
    #[command(subcommand)]
    State(StateCommand),
    /// The state in files that other nodes begin from
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// Contracts written in Go
    #[command(subcommand)]
    Go(GoCommand),
    /// JavaScript and TypeScript contracts: check their sources, pack them for a deploy
    #[command(subcommand)]
    Js(JsCommand),
    /// Run tests of contracts, written in TypeScript or JavaScript, on a chain in memory
    Test(TestArgs),
    /// List the machines: versions, switches, counters
    Vms,
    /// Show the chain at one look: tip, machines, store, last block
    Status {
        /// Where a running braid serves figures; without it the data folder tells
        address: Option<String>,
    },
    /// Watch a chain while it runs
    Top(TopArgs),
    /// One machine: show it, stop it, start it again
    #[command(subcommand)]
    Vm(VmCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Measure side by side with a peer in one run
    Bench(BenchArgs),
    /// Run public test vectors
    #[command(subcommand)]
    TestVectors(VectorsCommand),
    /// Check this machine, the data folder and the configuration
    Doctor,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Compile one module from stdin to stdout (started by braid itself)
    #[command(hide = true)]
    CompileWorker,
    /// Write blocks into a store until killed (started by the demo)
    #[command(hide = true)]
    DemoWriter(WriterArgs),
}

fn threads(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|threads| *threads <= THREADS_MAX)
        .ok_or_else(|| format!("\"{text}\" is not a number of threads up to {THREADS_MAX}"))
}
