//! The machine: programs made ready, frames run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use abi::Interface;
use parking_lot::Mutex;
use primitives::{Bytes, CodeHash, Gas, VmKind, VmVersion};
use thiserror::Error;
use vm::{
    CodeError, CodeReport, Entry, Frame, HaltReason, Host, HostedVm, Outcome, Schedule, Vm,
    VmStatus,
};

use crate::cache::{ArtefactName, ArtefactStore, Loaded, ProgramCache};
use crate::config::{EngineChoice, WasmConfig};
use crate::cosmwasm;
use crate::engine::compiled::{CompiledProgram, Compiler};
use crate::engine::interpreted::Interpreter;
use crate::engine::{Attempt, Program, RegionCall};
use crate::go::{self, Starter};
use crate::host::frame::{FrameState, Ran, Scope, Stop};
use crate::host::imports::IMPORTS;
use crate::instrument::{Instrumented, WASM_COSTS_V1, WasmCosts, instrument};
use crate::limits::WasmLimits;
use crate::personality::Personality;
use crate::worker::compile_in_worker;

/// The bytes that every module begins with.
const MAGIC: &[u8] = b"\0asm";

/// The machine that runs WebAssembly. See the [crate's page](crate).
#[derive(Debug)]
pub struct WasmVm {
    kind: VmKind,
    engines: Arc<Engines>,
    /// The Go program that was checked last, which is often loaded next.
    checked: Mutex<Option<(CodeHash, Made)>>,
    counters: Counters,
}

/// What both machines of this crate have in common.
#[derive(Debug)]
struct Engines {
    config: WasmConfig,
    limits: WasmLimits,
    costs: WasmCosts,
    interpreter: Interpreter,
    compiler: Option<Compiler>,
    programs: ProgramCache,
    artefacts: Option<ArtefactStore>,
}

/// A module that frames run, as it was made of code.
#[derive(Debug)]
struct Made {
    program: Instrumented,
    /// The snapshot of a Go program that was started for it, which nobody has kept yet.
    snapshot: Option<Vec<u8>>,
}

/// Why the machine cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WasmError {
    /// The compiler does not work on this node.
    #[error("the WebAssembly compiler does not start: {reason}")]
    Compiler {
        /// What it says.
        reason: String,
    },
    /// The directory of compiled programs cannot be used.
    #[error("the cache directory \"{path}\" cannot be used")]
    CacheDirectory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl WasmVm {
    /// A machine with these settings.
    ///
    /// # Errors
    ///
    /// [`WasmError`] where the node lacks what the settings ask for.
    pub fn new(config: WasmConfig) -> Result<Self, WasmError> {
        let compiler = match config.engine {
            EngineChoice::Interpreted => None,
            _ => {
                let compiler = Compiler::new(&config);
                Some(compiler.map_err(|reason| WasmError::Compiler { reason })?)
            }
        };
        let artefacts = match &config.cache_directory {
            None => None,
            Some(path) => Some(
                ArtefactStore::open(path, config.cache_directory_bytes)
                    .map_err(|source| WasmError::CacheDirectory { path: path.clone(), source })?,
            ),
        };
        let engines = Engines {
            limits: config.limits(),
            costs: WASM_COSTS_V1,
            interpreter: Interpreter::new(),
            compiler,
            programs: ProgramCache::new(config.cache_bytes),
            artefacts,
            config,
        };
        Ok(Self::over(VmKind::Wasm, Arc::new(engines)))
    }

    /// The machine of Go programs, with the same settings, engines and caches.
    #[must_use]
    pub fn go(&self) -> Self {
        Self::over(VmKind::Go, Arc::clone(&self.engines))
    }

    fn over(kind: VmKind, engines: Arc<Engines>) -> Self {
        Self { kind, engines, checked: Mutex::new(None), counters: Counters::default() }
    }

    /// The module that frames run, metered.
    fn make(&self, hash: CodeHash, code: &[u8]) -> Result<Made, CodeError> {
        let Engines { limits, costs, interpreter, .. } = self.engines.as_ref();
        if self.kind != VmKind::Go {
            let program = instrument(code, limits, IMPORTS, costs)?;
            return Ok(Made { program, snapshot: None });
        }
        let checked = self.checked.lock().take_if(|(checked, _)| *checked == hash);
        if let Some((_, made)) = checked {
            return Ok(made);
        }
        let meter = |snapshot: &[u8]| instrument(snapshot, limits, &go::imports(), costs);
        let artefacts = self.engines.artefacts.as_ref();
        let kept = artefacts.and_then(|artefacts| artefacts.get(&self.snapshot_name(&hash)));
        if let Some(Ok(program)) = kept.as_deref().map(meter) {
            count(&self.counters.snapshot_hits);
            return Ok(Made { program, snapshot: None });
        }
        count(&self.counters.starts);
        let snapshot = Starter { limits, costs, interpreter }.start(code)?;
        Ok(Made { program: meter(&snapshot)?, snapshot: Some(snapshot) })
    }

    fn snapshot_name(&self, hash: &CodeHash) -> ArtefactName {
        let Engines { limits, costs, .. } = self.engines.as_ref();
        ArtefactName::of_snapshot(hash, &format!("{limits:?} {costs:?}"))
    }

    /// Keeps something on disk, if anything is kept there.
    fn keep(&self, name: &ArtefactName, artefact: &[u8]) {
        if let Some(artefacts) = &self.engines.artefacts
            && artefacts.put(name, artefact).is_err()
        {
            count(&self.counters.artefact_write_failures);
        }
    }

    fn run(&self, frame: &Frame<'_>, host: &mut dyn Host) -> Outcome {
        let program = match self.program(frame) {
            Ok(program) => program,
            Err(reason) => return Outcome::halt(HaltReason::NotRunnable(reason)),
        };
        if frame.entry == Entry::Deploy && !program.constructs(frame.input) {
            return Outcome::success(Bytes::new(), frame.gas_limit, 0);
        }
        let input = program.personality.input(frame.entry, frame.input);
        let frame = &Frame { input: &input, ..*frame };
        let limit = self.engines.config.execution_time_limit_ms.map(Duration::from_millis);
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        Scope::new(frame, host).lend(|scope| {
            let mut state = FrameState::new(frame, scope, deadline);
            if program.personality == Personality::CosmWasm {
                return cosmwasm::run(self, &program, frame, state);
            }
            if !state.charge_points(program.instantiation_points) {
                return Outcome::halt(HaltReason::OutOfGas);
            }
            self.run_program(&program, frame.entry, state)
        })
    }

    /// Runs an export that takes regions, in an instance of its own.
    pub(crate) fn run_regions(
        &self,
        program: &Loaded,
        call: &RegionCall<'_>,
        mut state: FrameState,
    ) -> Ran {
        if let Some(compiled) = &program.compiled {
            match compiled.run_regions(call, state) {
                Attempt::Ran(ran) => {
                    count(&self.counters.frames_compiled);
                    return self.watched(ran);
                }
                Attempt::NoRoom(unused) => state = unused,
            }
        }
        count(&self.counters.frames_interpreted);
        match program.interpreted.run_regions(call, state) {
            Attempt::Ran(ran) => self.watched(ran),
            Attempt::NoRoom(state) => Ran { state, points: 0, stack: 0, stop: Stop::Failed },
        }
    }

    fn run_program(&self, program: &Loaded, entry: Entry, mut state: FrameState) -> Outcome {
        if let Some(compiled) = &program.compiled {
            match compiled.run(entry, state) {
                Attempt::Ran(ran) => {
                    count(&self.counters.frames_compiled);
                    return self.outcome(ran);
                }
                // The pool is in use to the last instance: the interpreter needs none of it.
                Attempt::NoRoom(unused) => state = unused,
            }
        }
        count(&self.counters.frames_interpreted);
        match program.interpreted.run(entry, state) {
            Attempt::Ran(ran) => self.outcome(ran),
            Attempt::NoRoom(_) => Outcome::halt(HaltReason::Fault),
        }
    }

    fn outcome(&self, ran: Ran) -> Outcome {
        self.watched(ran).outcome()
    }

    fn watched(&self, ran: Ran) -> Ran {
        if ran.has_panicked() {
            count(&self.counters.panics);
        }
        ran
    }

    /// The program of a frame. A call that does not find it makes it ready for the interpreter,
    /// which takes time linear in the code, and compiles only where the settings demand it.
    fn program(&self, frame: &Frame<'_>) -> Result<Arc<Loaded>, String> {
        if let Some(program) = self.engines.programs.get(&(self.kind, frame.code_hash)) {
            return Ok(program);
        }
        let may_compile = self.engines.config.engine == EngineChoice::Compiled;
        self.load(frame.code_hash, frame.code, may_compile)
    }

    fn load(&self, hash: CodeHash, code: &[u8], may_compile: bool) -> Result<Arc<Loaded>, String> {
        let Made { program, snapshot } = self.make(hash, code).map_err(|it| it.to_string())?;
        if let Some(snapshot) = snapshot {
            self.keep(&self.snapshot_name(&hash), &snapshot);
        }
        let Instrumented { module, report } = program;
        let interpreted = Arc::new(self.engines.interpreter.load(&module)?);
        let compiled = self.compiled(&module, may_compile);
        let (compiled, artefact_bytes) = compiled.map_or((None, 0), |(p, n)| (Some(p), n));
        let program = Arc::new(Loaded {
            instantiation_points: self.engines.costs.instantiation(&report),
            personality: report.personality,
            entries: report.exports,
            has_deploy: report.has_deploy,
            has_plain_constructor: has_plain_constructor(report.interface.as_deref()),
            module_bytes: module.len() as u64,
            artefact_bytes,
            interpreted,
            compiled,
        });
        self.engines.programs.put((self.kind, hash), Arc::clone(&program));
        Ok(program)
    }

    /// The compiled program and the bytes of its artefact: from the disk, or compiled now where it
    /// may be.
    fn compiled(&self, module: &[u8], may_compile: bool) -> Option<(CompiledProgram, u64)> {
        let compiler = self.engines.compiler.as_ref()?;
        let name = ArtefactName::new(module, compiler.compatibility());
        let kept = self.engines.artefacts.as_ref().and_then(|artefacts| artefacts.get(&name));
        if let Some(artefact) = kept
            && let Ok(program) = compiler.load(&artefact)
        {
            count(&self.counters.artefact_hits);
            return Some((program, artefact.len() as u64));
        }
        if !may_compile {
            return None;
        }
        count(&self.counters.compiles);
        let compiled = self.compile(compiler, module).and_then(|artefact| {
            let program = compiler.load(&artefact).ok()?;
            Some((program, artefact))
        });
        let Some((program, artefact)) = compiled else {
            count(&self.counters.compile_failures);
            return None;
        };
        self.keep(&name, &artefact);
        Some((program, artefact.len() as u64))
    }

    /// Refuses imports that the settings leave out.
    fn allow_imports(&self, imports: &[String]) -> Result<(), CodeError> {
        let Some(allowed) = &self.engines.config.allowed_imports else { return Ok(()) };
        if self.kind != VmKind::Wasm {
            return Ok(());
        }
        let Some(name) = imports.iter().find(|name| !allowed.contains(name)) else { return Ok(()) };
        let reason = "the configuration of the chain does not allow it (vm.wasm.allowed_imports)";
        Err(CodeError::Import { kind: VmKind::Wasm, name: name.clone(), reason: reason.to_owned() })
    }

    fn check(&self, code: &[u8]) -> Result<CodeReport, CodeError> {
        let hash = CodeHash::of(code);
        let made = self.make(hash, code)?;
        let Instrumented { module, report } = &made.program;
        self.engines.interpreter.check(module).map_err(|reason| CodeError::Malformed {
            kind: VmKind::Wasm,
            offset: 0,
            reason,
        })?;
        let report = report.clone();
        if self.kind == VmKind::Go {
            *self.checked.lock() = Some((hash, made));
        }
        let import = |(module, name): (String, String)| format!("{module}.{name}");
        let imports: Vec<_> = report.imports.into_iter().map(import).collect();
        self.allow_imports(&imports)?;
        Ok(CodeReport {
            executable: Bytes::copy_from_slice(code),
            interface: match report.personality {
                Personality::CosmWasm => Some(cosmwasm::interface::of_exports(&report.exports)),
                _ => report.interface.as_deref().map(read_interface).transpose()?,
            },
            exports: report.exports,
            imports,
            has_constructor: report.has_deploy,
        })
    }

    fn compile(&self, compiler: &Compiler, module: &[u8]) -> Option<Vec<u8>> {
        if self.engines.config.worker.command.is_some() {
            return compile_in_worker(&self.engines.config, module).ok();
        }
        let compile = AssertUnwindSafe(|| compiler.compile(module));
        catch_unwind(compile).ok().and_then(Result::ok)
    }
}

impl Vm for WasmVm {
    fn kind(&self) -> VmKind {
        self.kind
    }

    fn version(&self) -> VmVersion {
        let mut features = Personality::names();
        if self.kind == VmKind::Go {
            features.push(crate::host::wasi::MODULE.to_owned());
        }
        VmVersion { major: 1, minor: 0, patch: 0, features }
    }

    fn recognizes(&self, code: &[u8]) -> bool {
        match self.kind {
            VmKind::Go => go::is_go(code),
            _ => code.starts_with(MAGIC) && !go::is_go(code),
        }
    }

    fn validate(&self, code: &[u8]) -> Result<CodeReport, CodeError> {
        let name = |error| if self.kind == VmKind::Go { go::of_go(error) } else { error };
        self.check(code).map_err(name)
    }

    fn check_cost(&self, code: &[u8], schedule: &Schedule) -> Gas {
        let bytes = |count: u64| schedule.compile_byte.saturating_mul(count);
        match self.kind {
            VmKind::Go => {
                // What cannot be unpacked is refused for the price of its own bytes.
                let module_bytes = go::module_bytes(code).unwrap_or_default();
                let bytes = bytes(module_bytes.max(code.len() as u64));
                bytes.saturating_add(go::INITIALIZE_GAS_MAX)
            }
            _ => bytes(code.len() as u64),
        }
    }

    fn prepare(&self, code: &[u8]) {
        let hash = CodeHash::of(code);
        let known = self.engines.programs.get(&(self.kind, hash));
        let is_ready = known
            .is_some_and(|program| program.compiled.is_some() || self.engines.compiler.is_none());
        if !is_ready {
            // Code that cannot be made ready says so when it is called.
            let _ = self.load(hash, code, true);
        }
    }

    /// Gives back the programs in memory.
    fn stop(&self) {
        self.engines.programs.clear();
    }

    fn status(&self) -> VmStatus {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (programs, program_bytes) = self.engines.programs.size();
        let counters = &self.counters;
        let refused =
            self.engines.artefacts.as_ref().map_or(0, |artefacts| read(&artefacts.refused));
        VmStatus {
            counters: vec![
                ("cache_hits", read(&self.engines.programs.hits)),
                ("cache_misses", read(&self.engines.programs.misses)),
                ("cache_programs", programs),
                ("cache_bytes", program_bytes),
                ("starts", read(&counters.starts)),
                ("snapshot_hits", read(&counters.snapshot_hits)),
                ("compiles", read(&counters.compiles)),
                ("compile_failures", read(&counters.compile_failures)),
                ("artefact_hits", read(&counters.artefact_hits)),
                ("artefacts_refused", refused),
                ("artefact_write_failures", read(&counters.artefact_write_failures)),
                ("frames_compiled", read(&counters.frames_compiled)),
                ("frames_interpreted", read(&counters.frames_interpreted)),
                ("panics", read(&counters.panics)),
            ],
        }
    }
}

impl HostedVm for WasmVm {
    /// A panic of an engine or of the host ends the frame with [`HaltReason::Fault`]; its instance
    /// is dropped, and nothing of it is used again.
    fn execute(&self, frame: &Frame<'_>, host: &mut dyn Host) -> Outcome {
        catch_unwind(AssertUnwindSafe(|| self.run(frame, host))).unwrap_or_else(|_| {
            count(&self.counters.panics);
            Outcome::halt(HaltReason::Fault)
        })
    }
}

#[derive(Debug, Default)]
struct Counters {
    starts: AtomicU64,
    snapshot_hits: AtomicU64,
    compiles: AtomicU64,
    compile_failures: AtomicU64,
    artefact_hits: AtomicU64,
    artefact_write_failures: AtomicU64,
    frames_compiled: AtomicU64,
    frames_interpreted: AtomicU64,
    panics: AtomicU64,
}

/// The interface in its custom section. One that cannot be read is refused: who deploys it means
/// something by it.
fn read_interface(section: &[u8]) -> Result<Interface, CodeError> {
    let read = match core::str::from_utf8(section) {
        Ok(text) => Interface::from_json(text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    read.map_err(|reason| CodeError::Malformed {
        kind: VmKind::Wasm,
        offset: 0,
        reason: format!("the section braid.interface: {reason}"),
    })
}

/// Whether the interface tells of a constructor without parameters.
fn has_plain_constructor(section: Option<&[u8]>) -> bool {
    let interface = section.and_then(|section| read_interface(section).ok());
    let constructor = interface.as_ref().and_then(|interface| interface.constructor.as_ref());
    constructor.is_some_and(|constructor| constructor.inputs.is_empty())
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
