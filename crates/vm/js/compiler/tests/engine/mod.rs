//! QuickJS under the tests: it runs a script in a world that keeps the contract of `abi`.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]
#![allow(clippy::cast_precision_loss, reason = "budgets are far below what a number holds")]

use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use braid_js_compiler::{Compiled, Unit, compile, pack};
use rquickjs::{Coerced, Context, Function, Runtime, Value};

/// How a script ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// `value …` in JSON, or the error.
    pub outcome: String,
    pub gas: i64,
    /// Functions that the script believes to be on the stack still.
    pub depth: i64,
}

impl Ran {
    pub fn is_out_of_gas(&self) -> bool {
        self.outcome == "Error: out of gas"
    }
}

/// More than any test needs.
pub const PLENTY: i64 = 1 << 40;
/// Gas that is paid in advance at a time: odd, so that refills fall everywhere.
pub const CHUNK: i64 = 997;

pub fn pack_files(entry: &str, files: &[(&str, &str)]) -> Unit {
    try_pack(entry, files).unwrap_or_else(|error| panic!("{error}"))
}

pub fn try_pack(
    entry: &str,
    files: &[(&str, &str)],
) -> Result<Unit, braid_js_compiler::CompileError> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    pack(entry, &|path| files.get(path).map(|text| (*text).to_owned()))
}

/// A function body as a contract with one method, `run`.
pub fn compile_body(body: &str) -> Compiled {
    let source = format!("module.exports = {{ run: function () {{\n{body}\n}} }};");
    let unit = pack_files("c.js", &[("c.js", &source)]);
    compile(&unit.encode()).expect("what was packed compiles")
}

/// Runs the metered script.
pub fn run(compiled: &Compiled, budget: i64) -> Ran {
    let source = compiled.source.replacen("$__env.bind(", "$__env.depth(()=>$__d);$__env.bind(", 1);
    run_script(&source, budget)
}

/// Runs a body as it is, without metering.
pub fn run_plain(body: &str) -> String {
    let script =
        format!("(function ($__env) {{ 'use strict'; return {{ run() {{ {body}\n}} }}; }})");
    run_script(&script, PLENTY).outcome
}

/// How often the engine may ask whether to stop: far more than any metered script needs.
const QUESTIONS_MAX: u32 = 100_000;

fn run_script(script: &str, budget: i64) -> Ran {
    let runtime = Runtime::new().unwrap();
    runtime.set_max_stack_size(4 << 20);
    let questions = Rc::new(Cell::new(0_u32));
    let asked = Rc::clone(&questions);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        asked.set(asked.get() + 1);
        asked.get() > QUESTIONS_MAX
    })));
    let context = Context::full(&runtime).unwrap();
    let text = context.with(|c| {
        let world: Function<'_> = c.eval(include_str!("world.js")).unwrap();
        let script: Value<'_> =
            c.eval(script).unwrap_or_else(|error| panic!("{error:?} {:?}\n{script}", c.catch()));
        let ran: Coerced<String> =
            world.call((script, budget as f64, CHUNK as f64, ())).expect("nothing stopped it");
        ran.0
    });
    assert!(questions.get() <= QUESTIONS_MAX, "the script ran on without paying");
    let ran: serde_json::Value = serde_json::from_str(&text).unwrap();
    Ran {
        outcome: ran[0].as_str().unwrap().to_owned(),
        gas: ran[1].as_i64().unwrap(),
        depth: ran[2].as_i64().unwrap(),
    }
}

/// Runs on a thread with room for deep scripts.
pub fn with_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(test).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
