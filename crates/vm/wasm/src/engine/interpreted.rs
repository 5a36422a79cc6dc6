//! The interpreter: ready at once, for code that is cold or that no compiler has finished.

use std::sync::Arc;

use vm::Entry;
use wasmi::{
    AsContextMut, Caller, CompilationMode, Config, Engine, Error, Func, Global, Instance, Linker,
    Memory, Module, Store, TrapCode, Val,
};

use super::{ALLOCATE, Attempt, Program, RegionCall, export_name};
use crate::go::{INITIALIZE, Image, Number};
use crate::host::frame::{Ended, FrameState, Ran, Stop, TrapKind};
use crate::host::imports::{
    define_linker, define_placing_linker, for_each_cosmwasm_import, for_each_import,
    for_each_stylus_import, for_each_wasi_import,
};
use crate::host::{Call, End, cosmwasm};
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
        link_wasi(&mut linker);
        link_stylus(&mut linker);
        link_cosmwasm(&mut linker);
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

impl InterpretedProgram {
    /// Runs the start of a Go program; what it leaves in memory and the globals of these names,
    /// where it returned.
    pub(crate) fn initialize(&self, state: FrameState, globals: &[String]) -> (Ran, Option<Image>) {
        let (mut store, instance) = match self.instantiate(state) {
            Ok(made) => made,
            Err(ran) => return (*ran, None),
        };
        let found = Found::of(&instance, &store);
        let function = instance.get_typed_func::<(), ()>(&store, INITIALIZE);
        let (Some(found), Ok(function)) = (found, function) else {
            return (failed(store), None);
        };
        found.start(&mut store);
        let stop = match function.call(&mut store, ()) {
            Ok(()) => Stop::Returned(0),
            Err(error) => stop_of(&error),
        };
        let memory = found.handles.memory.data(&store).to_vec();
        let numbers =
            globals.iter().map(|name| number(&instance.get_global(&store, name)?.get(&store)));
        let image = numbers.collect::<Option<_>>().map(|globals| Image { memory, globals });
        let is_returned = matches!(stop, Stop::Returned(_));
        (found.end(store, stop), image.filter(|_| is_returned))
    }

    fn instantiate(&self, state: FrameState) -> Result<(Store<Context>, Instance), Box<Ran>> {
        let mut store = Store::new(self.module.engine(), Context { state, handles: None });
        match self.linker.instantiate_and_start(&mut store, &self.module) {
            Ok(instance) => Ok((store, instance)),
            Err(error) => {
                let stop = match error.as_trap_code() {
                    Some(TrapCode::OutOfSystemMemory) => Stop::Failed,
                    _ => Stop::BadSegment,
                };
                Err(Box::new(Ran { state: store.into_data().state, points: 0, stack: 0, stop }))
            }
        }
    }
}

impl Program for InterpretedProgram {
    fn run(&self, entry: Entry, state: FrameState) -> Attempt {
        let (mut store, instance) = match self.instantiate(state) {
            Ok(made) => made,
            Err(ran) => return Attempt::Ran(*ran),
        };
        let found = Found::of(&instance, &store);
        let function = instance.get_typed_func::<i32, i32>(&store, export_name(entry));
        let (Some(found), Ok(function)) = (found, function) else {
            return Attempt::Ran(failed(store));
        };
        found.start(&mut store);
        let input_bytes = store.data_mut().state.input_bytes();
        let stop = match function.call(&mut store, input_bytes) {
            Ok(code) => Stop::Returned(code),
            Err(error) => stop_of(&error),
        };
        Attempt::Ran(found.end(store, stop))
    }

    fn run_regions(&self, call: &RegionCall<'_>, state: FrameState) -> Attempt {
        let (mut store, instance) = match self.instantiate(state) {
            Ok(made) => made,
            Err(ran) => return Attempt::Ran(*ran),
        };
        let found = Found::of(&instance, &store);
        let function = instance.get_func(&store, call.export);
        let (Some(found), Some(function)) = (found, function) else {
            return Attempt::Ran(failed(store));
        };
        found.start(&mut store);
        let stop = match exchange(&mut store, function, call.arguments) {
            Ok(()) => Stop::Returned(0),
            Err(error) => stop_of(&error),
        };
        Attempt::Ran(found.end(store, stop))
    }
}

/// Puts the arguments into regions, calls the function, and takes the region that it returns.
fn exchange(
    store: &mut Store<Context>,
    function: Func,
    arguments: &[Vec<u8>],
) -> Result<(), Error> {
    let parameters = function.ty(&*store).params().len();
    let mut pointers = Vec::with_capacity(parameters);
    for argument in arguments.iter().take(parameters) {
        pointers.push(Val::I32(place(store, argument)?));
    }
    let mut results = [Val::I32(0)];
    function.call(&mut *store, &pointers, &mut results)?;
    let pointer = results[0].i32().unwrap_or_default().cast_unsigned();
    enter(store, |call| cosmwasm::take_result(call, pointer))
}

/// Puts bytes into a region that the guest makes, and tells where it is.
fn place(context: &mut impl AsContextMut<Data = Context>, bytes: &[u8]) -> Result<i32, Error> {
    let handles = handles(context);
    let allocate = handles.allocate.expect("invariant: modules with regions have allocate");
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    let mut results = [Val::I32(0)];
    context.as_context_mut().data_mut().state.set_allocating(true);
    allocate.call(&mut *context, &[Val::I32(length)], &mut results)?;
    context.as_context_mut().data_mut().state.set_allocating(false);
    let pointer = results[0].i32().unwrap_or_default();
    enter(context, |call| cosmwasm::fill(call, pointer.cast_unsigned(), bytes))?;
    Ok(pointer)
}

/// What a run needs of an instance beside its function.
struct Found {
    handles: Handles,
    stack: Global,
}

impl Found {
    fn of(instance: &Instance, store: &Store<Context>) -> Option<Self> {
        let memory = instance.get_memory(store, "memory")?;
        let gas = instance.get_global(store, GAS_GLOBAL)?;
        let stack = instance.get_global(store, STACK_GLOBAL)?;
        let allocate = instance.get_func(store, ALLOCATE);
        Some(Self { handles: Handles { memory, gas, allocate }, stack })
    }

    fn start(&self, store: &mut Store<Context>) {
        store.data_mut().handles = Some(self.handles);
        let points = store.data_mut().state.give_points();
        set_points(self.handles.gas, store, points);
    }

    fn end(&self, store: Store<Context>, stop: Stop) -> Ran {
        let points = points_of(&self.handles.gas.get(&store));
        let stack = self.stack.get(&store).i32().unwrap_or_default();
        Ran { state: store.into_data().state, points, stack, stop }
    }
}

fn failed(store: Store<Context>) -> Ran {
    Ran { state: store.into_data().state, points: 0, stack: 0, stop: Stop::Failed }
}

fn number(value: &Val) -> Option<Number> {
    Some(match value {
        Val::I32(value) => Number::I32(*value),
        Val::I64(value) => Number::I64(*value),
        Val::F32(value) => Number::F32(value.to_bits()),
        Val::F64(value) => Number::F64(value.to_bits()),
        _ => return None,
    })
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
    allocate: Option<Func>,
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
for_each_wasi_import!(define_linker!(
    link_wasi,
    crate::host::wasi::MODULE,
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

for_each_cosmwasm_import!(define_placing_linker!(
    link_cosmwasm,
    cosmwasm::MODULE,
    Linker<Context>,
    Caller<'_, Context>,
    Linked,
    enter,
    place
));

fn handles(context: &impl wasmi::AsContext<Data = Context>) -> Handles {
    let handles = context.as_context().data().handles;
    handles.expect("invariant: nothing runs before the handles are set")
}

fn enter<R>(
    context: &mut impl AsContextMut<Data = Context>,
    work: impl FnOnce(&mut Call<'_>) -> Result<R, End>,
) -> Result<R, Error> {
    let handles = handles(context);
    let points = points_of(&handles.gas.get(&*context));
    let (memory, data) = handles.memory.data_and_store_mut(context.as_context_mut());
    match data.state.enter(memory, points, work) {
        Ok((result, points)) => {
            set_points(handles.gas, context, points);
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
