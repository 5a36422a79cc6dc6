//! The settings of the machine on one node.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::WasmLimits;
use crate::limits::{MEMORY_PAGE_BYTES, MEMORY_PAGES_MAX, STACK_SLOTS_MAX, TABLE_ELEMENTS_MAX};

/// Bytes at the start of a memory that a pooled slot keeps between frames: they are written back to
/// what the module says, and only the rest is returned to the system. Writing them is faster than
/// the page faults of the next frame, as long as they are few. What a frame sees is the same.
///
/// Finding the pages that were written (`PAGEMAP_SCAN`) would be faster for large memories. It is
/// not used, because the engine takes a page that was swapped out or is being moved for one that
/// was not written, so that the next frame could see it.
pub const MEMORY_RESIDENT_BYTES: usize = 8 << 10;

/// Bytes of a table that a pooled slot keeps between frames, as of a memory: 512 elements.
pub const TABLE_RESIDENT_BYTES: usize = 4 << 10;

/// The settings of the machine.
///
/// `memory_limit`, `stack_slots`, `table_elements` and `allowed_imports` are rules of a chain:
/// every node of it has the same. All others are one node's own business and change no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WasmConfig {
    /// What runs the code.
    pub engine: EngineChoice,
    /// Bytes that the memory of an instance may grow to; whole pages of 64 KiB count.
    pub memory_limit: u64,
    /// Slots of the logical stack of an instance.
    pub stack_slots: u32,
    /// Elements of the table of an instance.
    pub table_elements: u32,
    /// The only imports that code may have, as `module.name`; all that are offered without a list.
    pub allowed_imports: Option<Vec<String>>,
    /// How long a frame may run on this node, in milliseconds. A frame that runs longer is a fault
    /// of this node and no result: gas ends code, this only guards a node whose gas is too cheap.
    /// Interpreted code looks at the clock only when it calls the host.
    pub execution_time_limit_ms: Option<u64>,
    /// Instances that may live at once in compiled form; more are interpreted.
    pub instances: u32,
    /// Bytes of programs kept in memory.
    pub cache_bytes: u64,
    /// Where compiled programs are kept over restarts; nowhere without.
    pub cache_directory: Option<PathBuf>,
    /// Bytes of compiled programs kept there; the ones written first go.
    pub cache_directory_bytes: u64,
    /// The process that compiles; without a command the machine compiles in its own process.
    pub worker: WorkerConfig,
}

/// What runs the code. Results do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// Interpreted until the compiled program is ready.
    #[default]
    Auto,
    /// Compiled, if need be when it is called first.
    Compiled,
    /// Always interpreted.
    Interpreted,
}

/// The process that compiles, and its limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// The program. It must run [`worker_main`](crate::worker::worker_main).
    pub command: Option<PathBuf>,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Bytes of address space that it may use.
    pub memory_limit: u64,
    /// How long it may take, in milliseconds.
    pub time_limit_ms: u64,
}

impl Default for WasmConfig {
    fn default() -> Self {
        Self {
            engine: EngineChoice::Auto,
            memory_limit: u64::from(MEMORY_PAGES_MAX) * u64::from(MEMORY_PAGE_BYTES),
            stack_slots: STACK_SLOTS_MAX,
            table_elements: TABLE_ELEMENTS_MAX,
            allowed_imports: None,
            execution_time_limit_ms: None,
            instances: 256,
            cache_bytes: 256 << 20,
            cache_directory: None,
            cache_directory_bytes: 4 << 30,
            worker: WorkerConfig::default(),
        }
    }
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self { command: None, arguments: Vec::new(), memory_limit: 2 << 30, time_limit_ms: 30_000 }
    }
}

impl WasmConfig {
    /// The limits of modules under these settings.
    #[must_use]
    pub fn limits(&self) -> WasmLimits {
        let pages = self.memory_limit / u64::from(MEMORY_PAGE_BYTES);
        WasmLimits {
            memory_pages: u32::try_from(pages).unwrap_or(u32::MAX).min(1 << 16),
            table_elements: self.table_elements,
            stack_slots: self.stack_slots,
            ..WasmLimits::default()
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let bytes = u64::from(self.limits().memory_pages) * u64::from(MEMORY_PAGE_BYTES);
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn table_elements(&self) -> usize {
        usize::try_from(self.table_elements).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_is_unknown_is_refused() {
        let config: WasmConfig = serde_json::from_str(r#"{"engine":"interpreted"}"#).unwrap();
        assert_eq!(config.engine, EngineChoice::Interpreted);
        assert_eq!(config.limits().memory_pages, MEMORY_PAGES_MAX);
        assert!(serde_json::from_str::<WasmConfig>(r#"{"engin":"auto"}"#).is_err());
        assert!(serde_json::from_str::<WasmConfig>(r#"{"engine":"jit"}"#).is_err());
        let worker = r#"{"worker":{"memory":1}}"#;
        assert!(serde_json::from_str::<WasmConfig>(worker).is_err());
    }

    #[test]
    fn a_limit_below_a_page_leaves_no_memory() {
        let config = WasmConfig { memory_limit: 65_535, ..WasmConfig::default() };
        assert_eq!(config.limits().memory_pages, 0);
    }
}
