//! The words of the command line.

pub(crate) mod lifecycle;

use std::{net::SocketAddr, num::NonZero, path::PathBuf};

use braidvm::{B256, BlockNumber, Hash, Retention, THREADS_MAX, VmKind};
use clap::{Args, Parser, Subcommand, ValueEnum, builder::BoolishValueParser};

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

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// An address, or a development account by name
    pub(crate) address: String,
    /// Records of storage to show
    #[arg(long, default_value_t = 16, value_name = "COUNT")]
    pub(crate) storage: usize,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

#[derive(Debug, Args)]
pub(crate) struct ObjectArgs {
    /// The identity of an object, or `list`
    pub(crate) object: String,
    /// Whose objects to list: a name, an address, or the identity of an object
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: Option<String>,
    /// Objects to list
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

#[derive(Debug, Args)]
pub(crate) struct AbiArgs {
    /// A file (compiler's JSON, Solidity ABI, signatures, WebAssembly) or a contract's address
    pub(crate) source: String,
    /// Encode a call: a method and its arguments
    #[arg(
        long,
        num_args = 1..,
        value_names = ["METHOD", "ARGUMENTS"],
        allow_negative_numbers = true,
    )]
    pub(crate) encode: Vec<String>,
    /// Decode the input of a call
    #[arg(long, value_name = "HEX", conflicts_with = "encode")]
    pub(crate) decode: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GoCommand {
    /// Build a contract: a package's folder, or one file
    Build(GoBuildArgs),
    /// Write the kit that contracts import into a folder, for editors
    Sdk {
        /// The folder
        folder: PathBuf,
    },
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

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// Where a running braid serves figures; without it the data folder tells
    pub(crate) address: Option<String>,
    /// Print one frame and end; no terminal is needed
    #[arg(long)]
    pub(crate) once: bool,
    /// How often to look
    #[arg(
        long,
        default_value_t = 1_000,
        value_name = "MS",
        value_parser = clap::value_parser!(u64).range(50..=60_000),
    )]
    pub(crate) interval_ms: u64,
}

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
    /// A call into another machine against a call within one
    Crossing,
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

fn block_number(text: &str) -> Result<BlockNumber, String> {
    text.parse().map(BlockNumber).map_err(|_| format!("\"{text}\" is not a block number"))
}

fn threads(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|threads| *threads <= THREADS_MAX)
        .ok_or_else(|| format!("\"{text}\" is not a number of threads up to {THREADS_MAX}"))
}

fn state_root(text: &str) -> Result<Hash, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not a root: 0x and 64 hexadecimal digits"))
}
