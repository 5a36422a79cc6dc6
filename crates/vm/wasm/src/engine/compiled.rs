//! The compiler: native code made at deploy, run in pooled instances.

use std::time::Duration;

use vm::Entry;
use wasmtime::{
    AsContextMut, Caller, Config, Engine, Error, Func, Global, InstanceAllocationStrategy,
    InstancePre, Linker, Memory, Module, ModuleExport, OptLevel, PoolConcurrencyLimitError,
    PoolingAllocationConfig, Store, Strategy, Trap, Val,
};

use super::{ALLOCATE, Attempt, Program, RegionCall};
use crate::config::{MEMORY_RESIDENT_BYTES, TABLE_RESIDENT_BYTES, WasmConfig};
use crate::host::frame::{Ended, FrameState, Ran, Stop, TrapKind};
use crate::host::imports::{
    define_linker, define_placing_linker, for_each_cosmwasm_import, for_each_import,
    for_each_stylus_import, for_each_wasi_import,
};
use crate::host::{Call, End, cosmwasm};
use crate::instrument::{GAS_GLOBAL, NATIVE_BYTES_PER_SLOT, STACK_GLOBAL};
use crate::limits::STACK_SLOTS_MAX;

/// Bytes of native stack that one frame may use; the slots that a module counts take less.
const NATIVE_STACK_BYTES_MAX: usize = STACK_SLOTS_MAX as usize * NATIVE_BYTES_PER_SLOT;

/// Bytes of the bookkeeping of an instance: functions, globals.
const INSTANCE_BYTES_MAX: usize = 2 << 20;

/// How often a node that limits the time of a frame looks at its clock.
const TICK: Duration = Duration::from_millis(10);

/// The compiler and its linker.
#[derive(Debug)]
pub(crate) struct Compiler {
    engine: Engine,
    linker: Linker<Context>,
    ticks_max: Option<u64>,
}

/// A module compiled to native code.
pub(crate) struct CompiledProgram {
    instance: InstancePre<Context>,
    exports: Exports,
    ticks_max: Option<u64>,
}

/// How an engine gives memory to instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allocation {
    /// From a pool that is reserved at the start: fast.
    Pooled,
    /// From the operating system: for a process that only compiles, or has no address space.
    OnDemand,
}

impl Compiler {
    /// A compiler that links the host interface.
    pub(crate) fn new(config: &WasmConfig) -> Result<Self, String> {
        let engine = engine(config, Allocation::Pooled)
            .or_else(|_| engine(config, Allocation::OnDemand))
            .map_err(|error| error.to_string())?;
        let mut linker = Linker::new(&engine);
        link(&mut linker);
        link_wasi(&mut linker);
        link_stylus(&mut linker);
        link_cosmwasm(&mut linker);
        let ticks_max = config.execution_time_limit_ms.map(|limit_ms| {
            start_ticking(&engine);
            limit_ms.div_ceil(TICK.as_millis() as u64).saturating_add(1)
        });
        Ok(Self { engine, linker, ticks_max })
    }

    /// What an artefact must have been made with for this engine to accept it.
    pub(crate) fn compatibility(&self) -> u64 {
        compatibility(&self.engine)
    }

    /// Compiles a metered module to an artefact.
    pub(crate) fn compile(&self, module: &[u8]) -> Result<Vec<u8>, String> {
        self.engine.precompile_module(module).map_err(|error| error.to_string())
    }

    /// Loads an artefact.
    ///
    /// The caller vouches that an engine like this one made the bytes: [`compile`](Self::compile),
    /// this node's compile worker, or this node's cache, whose checksum was right.
    pub(crate) fn load(&self, artefact: &[u8]) -> Result<CompiledProgram, String> {
        let module = deserialize(&self.engine, artefact).map_err(|error| error.to_string())?;
        let instance = self.linker.instantiate_pre(&module).map_err(|error| error.to_string())?;
        let exports = Exports::of(&module).ok_or("the artefact lacks an export")?;
        Ok(CompiledProgram { instance, exports, ticks_max: self.ticks_max })
    }
}

/// An engine that compiles as [`Compiler`] does.
pub(crate) fn engine(config: &WasmConfig, allocation: Allocation) -> wasmtime::Result<Engine> {
    let mut settings = Config::new();
    settings
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_relaxed_simd(false)
        .relaxed_simd_deterministic(true)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .consume_fuel(false)
        .epoch_interruption(config.execution_time_limit_ms.is_some())
        .max_wasm_stack(NATIVE_STACK_BYTES_MAX)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(None);
    if allocation == Allocation::Pooled {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(config.instances)
            .total_memories(config.instances)
            .total_tables(config.instances)
            .max_core_instance_size(INSTANCE_BYTES_MAX)
            .max_memory_size(config.memory_bytes())
            .table_elements(config.table_elements())
            .linear_memory_keep_resident(MEMORY_RESIDENT_BYTES)
            .table_keep_resident(TABLE_RESIDENT_BYTES);
        settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    Engine::new(&settings)
}

/// A number that differs where artefacts do not fit.
pub(crate) fn compatibility(engine: &Engine) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

impl Program for CompiledProgram {
    fn run(&self, entry: Entry, state: FrameState) -> Attempt {
        let (mut store, instance) = match self.instantiate(state) {
            Ok(made) => made,
            Err(attempt) => return *attempt,
        };
        let found = self.exports.find(instance, &mut store);
        let function = self.exports.entry(instance, &mut store, entry);
        let (Some(found), Some(function)) = (found, function) else { return failed(store) };
        found.start(&mut store);
        let input_bytes = store.data_mut().state.input_bytes();
        let stop = match function.call(&mut store, input_bytes) {
            Ok(code) => Stop::Returned(code),
            Err(error) => stop_of(&error),
        };
        found.end(store, stop)
    }

    fn run_regions(&self, call: &RegionCall<'_>, state: FrameState) -> Attempt {
        let (mut store, instance) = match self.instantiate(state) {
            Ok(made) => made,
            Err(attempt) => return *attempt,
        };
        let found = self.exports.find(instance, &mut store);
        let function = instance.get_func(&mut store, call.export);
        let (Some(found), Some(function)) = (found, function) else { return failed(store) };
        found.start(&mut store);
        let stop = match exchange(&mut store, function, call.arguments) {
            Ok(()) => Stop::Returned(0),
            Err(error) => stop_of(&error),
        };
        found.end(store, stop)
    }
}

impl CompiledProgram {
    fn instantiate(
        &self,
        state: FrameState,
    ) -> Result<(Store<Context>, wasmtime::Instance), Box<Attempt>> {
        let engine = self.instance.module().engine();
        let mut store = Store::new(engine, Context { state, handles: None });
        if let Some(ticks) = self.ticks_max {
            store.set_epoch_deadline(ticks);
        }
        match self.instance.instantiate(&mut store) {
            Ok(instance) => Ok((store, instance)),
            Err(error) if error.is::<PoolConcurrencyLimitError>() => {
                Err(Box::new(Attempt::NoRoom(store.into_data().state)))
            }
            Err(error) => {
                let stop = if error.is::<Trap>() { Stop::BadSegment } else { Stop::Failed };
                let state = store.into_data().state;
                Err(Box::new(Attempt::Ran(Ran { state, points: 0, stack: 0, stop })))
            }
        }
    }
}

fn failed(store: Store<Context>) -> Attempt {
    let state = store.into_data().state;
    Attempt::Ran(Ran { state, points: 0, stack: 0, stop: Stop::Failed })
}

/// Puts the arguments into regions, calls the function, and takes the region that it returns.
fn exchange(
    store: &mut Store<Context>,
    function: Func,
    arguments: &[Vec<u8>],
) -> wasmtime::Result<()> {
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
fn place(context: &mut impl AsContextMut<Data = Context>, bytes: &[u8]) -> wasmtime::Result<i32> {
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

/// Where a module has what a run needs, looked up once.
struct Exports {
    memory: ModuleExport,
    gas: ModuleExport,
    stack: ModuleExport,
    call: Option<ModuleExport>,
    deploy: Option<ModuleExport>,
    allocate: Option<ModuleExport>,
}

impl Exports {
    fn of(module: &Module) -> Option<Self> {
        Some(Self {
            memory: module.get_export_index("memory")?,
            gas: module.get_export_index(GAS_GLOBAL)?,
            stack: module.get_export_index(STACK_GLOBAL)?,
            call: module.get_export_index("call"),
            deploy: module.get_export_index("deploy"),
            allocate: module.get_export_index(ALLOCATE),
        })
    }

    fn find(&self, instance: wasmtime::Instance, store: &mut Store<Context>) -> Option<Found> {
        let memory = instance.get_module_export(&mut *store, &self.memory)?.into_memory()?;
        let gas = instance.get_module_export(&mut *store, &self.gas)?.into_global()?;
        let stack = instance.get_module_export(&mut *store, &self.stack)?.into_global()?;
        let allocate = self.allocate.as_ref();
        let allocate = allocate.and_then(|it| instance.get_module_export(&mut *store, it));
        let allocate = allocate.and_then(wasmtime::Extern::into_func);
        Some(Found { handles: Handles { memory, gas, allocate }, stack })
    }

    fn entry(
        &self,
        instance: wasmtime::Instance,
        store: &mut Store<Context>,
        entry: Entry,
    ) -> Option<wasmtime::TypedFunc<i32, i32>> {
        let function = match entry {
            Entry::Deploy => self.deploy.as_ref()?,
            _ => self.call.as_ref()?,
        };
        let function = instance.get_module_export(&mut *store, function)?.into_func()?;
        function.typed(&*store).ok()
    }
}

/// What a run needs of an instance beside its function.
struct Found {
    handles: Handles,
    stack: Global,
}

impl Found {
    fn start(&self, store: &mut Store<Context>) {
        store.data_mut().handles = Some(self.handles);
        let points = store.data_mut().state.give_points();
        set_points(self.handles.gas, store, points);
    }

    fn end(&self, mut store: Store<Context>, stop: Stop) -> Attempt {
        let points = points_of(&self.handles.gas.get(&mut store));
        let stack = self.stack.get(&mut store).i32().unwrap_or_default();
        Attempt::Ran(Ran { state: store.into_data().state, points, stack, stop })
    }
}

type Linked<T> = wasmtime::Result<T>;

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

fn handles(context: &impl wasmtime::AsContext<Data = Context>) -> Handles {
    let handles = context.as_context().data().handles;
    handles.expect("invariant: nothing runs before the handles are set")
}

fn enter<R>(
    context: &mut impl AsContextMut<Data = Context>,
    work: impl FnOnce(&mut Call<'_>) -> Result<R, End>,
) -> wasmtime::Result<R> {
    let handles = handles(context);
    let points = points_of(&handles.gas.get(&mut *context));
    let (memory, data) = handles.memory.data_and_store_mut(context.as_context_mut());
    match data.state.enter(memory, points, work) {
        Ok((result, points)) => {
            set_points(handles.gas, context, points);
            Ok(result)
        }
        Err(ended) => Err(Error::new(ended)),
    }
}

fn set_points(gas: Global, context: impl wasmtime::AsContextMut, points: i64) {
    gas.set(context, Val::I64(points)).expect("invariant: the gas global is a mutable i64");
}

fn points_of(value: &Val) -> i64 {
    value.i64().unwrap_or_default()
}

fn stop_of(error: &Error) -> Stop {
    if error.is::<Ended>() {
        return Stop::Ended;
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { return Stop::Failed };
    Stop::Trapped(match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds => TrapKind::MemoryBounds,
        Trap::TableOutOfBounds => TrapKind::TableBounds,
        Trap::IndirectCallToNull => TrapKind::NullCall,
        Trap::IntegerDivisionByZero => TrapKind::DivisionByZero,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::BadConversionToInteger => TrapKind::Conversion,
        Trap::StackOverflow => TrapKind::NativeStack,
        Trap::BadSignature => TrapKind::CallType,
        _ => return Stop::Failed,
    })
}

/// Moves the engine's epoch on until the engine is gone.
fn start_ticking(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}

#[allow(unsafe_code, reason = "native code can only be loaded from bytes on trust")]
fn deserialize(engine: &Engine, artefact: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: the bytes were made by an engine of this program, in this process, in its worker, or
    // by an earlier process of this node that signed them with the node's own key; the callers of
    // `Compiler::load` see to it. The engine itself refuses other versions and settings.
    unsafe { Module::deserialize(engine, artefact) }
}
