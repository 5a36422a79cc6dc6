//! Measures what metering costs: run time with and without it on the compiler, the size of the
//! module, the time to rewrite and to compile it, and the time that hostile modules take.
//!
//! `cargo run --release -p braid-vm-wasm --example metering_overhead [module.wasm ...]` also
//! rewrites and compiles the modules that are named.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints and may panic")]

use std::time::{Duration, Instant};

use braid_vm_wasm::instrument::{GAS_GLOBAL, WASM_COSTS_V1, instrument};
use braid_vm_wasm::{ImportSignature, ValueType, WasmLimits};
use wasmparser::{Parser, Payload, TypeRef, ValType};
use wasmtime::{Config, Engine, Instance, Module, OptLevel, Store, Val};

const RUNS: usize = 9;
const POINTS: i64 = 1 << 50;

const FIBONACCI: &str = r#"(module (memory (export "memory") 1)
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "call") (param i32) (result i32) (call $fib (i32.const 32))))"#;

/// Two functions that call each other, with memory in between.
const MUTUAL: &str = r#"(module (memory (export "memory") 1)
    (func $even (param i32) (result i32)
        (i32.store (i32.and (local.get 0) (i32.const 0xfffc)) (local.get 0))
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
        (else (call $odd (i32.sub (local.get 0) (i32.const 1))))))
    (func $odd (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
        (else (i32.xor (i32.load (i32.and (local.get 0) (i32.const 0xfffc)))
                       (call $even (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "call") (param i32) (result i32) (local $i i32)
        (loop $l
            (local.set 0 (i32.add (local.get 0) (call $even (i32.const 1000))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (i32.const 5000))))
        (local.get 0)))"#;

/// A loop that calls a small function that calls none.
const LEAF: &str = r#"(module (memory (export "memory") 1)
    (func $mix (param i32 i32) (result i32)
        (i32.rotl (i32.mul (i32.xor (local.get 0) (local.get 1)) (i32.const 0x01000193))
                  (i32.const 7)))
    (func (export "call") (param i32) (result i32) (local $i i32)
        (loop $l
            (local.set 0 (call $mix (local.get 0) (local.get $i)))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (i32.const 10000000))))
        (local.get 0)))"#;

/// The same through the table, by turns to two functions.
const INDIRECT: &str = r#"(module (memory (export "memory") 1)
    (type $binary (func (param i32 i32) (result i32)))
    (table 2 funcref) (elem (i32.const 0) $mix $add)
    (func $mix (param i32 i32) (result i32)
        (i32.rotl (i32.mul (i32.xor (local.get 0) (local.get 1)) (i32.const 0x01000193))
                  (i32.const 7)))
    (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "call") (param i32) (result i32) (local $i i32)
        (loop $l
            (local.set 0 (call_indirect (type $binary) (local.get 0) (local.get $i)
                (i32.and (local.get $i) (i32.const 1))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (i32.const 10000000))))
        (local.get 0)))"#;

/// Sorts an array in memory, by a recursive function with loops.
const SORT: &str = r#"(module (memory (export "memory") 16)
    (func $sort (param $low i32) (param $high i32) (local $i i32) (local $j i32) (local $p i32)
        (local $a i32) (local $b i32)
        (if (i32.ge_s (local.get $low) (local.get $high)) (then (return)))
        (local.set $p (i32.load (i32.and (i32.shr_u (i32.add (local.get $low) (local.get $high))
            (i32.const 1)) (i32.const -4))))
        (local.set $i (local.get $low)) (local.set $j (local.get $high))
        (block $done (loop $l
            (br_if $done (i32.gt_s (local.get $i) (local.get $j)))
            (local.set $a (i32.load (local.get $i)))
            (if (i32.lt_s (local.get $a) (local.get $p))
                (then (local.set $i (i32.add (local.get $i) (i32.const 4))) (br $l)))
            (local.set $b (i32.load (local.get $j)))
            (if (i32.gt_s (local.get $b) (local.get $p))
                (then (local.set $j (i32.sub (local.get $j) (i32.const 4))) (br $l)))
            (i32.store (local.get $i) (local.get $b))
            (i32.store (local.get $j) (local.get $a))
            (local.set $i (i32.add (local.get $i) (i32.const 4)))
            (local.set $j (i32.sub (local.get $j) (i32.const 4)))
            (br $l)))
        (call $sort (local.get $low) (local.get $j))
        (call $sort (local.get $i) (local.get $high)))
    (func (export "call") (param i32) (result i32) (local $i i32) (local $x i32)
        (loop $l
            (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245))
                                   (i32.const 12345)))
            (i32.store (local.get $i) (i32.shr_u (local.get $x) (i32.const 8)))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4)))
                                (i32.const 0x80000))))
        (call $sort (i32.const 0) (i32.const 0x7fffc))
        (i32.load (i32.const 0x40000))))"#;

const HASH: &str = r#"(module (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $h i32)
        (local.set $h (i32.const 0x811c9dc5))
        (loop $l
            (local.set $h (i32.mul (i32.xor (local.get $h) (local.get $i)) (i32.const 0x01000193)))
            (local.set $h (i32.xor (local.get $h) (i32.shr_u (local.get $h) (i32.const 13))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (i32.const 50000000))))
        (local.get $h)))"#;

const MEMORY: &str = r#"(module (memory (export "memory") 16)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $x i32)
        (loop $l
            (local.set $x (i32.and (i32.mul (local.get $i) (i32.const 68)) (i32.const 0xffff8)))
            (i32.store (local.get $x)
                (i32.add (i32.load (local.get $x)) (i32.load offset=4 (local.get $x))))
            (if (i32.and (local.get $i) (i32.const 1))
                (then (i32.store8 (local.get $x) (local.get $i))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (i32.const 20000000))))
        (i32.load (i32.const 68))))"#;

const FLOATS: &str = r#"(module (memory (export "memory") 1)
    (func (export "call") (param i32) (result i32) (local $i i32) (local $x f64)
        (local.set $x (f64.const 0.5))
        (loop $l
            (local.set $x (f64.mul (f64.mul (f64.const 3.7) (local.get $x))
                                   (f64.sub (f64.const 1) (local.get $x))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                                (i32.const 20000000))))
        (i32.trunc_f64_s (f64.mul (local.get $x) (f64.const 1000000)))))"#;

fn main() {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::Speed).max_wasm_stack(1 << 20);
    let engine = Engine::new(&config).unwrap();
    println!("program       plain     metered   ratio   points      points/ns");
    for (name, text) in [
        ("fib(32)", FIBONACCI),
        ("mutual", MUTUAL),
        ("leaf calls", LEAF),
        ("indirect", INDIRECT),
        ("sort", SORT),
        ("hash loop", HASH),
        ("memory", MEMORY),
        ("floats", FLOATS),
    ] {
        compare(&engine, name, &wat::parse_str(text).unwrap());
    }
    println!("\nhostile module, refused or compiled");
    for blocks in [20_000, 4_000] {
        let chain = "(block (local.set 0 (i32.const 1)))".repeat(blocks);
        hostile(&engine, &format!("{blocks} blocks"), &chain);
    }
    for steps in [20_000, 4_000] {
        let step = "(if (local.get 0) (then (local.set 0 (i32.mul (local.get 0) (i32.const 3)))))";
        hostile(&engine, &format!("{steps} ifs"), &step.repeat(steps));
    }
    hostile(&engine, "50000 loads", &"(drop (i32.load (local.get 0)))".repeat(50_000));
    for path in std::env::args().skip(1) {
        time_module(&engine, &path, &std::fs::read(&path).unwrap());
    }
}

fn compare(engine: &Engine, name: &str, wasm: &[u8]) {
    let metered = instrument(wasm, &WasmLimits::default(), &[], &WASM_COSTS_V1).unwrap().module;
    let plain_module = Module::new(engine, wasm).unwrap();
    let metered_module = Module::new(engine, &metered).unwrap();
    let mut best = [Duration::MAX; 2];
    let mut results = [(0, 0); 2];
    for _ in 0..RUNS {
        for (at, module) in [&plain_module, &metered_module].into_iter().enumerate() {
            let (time, result, points) = run(engine, module);
            best[at] = best[at].min(time);
            results[at] = (result, points);
        }
    }
    assert_eq!(results[0].0, results[1].0, "metering changes no result");
    let ratio = best[1].as_secs_f64() / best[0].as_secs_f64();
    let pace = results[1].1 as f64 / best[0].as_nanos() as f64;
    let [plain, counted] = best.map(|time| time.as_secs_f64() * 1000.0);
    let points = results[1].1;
    println!("{name:10} {plain:8.2} ms {counted:8.2} ms  {ratio:.3}  {points:10}  {pace:.1}");
}

fn run(engine: &Engine, module: &Module) -> (Duration, i32, i64) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    let gas = instance.get_global(&mut store, GAS_GLOBAL);
    if let Some(gas) = gas {
        gas.set(&mut store, Val::I64(POINTS)).unwrap();
    }
    let call = instance.get_typed_func::<i32, i32>(&mut store, "call").unwrap();
    let start = processor_time();
    let result = call.call(&mut store, 0).unwrap();
    let time = processor_time() - start;
    let used = gas.map_or(0, |gas| POINTS - gas.get(&mut store).unwrap_i64());
    (time, result, used)
}

/// What this thread ran, without what it waited for others on the same machine.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn hostile(engine: &Engine, name: &str, code: &str) {
    let text = format!(
        r#"(module (memory (export "memory") 1)
        (func (export "call") (param i32) (result i32) {code} (local.get 0)))"#
    );
    time_module(engine, name, &wat::parse_str(text).unwrap());
}

fn time_module(engine: &Engine, name: &str, wasm: &[u8]) {
    let offered = imports_of(wasm);
    let start = Instant::now();
    let metered = instrument(wasm, &WasmLimits::default(), &offered, &WASM_COSTS_V1);
    let rewriting = start.elapsed();
    let module = match metered {
        Ok(metered) => metered.module,
        Err(error) => {
            println!("{name}: {} bytes, refused: {error}", wasm.len());
            return;
        }
    };
    let start = Instant::now();
    Module::new(engine, wasm).unwrap();
    let plain = start.elapsed();
    let start = Instant::now();
    Module::new(engine, &module).unwrap();
    let compiling = start.elapsed();
    let (before, after) = (wasm.len(), module.len());
    println!(
        "{name}: {before} -> {after} bytes, rewritten in {rewriting:?}, compiled in {compiling:?} \
         (plain {plain:?})"
    );
}

/// Offers a module whatever it asks for, since it only gets compiled.
fn imports_of(wasm: &[u8]) -> Vec<ImportSignature> {
    let mut types = Vec::new();
    let mut offered = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                types = section.into_iter_err_on_gc_types().map(Result::unwrap).collect();
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports().map(Result::unwrap) {
                    let TypeRef::Func(index) = import.ty else { continue };
                    let own = &types[index as usize];
                    let parameters: Vec<_> = own.params().iter().map(value_type).collect();
                    offered.push(ImportSignature {
                        module: import.module.to_owned().leak(),
                        name: import.name.to_owned().leak(),
                        parameters: parameters.leak(),
                        result: own.results().first().map(value_type),
                    });
                }
            }
            _ => {}
        }
    }
    offered
}

fn value_type(found: &ValType) -> ValueType {
    match found {
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        _ => ValueType::I32,
    }
}
