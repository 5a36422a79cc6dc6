//! The configuration of a chain and of a node: what there is to choose. Where it is read from
//! stands in [`Layers`].

mod foreign;
mod keys;
mod layers;
mod setting;
mod toml_text;
mod words;
mod yaml_text;

use std::{net::SocketAddr, num::NonZero, thread};

use block::{
    AccountSection, ChainRules, Genesis, Protocol,
    execution::{ExecutionMode, ExecutorConfig, PARALLEL_FROM},
};
use kernel::KernelConfig;
use primitives::{Gas, VmKind};
use serde::{Deserialize, Serialize};
use state::Retention;
use thiserror::Error;
use vm_evm::EvmConfig;
use vm_wasm::{EngineChoice, WasmConfig};

use crate::{
    EngineError,
    accounts::{DEV_BALANCE_ETHER, DevAccount, dev_accounts},
};

pub use layers::{Explained, Format, Layers, ResolvedConfig};
pub use setting::Origin;

/// Settings by section. Every key has a default; an unknown key is an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The chain.
    pub chain: ChainConfig,
    /// The machines.
    pub vm: VmConfig,
    /// How blocks are executed.
    pub execution: ExecutionConfig,
    /// This node.
    pub node: NodeConfig,
    /// What is logged.
    pub log: LogConfig,
    /// What is counted and served.
    pub metrics: MetricsConfig,
}

/// What all nodes of a chain agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChainConfig {
    /// The number of the chain (EIP-155).
    pub chain_id: u64,
    /// Gas of one block, and the most that one transaction may ask for.
    pub gas_limit: Gas,
    /// Seconds since 1970 of the genesis; each later block is one second after its parent unless
    /// told otherwise.
    pub genesis_timestamp_s: u64,
    /// Standard programs of Solana that the genesis of a chain for development has, by name.
    pub solana_programs: Vec<String>,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            chain_id: 31337,
            gas_limit: Gas(100_000_000),
            genesis_timestamp_s: 1_700_000_000,
            solana_programs: standard_programs(),
        }
    }
}

impl ChainConfig {
    /// The genesis of a chain for development: funded accounts, no fees, and no proof asked of
    /// whoever sends.
    #[must_use]
    pub fn genesis(&self) -> Genesis {
        let funded = |account: DevAccount| {
            let balance = format!("{DEV_BALANCE_ETHER}ether");
            (account.name.to_owned(), AccountSection { balance, ..AccountSection::default() })
        };
        Genesis {
            chain_id: self.chain_id,
            timestamp_s: self.genesis_timestamp_s,
            gas_limit: self.gas_limit,
            accepts_impersonated: true,
            accepts_unprotected: true,
            solana_programs: self.solana_programs.clone(),
            accounts: dev_accounts().into_iter().map(funded).collect(),
            ..Genesis::default()
        }
    }

    /// Refuses the rules of another chain than the one that is configured. Defaults ask for
    /// nothing.
    pub(crate) fn check_against(&self, rules: &ChainRules) -> Result<(), EngineError> {
        let default = Self::default();
        let settings = [
            ("number", self.chain_id, default.chain_id, rules.chain_id),
            ("gas limit", self.gas_limit.0, default.gas_limit.0, rules.gas_limit.0),
            (
                "genesis time",
                self.genesis_timestamp_s,
                default.genesis_timestamp_s,
                rules.genesis_timestamp_s,
            ),
        ];
        let other =
            settings.into_iter().find(|(_, set, default, found)| set != default && set != found);
        match other {
            Some((what, expected, _, found)) => {
                Err(EngineError::OtherChain { what, found, expected })
            }
            None => Ok(()),
        }
    }

    /// Takes over the rules of the chain that is there.
    pub(crate) const fn follow(&mut self, rules: &ChainRules) {
        self.chain_id = rules.chain_id;
        self.gas_limit = rules.gas_limit;
        self.genesis_timestamp_s = rules.genesis_timestamp_s;
    }
}

#[cfg(feature = "svm")]
fn standard_programs() -> Vec<String> {
    vm_svm::standard_programs().map(str::to_owned).collect()
}

#[cfg(not(feature = "svm"))]
const fn standard_programs() -> Vec<String> {
    Vec::new()
}

/// The machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VmConfig {
    /// The machines whose contracts may run.
    pub enabled_vms: Vec<VmKind>,
    /// Whether machines compile code. Without, all of it is interpreted, with equal results.
    pub enable_jit: bool,
    /// Whether a contract may call one of another machine. All nodes of a chain need the same.
    pub enable_cross_vm_calls: bool,
    /// Bytes that programs and compiled instances may take on this node. A quarter is for programs
    /// in memory, the rest bounds how many instances live at once in compiled form. What frames
    /// hold beyond that, gas bounds.
    pub memory_bytes_max: Option<u64>,
    /// The EVM.
    pub evm: EvmConfig,
    /// WebAssembly, and Go, which runs on the same engines.
    pub wasm: WasmConfig,
    /// JavaScript.
    #[cfg(feature = "js")]
    pub js: vm_js::JsConfig,
}

/// The machines of this build, in the order of their numbers.
const BUILT_IN: &[VmKind] = &[
    VmKind::Evm,
    VmKind::Wasm,
    #[cfg(feature = "svm")]
    VmKind::Svm,
    #[cfg(feature = "js")]
    VmKind::Js,
    VmKind::Go,
    VmKind::Native,
];

impl Default for VmConfig {
    fn default() -> Self {
        Self {
            enabled_vms: BUILT_IN.to_vec(),
            enable_jit: true,
            enable_cross_vm_calls: true,
            memory_bytes_max: None,
            evm: EvmConfig::default(),
            wasm: WasmConfig::default(),
            #[cfg(feature = "js")]
            js: vm_js::JsConfig::default(),
        }
    }
}

/// How a node goes about the execution of blocks. No choice changes what comes of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExecutionConfig {
    /// Threads, at most [`THREADS_MAX`]; 0 for as many as the machine has, 1 for one transaction
    /// after another.
    pub threads: usize,
    /// Blocks with fewer transactions run one after another.
    pub parallel_from: usize,
    /// Threads that read ahead what the transactions of a block name, at most [`THREADS_MAX`];
    /// 0 for none.
    pub prefetch_threads: usize,
    /// Whether every block is executed both ways and compared. A difference is a bug; the block is
    /// refused then.
    pub verify: bool,
}

/// The most threads that execute blocks.
pub const THREADS_MAX: usize = 1024;

impl Default for ExecutionConfig {
    fn default() -> Self {
        Self { threads: 0, parallel_from: PARALLEL_FROM, prefetch_threads: 0, verify: false }
    }
}

impl ExecutionConfig {
    /// The threads that these settings mean on this machine, at least one.
    #[must_use]
    pub fn effective_threads(&self) -> usize {
        let machine = || thread::available_parallelism().map_or(1, NonZero::get);
        let threads = if self.threads == 0 { machine() } else { self.threads };
        threads.min(THREADS_MAX)
    }

    /// The settings of the executor.
    pub(crate) fn executor(&self) -> ExecutorConfig {
        let workers = self.effective_threads();
        let mode = match workers {
            _ if self.verify => ExecutionMode::Verify,
            1 => ExecutionMode::Serial,
            _ => ExecutionMode::Parallel,
        };
        let Self { parallel_from, prefetch_threads, .. } = *self;
        ExecutorConfig {
            mode,
            workers,
            parallel_from,
            prefetch_threads,
            ..ExecutorConfig::default()
        }
    }
}

/// What a node decides for itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// Blocks whose states stay readable: a number, the tip included, or `"all"`. What is older is
    /// pruned in slices after each block.
    pub retention_blocks: Retention,
}

/// What a node logs. The library logs through `tracing` and prints nothing; whoever runs it decides
/// where the lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The least serious that is logged.
    pub level: LogLevel,
    /// How.
    pub format: LogFormat,
}

/// How serious a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing is logged.
    Off,
    /// What failed.
    Error,
    /// What may be about to.
    #[default]
    Warn,
    /// Blocks.
    Info,
    /// Transactions.
    Debug,
    /// All there is.
    Trace,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// An object a line.
    Json,
}

/// What a node counts and serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Where figures are served over HTTP, to everybody who can reach it; nowhere by default.
    pub listen: Option<SocketAddr>,
    /// Contracts and methods that have figures of their own, the busiest; the rest is counted
    /// together. At most [`METRICS_CONTRACTS_MAX`].
    pub contracts: usize,
}

/// The most contracts and methods that have figures of their own.
pub const METRICS_CONTRACTS_MAX: usize = 10_000;

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { listen: None, contracts: 50 }
    }
}

/// Why a configuration is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("configuration {origin}: {reason}")]
pub struct ConfigError {
    /// The file, or where else the text came from.
    pub origin: String,
    /// What is wrong and where, with a suggestion for a key that is misspelt.
    pub reason: String,
}

impl Config {
    /// Reads TOML text; `origin` is named in errors.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for text that is no TOML, for unknown keys and for values out of range.
    pub fn from_toml(origin: &str, text: &str) -> Result<Self, ConfigError> {
        Self::from_text(origin, Format::Toml, text)
    }

    /// Reads text of either form; `origin` is named in errors.
    ///
    /// # Errors
    ///
    /// As [`Layers::file`].
    pub fn from_text(origin: &str, format: Format, text: &str) -> Result<Self, ConfigError> {
        Ok(Layers::new().file(origin, format, text)?.resolve()?.config)
    }

    /// The settings of the kernel under this configuration.
    #[must_use]
    pub fn kernel(&self) -> KernelConfig {
        KernelConfig {
            evm: EvmConfig { chain_id: self.chain.chain_id, ..self.vm.evm.clone() },
            wasm: self.wasm(),
            is_crossing_refused: !self.vm.enable_cross_vm_calls,
            #[cfg(feature = "js")]
            js: self.vm.js.clone(),
            disabled: self.disabled_vms(),
            ..KernelConfig::default()
        }
    }

    /// WebAssembly under the settings that hold for all machines.
    fn wasm(&self) -> WasmConfig {
        let mut wasm = self.vm.wasm.clone();
        if !self.vm.enable_jit {
            wasm.engine = EngineChoice::Interpreted;
        }
        if let Some(bytes) = self.vm.memory_bytes_max {
            let for_programs = bytes / 4;
            wasm.cache_bytes = wasm.cache_bytes.min(for_programs);
            wasm.worker.memory_limit = wasm.worker.memory_limit.min(bytes);
            let instances = (bytes - for_programs) / wasm.memory_limit.max(1);
            wasm.instances = wasm.instances.min(u32::try_from(instances).unwrap_or(u32::MAX));
        }
        wasm
    }

    /// The same configuration with what a chain says of its machines.
    pub(crate) fn with_rules(mut self, rules: &ChainRules) -> Result<Self, ConfigError> {
        let Protocol { hardfork, enabled_vms } = &rules.protocol;
        self.vm.evm.base_fee_recipient = rules.base_fee_recipient;
        if let Some(name) = hardfork {
            self.vm.evm.version = name.parse().map_err(|error| ConfigError {
                origin: "of the chain".to_owned(),
                reason: format!("protocol.hardfork: {error}"),
            })?;
        }
        if let Some(kinds) = enabled_vms {
            self.vm.enabled_vms.clone_from(kinds);
        }
        Ok(self)
    }

    /// The machines that are switched off.
    #[must_use]
    pub fn disabled_vms(&self) -> Vec<VmKind> {
        BUILT_IN.iter().copied().filter(|kind| !self.vm.enabled_vms.contains(kind)).collect()
    }

    /// Checks each value, and which go together.
    fn check(&self) -> Result<(), String> {
        self.check_values()?;
        if !self.vm.enable_jit && self.vm.wasm.engine == EngineChoice::Compiled {
            let both = "vm.enable_jit is false and vm.wasm.engine is \"compiled\"";
            return Err(format!("{both}: code is either compiled or not"));
        }
        #[cfg(feature = "js")]
        self.check_js()?;
        let least = self.vm.wasm.memory_limit.saturating_mul(2);
        match self.vm.memory_bytes_max {
            Some(bytes) if bytes < least => Err(format!(
                "vm.memory_bytes_max is {bytes}, programs and one instance need {least}, which is \
                 twice vm.wasm.memory_limit"
            )),
            _ => Ok(()),
        }
    }

    #[cfg(feature = "js")]
    fn check_js(&self) -> Result<(), String> {
        if !self.vm.enable_jit && self.vm.js.v8_jit {
            let both = "vm.enable_jit is false and vm.js.v8_jit is true";
            return Err(format!("{both}: code is either compiled or not"));
        }
        self.vm.js.check()
    }

    /// Checks each value by itself.
    fn check_values(&self) -> Result<(), String> {
        if let Some(kind) = self.vm.enabled_vms.iter().find(|kind| !BUILT_IN.contains(kind)) {
            let known: Vec<_> = BUILT_IN.iter().map(|kind| kind.name()).collect();
            let known = known.join(", ");
            return Err(format!("machine {kind} is not part of this build, which has {known}"));
        }
        if self.metrics.contracts > METRICS_CONTRACTS_MAX {
            let count = self.metrics.contracts;
            return Err(format!(
                "metrics.contracts is {count}, at most {METRICS_CONTRACTS_MAX} can be"
            ));
        }
        if self.chain.chain_id == 0 {
            return Err("chain.chain_id is 0, a chain has a number above 0".to_owned());
        }
        if self.chain.gas_limit < GAS_LIMIT_MIN {
            return Err(format!(
                "chain.gas_limit is {}, a block needs at least {GAS_LIMIT_MIN}",
                self.chain.gas_limit
            ));
        }
        if self.execution.threads > THREADS_MAX {
            let threads = self.execution.threads;
            return Err(format!("execution.threads is {threads}, at most {THREADS_MAX} can be"));
        }
        if self.execution.prefetch_threads > THREADS_MAX {
            let threads = self.execution.prefetch_threads;
            return Err(format!(
                "execution.prefetch_threads is {threads}, at most {THREADS_MAX} can be"
            ));
        }
        Ok(())
    }
}

/// Gas of the smallest transaction: below it a block could hold none.
const GAS_LIMIT_MIN: Gas = Gas(21_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_an_empty_file() {
        assert_eq!(Config::from_toml("empty", "").unwrap(), Config::default());
    }

    #[test]
    fn sections_are_read() {
        let text = "chain = { chain_id = 5 }\nnode = { retention_blocks = 9 }\n\
            [vm]\nenabled_vms = [\"evm\"]\n";
        let config = Config::from_toml("text", text).unwrap();
        assert_eq!(config.chain.chain_id, 5);
        assert_eq!(config.node.retention_blocks.to_string(), "9");
        let archive = Config::from_toml("text", "[node]\nretention_blocks = 0\n").unwrap();
        assert_eq!(archive.node.retention_blocks, Retention::All);
        let others: Vec<VmKind> = BUILT_IN.iter().copied().skip(1).collect();
        assert_eq!(config.disabled_vms(), others);
    }

    #[test]
    fn threads_decide_how_blocks_are_executed() {
        let executor = |text: &str| {
            let text = format!("[execution]\n{text}");
            Config::from_toml("text", &text).unwrap().execution.executor()
        };
        let mode = |text: &str| (executor(text).mode, executor(text).workers);
        assert_eq!(mode("threads = 1"), (ExecutionMode::Serial, 1));
        assert_eq!(mode("threads = 3"), (ExecutionMode::Parallel, 3));
        assert_eq!(mode("threads = 3\nverify = true"), (ExecutionMode::Verify, 3));
        assert_eq!(executor("parallel_from = 7").parallel_from, 7);
        assert_eq!(executor("").workers, ExecutionConfig::default().effective_threads());
        let refused = |text: &str| Config::from_toml("a", text).unwrap_err().to_string();
        let error = refused("[execution]\nthreads = 1025\n");
        assert!(error.contains("1025") && error.contains("1024"), "{error}");
        assert_eq!(executor("prefetch_threads = 8").prefetch_threads, 8);
        let error = refused("[execution]\nprefetch_threads = 1025\n");
        assert!(error.contains("execution.prefetch_threads is 1025, at most 1024"), "{error}");
        let error = refused("[execution]\nthread = 2\n");
        assert!(error.contains("did you mean `threads`?"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_named_with_a_suggestion() {
        let error = Config::from_toml("a.toml", "[vm.evm]\nverison = \"london\"\n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("a.toml") && text.contains("verison"), "{text}");
        assert!(text.contains("did you mean `version`?"), "{text}");
        let error = Config::from_toml("a.toml", "[node]\nretention_block = 5\n").unwrap_err();
        assert!(error.to_string().contains("did you mean `retention_blocks`?"), "{error}");
        let error = Config::from_toml("a", "[node]\nretention_blocks = \"al\"").unwrap_err();
        assert!(error.to_string().contains("neither a number of blocks nor"), "{error}");
        assert!(Config::from_toml("a", "[chain]\ngas_limit = 5").is_err());
        assert!(Config::from_toml("a", "[chain]\nchain_id = 0").is_err());
    }
}
