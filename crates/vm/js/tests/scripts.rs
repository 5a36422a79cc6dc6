//! The engine alone, over scripts that are instrumented by hand.
#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps nothing")]

use braid_vm_js::engine::{Door, DoorError, JsEngine, JsValue, ScriptCall, ScriptEnd, ScriptEntry};
use braid_vm_js::{Both, JsConfig, QuickJs, V8};
use primitives::CodeHash;
use std::sync::Arc;

/// A door that hands out gas and remembers what else was asked.
struct Counting {
    left: i64,
    given: i64,
    operations: Vec<u32>,
    panics: bool,
}

impl Door for Counting {
    fn call(&mut self, operation: u32, chunk: i64, _: &[JsValue]) -> Result<JsValue, DoorError> {
        self.operations.push(operation);
        assert!(!self.panics, "an operation that panics");
        let used = self.given - chunk;
        self.given = 0;
        if operation == 1 || used > self.left {
            self.left = 0;
            return Err(DoorError::End);
        }
        self.left -= used;
        if operation == 0 {
            self.given = self.left.min(1 << 10);
            let chunk = i32::try_from(self.given).unwrap();
            return Ok(number(chunk.into()));
        }
        Ok(JsValue::Number(1.0))
    }
}

const SCRIPT: &str = r#"(function ($__env) { 'use strict';
let $__g = 0, $__m = $__env.memory, count = 0;
const $__O = () => { if ($__m < 0) $__env.exhausted(); $__g = $__env.refill($__g) };
const $__T = n => { if (($__g -= n) < 0) $__O() };
const $__A = n => { if (($__m -= n) < 0) $__O() };
$__env.bind($__T, () => $__g, n => { $__g = n }, $__A);
const total = n => {
    ($__g -= 5) < 0 && $__O();
    let sum = 0;
    for (let i = 0; i < n; i++) { ($__g -= 3) < 0 && $__O(); sum += i }
    return sum;
};
return {
    total,
    stubborn: n => {
        for (;;) try { total(n) } catch (e) { continue } finally { if (n < 0) break; continue }
    },
    again: () => ++count,
    double: x => x * 2n,
    echo: (...items) => items,
    fail: () => { throw new TypeError('no way') },
    fill: () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20)) },
    deep: () => $__env.deep(),
    parse: () => JSON.parse('{}'),
    eval: code => [() => {}, function* () {}, async () => {}].map(f => {
        try { return f.constructor(code)() } catch (error) { return String(error) }
    }),
};
})"#;

struct Bench {
    engine: Arc<dyn JsEngine>,
    is_both: bool,
    program: Vec<u8>,
}

impl Bench {
    /// One for each engine of this build, and one for two of them at once.
    fn all(config: &JsConfig) -> Vec<Self> {
        let quickjs = || Arc::new(QuickJs::new(config));
        let mut engines: Vec<Arc<dyn JsEngine>> = vec![quickjs()];
        let v8 = || Arc::new(V8::new(config));
        if v8().start().is_ok() {
            engines.push(v8());
            engines.push(Arc::new(Both::new(quickjs(), v8())));
        }
        let make = |engine: Arc<dyn JsEngine>| {
            let program = engine.compile(SCRIPT).unwrap();
            Self { is_both: engine.id().contains(" and "), engine, program }
        };
        engines.into_iter().map(make).collect()
    }

    /// Runs with a door of so much gas; tells the end, and what was used.
    fn run(&self, gas: i64, name: &str, arguments: &[JsValue]) -> (ScriptEnd, i64) {
        self.run_with(gas, name, arguments, false)
    }

    fn run_with(
        &self,
        gas: i64,
        name: &str,
        arguments: &[JsValue],
        panics: bool,
    ) -> (ScriptEnd, i64) {
        let mut door = Counting { left: gas, given: 0, operations: Vec::new(), panics };
        let call = ScriptCall {
            code_hash: CodeHash::of(SCRIPT.as_bytes()),
            program: &self.program,
            entry: ScriptEntry::Method(name),
            arguments,
        };
        let end = self.engine.run(&call, &mut door);
        let unused = match end {
            ScriptEnd::Returned { chunk, .. } | ScriptEnd::Threw { chunk, .. } => chunk,
            _ => 0,
        };
        (end, gas - door.left + door.given - unused)
    }
}

fn number(value: f64) -> JsValue {
    JsValue::Number(value)
}

fn value(end: ScriptEnd) -> JsValue {
    match end {
        ScriptEnd::Returned { value, .. } => value,
        other => panic!("it should return: {other:?}"),
    }
}

#[test]
fn gas_is_exact_at_every_limit() {
    for bench in Bench::all(&JsConfig::default()) {
        let needed = bench.run(1 << 20, "total", &[number(1000.0)]).1;
        assert_eq!(needed, 5 + 3 * 1000 + 12, "the loop, and the number that is handed back");
        for more in [0, 1, 500] {
            let (end, used) = bench.run(needed + more, "total", &[number(1000.0)]);
            assert_eq!((value(end), used), (number(499_500.0), needed));
        }
        for less in [1, 2, 100, 3000] {
            assert_eq!(bench.run(needed - less, "total", &[number(1000.0)]).0, ScriptEnd::Ended);
        }
    }
}

#[test]
fn no_handler_sees_the_end() {
    for bench in Bench::all(&JsConfig::default()) {
        assert_eq!(bench.run(100_000, "stubborn", &[number(1e9)]).0, ScriptEnd::Ended);
        assert_eq!(bench.run(10_000_000_000, "fill", &[]).0, ScriptEnd::Ended);
        let (end, _) = bench.run(1000, "total", &[number(3.0)]);
        assert_eq!(value(end), number(3.0), "the context is as good as before");
    }
}

#[test]
fn nothing_of_a_run_is_left_for_the_next() {
    for bench in Bench::all(&JsConfig::default()) {
        for _ in 0..3 {
            assert_eq!(value(bench.run(1000, "again", &[]).0), number(1.0));
        }
        let counters = bench.engine.counters();
        let hits = if bench.is_both { 4 } else { 2 };
        assert!(counters.contains(&("context_hits", hits)), "{counters:?}");
    }
}

#[test]
fn values_cross_as_they_are() {
    for bench in Bench::all(&JsConfig::default()) {
        let big = JsValue::uint("0xffffffffffffffffffffffff".parse().unwrap());
        let values = JsValue::List(vec![
            JsValue::Undefined,
            JsValue::Null,
            JsValue::Bool(true),
            number(0.5),
            big.clone(),
            JsValue::BigInt { is_negative: true, magnitude: primitives::U256::MAX },
            JsValue::Text("Zoë 🐢 \0".to_owned()),
            JsValue::Bytes(vec![]),
            JsValue::Bytes(vec![0, 255]),
            JsValue::Record(vec![
                ("__proto__".to_owned(), number(1.0)),
                ("toString".to_owned(), JsValue::List(vec![])),
            ]),
        ]);
        let (end, _) = bench.run(100_000, "echo", core::slice::from_ref(&values));
        assert_eq!(value(end), JsValue::List(vec![values]));
        let doubled = JsValue::uint("0x1fffffffffffffffffffffffe".parse().unwrap());
        assert_eq!(value(bench.run(1000, "double", &[big]).0), doubled);
    }
}

#[test]
fn errors_are_told_and_code_is_not_made_of_text() {
    for bench in Bench::all(&JsConfig::default()) {
        let (end, _) = bench.run(1000, "fail", &[]);
        let ScriptEnd::Threw { reason, .. } = end else { panic!("it should throw: {end:?}") };
        assert_eq!(reason.as_text(), Some("TypeError: no way"));
        let (end, _) = bench.run(10_000, "eval", &[JsValue::Text("return 1".to_owned())]);
        let refused = JsValue::Text("TypeError: code cannot be made of text".to_owned());
        assert_eq!(value(end), JsValue::List(vec![refused; 3]));
        let (end, _) = bench.run(1000, "deep", &[]);
        assert!(matches!(end, ScriptEnd::Threw { .. }), "the door of this test goes on: {end:?}");
        assert!(bench.engine.compile("(function () {").is_err());
    }
}

#[test]
fn a_failing_node_spoils_nothing_else() {
    for bench in Bench::all(&JsConfig { memory_limit: 4 << 20, ..JsConfig::default() }) {
        for _ in 0..2 {
            let (end, _) = bench.run(10_000_000_000, "fill", &[]);
            assert!(
                matches!(&end, ScriptEnd::Failed(reason) if reason.contains("memory")),
                "{end:?}"
            );
            assert_eq!(value(bench.run(1000, "total", &[number(3.0)]).0), number(3.0));
        }
        let (end, _) = bench.run_with(1000, "parse", &[], true);
        assert!(
            matches!(&end, ScriptEnd::Failed(reason) if reason.contains("panicked")),
            "{end:?}"
        );
    }
    let config = JsConfig { execution_time_limit_ms: Some(0), ..JsConfig::default() };
    for bench in Bench::all(&config) {
        let (end, _) = bench.run(i64::MAX / 2, "total", &[number(1e9)]);
        assert!(
            matches!(&end, ScriptEnd::Failed(reason) if reason.contains("too long")),
            "{end:?}"
        );
        let counters = bench.engine.counters();
        assert!(counters.contains(&("timeouts", 1)), "{counters:?}");
    }
}
