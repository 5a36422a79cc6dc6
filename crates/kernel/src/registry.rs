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

/// The machines of a node by kind. Registered once at start.
///
/// Whether a machine is *enabled* is a rule of the chain: what needs one that is not fails, on
/// every node alike. Whether it is *stopped* is a matter of one node: what needs such a machine has
/// no result there, so the node makes and follows no block that does.
#[derive(Debug, Default)]
pub struct Registry {
    machines: BTreeMap<VmKind, Slot>,
    is_crossing_refused: bool,
}

/// One machine for people: its kind, version, switch and counters.
#[derive(Debug, Clone)]
pub struct MachineStatus {
    /// Which machine.
    pub kind: VmKind,
    /// The version of its rules.
    pub version: VmVersion,
    /// Whether contracts of it may run, by the rules of the chain.
    pub is_enabled: bool,
    /// Whether this node has stopped it.
    pub is_stopped: bool,
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
    /// This node has stopped it, which no rule of the chain knows of.
    #[error(
        "machine {0} is stopped on this node: what needs it goes on once it is started \
         (braid vm enable {0})"
    )]
    Stopped(VmKind),
    /// It was registered before.
    #[error("machine {0} is registered twice")]
    Twice(VmKind),
}

impl Registry {
    /// No machines.
    #[must_use]
    pub const fn new() -> Self {
        Self { machines: BTreeMap::new(), is_crossing_refused: false }
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
    /// [`RegistryError`] where it is not there, disabled or stopped.
    pub fn machine(&self, kind: VmKind) -> Result<&dyn Vm, RegistryError> {
        Ok(self.enabled(kind)?.as_vm())
    }

    /// The machine of a kind, to run a frame with; nothing for one that works on the journal.
    ///
    /// # Errors
    ///
    /// As [`machine`](Self::machine).
    pub fn hosted(&self, kind: VmKind) -> Result<Option<&dyn HostedVm>, RegistryError> {
        match self.enabled(kind)? {
            Machine::OnJournal(_) => Ok(None),
            Machine::Hosted(machine) => Ok(Some(machine.as_ref())),
        }
    }

    /// The first machine that may run and recognizes `code`. The EVM takes any bytes, so it is
    /// asked last.
    #[must_use]
    pub fn detect(&self, code: &[u8]) -> Option<VmKind> {
        let recognizes = |slot: &&Slot| slot.is_enabled() && slot.machine.as_vm().recognizes(code);
        let others = self.machines.values().filter(|slot| slot.kind() != VmKind::Evm);
        let evm = self.machines.values().filter(|slot| slot.kind() == VmKind::Evm);
        others.chain(evm).find(recognizes).map(Slot::kind)
    }

    /// Says whether contracts of a machine may run: a rule, which is the same on all nodes.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Missing`] where there is none of this kind.
    pub fn set_enabled(&self, kind: VmKind, is_enabled: bool) -> Result<(), RegistryError> {
        let slot = self.machines.get(&kind).ok_or(RegistryError::Missing(kind))?;
        slot.is_enabled.store(is_enabled, Ordering::SeqCst);
        Ok(())
    }

    /// Stops a machine of this node, so that it gives back what it keeps, or starts it again.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Missing`] where there is none of this kind.
    pub fn set_stopped(&self, kind: VmKind, is_stopped: bool) -> Result<(), RegistryError> {
        let slot = self.machines.get(&kind).ok_or(RegistryError::Missing(kind))?;
        let machine = slot.machine.as_vm();
        if !is_stopped {
            machine.start();
        }
        slot.is_stopped.store(is_stopped, Ordering::SeqCst);
        if is_stopped {
            machine.stop();
        }
        Ok(())
    }

    /// Allows contracts to call contracts of other machines, as they may at first, or refuses it.
    /// System and native contracts stay within reach.
    pub const fn set_crossing(&mut self, is_allowed: bool) {
        self.is_crossing_refused = !is_allowed;
    }

    /// Whether contracts may call contracts of other machines.
    #[must_use]
    pub const fn allows_crossing(&self) -> bool {
        !self.is_crossing_refused
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
                is_stopped: slot.is_stopped(),
                status: machine.status(),
            }
        })
    }

    fn insert(&mut self, machine: Machine) -> Result<(), RegistryError> {
        let kind = machine.as_vm().kind();
        if self.machines.contains_key(&kind) {
            return Err(RegistryError::Twice(kind));
        }
        self.machines.insert(kind, Slot::new(machine));
        Ok(())
    }

    fn enabled(&self, kind: VmKind) -> Result<&Machine, RegistryError> {
        let slot = self.machines.get(&kind).ok_or(RegistryError::Missing(kind))?;
        match (slot.is_enabled(), slot.is_stopped()) {
            (false, _) => Err(RegistryError::Disabled(kind)),
            (true, true) => Err(RegistryError::Stopped(kind)),
            (true, false) => Ok(&slot.machine),
        }
    }
}

#[derive(Debug)]
struct Slot {
    machine: Machine,
    is_enabled: AtomicBool,
    is_stopped: AtomicBool,
}

impl Slot {
    const fn new(machine: Machine) -> Self {
        Self { machine, is_enabled: AtomicBool::new(true), is_stopped: AtomicBool::new(false) }
    }

    fn kind(&self) -> VmKind {
        self.machine.as_vm().kind()
    }

    fn is_enabled(&self) -> bool {
        self.is_enabled.load(Ordering::SeqCst)
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
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
