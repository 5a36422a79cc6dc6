//! The host interface: what a module imports from [`MODULE`].
//!
//! Each import is written once, over a [`Call`], in the files of this folder; the one table in
//! `imports` gives every engine its linker and the static checks their list. Nothing here knows an
//! engine, and nothing but `scope` is unsafe.

pub(crate) mod control;
pub(crate) mod cosmwasm;
pub(crate) mod crypto;
pub(crate) mod data;
pub(crate) mod environment;
pub(crate) mod frame;
pub(crate) mod imports;
mod memory;
pub(crate) mod object;
mod scope;
pub(crate) mod storage;
pub(crate) mod stylus;
pub(crate) mod wasi;

use primitives::{Bytes, Gas};
use vm::schedule::words;
use vm::{Frame, GasMeter, HaltReason, Host, OutOfGas, Trap};

/// The module that contracts import from. Its number is the version of the interface.
pub(crate) const MODULE: &str = "braid1";

/// What an import works with: the memory of the instance, the frame, the host.
pub(crate) struct Call<'a> {
    memory: &'a mut [u8],
    pub(crate) frame: &'a Frame<'a>,
    pub(crate) host: &'a mut (dyn Host + 'a),
    pub(crate) meter: &'a mut GasMeter,
    buffer: &'a mut Bytes,
    output: &'a mut Bytes,
    wasi: &'a mut wasi::WasiState,
    stylus: &'a mut stylus::StylusState,
    cosmwasm: &'a mut cosmwasm::CosmwasmState,
}

/// Why a frame ends within an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// `finish`: success with the output that is set.
    Finish,
    /// `revert`: revert with the output that is set.
    Revert,
    /// The frame is ended.
    Halt(HaltReason),
    /// The host panicked. No engine's code unwinds, so the panic goes no further than the import.
    Panic,
}

impl Call<'_> {
    pub(crate) fn charge(&mut self, cost: Gas) -> Result<(), End> {
        Ok(self.meter.charge(cost)?)
    }

    /// Charges what copying `bytes` between guest and host costs.
    pub(crate) fn charge_copy(&mut self, bytes: u64) -> Result<(), End> {
        let word_count = usize::try_from(bytes).map_or(u64::MAX, words);
        let cost = self.host.schedule().copy_word.saturating_mul(word_count);
        self.charge(cost)
    }

    /// Charges what reading or writing so many bytes of JSON costs.
    pub(crate) fn charge_json(&mut self, bytes: usize) -> Result<(), End> {
        let cost = self.host.schedule().json_word.saturating_mul(words(bytes));
        self.charge(cost)
    }

    /// Charges what reading the environment costs.
    fn charge_environment(&mut self) -> Result<(), End> {
        let cost = self.host.schedule().environment;
        self.charge(cost)
    }
}

impl From<Trap> for End {
    fn from(trap: Trap) -> Self {
        Self::Halt(trap.halt_reason())
    }
}

impl From<OutOfGas> for End {
    fn from(OutOfGas: OutOfGas) -> Self {
        Self::Halt(HaltReason::OutOfGas)
    }
}

fn bad_argument(text: String) -> End {
    End::Halt(HaltReason::BadArgument(text))
}
