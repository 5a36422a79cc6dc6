//! Runs a module on a compiler and on an interpreter, and tells all that a host can see.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use braid_vm_wasm::instrument::{
    GAS_GLOBAL, Instrumented, STACK_GLOBAL, STACK_OVERFLOW, WASM_COSTS_V1, instrument,
};
use braid_vm_wasm::{ImportSignature, ValueType, WasmLimits};

/// What the tests offer to modules: `tick` answers its parameter plus one.
pub(crate) const OFFERED: &[ImportSignature] = &[ImportSignature {
    module: "braid1",
    name: "tick",
    parameters: &[ValueType::I32],
    result: Some(ValueType::I32),
}];

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Returned(i32),
    OutOfGas,
    StackOverflow,
    Trapped,
}

/// All that a host can see after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) end: End,
    pub(crate) gas: i64,
    pub(crate) stack: i32,
    pub(crate) memory: Vec<u8>,
    /// The gas that was left at each call of `tick`.
    pub(crate) ticks: Vec<i64>,
}

pub(crate) fn metered(text: &str) -> Instrumented {
    let wasm = wat::parse_str(text).unwrap();
    instrument(&wasm, &WasmLimits::default(), OFFERED, &WASM_COSTS_V1).unwrap()
}

fn end_of(result: Option<i32>, gas: i64, stack: i32) -> End {
    match (result, gas, stack) {
        (Some(result), ..) => End::Returned(result),
        (None, ..0, _) => End::OutOfGas,
        (None, _, STACK_OVERFLOW) => End::StackOverflow,
        (None, ..) => End::Trapped,
    }
}

/// A compiler, as a chain would configure it.
pub(crate) fn compiler() -> wasmtime::Engine {
    let mut config = wasmtime::Config::new();
    config.cranelift_opt_level(wasmtime::OptLevel::Speed).max_wasm_stack(512 << 10);
    wasmtime::Engine::new(&config).unwrap()
}

pub(crate) fn on_compiler(engine: &wasmtime::Engine, module: &[u8], gas: i64, input: i32) -> Ran {
    use wasmtime::{Caller, Linker, Module, Store, Val};
    let module = Module::new(engine, module).unwrap();
    let mut linker = Linker::new(engine);
    let tick = |mut caller: Caller<'_, Vec<i64>>, value: i32| {
        let gas = caller.get_export(GAS_GLOBAL).unwrap().into_global().unwrap();
        let left = gas.get(&mut caller).unwrap_i64();
        caller.data_mut().push(left);
        value.wrapping_add(1)
    };
    linker.func_wrap("braid1", "tick", tick).unwrap();
    let mut store = Store::new(engine, Vec::new());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let gas_global = instance.get_global(&mut store, GAS_GLOBAL).unwrap();
    let stack_global = instance.get_global(&mut store, STACK_GLOBAL).unwrap();
    gas_global.set(&mut store, Val::I64(gas)).unwrap();
    let call = instance.get_typed_func::<i32, i32>(&mut store, "call").unwrap();
    let result = call.call(&mut store, input).ok();
    let gas = gas_global.get(&mut store).unwrap_i64();
    let stack = stack_global.get(&mut store).unwrap_i32();
    let memory = instance.get_memory(&mut store, "memory").unwrap().data(&store).to_vec();
    Ran { end: end_of(result, gas, stack), gas, stack, memory, ticks: store.into_data() }
}

pub(crate) fn on_interpreter(module: &[u8], gas: i64, input: i32) -> Ran {
    use wasmi::{Caller, Config, Engine, Linker, Module, Store, Val};
    let mut config = Config::default();
    config.set_max_stack_height(1 << 22).set_max_recursion_depth(1 << 15);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, module).unwrap();
    let mut linker = Linker::new(&engine);
    let tick = |mut caller: Caller<'_, Vec<i64>>, value: i32| {
        let gas = caller.get_export(GAS_GLOBAL).unwrap().into_global().unwrap();
        let left = gas.get(&caller).i64().unwrap();
        caller.data_mut().push(left);
        value.wrapping_add(1)
    };
    linker.func_wrap("braid1", "tick", tick).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let gas_global = instance.get_global(&store, GAS_GLOBAL).unwrap();
    let stack_global = instance.get_global(&store, STACK_GLOBAL).unwrap();
    gas_global.set(&mut store, Val::I64(gas)).unwrap();
    let call = instance.get_typed_func::<i32, i32>(&store, "call").unwrap();
    let result = call.call(&mut store, input).ok();
    let gas = gas_global.get(&store).i64().unwrap();
    let stack = stack_global.get(&store).i32().unwrap();
    let memory = instance.get_memory(&store, "memory").unwrap().data(&store).to_vec();
    Ran { end: end_of(result, gas, stack), gas, stack, memory, ticks: store.into_data() }
}

/// Runs on both engines, which must agree in all that a host can see.
pub(crate) fn on_both(engine: &wasmtime::Engine, module: &[u8], gas: i64, input: i32) -> Ran {
    let compiled = on_compiler(engine, module, gas, input);
    let interpreted = on_interpreter(module, gas, input);
    assert_eq!(compiled.end, interpreted.end, "with {gas} points and input {input}");
    assert_eq!(compiled.gas, interpreted.gas, "with {gas} points and input {input}");
    assert_eq!(compiled.stack, interpreted.stack, "with {gas} points and input {input}");
    assert_eq!(compiled.ticks, interpreted.ticks, "with {gas} points and input {input}");
    assert!(compiled.memory == interpreted.memory, "with {gas} points and input {input}");
    compiled
}
