//! WebAssembly contracts against the bare engine that runs them.
//!
//! The peer is the same compiler with the same settings, linked beforehand, without metering and
//! without a host; both sides make an instance for each call, as a frame of a chain must.

mod programs;

use braidvm::{
    Address, Bytes, CodeHash, Gas, Wei,
    rooms::{
        primitives::Depth,
        vm::{Entry, Environment, Frame, HostedVm, Status},
        vm_wasm::{EngineChoice, MEMORY_RESIDENT_BYTES, TABLE_RESIDENT_BYTES, WasmConfig, WasmVm},
    },
};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module, OptLevel,
    PoolingAllocationConfig, Store,
};

use self::programs::{NOTHING, PROGRAMS};
use super::{Bench, Goal, Pair, clock::Clock, micros_each, module, sealed::SealedHost};
use crate::failure::Failure;

const CALLS: u32 = 20_000;
const RUNS: u32 = 5;
/// How much longer a call may take than the bare engine's.
const CALL_MAX: f64 = 1.5;
/// How much longer code may take that counts its gas.
const METERED_MAX: f64 = 1.15;

pub(super) fn run(bench: &mut Bench<'_>) -> Result<(), Failure> {
    let config = WasmConfig { engine: EngineChoice::Compiled, ..WasmConfig::default() };
    let machine = WasmVm::new(config).map_err(super::host_failure)?;
    measure(bench, &machine, ("call that does nothing", NOTHING), (CALLS, CALL_MAX))?;
    for program in PROGRAMS {
        measure(bench, &machine, *program, (RUNS, METERED_MAX))?;
    }
    Ok(())
}

fn measure(
    bench: &mut Bench<'_>,
    machine: &WasmVm,
    (name, text): (&'static str, &str),
    (count, most): (u32, f64),
) -> Result<(), Failure> {
    let code = module(text)?;
    let bare = bare(&code)?;
    // The kernel knows the hash of the code that it runs.
    let hash = CodeHash::of(&code);
    bench.measure(Pair {
        name,
        unit: "us",
        goal: Goal::AtMost(most),
        this: &mut || micros_a_call(count, || call(machine, &code, hash)),
        peer: &mut || micros_a_call(count, || call_bare(&bare)),
    })
}

fn micros_a_call(
    count: u32,
    mut call: impl FnMut() -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let clock = Clock::start();
    for _ in 0..count {
        call()?;
    }
    Ok(micros_each(u64::from(count), clock.elapsed()))
}

fn call(machine: &WasmVm, code: &Bytes, code_hash: CodeHash) -> Result<(), Failure> {
    let environment = Environment::default();
    let frame = Frame {
        entry: Entry::Call,
        code,
        code_hash,
        contract: Address::ZERO,
        caller: Address::ZERO,
        value: Wei::ZERO,
        input: &[],
        gas_limit: Gas(1 << 44),
        is_static: false,
        depth: Depth(0),
        environment: &environment,
    };
    let outcome = machine.execute(&frame, &mut SealedHost::new(&environment));
    match outcome.status {
        Status::Success => Ok(()),
        status => Err(Failure::Host(anyhow::anyhow!("a program ended with {status:?}"))),
    }
}

/// A module that is linked with nothing, in an engine with the machine's settings.
fn bare(code: &[u8]) -> Result<InstancePre<()>, Failure> {
    let ours = WasmConfig::default();
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(ours.instances)
        .total_memories(ours.instances)
        .total_tables(ours.instances)
        .max_memory_size(usize::try_from(ours.memory_limit).unwrap_or(usize::MAX))
        .linear_memory_keep_resident(MEMORY_RESIDENT_BYTES)
        .table_keep_resident(TABLE_RESIDENT_BYTES);
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(512 << 10)
        .wasm_backtrace_max_frames(None)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).map_err(engine_failure)?;
    let module = Module::new(&engine, code).map_err(engine_failure)?;
    Linker::new(&engine).instantiate_pre(&module).map_err(engine_failure)
}

fn call_bare(instance: &InstancePre<()>) -> Result<(), Failure> {
    let mut store = Store::new(instance.module().engine(), ());
    let instance = instance.instantiate(&mut store).map_err(engine_failure)?;
    let call = instance.get_typed_func::<i32, i32>(&mut store, "call").map_err(engine_failure)?;
    match call.call(&mut store, 0).map_err(engine_failure)? {
        0 => Ok(()),
        code => Err(Failure::Host(anyhow::anyhow!("a program returned {code}"))),
    }
}

fn engine_failure(error: wasmtime::Error) -> Failure {
    Failure::Host(anyhow::anyhow!("{error:#}"))
}
