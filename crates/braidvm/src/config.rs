//! The configuration of a chain and of a node, from TOML.

use kernel::KernelConfig;
use primitives::{Gas, VmKind};
use serde::{Deserialize, Serialize};
use state::Retention;
use thiserror::Error;
use vm_evm::EvmConfig;
use vm_wasm::WasmConfig;

/// Settings by section. Every key has a default; an unknown key is an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The chain.
    pub chain: ChainConfig,
    /// The machines.
    pub vm: VmConfig,
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
}

impl Default for VmConfig {
    fn default() -> Self {
        Self {
            enabled_vms: vec![VmKind::Evm, VmKind::Wasm],
            evm: EvmConfig::default(),
            wasm: WasmConfig::default(),
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
            disabled: self.disabled_vms(),
            ..KernelConfig::default()
        }
    }

    /// The machines that are switched off.
    #[must_use]
    pub fn disabled_vms(&self) -> Vec<VmKind> {
        const BUILT_IN: [VmKind; 2] = [VmKind::Evm, VmKind::Wasm];
        BUILT_IN.into_iter().filter(|kind| !self.vm.enabled_vms.contains(kind)).collect()
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
        Ok(())
    }
}

/// Gas of the smallest transaction: below it a block could hold none.
const GAS_LIMIT_MIN: Gas = Gas(21_000);

/// How many letters may differ between a key and the one that was meant.
const SUGGESTION_DISTANCE_MAX: usize = 3;

/// Adds "did you mean" to serde's message of an unknown field, which lists the known ones.
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.contains("unknown field") || message.contains("unknown variant");
    let (true, Some(unknown)) = (is_unknown, quoted.next()) else { return message.to_owned() };
    let nearest = quoted
        .map(|known| (strsim::levenshtein(unknown, known), known))
        .filter(|(distance, _)| *distance <= SUGGESTION_DISTANCE_MAX)
        .min();
    match nearest {
        Some((_, known)) => format!("{message}; did you mean `{known}`?"),
        None => message.to_owned(),
    }
}

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
        assert_eq!(config.disabled_vms(), [VmKind::Wasm]);
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
