//! The machines that are there: which of them may run, and what they say of themselves.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use primitives::{VmKind, VmVersion};
use thiserror::Error;
use vm::{HostedVm, Vm, VmStatus};

/// The machines of a node by kind. Registered once at start; each may be disabled and enabled
/// while the node runs.
///
/// Whether a machine is enabled is part of the chain's rules: all nodes of a chain switch it at
/// the same block.
#[derive(Debug, Default)]
pub struct Registry {
    machines: BTreeMap<VmKind, Slot>,
}

/// One machine for people: its kind, version, switch and counters.
#[derive(Debug, Clone)]
pub struct MachineStatus {
    /// Which machine.
    pub kind: VmKind,
    /// The version of its rules.
    pub version: VmVersion,
    /// Whether contracts of it may run.
    pub is_enabled: bool,
    /// What it counts.
    pub status: VmStatus,
}

/// Why there is no machine to run code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// This build or this node does not have it.
    #[error("machine {0} is not part of this node")]
    Missing(VmKind),
    /// It is switched off.
    #[error("machine {0} is disabled")]
    Disabled(VmKind),
    /// It was registered before.
    #[error("machine {0} is registered twice")]
    Twice(VmKind),
}

impl Registry {
    /// No machines.
    #[must_use]
    pub const fn new() -> Self {
        Self { machines: BTreeMap::new() }
    }

    /// Adds a machine that works on the journal itself: the EVM.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Twice`] where its kind is already there.
    pub fn register(&mut self, machine: Arc<dyn Vm>) -> Result<(), RegistryError> {
        self.insert(Machine::OnJournal(machine))
    }

    /// Adds a machine whose frames run over the host interface.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Twice`] where its kind is already there.
    pub fn register_hosted(&mut self, machine: Arc<dyn HostedVm>) -> Result<(), RegistryError> {
        self.insert(Machine::Hosted(machine))
    }

    /// The machine of a kind, to check code with.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] where it is not there or disabled.
    pub fn machine(&self, kind: VmKind) -> Result<&dyn Vm, RegistryError> {
        Ok(self.enabled(kind)?.as_vm())
    }

    /// The machine of a kind, to run a frame with; nothing for one that works on the journal.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] where it is not there or disabled.
    pub fn hosted(&self, kind: VmKind) -> Result<Option<&dyn HostedVm>, RegistryError> {
        match self.enabled(kind)? {
            Machine::OnJournal(_) => Ok(None),
            Machine::Hosted(machine) => Ok(Some(machine.as_ref())),
        }
    }

    /// The first enabled machine that recognizes `code`. The EVM takes any bytes, so it is asked
    /// last.
    #[must_use]
    pub fn detect(&self, code: &[u8]) -> Option<VmKind> {
        let recognizes = |slot: &&Slot| slot.is_enabled() && slot.machine.as_vm().recognizes(code);
        let others = self.machines.values().filter(|slot| slot.kind() != VmKind::Evm);
        let evm = self.machines.values().filter(|slot| slot.kind() == VmKind::Evm);
        others.chain(evm).find(recognizes).map(Slot::kind)
    }

    /// Switches a machine on or off.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Missing`] where there is none of this kind.
    pub fn set_enabled(&self, kind: VmKind, is_enabled: bool) -> Result<(), RegistryError> {
        let slot = self.machines.get(&kind).ok_or(RegistryError::Missing(kind))?;
        slot.is_enabled.store(is_enabled, Ordering::SeqCst);
        Ok(())
    }

    /// How many machines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.machines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty()
    }

    /// All machines in the order of their numbers.
    pub fn statuses(&self) -> impl Iterator<Item = MachineStatus> {
        self.machines.values().map(|slot| {
            let machine = slot.machine.as_vm();
            MachineStatus {
                kind: machine.kind(),
                version: machine.version(),
                is_enabled: slot.is_enabled(),
                status: machine.status(),
            }
        })
    }

    fn insert(&mut self, machine: Machine) -> Result<(), RegistryError> {
        let kind = machine.as_vm().kind();
        if self.machines.contains_key(&kind) {
            return Err(RegistryError::Twice(kind));
        }
        self.machines.insert(kind, Slot { machine, is_enabled: AtomicBool::new(true) });
        Ok(())
    }

    fn enabled(&self, kind: VmKind) -> Result<&Machine, RegistryError> {
        let slot = self.machines.get(&kind).ok_or(RegistryError::Missing(kind))?;
        if slot.is_enabled() { Ok(&slot.machine) } else { Err(RegistryError::Disabled(kind)) }
    }
}

#[derive(Debug)]
struct Slot {
    machine: Machine,
    is_enabled: AtomicBool,
}

impl Slot {
    fn kind(&self) -> VmKind {
        self.machine.as_vm().kind()
    }

    fn is_enabled(&self) -> bool {
        self.is_enabled.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
enum Machine {
    OnJournal(Arc<dyn Vm>),
    Hosted(Arc<dyn HostedVm>),
}

impl Machine {
    fn as_vm(&self) -> &dyn Vm {
        match self {
            Self::OnJournal(machine) => machine.as_ref(),
            Self::Hosted(machine) => machine.as_ref(),
        }
    }
}
