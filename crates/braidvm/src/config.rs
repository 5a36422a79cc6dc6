//! The configuration of a chain and of a node, from TOML.

use std::{num::NonZero, thread};

use block::{
    AccountSection, ChainRules, Genesis, Protocol,
    execution::{ExecutionMode, ExecutorConfig, PARALLEL_FROM},
    with_suggestion,
};
use kernel::KernelConfig;
use primitives::{Gas, VmKind};
use serde::{Deserialize, Serialize};
use state::Retention;
use thiserror::Error;
use vm_evm::EvmConfig;
use vm_wasm::WasmConfig;

use crate::{
    EngineError,
    accounts::{DEV_BALANCE_ETHER, DevAccount, dev_accounts},
};

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
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self { chain_id: 31337, gas_limit: Gas(100_000_000), genesis_timestamp_s: 1_700_000_000 }
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

/// The machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VmConfig {
    /// The machines whose contracts may run.
    pub enabled_vms: Vec<VmKind>,
    /// The EVM.
    pub evm: EvmConfig,
    /// WebAssembly.
    pub wasm: WasmConfig,
    /// JavaScript.
    #[cfg(feature = "js")]
    pub js: vm_js::JsConfig,
}

/// The machines of this build, in the order of their numbers.
const BUILT_IN: &[VmKind] = &[
    VmKind::Evm,
    VmKind::Wasm,
    #[cfg(feature = "js")]
    VmKind::Js,
    VmKind::Native,
];

impl Default for VmConfig {
    fn default() -> Self {
        Self {
            enabled_vms: BUILT_IN.to_vec(),
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
        let error = |reason: String| ConfigError { origin: origin.to_owned(), reason };
        let config: Self = toml::from_str(text)
            .map_err(|failure| error(with_suggestion(failure.to_string().trim_end())))?;
        config.check().map_err(error)?;
        Ok(config)
    }

    /// The settings of the kernel under this configuration.
    #[must_use]
    pub fn kernel(&self) -> KernelConfig {
        KernelConfig {
            evm: EvmConfig { chain_id: self.chain.chain_id, ..self.vm.evm.clone() },
            wasm: self.vm.wasm.clone(),
            #[cfg(feature = "js")]
            js: self.vm.js.clone(),
            disabled: self.disabled_vms(),
            ..KernelConfig::default()
        }
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

    fn check(&self) -> Result<(), String> {
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
