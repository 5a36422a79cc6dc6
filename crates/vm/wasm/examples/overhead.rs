//! What the machine costs beside the bare engine: a warm call that does nothing, and compute.
//!
//! `cargo run --release -p braid-vm-wasm --example overhead`
#![allow(clippy::print_stdout, reason = "a program for people")]

use std::time::Duration;

use braid_vm_wasm::{EngineChoice, WasmConfig, WasmVm};
use primitives::{Address, CodeHash, Depth, Gas, Wei};
use vm::testkit::MemoryHost;
use vm::{Entry, Environment, Frame, HostedVm, Status, Vm};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module,
    PoolingAllocationConfig, Store,
};

const NOTHING: &str = r#"(module (memory (export "memory") 17)
    (func (export "call") (param i32) (result i32) (i32.const 0)))"#;

const FIBONACCI: &str = r#"(module (memory (export "memory") 1)
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0)) (else
            (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "call") (param i32) (result i32)
        (drop (call $fib (i32.const 27))) (i32.const 0)))"#;

const LOOP: &str = r#"(module (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $h i64)
        (local.set $h (i64.const 0xcbf29ce484222325))
        (loop $l
            (local.set $h (i64.mul (i64.xor (local.get $h) (i64.extend_i32_u (local.get $i)))
                (i64.const 0x100000001b3)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 2000000))))
        (i64.store (i32.const 0) (local.get $h))
        (i32.const 0)))"#;

const MEMORY: &str = r#"(module (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $round i32)
        (loop $outer
            (local.set $i (i32.const 0))
            (loop $l
                (i32.store (local.get $i) (i32.add (i32.load (local.get $i)) (local.get $round)))
                (local.set $i (i32.add (local.get $i) (i32.const 4)))
                (br_if $l (i32.lt_u (local.get $i) (i32.const 65536))))
            (local.set $round (i32.add (local.get $round) (i32.const 1)))
            (br_if $outer (i32.lt_u (local.get $round) (i32.const 60))))
        (i32.const 0)))"#;

fn main() {
    let machine = |engine| {
        WasmVm::new(WasmConfig { engine, ..WasmConfig::default() }).expect("the engine starts")
    };
    let compiled = machine(EngineChoice::Compiled);
    let interpreted = machine(EngineChoice::Interpreted);
    for (name, text, calls) in [
        ("call that does nothing", NOTHING, 20_000),
        ("fibonacci of 27", FIBONACCI, 20),
        ("hash loop of 2 million", LOOP, 20),
        ("memory, 1 million words", MEMORY, 20),
    ] {
        let code = wat::parse_str(text).expect("a module");
        // The kernel knows the hash of the code that it runs.
        let hash = CodeHash::of(&code);
        let bare = bare(&code);
        // Interleaved, the best of several rounds: other load on the machine hits all alike.
        let mut best = [Duration::MAX; 3];
        for _ in 0..7 {
            let interpreted_calls = (calls / 20).max(1);
            for (place, time) in [
                measure(calls, || run_bare(&bare)),
                measure(calls, || run(&compiled, &code, hash)),
                measure(interpreted_calls, || run(&interpreted, &code, hash)),
            ]
            .into_iter()
            .enumerate()
            {
                best[place] = best[place].min(time);
            }
        }
        let [bare, compiled, interpreted] = best.map(|time| time.as_secs_f64() * 1e6);
        println!(
            "{name:<24} bare {bare:>10.2} us  compiled {compiled:>10.2} us ({:.2}x)  \
             interpreted {interpreted:>10.2} us ({:.1}x)",
            compiled / bare,
            interpreted / bare
        );
    }
    println!("{:?}", compiled.status());
}

fn measure(calls: u32, mut call: impl FnMut()) -> Duration {
    let start = processor_time();
    for _ in 0..calls {
        call();
    }
    (processor_time() - start) / calls
}

/// How long this thread ran on a processor: what others do at the time is left out.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux machine");
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first number is the time"))
}

fn bare(code: &[u8]) -> InstancePre<()> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(256).total_memories(256).max_memory_size(64 << 20);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).expect("the engine starts");
    let module = Module::new(&engine, code).expect("a module");
    Linker::new(&engine).instantiate_pre(&module).expect("nothing to link")
}

fn run_bare(instance: &InstancePre<()>) {
    let mut store = Store::new(instance.module().engine(), ());
    let instance = instance.instantiate(&mut store).expect("an instance");
    let call = instance.get_typed_func::<i32, i32>(&mut store, "call").expect("the entry");
    assert_eq!(call.call(&mut store, 0).expect("it returns"), 0);
}

fn run(vm: &WasmVm, code: &[u8], code_hash: CodeHash) {
    let environment = Environment::default();
    let frame = Frame {
        entry: Entry::Call,
        code,
        code_hash,
        contract: Address::ZERO,
        caller: Address::ZERO,
        value: Wei::ZERO,
        input: &[],
        gas_limit: Gas(1 << 40),
        is_static: false,
        depth: Depth(0),
        environment: &environment,
    };
    let outcome = vm.execute(&frame, &mut MemoryHost::default());
    assert_eq!(outcome.status, Status::Success);
}
