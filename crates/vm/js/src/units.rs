//! Units made ready: compiled, translated for the engine, kept by the hash of their code.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use abi::Interface;
use parking_lot::Mutex;
use primitives::CodeHash;
use schnellru::{LruMap, UnlimitedCompact};

/// What turns the code of a contract into a metered script.
pub trait UnitCompiler: Send + Sync + core::fmt::Debug {
    /// Whether `code` looks like a unit.
    fn recognizes(&self, code: &[u8]) -> bool;

    /// The script and the interface of a unit. The same unit gives the same on every node.
    ///
    /// # Errors
    ///
    /// What is wrong and where, in words.
    fn compile(&self, code: &[u8]) -> Result<Script, String>;
}

/// What a unit becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// One script, as `js_compiler::abi` describes it.
    pub source: String,
    /// What the contract offers.
    pub interface: Interface,
}

/// The compiler of units that are made of sources.
#[derive(Debug)]
pub(crate) struct Sources;

impl UnitCompiler for Sources {
    fn recognizes(&self, code: &[u8]) -> bool {
        js_compiler::Unit::is_unit(code)
    }

    fn compile(&self, code: &[u8]) -> Result<Script, String> {
        let compiled = js_compiler::compile(code).map_err(|error| error.to_string())?;
        Ok(Script { source: compiled.source, interface: compiled.interface })
    }
}

/// A unit that an engine can run.
#[derive(Debug)]
pub(crate) struct LoadedUnit {
    /// What the engine made of the script.
    pub(crate) program: Vec<u8>,
    /// What the contract offers.
    pub(crate) interface: Interface,
}

/// The units used last, bounded by their bytes, shared by threads.
pub(crate) struct UnitCache {
    units: Mutex<Units>,
    bytes_max: u64,
    /// How often a unit was there.
    pub(crate) hits: AtomicU64,
    /// How often it was not.
    pub(crate) misses: AtomicU64,
}

struct Units {
    by_hash: LruMap<CodeHash, Arc<LoadedUnit>, UnlimitedCompact>,
    bytes: u64,
}

impl core::fmt::Debug for UnitCache {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("UnitCache").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

impl LoadedUnit {
    /// About what it takes in memory.
    fn weight_bytes(&self) -> u64 {
        (self.program.len() as u64).saturating_mul(2).max(1)
    }
}

impl UnitCache {
    /// An empty cache of at most `bytes_max`.
    pub(crate) fn new(bytes_max: u64) -> Self {
        let units = Units { by_hash: LruMap::new(UnlimitedCompact), bytes: 0 };
        Self {
            units: Mutex::new(units),
            bytes_max,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The unit, if it is there.
    pub(crate) fn get(&self, hash: &CodeHash) -> Option<Arc<LoadedUnit>> {
        let found = self.units.lock().by_hash.get(hash).cloned();
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps a unit, and lets go of those used longest ago where there is too much. The last one
    /// stays, however large it is.
    pub(crate) fn put(&self, hash: CodeHash, unit: Arc<LoadedUnit>) {
        let mut units = self.units.lock();
        if let Some(old) = units.by_hash.remove(&hash) {
            units.bytes = units.bytes.saturating_sub(old.weight_bytes());
        }
        units.bytes = units.bytes.saturating_add(unit.weight_bytes());
        units.by_hash.insert(hash, unit);
        while units.bytes > self.bytes_max && units.by_hash.len() > 1 {
            let Some((_, oldest)) = units.by_hash.pop_oldest() else { break };
            units.bytes = units.bytes.saturating_sub(oldest.weight_bytes());
        }
    }

    /// How many units there are, and about how many bytes they take.
    pub(crate) fn size(&self) -> (u64, u64) {
        let units = self.units.lock();
        (units.by_hash.len() as u64, units.bytes)
    }
}
