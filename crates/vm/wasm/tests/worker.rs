//! The compile worker: this binary runs itself again. It works, or it is killed, by memory or by
//! time, and the node goes on.

use std::io::Read;
use std::process::ExitCode;

use braid_vm_wasm::worker::{WorkerError, compile_in_worker, worker_main};
use braid_vm_wasm::{EngineChoice, WasmConfig, WasmVm, WorkerConfig};
use primitives::Gas;
use vm::testkit::{MemoryHost, Run};
use vm::{HostedVm, Outcome, Status, Vm};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("worker") => worker_main(std::io::stdin(), std::io::stdout()).into(),
        Some("sleeper") => sleep_until_killed(),
        // What asks for a list of tests gets it, as from any test binary.
        Some("--list") => ExitCode::SUCCESS,
        _ => {
            a_worker_compiles();
            a_worker_is_killed_by_time();
            a_worker_is_killed_by_memory();
            a_worker_that_is_none_is_named();
            ExitCode::SUCCESS
        }
    }
}

/// Reads its input to the end and never answers.
fn sleep_until_killed() -> ExitCode {
    let mut input = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut input);
    loop {
        std::thread::park();
    }
}

fn config(mode: &str) -> WasmConfig {
    WasmConfig {
        engine: EngineChoice::Auto,
        instances: 4,
        worker: WorkerConfig {
            command: Some(std::env::current_exe().expect("the path of this binary")),
            arguments: vec![mode.to_owned()],
            ..WorkerConfig::default()
        },
        ..WasmConfig::default()
    }
}

fn code() -> Vec<u8> {
    let text = r#"(module
        (import "braid1" "input_read" (func $input_read (param i32 i32 i32)))
        (import "braid1" "output_write" (func $output_write (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "call") (param i32) (result i32)
            (call $input_read (i32.const 0) (i32.const 0) (local.get 0))
            (call $output_write (i32.const 0) (local.get 0))
            (i32.const 0)))"#;
    wat::parse_str(text).expect("a module")
}

fn run(vm: &dyn HostedVm) -> Outcome {
    MemoryHost::default().run(vm, &Run { gas_limit: Gas(100_000), ..Run::call(&code(), b"echo") })
}

fn counters(vm: &WasmVm) -> [u64; 4] {
    let status = vm.status();
    ["compiles", "compile_failures", "frames_compiled", "frames_interpreted"]
        .map(|name| status.counters.iter().find(|(found, _)| *found == name).expect("a counter").1)
}

fn a_worker_compiles() {
    let vm = WasmVm::new(config("worker")).expect("the engine starts");
    vm.prepare(&code());
    let outcome = run(&vm);
    assert_eq!((outcome.status, outcome.output.as_ref()), (Status::Success, b"echo".as_slice()));
    assert_eq!(counters(&vm), [1, 0, 1, 0], "the artefact of a worker is accepted");
}

/// The code stays interpreted, with the same outcome.
fn check_failure(config: WasmConfig, expected: impl Fn(&WorkerError) -> bool) {
    let error = compile_in_worker(&config, &code()).expect_err("the worker is killed");
    assert!(expected(&error), "{error}");
    let vm = WasmVm::new(config).expect("the engine starts");
    vm.prepare(&code());
    let outcome = run(&vm);
    assert_eq!(counters(&vm), [1, 1, 0, 1]);
    let compiled = WasmVm::new(WasmConfig {
        engine: EngineChoice::Compiled,
        instances: 4,
        ..WasmConfig::default()
    })
    .expect("the engine starts");
    assert_eq!(run(&compiled), outcome);
}

fn a_worker_is_killed_by_time() {
    let mut config = config("sleeper");
    config.worker.time_limit_ms = 50;
    check_failure(config, |error| matches!(error, WorkerError::Time { limit_ms: 50 }));
}

fn a_worker_is_killed_by_memory() {
    let mut config = config("worker");
    config.worker.memory_limit = 1 << 20;
    check_failure(config, |error| matches!(error, WorkerError::Ended { .. }));
}

fn a_worker_that_is_none_is_named() {
    let mut config = config("worker");
    config.worker.command = Some("/nonexistent/worker".into());
    let is_named = |error: &WorkerError| match error {
        WorkerError::Start { command, .. } => command == "/nonexistent/worker",
        _ => false,
    };
    check_failure(config, is_named);
}
