//! The interpreter: ready at once, for code that is cold or that no compiler has finished.

use std::sync::Arc;

use vm::Entry;
use wasmi::{
    Caller, CompilationMode, Config, Engine, Error, Global, Linker, Memory, Module, Store,
    TrapCode, Val,
};

use super::{Attempt, Program, export_name};
use crate::host::frame::{Ended, FrameState, Ran, Stop, TrapKind};
use crate::host::imports::{define_linker, for_each_import, for_each_stylus_import};
use crate::host::{Call, End};
use crate::instrument::{GAS_GLOBAL, STACK_GLOBAL};

/// Bytes of the interpreter's stack; the slots that a module counts take far less.
const STACK_BYTES_MAX: usize = 16 << 20;

/// Calls on the interpreter's stack; each takes slots, of which a module has fewer.
const RECURSION_MAX: usize = 1 << 16;

/// The interpreter and its linker.
#[derive(Debug)]
pub(crate) struct Interpreter {
    engine: Engine,
    linker: Arc<Linker<Context>>,
    /// Translates a whole module at once, to find what it refuses before a frame runs.
    checker: Engine,
}

/// A module ready to be interpreted.
pub(crate) struct InterpretedProgram {
    module: Module,
    linker: Arc<Linker<Context>>,
}

impl Interpreter {
    /// An interpreter that links the host interface.
    pub(crate) fn new() -> Self {
        let engine = Engine::new(&config(CompilationMode::LazyTranslation));
        let checker = Engine::new(&config(CompilationMode::Eager));
        let mut linker = Linker::new(&engine);
        link(&mut linker);
        link_stylus(&mut linker);
        Self { engine, linker: Arc::new(linker), checker }
    }

    /// Translates the whole module, to find what the interpreter refuses.
    pub(crate) fn check(&self, module: &[u8]) -> Result<(), String> {
        Module::new(&self.checker, module).map(drop).map_err(|error| error.to_string())
    }

    /// Makes a metered module ready.
    pub(crate) fn load(&self, module: &[u8]) -> Result<InterpretedProgram, String> {
        let module = Module::new(&self.engine, module).map_err(|error| error.to_string())?;
        Ok(InterpretedProgram { module, linker: Arc::clone(&self.linker) })
    }
}

impl Program for InterpretedProgram {
    fn run(&self, entry: Entry, state: FrameState) -> Attempt {
        let mut store = Store::new(self.module.engine(), Context { state, handles: None });
        let instance = match self.linker.instantiate_and_start(&mut store, &self.module) {
            Ok(instance) => instance,
            Err(error) => {
                let stop = match error.as_trap_code() {
                    Some(TrapCode::OutOfSystemMemory) => Stop::Failed,
                    _ => Stop::BadSegment,
                };
                return Attempt::Ran(Ran {
                    state: store.into_data().state,
                    points: 0,
                    stack: 0,
                    stop,
                });
            }
        };
        let found = (
            instance.get_memory(&store, "memory"),
            instance.get_global(&store, GAS_GLOBAL),
            instance.get_global(&store, STACK_GLOBAL),
            instance.get_typed_func::<i32, i32>(&store, export_name(entry)),
        );
        let (Some(memory), Some(gas), Some(stack), Ok(function)) = found else {
            let state = store.into_data().state;
            return Attempt::Ran(Ran { state, points: 0, stack: 0, stop: Stop::Failed });
        };
        store.data_mut().handles = Some(Handles { memory, gas });
        let points = store.data_mut().state.give_points();
        set_points(gas, &mut store, points);
        let input_bytes = store.data_mut().state.input_bytes();
        let stop = match function.call(&mut store, input_bytes) {
            Ok(code) => Stop::Returned(code),
            Err(error) => stop_of(&error),
        };
        let points = points_of(&gas.get(&store));
        let stack = stack.get(&store).i32().unwrap_or_default();
        Attempt::Ran(Ran { state: store.into_data().state, points, stack, stop })
    }
}

/// What the store holds.
#[derive(Debug)]
struct Context {
    state: FrameState,
    handles: Option<Handles>,
}

#[derive(Debug, Clone, Copy)]
struct Handles {
    memory: Memory,
    gas: Global,
}

type Linked<T> = Result<T, Error>;

for_each_import!(define_linker!(
    link,
    crate::host::MODULE,
    Linker<Context>,
    Caller<'_, Context>,
    Linked,
    enter
));
for_each_stylus_import!(define_linker!(
    link_stylus,
    crate::host::stylus::MODULE,
    Linker<Context>,
    Caller<'_, Context>,
    Linked,
    enter
));

fn enter<R>(
    caller: &mut Caller<'_, Context>,
    work: impl FnOnce(&mut Call<'_>) -> Result<R, End>,
) -> Result<R, Error> {
    let handles =
        caller.data().handles.expect("invariant: nothing runs before the handles are set");
    let points = points_of(&handles.gas.get(&*caller));
    let (memory, context) = handles.memory.data_and_store_mut(&mut *caller);
    match context.state.enter(memory, points, work) {
        Ok((result, points)) => {
            set_points(handles.gas, caller, points);
            Ok(result)
        }
        Err(ended) => Err(Error::host(ended)),
    }
}

impl wasmi::errors::HostError for Ended {}

fn set_points(gas: Global, context: impl wasmi::AsContextMut, points: i64) {
    gas.set(context, Val::I64(points)).expect("invariant: the gas global is a mutable i64");
}

fn points_of(value: &Val) -> i64 {
    value.i64().unwrap_or_default()
}

fn config(mode: CompilationMode) -> Config {
    let mut config = Config::default();
    config
        .compilation_mode(mode)
        .set_max_stack_height(STACK_BYTES_MAX)
        .set_max_recursion_depth(RECURSION_MAX)
        .wasm_multi_value(true)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .allow_start_fn(false)
        .ignore_custom_sections(true);
    config
}

fn stop_of(error: &Error) -> Stop {
    if error.downcast_ref::<Ended>().is_some() {
        return Stop::Ended;
    }
    let Some(code) = error.as_trap_code() else { return Stop::Failed };
    Stop::Trapped(match code {
        TrapCode::UnreachableCodeReached => TrapKind::Unreachable,
        TrapCode::MemoryOutOfBounds => TrapKind::MemoryBounds,
        TrapCode::TableOutOfBounds => TrapKind::TableBounds,
        TrapCode::IndirectCallToNull => TrapKind::NullCall,
        TrapCode::IntegerDivisionByZero => TrapKind::DivisionByZero,
        TrapCode::IntegerOverflow => TrapKind::IntegerOverflow,
        TrapCode::BadConversionToInteger => TrapKind::Conversion,
        TrapCode::StackOverflow => TrapKind::NativeStack,
        TrapCode::BadSignature => TrapKind::CallType,
        TrapCode::OutOfFuel | TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory => {
            return Stop::Failed;
        }
    })
}
