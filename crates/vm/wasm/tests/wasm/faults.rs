//! What is no result: panics of the host, faults, the clock, a pool that is in use. And calls that
//! come back into the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use braid_vm_wasm::{EngineChoice, WasmConfig, WasmVm};
use primitives::{Address, Gas};
use vm::testkit::{MemoryHost, Run, Script};
use vm::{Frame, HaltReason, HostedVm, Status, Vm};

use crate::{READ_INPUT, contract, engines, finish, halt, invoke, machine, prepare};

const OTHER: Address = Address::new([0xee; 32]);

pub(super) fn counter(vm: &dyn Vm, name: &str) -> u64 {
    let counters = vm.status().counters;
    counters.iter().find(|(found, _)| *found == name).expect("a counter").1
}

/// Calls `OTHER`, whose address is the input, with that input and all gas; returns the output.
fn caller() -> Vec<u8> {
    contract(&format!(
        "{READ_INPUT} (i32.store8 (i32.const 2000) {}) {} (call $output_write (i32.const 2000) \
         (i32.add (i32.const 1) (call $buffer_bytes))) (i32.const 0)",
        invoke("call", &["0", "1000", "0", "32", "-1", "0"]),
        invoke("buffer_read", &["2001", "0", "(call $buffer_bytes)"]),
    ))
}

#[test]
fn a_panic_of_the_host_ends_the_frame_and_nothing_else() {
    for engine in [EngineChoice::Compiled, EngineChoice::Interpreted] {
        let vm = machine(engine);
        let mut host = MemoryHost::default();
        host.scripts.insert(OTHER, Arc::new(|_, _| panic!("a bug of the host, on purpose")));
        let code = caller();
        let outcome = host.run(&vm, &Run::call(&code, OTHER.as_bytes()));
        assert_eq!(halt(&outcome), HaltReason::Fault);
        assert_eq!(counter(&vm, "panics"), 1);
        let code = contract(&format!("{READ_INPUT} {}", finish(0, 2)));
        let outcome = MemoryHost::default().run(&vm, &Run::call(&code, b"ok"));
        assert_eq!(outcome.output.as_ref(), b"ok", "the machine works as before");
    }
}

#[test]
fn frames_nest_within_one_machine_and_across_engines() {
    // Every level calls the next one on the other engine, until gas or the depth ends it.
    let code = caller();
    let outcomes = engines().each_ref().map(|(_, first)| {
        let deepest = Arc::new(AtomicU32::new(0));
        let mut host = MemoryHost::default();
        host.scripts.insert(OTHER, nested(code.clone(), Arc::clone(&deepest)));
        let mut run = Run::call(&code, OTHER.as_bytes());
        run.gas_limit = Gas(10_000_000);
        let outcome = host.run(first, &run);
        (outcome, deepest.load(Ordering::Relaxed))
    });
    assert_eq!(outcomes[0], outcomes[1], "which engine begins makes no difference");
    assert_eq!(outcomes[0].0.status, Status::Success);
    assert_eq!(outcomes[0].1, 12);
}

fn nested(code: Vec<u8>, deepest: Arc<AtomicU32>) -> Script {
    Arc::new(move |frame, host| {
        deepest.fetch_max(frame.depth.0, Ordering::Relaxed);
        if frame.depth.0 >= 12 {
            return vm::Outcome::success(b"end"[..].into(), frame.gas_limit, 0);
        }
        let (_, vm) = &engines()[frame.depth.0 as usize % 2];
        let code_hash = primitives::CodeHash::of(&code);
        vm.execute(&Frame { code: &code, code_hash, ..*frame }, host)
    })
}

#[test]
fn a_pool_in_use_is_no_failure() {
    let config =
        WasmConfig { engine: EngineChoice::Compiled, instances: 3, ..WasmConfig::default() };
    let vm = Arc::new(WasmVm::new(config).expect("the engine starts"));
    let code = caller();
    let (inner, inner_code) = (Arc::clone(&vm), code.clone());
    let mut host = MemoryHost::default();
    host.scripts.insert(
        OTHER,
        Arc::new(move |frame, host| {
            if frame.depth.0 >= 8 {
                return vm::Outcome::success(b"end"[..].into(), frame.gas_limit, 0);
            }
            let code_hash = primitives::CodeHash::of(&inner_code);
            inner.execute(&Frame { code: &inner_code, code_hash, ..*frame }, host)
        }),
    );
    let outcome = host.run(vm.as_ref(), &Run::call(&code, OTHER.as_bytes()));
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(counter(vm.as_ref(), "frames_compiled"), 3);
    assert_eq!(counter(vm.as_ref(), "frames_interpreted"), 5);
}

#[test]
fn the_clock_gives_a_fault_and_no_result() {
    let config = WasmConfig {
        engine: EngineChoice::Compiled,
        execution_time_limit_ms: Some(1),
        ..WasmConfig::default()
    };
    let vm = WasmVm::new(config).expect("the engine starts");
    let spin = contract("(loop $l (br $l)) (unreachable)");
    prepare(&vm, &spin);
    let run = Run { gas_limit: Gas(u64::MAX / 2), ..Run::call(&spin, b"") };
    let outcome = MemoryHost::default().run(&vm, &run);
    assert_eq!(halt(&outcome), HaltReason::Fault);
}

#[test]
fn an_endless_limit_of_gas_is_no_trouble() {
    for (_, vm) in engines() {
        let code = contract(&format!("{READ_INPUT} {}", finish(0, 2)));
        let small = MemoryHost::default().run(vm, &Run::call(&code, b"ok"));
        let used = 10_000_000 - small.gas_left.0;
        for gas_limit in [u64::MAX, u64::MAX / 16, 1 << 60, (1 << 58) + 1] {
            let run = Run { gas_limit: Gas(gas_limit), ..Run::call(&code, b"ok") };
            let outcome = MemoryHost::default().run(vm, &run);
            assert_eq!(outcome.gas_left, Gas(gas_limit - used));
        }
    }
}

#[test]
fn automatic_is_interpreted_until_it_is_prepared() {
    let vm = machine(EngineChoice::Auto);
    let code = contract(&format!("{READ_INPUT} {}", finish(0, 2)));
    let before = MemoryHost::default().run(&vm, &Run::call(&code, b"ok"));
    assert_eq!((counter(&vm, "frames_interpreted"), counter(&vm, "compiles")), (1, 0));
    vm.prepare(&code);
    let after = MemoryHost::default().run(&vm, &Run::call(&code, b"ok"));
    assert_eq!((counter(&vm, "frames_compiled"), counter(&vm, "compiles")), (1, 1));
    assert_eq!(before, after);
}

#[test]
fn compiled_programs_outlive_the_machine_and_spoiled_ones_are_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cache");
    let start = || {
        let config = WasmConfig {
            engine: EngineChoice::Auto,
            instances: 4,
            cache_directory: Some(path.clone()),
            ..WasmConfig::default()
        };
        WasmVm::new(config).expect("the engine starts")
    };
    let code = contract(&format!("{READ_INPUT} {}", finish(0, 2)));
    let run = Run::call(&code, b"ok");
    let first = start();
    first.prepare(&code);
    let expected = MemoryHost::default().run(&first, &run);
    assert_eq!((counter(&first, "compiles"), counter(&first, "artefact_hits")), (1, 0));

    let second = start();
    assert_eq!(MemoryHost::default().run(&second, &run), expected);
    assert_eq!((counter(&second, "compiles"), counter(&second, "artefact_hits")), (0, 1));
    assert_eq!(counter(&second, "frames_compiled"), 1);

    for entry in std::fs::read_dir(&path).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "artefact") {
            let mut bytes = std::fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&file, bytes).unwrap();
        }
    }
    let third = start();
    third.prepare(&code);
    assert_eq!(MemoryHost::default().run(&third, &run), expected);
    assert_eq!((counter(&third, "artefacts_refused"), counter(&third, "compiles")), (1, 1));
}

#[test]
fn the_cache_in_memory_lets_go_of_the_oldest() {
    let config =
        WasmConfig { engine: EngineChoice::Interpreted, cache_bytes: 1, ..WasmConfig::default() };
    let vm = WasmVm::new(config).expect("the engine starts");
    let codes = [contract("(i32.const 0)"), contract("(i32.const 1)")];
    for code in codes.iter().chain(&codes) {
        MemoryHost::default().run(&vm, &Run::call(code, b""));
    }
    assert_eq!((counter(&vm, "cache_hits"), counter(&vm, "cache_misses")), (0, 4));
    assert_eq!(counter(&vm, "cache_programs"), 1);
    MemoryHost::default().run(&vm, &Run::call(&codes[1], b""));
    assert_eq!(counter(&vm, "cache_hits"), 1);
}
