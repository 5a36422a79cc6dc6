//! The machines of an engine: which run, and what they count; stopping and starting them.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use kernel::{MachineStatus, RegistryError};
use primitives::VmKind;

use super::Engine;
use crate::EngineError;

/// The file of a data folder that names the machines that were stopped, one a line.
const STOPPED: &str = "stopped-machines";

/// The machines of an engine.
///
/// A machine is made with the engine. Stopping it releases what it keeps for speed. It is a matter
/// of this node alone, which no other knows of, so it never decides what comes of a transaction:
/// what needs a machine that is stopped is a fault, of which there is no block, until the machine
/// is started again. Over a folder a machine stays stopped when the engine is opened again. Every
/// transaction runs through the EVM, so that one is not stopped.
///
/// Which machines a chain has is a rule: `enabled_vms` of its genesis.
///
/// ```
/// use braidvm::{Engine, VmKind};
///
/// # fn main() -> Result<(), braidvm::EngineError> {
/// let engine = Engine::dev();
/// engine.machines().stop(VmKind::Wasm)?;
/// assert!(engine.machines().status(VmKind::Wasm)?.is_stopped);
/// engine.machines().start(VmKind::Wasm)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Machines<'a> {
    engine: &'a Engine,
}

impl Engine {
    /// The machines.
    #[must_use]
    pub const fn machines(&self) -> Machines<'_> {
        Machines { engine: self }
    }

    /// Remembers the folder, and stops the machines that were stopped in it.
    pub(super) fn settle_in(mut self, folder: &Path) -> Result<Self, EngineError> {
        let file = folder.join(STOPPED);
        for kind in stopped(&file)? {
            let registry = self.kernel().registry();
            registry.set_stopped(kind, true).map_err(kernel::KernelError::from)?;
        }
        self.switches = Some(file);
        Ok(self)
    }
}

impl Machines<'_> {
    /// Every machine of this build, in the order of their numbers.
    #[must_use]
    pub fn list(&self) -> Vec<MachineStatus> {
        self.engine.kernel().registry().statuses().collect()
    }

    /// One machine: its version, whether it runs, and its counters.
    ///
    /// # Errors
    ///
    /// [`EngineError::Kernel`] where this build has no such machine.
    pub fn status(&self, kind: VmKind) -> Result<MachineStatus, EngineError> {
        let found = self.engine.kernel().registry().statuses().find(|it| it.kind == kind);
        found.ok_or_else(|| kernel::KernelError::from(RegistryError::Missing(kind)).into())
    }

    /// What one machine counts, by name.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    pub fn metrics(&self, kind: VmKind) -> Result<Vec<(&'static str, u64)>, EngineError> {
        Ok(self.status(kind)?.status.counters)
    }

    /// Lets a machine run that was stopped.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status), [`EngineError::MachineLeftOut`] where the configuration or the
    /// chain leaves the machine out, and [`EngineError::Switches`] where the folder does not keep
    /// it.
    pub fn start(&self, kind: VmKind) -> Result<(), EngineError> {
        if !self.engine.config.vm.enabled_vms.contains(&kind) {
            self.status(kind)?;
            return Err(EngineError::MachineLeftOut(kind));
        }
        self.switch(kind, false)
    }

    /// Stops a machine.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status), [`EngineError::MachineOfAll`] for the EVM, and
    /// [`EngineError::Switches`] where the folder does not keep it.
    pub fn stop(&self, kind: VmKind) -> Result<(), EngineError> {
        if kind == VmKind::Evm {
            return Err(EngineError::MachineOfAll(kind));
        }
        self.switch(kind, true)
    }

    /// The folder first: what it does not keep is not switched.
    fn switch(&self, kind: VmKind, is_stopped: bool) -> Result<(), EngineError> {
        self.status(kind)?;
        if let Some(file) = &self.engine.switches {
            let mut kinds = stopped(file)?;
            let _ = if is_stopped { kinds.insert(kind) } else { kinds.remove(&kind) };
            let text: String = kinds.iter().map(|kind| format!("{kind}\n")).collect();
            write(file, &text).map_err(|error| switches(file, &error))?;
        }
        let registry = self.engine.kernel().registry();
        Ok(registry.set_stopped(kind, is_stopped).map_err(kernel::KernelError::from)?)
    }
}

fn stopped(file: &Path) -> Result<BTreeSet<VmKind>, EngineError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(switches(file, &error)),
    };
    let kind = |line: &str| line.trim().parse().map_err(|error| switches(file, &error));
    text.lines().filter(|line| !line.trim().is_empty()).map(kind).collect()
}

/// Replaces the file whole, so that a power cut leaves the old one or the new one.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    fs::write(&fresh, text)?;
    fs::File::open(&fresh)?.sync_all()?;
    fs::rename(&fresh, file)?;
    file.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

fn switches(file: &Path, error: &dyn std::fmt::Display) -> EngineError {
    EngineError::Switches { file: file.display().to_string(), reason: error.to_string() }
}
