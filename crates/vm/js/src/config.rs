//! The settings of the machine on one node.

use js_v8::Library;
use serde::{Deserialize, Serialize};

/// The settings of the machine. None of them changes a result: gas ends scripts, and the limits of
/// memory and time only guard the node. A frame that meets one of them is a fault of this node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JsConfig {
    /// What runs the scripts.
    pub engine: EngineChoice,
    /// Whether V8 makes native code. A process runs V8 in one way only.
    pub v8_jit: bool,
    /// Bytes that one context may use.
    pub memory_limit: u64,
    /// How long a frame may run on this node, in milliseconds, its callees included.
    pub execution_time_limit_ms: Option<u64>,
    /// Contexts that are kept between calls.
    pub contexts: usize,
    /// Bytes that contexts hold between calls.
    pub contexts_bytes: u64,
    /// Contexts without a contract that are always made ahead.
    pub warm_contexts_min: usize,
    /// Contexts without a contract that are made ahead where many contracts are new.
    pub warm_contexts_max: usize,
    /// Bytes of compiled scripts kept in memory.
    pub cache_bytes: u64,
}

/// What runs the scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum EngineChoice {
    /// `QuickJS`, an interpreter that starts fast.
    #[default]
    QuickJs,
    /// V8, in builds that have it.
    V8,
    /// Both: what `QuickJS` does counts, and V8 is held to it. A difference is a fault of the node.
    Both,
}

impl JsConfig {
    /// Checks that this build has the engine.
    ///
    /// # Errors
    ///
    /// Why it has not, in words.
    pub fn check(&self) -> Result<(), String> {
        match self.engine {
            EngineChoice::QuickJs => Ok(()),
            EngineChoice::V8 | EngineChoice::Both => Library::start(self.v8_jit)
                .map(|_| ())
                .map_err(|error| format!("vm.js.engine needs V8: {error}")),
        }
    }
}

impl Default for JsConfig {
    fn default() -> Self {
        Self {
            engine: EngineChoice::QuickJs,
            v8_jit: false,
            memory_limit: 256 << 20,
            execution_time_limit_ms: Some(60_000),
            contexts: 64,
            contexts_bytes: 128 << 20,
            warm_contexts_min: 0,
            warm_contexts_max: 4,
            cache_bytes: 64 << 20,
        }
    }
}
