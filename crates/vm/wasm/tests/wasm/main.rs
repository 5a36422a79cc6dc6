//! The machine over a host in memory: the checks every machine must pass, each import, hostile
//! modules, and both engines against each other.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod conformance;
mod cosmwasm;
mod differential;
mod faults;
mod fresh;
mod go;
mod hostile;
mod imports;
mod stylus;

use std::fmt::Write;
use std::sync::OnceLock;

use braid_vm_wasm::{EngineChoice, IMPORTS, ValueType, WasmConfig, WasmVm};
use primitives::Gas;
use vm::testkit::{MemoryHost, Run};
use vm::{HaltReason, HostedVm, Outcome, Status};

/// A machine per engine, made once: a compiler reserves much address space.
fn engines() -> &'static [(&'static str, WasmVm); 2] {
    static ENGINES: OnceLock<[(&'static str, WasmVm); 2]> = OnceLock::new();
    ENGINES.get_or_init(|| {
        [("compiled", EngineChoice::Compiled), ("interpreted", EngineChoice::Interpreted)]
            .map(|(name, engine)| (name, machine(engine)))
    })
}

fn machine(engine: EngineChoice) -> WasmVm {
    WasmVm::new(WasmConfig { engine, ..WasmConfig::default() }).expect("the engine starts")
}

/// Runs on both engines, each on a host of its own; asserts that outcome, state and debug lines
/// are equal, and hands them back.
fn on_both(host: &MemoryHost, run: &Run<'_>) -> (Outcome, MemoryHost) {
    let [first, second] = engines().each_ref().map(|(_, vm)| {
        let mut host = host.clone();
        let outcome = host.run(vm, run);
        (outcome, host)
    });
    assert_eq!(first.0, second.0, "the engines differ in the outcome");
    assert_eq!(first.1.state, second.1.state, "the engines differ in the state");
    assert_eq!(first.1.debug, second.1.debug, "the engines differ in the debug lines");
    first
}

/// The halt of a run that must end with one.
fn halt(outcome: &Outcome) -> HaltReason {
    assert_eq!(outcome.gas_left, Gas::ZERO, "a halt takes all gas");
    match &outcome.status {
        Status::Halt(reason) => reason.clone(),
        other => panic!("the frame should halt: {other:?}, {:?}", outcome.output),
    }
}

/// A module that imports everything there is and whose `call` runs `body`. One page of memory; the
/// length of the input is the local `$n`.
fn contract(body: &str) -> Vec<u8> {
    module(&format!(
        r#"(memory (export "memory") 1)
        (func (export "call") (param $n i32) (result i32) (local $i i32) {body})"#
    ))
}

/// A module that imports everything there is and has these fields.
fn module(fields: &str) -> Vec<u8> {
    let name = |value| match value {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
        other => panic!("no import has {other:?}"),
    };
    let mut text = String::from("(module\n");
    for import in IMPORTS {
        write!(text, r#"(import "braid1" "{0}" (func ${0} (param"#, import.name).unwrap();
        for parameter in import.parameters {
            write!(text, " {}", name(*parameter)).unwrap();
        }
        text.push(')');
        if let Some(result) = import.result {
            write!(text, " (result {})", name(result)).unwrap();
        }
        text.push_str("))\n");
    }
    text.push_str(fields);
    text.push(')');
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The call of an import. An argument is a number or an expression in parentheses.
fn invoke(name: &str, arguments: &[&str]) -> String {
    let import = IMPORTS.iter().find(|import| import.name == name).expect("an import");
    assert_eq!(import.parameters.len(), arguments.len(), "arguments of {name}");
    let mut text = format!("(call ${name}");
    for (parameter, argument) in import.parameters.iter().zip(arguments) {
        match parameter {
            _ if argument.starts_with('(') => write!(text, " {argument}"),
            ValueType::I64 => write!(text, " (i64.const {argument})"),
            _ => write!(text, " (i32.const {argument})"),
        }
        .unwrap();
    }
    text.push(')');
    text
}

/// Reads the whole input to address 0.
const READ_INPUT: &str = "(call $input_read (i32.const 0) (i32.const 0) (local.get $n))";

/// Ends with success and these bytes of memory.
fn finish(from: u32, bytes: u32) -> String {
    format!("(call $finish (i32.const {from}) (i32.const {bytes})) (unreachable)")
}

fn prepare(vm: &dyn HostedVm, code: &[u8]) {
    vm.validate(code).expect("a module that is accepted");
    vm.prepare(code);
}
