//! Programs kept in memory, and artefacts kept on disk. Nothing here changes a result.

mod artefacts;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use primitives::{CodeHash, VmKind};
use schnellru::{LruMap, UnlimitedCompact};

pub(crate) use artefacts::{ArtefactName, ArtefactStore};

use crate::engine::compiled::CompiledProgram;
use crate::engine::interpreted::InterpretedProgram;
use crate::personality::Personality;

/// A machine and code of it: a Go program is run from its snapshot, a module as it is.
pub(crate) type ProgramName = (VmKind, CodeHash);

/// A module made ready, by one engine or by both.
pub(crate) struct Loaded {
    /// What making an instance costs, in points.
    pub(crate) instantiation_points: u64,
    /// By whose conventions it was built.
    pub(crate) personality: Personality,
    /// The functions that it exports.
    pub(crate) entries: Vec<String>,
    /// Whether it has a constructor.
    pub(crate) has_deploy: bool,
    /// Whether its own interface tells of a constructor without parameters.
    pub(crate) has_plain_constructor: bool,
    /// Bytes of the metered module.
    pub(crate) module_bytes: u64,
    /// Bytes of the artefact, where there is one.
    pub(crate) artefact_bytes: u64,
    /// For the interpreter.
    pub(crate) interpreted: Arc<InterpretedProgram>,
    /// Native code.
    pub(crate) compiled: Option<CompiledProgram>,
}

impl Loaded {
    /// Whether making the contract with these arguments runs code. The entry of a module of Stylus
    /// is there with or without a constructor, so it must be told that there is one: by arguments,
    /// or by its interface.
    pub(crate) fn constructs(&self, arguments: &[u8]) -> bool {
        match self.personality {
            Personality::Braid | Personality::CosmWasm => self.has_deploy,
            Personality::Stylus => !arguments.is_empty() || self.has_plain_constructor,
        }
    }

    /// About what it takes in memory: the interpreter's form is a small multiple of the module.
    fn weight_bytes(&self) -> u64 {
        self.module_bytes.saturating_mul(4).saturating_add(self.artefact_bytes).max(1)
    }
}

/// The programs used last, bounded by their bytes, shared by threads.
pub(crate) struct ProgramCache {
    programs: Mutex<Programs>,
    bytes_max: u64,
    /// How often a program was there.
    pub(crate) hits: AtomicU64,
    /// How often it was not.
    pub(crate) misses: AtomicU64,
}

impl core::fmt::Debug for ProgramCache {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ProgramCache").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

impl ProgramCache {
    /// An empty cache of at most `bytes_max`.
    pub(crate) fn new(bytes_max: u64) -> Self {
        let programs = Programs { by_name: LruMap::new(UnlimitedCompact), bytes: 0 };
        Self {
            programs: Mutex::new(programs),
            bytes_max,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The program, if it is there.
    pub(crate) fn get(&self, name: &ProgramName) -> Option<Arc<Loaded>> {
        let found = self.programs.lock().by_name.get(name).cloned();
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps a program, and lets go of those used longest ago where there is too much. The last
    /// one stays, however large it is.
    pub(crate) fn put(&self, name: ProgramName, program: Arc<Loaded>) {
        let mut programs = self.programs.lock();
        if let Some(old) = programs.by_name.remove(&name) {
            programs.bytes = programs.bytes.saturating_sub(old.weight_bytes());
        }
        programs.bytes = programs.bytes.saturating_add(program.weight_bytes());
        programs.by_name.insert(name, program);
        while programs.bytes > self.bytes_max && programs.by_name.len() > 1 {
            let Some((_, oldest)) = programs.by_name.pop_oldest() else { break };
            programs.bytes = programs.bytes.saturating_sub(oldest.weight_bytes());
        }
    }

    /// Lets go of all programs.
    pub(crate) fn clear(&self) {
        let mut programs = self.programs.lock();
        programs.by_name.clear();
        programs.bytes = 0;
    }

    /// How many programs there are, and about how many bytes they take.
    pub(crate) fn size(&self) -> (u64, u64) {
        let programs = self.programs.lock();
        (programs.by_name.len() as u64, programs.bytes)
    }
}

struct Programs {
    by_name: LruMap<ProgramName, Arc<Loaded>, UnlimitedCompact>,
    bytes: u64,
}
