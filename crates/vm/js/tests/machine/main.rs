//! The machine over a host in memory: the checks every machine must pass, the world that scripts
//! see, and what contracts can do. The scripts are metered by hand here, so that the machine is
//! tested apart from the compiler.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

mod chain;
mod conformance;
mod hostile;
mod regexps;
mod world;

use std::sync::Arc;

use abi::Interface;
use braid_vm_js::{EngineChoice, JsConfig, JsVm, Script, UnitCompiler, V8};
use vm::testkit::{MemoryHost, Run};
use vm::{HaltReason, Outcome, Status};

/// What a unit begins with here.
const MAGIC: &str = "//js\n";

/// What every script begins with, as the compiler writes it.
const HEAD: &str = "(function ($__env) { 'use strict';
let $__g = 0, $__m = $__env.memory, $__d = 0;
const $__O = () => { if ($__m < 0) $__env.exhausted(); if ($__d > 512) $__env.deep(); \
 $__g = $__env.refill($__g) };
const $__T = n => { if (($__g -= n) < 0) $__O(); };
const $__A = n => { if (($__m -= n) < 0) $__O(); };
$__env.bind($__T, () => $__g, n => { $__g = n; }, $__A);
const { storage, blockchain, event, crypto, contract, object } = $__env.modules.chain;
const op = $__env.operators;
";

/// Takes units that are metered already: the interface in one line, then the modules.
#[derive(Debug)]
struct Metered;

impl UnitCompiler for Metered {
    fn recognizes(&self, code: &[u8]) -> bool {
        code.starts_with(MAGIC.as_bytes())
    }

    fn compile(&self, code: &[u8]) -> Result<Script, String> {
        let text = core::str::from_utf8(code).map_err(|error| error.to_string())?;
        let unit = text.strip_prefix(MAGIC).ok_or("it is no unit")?;
        let (signatures, body) = unit.split_once('\n').ok_or("it has no interface")?;
        let signatures: Vec<&str> = signatures.split(';').filter(|it| !it.is_empty()).collect();
        let interface = Interface::from_signatures(&signatures).map_err(|e| e.to_string())?;
        Ok(Script { source: format!("{HEAD}{body}\n}})"), interface })
    }
}

/// A unit with these signatures, whose namespace is what `body` returns.
fn unit(signatures: &[&str], body: &str) -> Vec<u8> {
    format!("{MAGIC}{}\n{body}", signatures.join(";")).into_bytes()
}

/// A unit with one function of bytes to bytes.
fn raw(body: &str) -> Vec<u8> {
    unit(
        &["fallback() external"],
        &format!("return {{ fallback: input => {{ $__T(5); {body} }} }}"),
    )
}

/// A machine with every engine of this build: where V8 is there, both, held to each other.
fn machine() -> JsVm {
    let engine = match V8::new(&JsConfig::default()).start() {
        Ok(_) => EngineChoice::Both,
        Err(_) => EngineChoice::QuickJs,
    };
    JsVm::with_compiler(&JsConfig { engine, ..JsConfig::default() }, Arc::new(Metered))
}

/// Runs a function of bytes to bytes.
fn run_raw(vm: &JsVm, body: &str, gas: u64) -> Outcome {
    let code = raw(body);
    let run = Run { gas_limit: primitives::Gas(gas), ..Run::call(&code, b"") };
    let mut host = MemoryHost::default();
    let outcome = host.run(vm, &run);
    assert!(host.faults.is_empty(), "{:?}", host.faults);
    outcome
}

/// What an expression is as text, in a world of its own.
fn shown(vm: &JsVm, expression: &str) -> String {
    let body = format!("return crypto.toBytes(String({expression}))");
    let outcome = run_raw(vm, &body, 100_000_000);
    match outcome.status {
        Status::Success => String::from_utf8(outcome.output.to_vec()).unwrap(),
        Status::Revert => format!("throws {}", message(&outcome)),
        Status::Halt(reason) => format!("halts: {reason}"),
    }
}

fn message(outcome: &Outcome) -> String {
    match abi::decode_revert(&outcome.output, None) {
        abi::RevertReason::Message(message) => message,
        other => format!("{other:?}"),
    }
}

/// The halt of a run that must end with one.
fn halt(outcome: &Outcome) -> HaltReason {
    assert_eq!(outcome.gas_left, primitives::Gas::ZERO, "a halt takes all gas");
    match &outcome.status {
        Status::Halt(reason) => reason.clone(),
        other => panic!("the frame should halt: {other:?}, {}", message(outcome)),
    }
}
