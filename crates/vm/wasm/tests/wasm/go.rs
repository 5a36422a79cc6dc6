//! Go programs: the same on both engines and in every run, and no way around the metering.

use std::sync::OnceLock;

use abi::{Interface, Value};
use braid_vm_wasm::go;
use primitives::{Gas, U256};
use vm::schedule::SCHEDULE_V1;
use vm::{CodeError, Vm};

use super::faults::counter;
use super::*;

const PROBE: &[u8] = include_bytes!("../../../../../contracts/artifacts/go/probe.wasm.zst");

/// The machines of Go over both engines, with the probe made ready.
fn machines() -> &'static ([WasmVm; 2], Interface) {
    static MACHINES: OnceLock<([WasmVm; 2], Interface)> = OnceLock::new();
    MACHINES.get_or_init(|| {
        let machines = engines().each_ref().map(|(_, vm)| vm.go());
        let [first, second] = machines.each_ref().map(|vm| {
            let report = vm.validate(PROBE).expect("a Go program");
            vm.prepare(PROBE);
            assert_eq!(report.executable.as_ref(), PROBE, "the code is stored as it came");
            report.interface.expect("braid puts it in")
        });
        assert_eq!(first, second);
        (machines, first)
    })
}

/// Calls a method on both engines; asserts that all of the outcome is equal.
fn call(host: &MemoryHost, method: &str, arguments: &[Value], gas: Gas) -> Outcome {
    let (machines, interface) = machines();
    let input = interface.method(method).unwrap().encode_call(arguments).unwrap();
    let run = Run { gas_limit: gas, ..Run::call(PROBE, &input) };
    let [first, second] = machines.each_ref().map(|vm| {
        let mut host = host.clone();
        let outcome = host.run(vm, &run);
        (outcome, host.debug)
    });
    assert_eq!(first, second, "the engines differ in {method}");
    first.0
}

const PLENTY: Gas = Gas(1_000_000_000);

fn answer(method: &str, arguments: &[Value]) -> Vec<Value> {
    let outcome = call(&MemoryHost::default(), method, arguments, PLENTY);
    assert_eq!(outcome.status, Status::Success, "{outcome:?}");
    let again = call(&MemoryHost::default(), method, arguments, PLENTY);
    assert_eq!(outcome, again, "a second run of {method} differs");
    machines().1.method(method).unwrap().decode_output(&outcome.output).unwrap()
}

#[test]
fn what_differs_from_run_to_run_elsewhere_is_equal_here() {
    // The order is that of the runtime's own seed, which follows from the code.
    let order = answer("mapOrder", &[]);
    assert_ne!(order, [Value::from(0u64)]);
    answer("goroutines", &[200u64.into()]);
    answer("garbage", &[8_192u64.into()]);
    answer("random", &[]);
}

#[test]
fn the_clock_is_that_of_the_block_and_moves_by_sleeping() {
    let mut host = MemoryHost::default();
    host.environment.block.timestamp_s = 1_700_000_000;
    let outcome = call(&host, "clock", &[], PLENTY);
    let method = machines().1.method("clock").unwrap();
    let values = method.decode_output(&outcome.output).unwrap();
    let seconds: Vec<_> = values.iter().map(ToString::to_string).collect();
    assert_eq!(seconds, ["1700000000", "1700003600"]);
}

#[test]
fn random_bytes_follow_the_transaction() {
    let mut other = MemoryHost::default();
    other.environment.transaction.hash = [7; 32].into();
    let [here, there] =
        [MemoryHost::default(), other].map(|host| call(&host, "random", &[], PLENTY).output);
    assert_ne!(here, there);
}

#[test]
fn structs_lists_and_big_numbers_cross() {
    let number = U256::from(1) << 200usize;
    let names = Value::Array(vec!["a".into(), "long".repeat(20).as_str().into()]);
    let pair = Value::Tuple(vec![number.into(), names]);
    let results = answer("double", &[pair]);
    let text = results.iter().map(ToString::to_string).collect::<String>();
    assert!(text.contains(&(number << 1usize).to_string()), "{text}");
    assert_eq!(text.matches("longlong").count(), 2 * 10, "{text}");
}

#[test]
fn every_bad_end_is_told() {
    let host = MemoryHost::default();
    let reason = |outcome: &Outcome| abi::decode_revert(&outcome.output, None).to_string();
    let panic = call(&host, "panic", &[9u64.into()], PLENTY);
    assert_eq!(panic.status, Status::Revert);
    assert!(reason(&panic).contains("index out of range [9] with length 3"), "{panic:?}");
    let deadlock = call(&host, "deadlock", &[], PLENTY);
    assert_eq!(halt(&deadlock), HaltReason::Trap("unreachable".to_owned()));
    let exit = call(&host, "exit", &[], PLENTY);
    assert_eq!(halt(&exit).to_string(), "trap: the program exits with 3");
    let spin = call(&host, "spin", &[], Gas(1_000_000));
    assert_eq!(halt(&spin), HaltReason::OutOfGas);
    let unknown = call(&host, "exit", &[], Gas(1_000));
    assert_eq!(halt(&unknown), HaltReason::OutOfGas, "making the instance costs more");
}

/// A module over WASI by hand, whose start and call run these bodies.
fn program(start: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "braid1" "storage_put" (func $put (param i32 i32 i32 i32)))
        (import "braid1" "finish" (func $finish (param i32 i32)))
        (memory (export "memory") 1) (table 1 funcref) (elem func $initialize)
        (global $count (mut i64) (i64.const 0))
        (func $initialize (export "_initialize") {start})
        (func (export "call") (param i32) (result i32) {body} (i32.const 0)))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refusal(code: &[u8]) -> String {
    let [first, second] = engines()
        .each_ref()
        .map(|(_, vm)| vm.go().validate(code).expect_err("it is refused").to_string());
    assert_eq!(first, second);
    first
}

#[test]
fn a_start_leaves_memory_and_globals_to_every_call() {
    let start = "(global.set $count (i64.const 41)) (i32.store (i32.const 64) (i32.const 9))";
    let body = "(i64.store (i32.const 0) (i64.add (global.get $count) (i64.const 1)))
        (i32.store (i32.const 8) (i32.load (i32.const 64)))
        (global.set $count (i64.const 99)) (i32.store (i32.const 64) (i32.const 99))
        (call $finish (i32.const 0) (i32.const 12))";
    let code = program(start, body);
    let mut outcomes = Vec::new();
    for (_, vm) in engines() {
        let vm = vm.go();
        vm.validate(&code).unwrap();
        vm.prepare(&code);
        for code in [&code, &go::pack(&code).unwrap()] {
            let mut host = MemoryHost::default();
            for _ in 0..2 {
                outcomes.push(host.run(&vm, &Run::call(code, &[])));
            }
        }
    }
    let expected = [42u64.to_le_bytes().as_slice(), &9u32.to_le_bytes()].concat();
    assert_eq!(outcomes[0].output, expected);
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
}

#[test]
fn a_start_by_hand_cannot_skip_the_metering() {
    let endless = program("(loop (br 0))", "");
    assert!(refusal(&endless).contains("out of gas"), "{}", refusal(&endless));
    let idle = program("(loop (drop (call $yield)) (br 0))", "");
    assert!(refusal(&idle).contains("out of gas"));
    let grow = program("(loop (drop (memory.grow (i32.const 16))) (br 0))", "");
    assert!(refusal(&grow).contains("out of gas"));
    let random = program("(loop (drop (call $random (i32.const 0) (i32.const 65536))) (br 0))", "");
    assert!(refusal(&random).contains("out of gas"));
    // What a call does is paid too, and its loop ends at the same gas on both engines.
    let code = program("", "(loop (drop (call $yield)) (br 0))");
    let ends = engines().each_ref().map(|(_, vm)| {
        let vm = vm.go();
        vm.validate(&code).unwrap();
        let outcome = MemoryHost::default().run(&vm, &Run::call(&code, &[]));
        halt(&outcome)
    });
    assert_eq!(ends, [HaltReason::OutOfGas, HaltReason::OutOfGas]);
}

#[test]
fn a_start_reaches_nothing_and_changes_no_table() {
    let put = "(call $put (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))";
    assert!(refusal(&program(put, "")).contains("host calls before the first call"));
    let table = "(table.init 0 (i32.const 0) (i32.const 0) (i32.const 1))";
    assert!(refusal(&program(table, "")).contains("segments or tables"));
    let trap = program("(unreachable)", "");
    assert!(refusal(&trap).contains("unreachable"));
    let finish = program("(call $finish (i32.const 0) (i32.const 0))", "");
    assert!(refusal(&finish).contains("it ends the frame"));
}

#[test]
fn go_is_told_from_other_modules() {
    let (_, wasm) = &engines()[0];
    let machine = wasm.go();
    let plain = contract("(i32.const 0)");
    assert!(wasm.recognizes(&plain) && !machine.recognizes(&plain));
    assert!(machine.recognizes(PROBE) && !wasm.recognizes(PROBE));
    assert!(matches!(machine.validate(&plain), Err(CodeError::Import { .. })));
    let unstarted = program("", "");
    assert!(wasm.validate(&unstarted).is_err(), "WASI is for Go alone");
    let packed = go::pack(&unstarted).unwrap();
    assert!(machine.recognizes(&packed));
}

#[test]
fn the_check_costs_what_the_module_is_unpacked() {
    let (_, wasm) = &engines()[0];
    let cost = wasm.go().check_cost(PROBE, &SCHEDULE_V1);
    let module_bytes = 2_500_000;
    assert!(cost.0 > module_bytes * SCHEDULE_V1.compile_byte.0 + go::INITIALIZE_GAS_MAX.0);
    assert_eq!(wasm.check_cost(&[0; 10], &SCHEDULE_V1), Gas(200));
}

#[test]
fn a_start_is_kept_on_disk_and_not_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cache");
    let start = || {
        let config = WasmConfig {
            engine: EngineChoice::Interpreted,
            cache_directory: Some(path.clone()),
            ..WasmConfig::default()
        };
        WasmVm::new(config).expect("the engine starts").go()
    };
    let code = program(
        "(drop (call $random (i32.const 0) (i32.const 8)))",
        "(call $finish (i32.const 0) (i32.const 8))",
    );
    let count = |vm: &WasmVm| ["starts", "snapshot_hits"].map(|name| counter(vm, name));
    let first = start();
    first.validate(&code).expect("a Go program");
    assert_eq!(count(&first), [1, 0]);
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1, "what is only checked is not kept");
    let expected = MemoryHost::default().run(&first, &Run::call(&code, b""));
    assert_eq!(count(&first), [1, 0], "what was checked is loaded");
    assert_eq!((expected.status.clone(), expected.output.len()), (Status::Success, 8));

    let second = start();
    assert_eq!(MemoryHost::default().run(&second, &Run::call(&code, b"")), expected);
    second.validate(&code).expect("a Go program");
    assert_eq!(count(&second), [0, 2]);

    // What is spoiled is made again, and kept again.
    for entry in std::fs::read_dir(&path).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "artefact") {
            std::fs::write(&file, b"spoiled").unwrap();
        }
    }
    let third = start();
    assert_eq!(MemoryHost::default().run(&third, &Run::call(&code, b"")), expected);
    assert_eq!(count(&third), [1, 0]);
    assert_eq!(MemoryHost::default().run(&start(), &Run::call(&code, b"")), expected);
}
