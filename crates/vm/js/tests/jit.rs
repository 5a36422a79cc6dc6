//! Two engines that must agree, where V8 makes native code: a choice of the process.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

#[path = "engines/corpus.rs"]
mod corpus;
#[path = "engines/harness.rs"]
mod harness;

use braid_vm_js::{JsConfig, V8};
use harness::{Bench, PLENTY};

/// How V8 runs in this process.
const V8_JIT: bool = true;

#[test]
fn hot_loops_are_compiled_and_give_the_same() {
    let Some(bench) = Bench::new() else { return };
    let code = bench.pack(
        "const step = (x, i) => (x * 31 + i) % 1000003; let x = 1; const all = [];
        for (let i = 0; i < 20000; i++) { x = step(x, i); if (i % 5000 === 0) all.push(x, x / 7) }
        return all",
    );
    let ran = bench.run(&code, PLENTY);
    assert!(ran.shown.starts_with("[31,"), "{ran:?}");
    for less in [1, 1000, ran.gas / 2] {
        assert!(bench.run(&code, ran.gas - less).is_out_of_gas());
    }
}

#[test]
fn a_process_runs_v8_in_one_way() {
    if Bench::new().is_none() {
        return;
    }
    let other = V8::new(&JsConfig { v8_jit: false, ..JsConfig::default() });
    let reason = other.start().unwrap_err();
    assert!(reason.contains("vm.js.v8_jit is true"), "{reason}");
}
