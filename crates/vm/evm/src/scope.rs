//! What the frames of one transaction share beside the journal.

use primitives::{Bytes, Gas, VmKind, limits::FOREIGN_DEPTH_MAX};
use vm::{Environment, HaltReason, trace::Recorder};

/// Gas by the machine whose frames used it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GasByVm([u64; KINDS]);

/// What the frames of one transaction share beside the journal: the environment, the trace, the
/// account of gas by machine, and the first fault of the host.
#[derive(Debug, Default)]
pub struct Scope {
    pub(crate) environment: Environment,
    pub(crate) recorder: Recorder,
    pub(crate) gas: GasByVm,
    /// What the frames that each open foreign frame called have used.
    pub(crate) called: Vec<u64>,
    /// Why the foreign frame that halted last did so: revm has no word for it.
    pub(crate) foreign_halt: Option<HaltReason>,
    /// Code that hosted machines were given in the transaction.
    pub(crate) new_code: Vec<(VmKind, Bytes)>,
    foreign_depth: u32,
    fault: Option<String>,
}

/// How many kinds of machine there are.
const KINDS: usize = VmKind::ALL.len();

impl GasByVm {
    /// What the frames of a machine used themselves, before refunds. The EVM's part holds what the
    /// transaction itself costs.
    #[must_use]
    pub const fn get(&self, kind: VmKind) -> Gas {
        Gas(self.0[kind.code() as usize])
    }

    /// All machines that used gas, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (VmKind, Gas)> + '_ {
        VmKind::ALL.iter().map(|kind| (*kind, self.get(*kind))).filter(|(_, gas)| gas.0 > 0)
    }

    /// The sum over all machines.
    #[must_use]
    pub fn total(&self) -> Gas {
        Gas(self.0.iter().sum())
    }

    pub(crate) const fn add(&mut self, kind: VmKind, gas: u64) {
        let sum = &mut self.0[kind.code() as usize];
        *sum = sum.saturating_add(gas);
    }
}

impl Scope {
    /// The block and the transaction.
    #[must_use]
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The trace. Calls are recorded by the session; debug output and foreign creations are not.
    pub const fn recorder_mut(&mut self) -> &mut Recorder {
        &mut self.recorder
    }

    /// Begins to count the gas of a foreign creation. Calls are counted by the session.
    pub fn begin_creation(&mut self) {
        self.called.push(0);
    }

    /// Ends a foreign creation that used `used`, the frames that it called among it.
    ///
    /// # Panics
    ///
    /// Where none has begun.
    pub fn end_creation(&mut self, kind: VmKind, used: Gas) {
        let called = self.called.pop().expect("invariant: a creation has begun");
        self.gas.add(kind, used.0.saturating_sub(called));
        if let Some(outer) = self.called.last_mut() {
            *outer = outer.saturating_add(used.0);
        }
    }

    /// Remembers code that a deploy stored, so that its machine can make it ready once the
    /// transaction has ended well.
    pub fn store_code(&mut self, kind: VmKind, code: Bytes) {
        self.new_code.push((kind, code));
    }

    /// Foreign frames on the stack.
    #[must_use]
    pub const fn foreign_depth(&self) -> u32 {
        self.foreign_depth
    }

    /// Begins a foreign frame, unless there are [`FOREIGN_DEPTH_MAX`] already. Calls through the
    /// crossing are counted by the session; foreign creations are not.
    #[must_use = "a frame that may not begin must not run"]
    pub const fn enter_foreign(&mut self) -> bool {
        let may_enter = self.foreign_depth < FOREIGN_DEPTH_MAX;
        if may_enter {
            self.foreign_depth += 1;
        }
        may_enter
    }

    /// Ends a foreign frame.
    ///
    /// # Panics
    ///
    /// Where none is on the stack.
    pub fn leave_foreign(&mut self) {
        assert!(self.foreign_depth > 0, "a foreign frame is on the stack");
        self.foreign_depth -= 1;
    }

    /// Why the host failed, if it has: the transaction ends with an error whatever its frames do.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Ends the transaction with an error that no frame can catch. The first text is kept.
    pub fn set_fault(&mut self, text: String) {
        self.fault.get_or_insert(text);
    }

    /// Forgets the last transaction.
    #[inline]
    pub(crate) fn begin(&mut self, is_traced: bool) {
        if is_traced {
            self.recorder = Recorder::on();
        } else if self.recorder.is_on() {
            self.recorder = Recorder::default();
        }
        self.gas = GasByVm::default();
        self.called.clear();
        self.new_code.clear();
        self.foreign_halt = None;
        self.foreign_depth = 0;
        self.fault = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_place() {
        let mut gas = GasByVm::default();
        for kind in VmKind::ALL {
            gas.add(*kind, u64::from(kind.code()) + 1);
        }
        assert_eq!(gas.iter().count(), KINDS);
        assert_eq!(gas.total(), Gas((1..=KINDS as u64).sum()));
    }

    #[test]
    fn foreign_frames_have_a_limit() {
        let mut scope = Scope::default();
        let entered = (0..100).filter(|_| scope.enter_foreign()).count();
        assert_eq!(entered, FOREIGN_DEPTH_MAX as usize);
        scope.leave_foreign();
        assert!(scope.enter_foreign());
    }
}
