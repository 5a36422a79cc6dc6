//! Random programs do the same on both engines, for the same gas, and the same as without metering.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use proptest::prelude::*;
use support::{End, OFFERED, Ran, on_both, on_compiler};

use braid_vm_wasm::WasmLimits;
use braid_vm_wasm::instrument::{WASM_COSTS_V1, instrument};

const PLENTY: i64 = 20_000_000;

/// Makes a program from bytes: each choice takes one, and where they end, the simplest is chosen.
struct Generator<'a> {
    choices: std::slice::Iter<'a, u8>,
    loops: usize,
    /// Blocks that a branch may leave.
    blocks: usize,
}

const LOOP_VARIABLES: usize = 8;

/// Functions of a program. Each may call each; a count that all share ends it.
const FUNCTIONS: usize = 4;

/// Calls that a program may make.
const CALLS: usize = 50;

impl Generator<'_> {
    fn choose(&mut self, below: usize) -> usize {
        usize::from(self.choices.next().copied().unwrap_or(0)) % below
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.choose(from.len())]
    }

    fn integer(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.choose(3) {
                0 => "(local.get 0)".to_owned(),
                1 => "(global.get $g)".to_owned(),
                _ => format!("(i32.const {})", self.choose(256) as i32 - 128),
            };
        }
        let next = depth - 1;
        match self.choose(11) {
            0 => self.integer(0),
            1 | 2 => {
                let names = ["add", "sub", "mul", "xor", "shl", "rotr", "lt_s", "and", "ge_u"];
                let name = self.pick(&names);
                format!("(i32.{name} {} {})", self.integer(next), self.integer(next))
            }
            3 => {
                let name = self.pick(&["div_s", "div_u", "rem_s", "rem_u"]);
                format!(
                    "(i32.{name} {} (i32.or (i32.const 1) {}))",
                    self.integer(next),
                    self.integer(next)
                )
            }
            4 => format!("(i32.load (i32.and {} (i32.const 0xfff)))", self.integer(next)),
            5 => {
                let name = self.pick(&["trunc_sat_f64_s", "trunc_sat_f64_u"]);
                format!("(i32.{name} {})", self.double(next))
            }
            6 => {
                let callee = self.choose(FUNCTIONS);
                format!("(call $f{callee} {})", self.integer(next))
            }
            9 => {
                // One element is a function of the host, one of another type, one empty.
                let callee = self.choose(FUNCTIONS + 3);
                let index = match self.choose(3) {
                    0 => format!("(i32.and (i32.const 3) {})", self.integer(0)),
                    _ => format!("(i32.const {callee})"),
                };
                format!("(call_indirect (type $unary) {} {index})", self.integer(next))
            }
            10 => format!("(call $leaf {} {})", self.integer(next), self.double(next)),
            7 => format!(
                "(if (result i32) {} (then {}) (else {}))",
                self.integer(next),
                self.integer(next),
                self.integer(next)
            ),
            8 => format!("(call $tick {})", self.integer(next)),
            _ => format!("(i32.wrap_i64 (i64.reinterpret_f64 {}))", self.double(next)),
        }
    }

    fn double(&mut self, depth: usize) -> String {
        if depth == 0 {
            let constants = ["0", "1", "-1.5", "nan", "-nan:0x123", "inf", "-inf", "1e308"];
            return match self.choose(2) {
                0 => format!("(f64.const {})", self.pick(&constants)),
                _ => "(local.get 1)".to_owned(),
            };
        }
        let next = depth - 1;
        match self.choose(5) {
            0 => self.double(0),
            1 => {
                let name = self.pick(&["add", "sub", "mul", "div", "min", "max", "copysign"]);
                format!("(f64.{name} {} {})", self.double(next), self.double(next))
            }
            2 => {
                let name = self.pick(&["sqrt", "floor", "nearest", "neg", "abs", "trunc", "ceil"]);
                format!("(f64.{name} {})", self.double(next))
            }
            3 => format!("(f64.convert_i32_s {})", self.integer(next)),
            _ => format!("(f64.promote_f32 (f32.demote_f64 {}))", self.double(next)),
        }
    }

    fn statement(&mut self, depth: usize) -> String {
        let next = depth.saturating_sub(1);
        match self.choose(if depth == 0 { 6 } else { 11 }) {
            0 => format!("(local.set 0 {})", self.integer(3)),
            1 => format!("(local.set 1 {})", self.double(3)),
            2 => format!("(global.set $g {})", self.integer(2)),
            3 => format!(
                "(i32.store (i32.and {} (i32.const 0xfff)) {})",
                self.integer(2),
                self.integer(2)
            ),
            4 => format!(
                "(f64.store (i32.and {} (i32.const 0xfff)) {})",
                self.integer(2),
                self.double(3)
            ),
            5 if self.blocks > 0 => {
                let target = self.choose(self.blocks);
                format!("(br_if {target} {})", self.integer(2))
            }
            6 => format!(
                "(memory.fill (i32.and {} (i32.const 0xfff)) {} (i32.and {} (i32.const 0xfff)))",
                self.integer(1),
                self.integer(1),
                self.integer(1)
            ),
            7 => self.counted_loop(next),
            8 => {
                self.blocks += 1;
                let condition = self.integer(2);
                let text = format!(
                    "(if {condition} (then {}) (else {}))",
                    self.list(next),
                    self.list(next)
                );
                self.blocks -= 1;
                text
            }
            9 => self.switch(next),
            10 => format!("(if {} (then (return {})))", self.integer(2), self.integer(2)),
            _ => "nop".to_owned(),
        }
    }

    fn counted_loop(&mut self, depth: usize) -> String {
        if self.loops == LOOP_VARIABLES {
            return "nop".to_owned();
        }
        let variable = self.loops + 2;
        self.loops += 1;
        let rounds = self.choose(6);
        // Branches within lead out of the loop only, so that it ends.
        let outer = std::mem::replace(&mut self.blocks, 1);
        let body = self.list(depth);
        self.blocks = outer;
        format!(
            "(local.set {variable} (i32.const {rounds})) (loop (block {body})
             (br_if 0 (i32.gt_s (local.tee {variable} (i32.sub (local.get {variable})
             (i32.const 1))) (i32.const 0))))"
        )
    }

    fn switch(&mut self, depth: usize) -> String {
        self.blocks += 2;
        let selector = self.integer(2);
        let first = self.list(depth);
        self.blocks -= 1;
        let second = self.list(depth);
        self.blocks -= 1;
        format!("(block (block (block (br_table 0 1 2 {selector})) {first}) {second})")
    }

    fn list(&mut self, depth: usize) -> String {
        let count = 1 + self.choose(3);
        (0..count).map(|_| self.statement(depth)).collect::<Vec<_>>().join(" ")
    }
}

fn program(choices: &[u8]) -> Vec<u8> {
    let mut generator = Generator { choices: choices.iter(), loops: 0, blocks: 0 };
    let mut functions = String::new();
    for index in 0..FUNCTIONS {
        generator.loops = 0;
        let (body, result) = (generator.list(3), generator.integer(3));
        let export = if index == 0 { r#"(export "call")"# } else { "" };
        functions += &format!(
            "(func $f{index} {export} (param i32) (result i32) (local f64 {})
             (if (i32.eqz (global.get $calls)) (then (return (i32.const {index}))))
             (global.set $calls (i32.sub (global.get $calls) (i32.const 1))) {body} {result})\n",
            "i32 ".repeat(LOOP_VARIABLES)
        );
    }
    let elements: String = (0..FUNCTIONS).map(|index| format!("$f{index} ")).collect();
    wat::parse_str(format!(
        r#"(module (import "braid1" "tick" (func $tick (param i32) (result i32)))
        (memory (export "memory") 1) (global $g (mut i32) (i32.const 5))
        (global $calls (mut i32) (i32.const {CALLS})) (type $unary (func (param i32) (result i32)))
        (table {} funcref) (elem (i32.const 0) {elements} $tick $leaf)
        (func $leaf (param i32 f64) (result i32)
            (if (result i32) (f64.lt (local.get 1) (f64.const 2)) (then (local.get 0))
                (else (i32.load (i32.and (local.get 0) (i32.const 0x1ffff)))))) {functions})"#,
        FUNCTIONS + 3
    ))
    .unwrap()
}

/// Runs the module as it is.
fn unmetered(wasm: &[u8], input: i32) -> Option<(i32, Vec<u8>)> {
    let mut config = wasmtime::Config::new();
    config.cranelift_nan_canonicalization(true).max_wasm_stack(1 << 20);
    let engine = wasmtime::Engine::new(&config).unwrap();
    let module = wasmtime::Module::new(&engine, wasm).unwrap();
    let mut linker = wasmtime::Linker::new(&engine);
    linker.func_wrap("braid1", "tick", |value: i32| value.wrapping_add(1)).unwrap();
    let mut store = wasmtime::Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let call = instance.get_typed_func::<i32, i32>(&mut store, "call").unwrap();
    let result = call.call(&mut store, input).ok()?;
    Some((result, instance.get_memory(&mut store, "memory").unwrap().data(&store).to_vec()))
}

fn check(choices: &[u8], input: i32) -> Result<Ran, TestCaseError> {
    let wasm = program(choices);
    let metered =
        instrument(&wasm, &WasmLimits::default(), OFFERED, &WASM_COSTS_V1).unwrap().module;
    let engine = support::compiler();
    let ran = on_both(&engine, &metered, PLENTY, input);
    let used = PLENTY - ran.gas;
    if ran.end != End::OutOfGas {
        let plain = unmetered(&wasm, input);
        let seen = match ran.end {
            End::Returned(result) => Some((result, ran.memory.clone())),
            _ => None,
        };
        prop_assert!(plain == seen, "metering changes nothing but what it counts");
        if ran.end == End::Trapped {
            // A trap takes all gas of its frame, so the global need not be exact after it.
            for gas in [used, used / 2] {
                let short = on_both(&engine, &metered, gas, input).end;
                prop_assert!(matches!(short, End::Trapped | End::OutOfGas));
            }
            return Ok(ran);
        }
        prop_assert_eq!(on_compiler(&engine, &metered, used, input).end, ran.end.clone());
        for gas in [used - 1, used / 2, used / 7] {
            prop_assert_eq!(on_both(&engine, &metered, gas, input).end, End::OutOfGas);
        }
    }
    Ok(ran)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn engines_agree(choices in proptest::collection::vec(any::<u8>(), 0..600), input: i32) {
        check(&choices, input)?;
    }
}
