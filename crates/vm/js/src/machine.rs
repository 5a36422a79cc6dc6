//! The machine: units made ready, frames run, calls by the interface.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use abi::{Interface, Method, Mutability, Parameter, encode_error_string};
use primitives::limits::OUTPUT_BYTES_MAX;
use primitives::{Bytes, CodeHash, Gas, VmKind, VmVersion};
use vm::{
    CodeError, CodeReport, Entry, Frame, GasMeter, HaltReason, Host, HostedVm, Outcome, Vm,
    VmStatus,
};

use crate::both::Both;
use crate::config::{EngineChoice, JsConfig};
use crate::door::{FrameDoor, PatternCache};
use crate::engine::{JsEngine, JsValue, ScriptCall, ScriptEnd, ScriptEntry};
use crate::foreign::Question;
use crate::limits::FRAME_GAS;
use crate::marshal;
use crate::quickjs::QuickJs;
use crate::units::{LoadedUnit, Sources, UnitCache, UnitCompiler};
use crate::v8::V8;

/// How often the price of copying an input or an output is charged: it is read or written, and
/// every value of it is made in two worlds.
const VALUE_FACTOR: usize = 8;

/// The machine that runs JavaScript. See the [crate's page](crate).
#[derive(Debug)]
pub struct JsVm {
    compiler: Arc<dyn UnitCompiler>,
    engine: Arc<dyn JsEngine>,
    units: UnitCache,
    patterns: PatternCache,
    panics: AtomicU64,
}

/// Which function of the script a frame runs, and how it says what comes of it.
enum Target<'a> {
    Constructor(Vec<JsValue>),
    Method(&'a Method, Vec<JsValue>),
    /// A function that gets and gives raw bytes.
    Raw(&'static str, Vec<JsValue>),
    /// None: the frame reverts with this reason.
    Nothing(String),
}

impl JsVm {
    /// A machine with these settings.
    #[must_use]
    pub fn new(config: &JsConfig) -> Self {
        Self::with_compiler(config, Arc::new(Sources))
    }

    /// A machine that takes other units than those of sources: for tests of the runtime alone.
    #[must_use]
    pub fn with_compiler(config: &JsConfig, compiler: Arc<dyn UnitCompiler>) -> Self {
        let engine: Arc<dyn JsEngine> = match config.engine {
            EngineChoice::QuickJs => Arc::new(QuickJs::new(config)),
            EngineChoice::V8 => Arc::new(V8::new(config)),
            EngineChoice::Both => {
                Arc::new(Both::new(Arc::new(QuickJs::new(config)), Arc::new(V8::new(config))))
            }
        };
        Self {
            compiler,
            engine,
            units: UnitCache::new(config.cache_bytes),
            patterns: PatternCache::default(),
            panics: AtomicU64::new(0),
        }
    }

    fn load(&self, hash: CodeHash, code: &[u8]) -> Result<Arc<LoadedUnit>, String> {
        if let Some(unit) = self.units.get(&hash) {
            return Ok(unit);
        }
        let compiled = self.compiler.compile(code)?;
        let program = self.engine.compile(&compiled.source).map_err(|error| error.to_string())?;
        let unit = Arc::new(LoadedUnit { program, interface: compiled.interface });
        self.units.put(hash, Arc::clone(&unit));
        Ok(unit)
    }

    fn run(&self, frame: &Frame<'_>, host: &mut dyn Host) -> Outcome {
        if frame.entry == Entry::Call
            && let Some(question) = Question::decode(frame.input)
        {
            return answer(&question, frame, host);
        }
        let unit = match self.load(frame.code_hash, frame.code) {
            Ok(unit) => unit,
            Err(reason) => return Outcome::halt(HaltReason::NotRunnable(reason)),
        };
        let mut door = FrameDoor::new(frame, host, &unit.interface, &self.patterns);
        let outcome = door
            .charge(Gas(FRAME_GAS))
            .and_then(|()| door.charge_copy(frame.input.len().saturating_mul(VALUE_FACTOR)))
            .and_then(|()| self.run_unit(frame, &unit, &mut door));
        outcome.unwrap_or_else(Outcome::halt)
    }

    fn run_unit(
        &self,
        frame: &Frame<'_>,
        unit: &LoadedUnit,
        door: &mut FrameDoor<'_>,
    ) -> Result<Outcome, HaltReason> {
        let target = target_of(frame, &unit.interface);
        let (entry, arguments) = match &target {
            Target::Constructor(arguments) => (ScriptEntry::Deploy, arguments),
            Target::Method(method, arguments) => (ScriptEntry::Method(&method.name), arguments),
            Target::Raw(name, arguments) => (ScriptEntry::Method(name), arguments),
            Target::Nothing(reason) => {
                return Ok(Outcome::revert(encode_error_string(reason), door.remaining()));
            }
        };
        let call =
            ScriptCall { code_hash: frame.code_hash, program: &unit.program, entry, arguments };
        match self.engine.run(&call, door) {
            ScriptEnd::Returned { value, chunk } => {
                door.settle(chunk)?;
                returned(&target, &value, door)
            }
            ScriptEnd::Threw { reason, chunk } => {
                door.settle(chunk)?;
                threw(&reason, door)
            }
            ScriptEnd::Ended => Err(door.take_end()),
            ScriptEnd::Failed(reason) => {
                door.fault(reason);
                Err(HaltReason::Fault)
            }
        }
    }
}

impl Vm for JsVm {
    fn kind(&self) -> VmKind {
        VmKind::Js
    }

    fn version(&self) -> VmVersion {
        let compiler = format!("abi{}", js_compiler::abi::ABI_VERSION);
        VmVersion { major: 1, minor: 0, patch: 0, features: vec![self.engine.id(), compiler] }
    }

    fn recognizes(&self, code: &[u8]) -> bool {
        self.compiler.recognizes(code)
    }

    fn validate(&self, code: &[u8]) -> Result<CodeReport, CodeError> {
        let malformed = |reason| CodeError::Malformed { kind: VmKind::Js, offset: 0, reason };
        let unit = self.load(CodeHash::of(code), code).map_err(malformed)?;
        let interface = unit.interface.clone();
        let exports = interface.methods.iter().map(|method| method.name.clone()).collect();
        Ok(CodeReport {
            executable: Bytes::copy_from_slice(code),
            has_constructor: interface.constructor.is_some(),
            interface: Some(interface),
            exports,
            imports: Vec::new(),
        })
    }

    fn prepare(&self, code: &[u8]) {
        // Code that cannot be made ready says so when it is called.
        let _ = self.load(CodeHash::of(code), code);
    }

    fn status(&self) -> VmStatus {
        let (units, bytes) = self.units.size();
        let mut counters = vec![
            ("cache_hits", self.units.hits.load(Ordering::Relaxed)),
            ("cache_misses", self.units.misses.load(Ordering::Relaxed)),
            ("cache_programs", units),
            ("cache_bytes", bytes),
        ];
        counters.extend(self.engine.counters());
        counters.push(("panics", self.panics.load(Ordering::Relaxed)));
        VmStatus { counters }
    }
}

impl HostedVm for JsVm {
    /// A panic ends the frame with [`HaltReason::Fault`]; the context it happened in is dropped.
    fn execute(&self, frame: &Frame<'_>, host: &mut dyn Host) -> Outcome {
        catch_unwind(AssertUnwindSafe(|| self.run(frame, host))).unwrap_or_else(|_| {
            self.panics.fetch_add(1, Ordering::Relaxed);
            Outcome::halt(HaltReason::Fault)
        })
    }
}

/// What the storage of the contract holds, without running it.
fn answer(question: &Question, frame: &Frame<'_>, host: &mut dyn Host) -> Outcome {
    let mut gas = GasMeter::new(frame.gas_limit);
    match question.answer(host, &mut gas) {
        Ok(output) => Outcome::success(output, gas.remaining(), gas.refund()),
        Err(trap) => Outcome::halt(trap.halt_reason()),
    }
}

fn target_of<'a>(frame: &Frame<'_>, interface: &'a Interface) -> Target<'a> {
    if frame.entry == Entry::Deploy {
        return constructor_of(frame, interface);
    }
    let pays = !frame.value.is_zero();
    let refuse = |name: &str| Target::Nothing(format!("{name} takes no coin"));
    match interface.decode_call(frame.input) {
        Ok(Some((method, _))) if pays && method.mutability != Mutability::Payable => {
            refuse(&method.signature())
        }
        Ok(Some((method, values))) => {
            Target::Method(method, marshal::from_parameters(&values, &method.inputs))
        }
        Err(error) => Target::Nothing(error.to_string()),
        Ok(None) if frame.input.is_empty() && interface.receive => Target::Raw("receive", vec![]),
        Ok(None) => match interface.fallback {
            Some(mutability) if pays && mutability != Mutability::Payable => refuse("fallback"),
            Some(_) => Target::Raw("fallback", vec![JsValue::Bytes(frame.input.to_vec())]),
            None => Target::Nothing("the contract has no method of this selector".to_owned()),
        },
    }
}

fn constructor_of<'a>(frame: &Frame<'_>, interface: &'a Interface) -> Target<'a> {
    let none = abi::Constructor::default();
    let constructor = interface.constructor.as_ref().unwrap_or(&none);
    if !frame.value.is_zero() && constructor.mutability != Mutability::Payable {
        return Target::Nothing("the constructor takes no coin".to_owned());
    }
    match constructor.decode_input(frame.input) {
        Ok(values) => Target::Constructor(marshal::from_parameters(&values, &constructor.inputs)),
        Err(error) => Target::Nothing(format!("arguments of the constructor: {error}")),
    }
}

fn returned(
    target: &Target<'_>,
    value: &JsValue,
    door: &mut FrameDoor<'_>,
) -> Result<Outcome, HaltReason> {
    door.charge_copy(marshal::weight(value).saturating_mul(VALUE_FACTOR))?;
    let output = match target {
        Target::Method(method, _) => encode_results(method, value),
        Target::Raw(..) => match value {
            JsValue::Bytes(bytes) => Ok(Bytes::copy_from_slice(bytes)),
            JsValue::Undefined => Ok(Bytes::new()),
            other => Err(format!("it gives back {}, it should be bytes", other.type_name())),
        },
        Target::Constructor(_) | Target::Nothing(_) => Ok(Bytes::new()),
    };
    match output {
        Ok(output) => {
            check_output(&output)?;
            Ok(door.success(output))
        }
        Err(reason) => Ok(Outcome::revert(encode_error_string(&reason), door.remaining())),
    }
}

fn encode_results(method: &Method, value: &JsValue) -> Result<Bytes, String> {
    let name = |error: String| format!("the result of {}: {error}", method.name);
    let values = match method.outputs.as_slice() {
        [] => Vec::new(),
        [output] => vec![marshal::to_value(value, &output.kind).map_err(name)?],
        outputs => {
            let outputs: Vec<&Parameter> = outputs.iter().collect();
            marshal::to_parameters(value, &outputs).map_err(name)?
        }
    };
    method.encode_output(&values).map_err(|error| name(error.to_string()))
}

fn threw(reason: &JsValue, door: &mut FrameDoor<'_>) -> Result<Outcome, HaltReason> {
    door.charge_copy(marshal::weight(reason))?;
    let data = match reason {
        JsValue::Bytes(bytes) => Bytes::copy_from_slice(bytes),
        other => encode_error_string(other.as_text().unwrap_or("an error without a text")),
    };
    check_output(&data)?;
    Ok(Outcome::revert(data, door.remaining()))
}

fn check_output(output: &Bytes) -> Result<(), HaltReason> {
    match output.len() <= OUTPUT_BYTES_MAX {
        true => Ok(()),
        false => Err(HaltReason::Limit {
            what: "bytes of output",
            found: output.len() as u64,
            limit: OUTPUT_BYTES_MAX as u64,
        }),
    }
}
