//! The engines that run a metered module, behind one small trait.
//!
//! The module counts its gas and its stack by itself, so that both engines end a frame with the
//! same outcome, to the unit; which of them runs a frame is nobody's business but this node's.

pub(crate) mod compiled;
pub(crate) mod interpreted;

use vm::Entry;

use crate::host::frame::{FrameState, Ran};

/// A module made ready by an engine.
pub(crate) trait Program: Send + Sync {
    /// Runs one entry in an instance of its own, which does not outlive the run.
    fn run(&self, entry: Entry, state: FrameState) -> Attempt;

    /// The same for an export that takes and gives regions (see [`crate::host::cosmwasm`]): what
    /// it gives is the output.
    fn run_regions(&self, call: &RegionCall<'_>, state: FrameState) -> Attempt;
}

/// A call of an export that takes regions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RegionCall<'a> {
    /// The export.
    pub(crate) export: &'a str,
    /// What goes into regions; an export of fewer parameters gets the first of them.
    pub(crate) arguments: &'a [Vec<u8>],
}

/// The export by which a module makes room for a region.
pub(crate) const ALLOCATE: &str = "allocate";

/// What came of the try to run an entry.
pub(crate) enum Attempt {
    /// It ran.
    Ran(Ran),
    /// The engine has no room for an instance now; the state is as it was.
    NoRoom(FrameState),
}

/// The name of the export that an entry runs.
pub(crate) const fn export_name(entry: Entry) -> &'static str {
    match entry {
        Entry::Deploy => "deploy",
        _ => "call",
    }
}
