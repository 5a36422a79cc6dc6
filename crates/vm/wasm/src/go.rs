//! Go programs: modules over WASI whose runtime is started once and not in every call.
//!
//! A Go program exports `_initialize`, which sets up its heap, its scheduler and its packages, and
//! takes a hundred times as long as a small call. It runs once, under the shim of
//! `wasi_snapshot_preview1` in a frame that knows nothing but the program itself, and what it
//! leaves in memory and globals becomes the module that calls run: the snapshot. The snapshot
//! follows from the code alone, so it is not stored: every node makes the same one when it loads
//! the code. Metering is written into both modules, so no work of either is free.
//!
//! Code is a module or a Zstandard frame that holds one (see [`pack`]).

mod package;
mod sealed;
mod snapshot;

use primitives::{Address, CodeHash, Depth, Gas, VmKind, Wei};
use vm::{
    BlockEnvironment, CodeError, Entry, Environment, Frame, HaltReason, Status,
    TransactionEnvironment,
};

use crate::engine::interpreted::Interpreter;
use crate::host::frame::{FrameState, Scope};
use crate::host::imports::{IMPORTS, WASI_IMPORTS};
use crate::host::wasi;
use crate::instrument::{WasmCosts, instrument};
use crate::limits::WasmLimits;
use crate::validate::{ImportSignature, ModuleReport, inspect};

pub(crate) use package::module_bytes;
pub use package::{PackError, pack, unpack, with_interface};
pub(crate) use snapshot::{Image, Number};

/// Gas of the start of a program, which runs where its code is checked and where it is loaded. The
/// runtime alone takes a tenth of it.
pub const INITIALIZE_GAS_MAX: Gas = Gas(2_000_000);

/// The export that starts the runtime.
pub(crate) const INITIALIZE: &str = "_initialize";

/// Makes the snapshot of a Go program.
pub(crate) struct Starter<'a> {
    pub(crate) limits: &'a WasmLimits,
    pub(crate) costs: &'a WasmCosts,
    pub(crate) interpreter: &'a Interpreter,
}

/// What a Go program may import.
pub(crate) fn imports() -> Vec<ImportSignature> {
    [IMPORTS, WASI_IMPORTS].concat()
}

/// Whether `code` imports functions of WASI. Of a module that cannot be read nothing is known.
#[must_use]
pub fn is_go(code: &[u8]) -> bool {
    let Ok(module) = unpack(code) else { return false };
    snapshot::imports_from(&module, wasi::MODULE)
}

impl Starter<'_> {
    /// The module that calls of `code` run, not yet metered.
    pub(crate) fn start(&self, code: &[u8]) -> Result<Vec<u8>, CodeError> {
        let module = unpack(code)?;
        let report = inspect(&module, self.limits, &imports())?;
        check(&report)?;
        let open = snapshot::with_exported_globals(&module).map_err(malformed)?;
        let metered = instrument(&open.module, self.limits, &imports(), self.costs)?;
        let image = self.initialize(&metered.module, &metered.report, CodeHash::of(code), &open)?;
        snapshot::write(&module, &image).map_err(malformed)
    }

    /// Runs `_initialize` in a frame of which all is constant but the hash of the code.
    fn initialize(
        &self,
        metered: &[u8],
        report: &ModuleReport,
        code_hash: CodeHash,
        open: &snapshot::Open,
    ) -> Result<snapshot::Image, CodeError> {
        let program = self.interpreter.load(metered).map_err(|reason| refused(&reason))?;
        let environment = Environment {
            block: BlockEnvironment::default(),
            transaction: TransactionEnvironment {
                hash: code_hash.0,
                ..TransactionEnvironment::default()
            },
        };
        let frame = Frame {
            entry: Entry::Deploy,
            code: &[],
            code_hash,
            contract: Address::ZERO,
            caller: Address::ZERO,
            value: Wei::ZERO,
            input: &[],
            gas_limit: INITIALIZE_GAS_MAX,
            is_static: true,
            depth: Depth(0),
            environment: &environment,
        };
        let mut host = sealed::Sealed::new(&environment);
        let points = self.costs.instantiation(report);
        Scope::new(&frame, &mut host).lend(|scope| {
            let mut state = FrameState::new(&frame, scope, None);
            if !state.charge_points(points) {
                return Err(halted(&HaltReason::OutOfGas));
            }
            let (ran, image) = program.initialize(state, &open.globals);
            let outcome = ran.outcome();
            match (outcome.status, image) {
                (Status::Success, Some(image)) => Ok(image),
                (Status::Halt(reason), _) => Err(halted(&reason)),
                _ => Err(refused("it ends the frame")),
            }
        })
    }
}

/// What a Go program must have beside what every module must.
fn check(report: &ModuleReport) -> Result<(), CodeError> {
    if !report.imports.iter().any(|(module, _)| module == wasi::MODULE) {
        return Err(CodeError::Import {
            kind: VmKind::Go,
            name: format!("nothing of {}", wasi::MODULE),
            reason: "a Go program does".to_owned(),
        });
    }
    if !report.exports.iter().any(|name| name == INITIALIZE) {
        return Err(CodeError::Export {
            kind: VmKind::Go,
            name: INITIALIZE.to_owned(),
            reason: "build it with -buildmode=c-shared".to_owned(),
        });
    }
    if report.uses_segments {
        return Err(CodeError::Prohibited {
            kind: VmKind::Go,
            operation: "an operator on segments or tables, which no snapshot can keep".to_owned(),
            offset: 0,
        });
    }
    Ok(())
}

/// Names Go as the machine of an error that the checks of modules give.
pub(crate) fn of_go(mut error: CodeError) -> CodeError {
    match &mut error {
        CodeError::Malformed { kind, .. }
        | CodeError::Limit { kind, .. }
        | CodeError::Import { kind, .. }
        | CodeError::Export { kind, .. }
        | CodeError::Prohibited { kind, .. } => *kind = VmKind::Go,
        _ => {}
    }
    error
}

fn halted(reason: &HaltReason) -> CodeError {
    let limit: Gas = INITIALIZE_GAS_MAX;
    refused(&format!("it halts within its {limit} gas: {reason}"))
}

fn refused(reason: &str) -> CodeError {
    CodeError::Malformed {
        kind: VmKind::Go,
        offset: 0,
        reason: format!("{INITIALIZE} cannot run: {reason}"),
    }
}

fn malformed(error: wasmparser::BinaryReaderError) -> CodeError {
    CodeError::Malformed {
        kind: VmKind::Go,
        offset: error.offset(),
        reason: error.message().to_owned(),
    }
}
