//! The settings of the machine on one node.

use serde::{Deserialize, Serialize};

/// The settings of the machine. None of them changes a result: gas ends scripts, and the limits of
/// memory and time only guard the node. A frame that meets one of them is a fault of this node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JsConfig {
    /// What runs the scripts.
    pub engine: EngineChoice,
    /// Bytes that one context may use.
    pub memory_limit: u64,
    /// How long a frame may run on this node, in milliseconds, its callees included.
    pub execution_time_limit_ms: Option<u64>,
    /// Contexts that are kept between calls.
    pub contexts: usize,
    /// Bytes that contexts hold between calls.
    pub contexts_bytes: u64,
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
}

impl Default for JsConfig {
    fn default() -> Self {
        Self {
            engine: EngineChoice::QuickJs,
            memory_limit: 256 << 20,
            execution_time_limit_ms: Some(60_000),
            contexts: 64,
            contexts_bytes: 128 << 20,
            cache_bytes: 64 << 20,
        }
    }
}
