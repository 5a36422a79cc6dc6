//! Metered modules do the same, for the same gas, on a compiler and on an interpreter.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use braid_vm_wasm::instrument::{WASM_COSTS_V1, frame_slots};
use braid_vm_wasm::limits::{MEMORY_PAGES_MAX, STACK_SLOTS_MAX};
use support::{End, compiler, metered, on_both};

const PLENTY: i64 = 1 << 40;

/// Runs the body of `call`, which has the parameter `$n` and two variables.
fn body(code: &str) -> String {
    format!(
        r#"(module (import "braid1" "tick" (func $tick (param i32) (result i32)))
        (memory (export "memory") 1) (table 8 funcref) (elem (i32.const 0) $fib $other)
        (elem (i32.const 5) $tick $down) (elem $passive func $tick)
        (type $unary (func (param i32) (result i32)))
        (global $g (mut i32) (i32.const 7))
        (data $d "abcdefgh")
        (func $other (param i64) (result i32) i32.const 3)
        (func $down (export "down") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (call $tick (i32.const 5)))
            (else (call_indirect (type $unary)
                (i32.sub (local.get 0) (i32.const 1)) (i32.const 6)))))
        (func $heavy (param i32) (result i32) (local i64 f64)
            (if (local.get 0) (then (local.set 1 (i64.const 5)) {heavy}))
            (i32.add (local.get 0) (i32.wrap_i64 (local.get 1))))
        (func $fib (param i32) (result i32)
            (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
        (func (export "call") (param $n i32) (result i32) (local $i i32) (local $x i32)
            {code}))"#,
        heavy = "(local.set 1 (i64.div_u (local.get 1) (i64.const 1)))".repeat(20)
    )
}

const PROGRAMS: &[(&str, &str)] = &[
    ("straight", "local.get $n i32.const 5 i32.mul"),
    ("fib", "(call $fib (i32.const 9))"),
    (
        "loop",
        "(loop $l (local.set $x (i32.add (local.get $x) (local.get $i)))
         (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
         (i32.const 20)))) (local.get $x)",
    ),
    (
        "leaves the loop early",
        "(block $out (loop $l (br_if $out (i32.gt_u (local.get $i) (local.get $n)))
         (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
         (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $l)))
         (i32.load offset=8 (i32.const 0))",
    ),
    (
        "returns from within",
        "(block (if (i32.eqz (local.get $n)) (then (return (i32.const 9))))
         (loop (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (if (i32.gt_u (local.get $i) (i32.const 6)) (then (return (local.get $i)))) (br 0)))
         (i32.const 1)",
    ),
    (
        "branch table",
        "(block $c (block $b (block $a (br_table $a $b $c (local.get $n)))
         (local.set $x (i32.const 10)) (br $c)) (local.set $x (i32.const 20)))
         (i32.add (local.get $x) (global.get $g))",
    ),
    ("divides by zero", "(i32.div_u (i32.const 5) (i32.sub (local.get $n) (local.get $n)))"),
    (
        "traps after a loop",
        "(loop (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
         (i32.const 100)))) (i32.load (i32.const -4))",
    ),
    ("stores out of bounds", "(i32.store (i32.const 65533) (i32.const 1)) (i32.const 0)"),
    ("unreachable", "(local.set $x (call $tick (i32.const 1))) unreachable"),
    ("indirect", "(call_indirect (type $unary) (i32.const 6) (i32.const 0))"),
    ("indirect of another type", "(call_indirect (type $unary) (i32.const 6) (i32.const 1))"),
    ("indirect of nothing", "(call_indirect (type $unary) (i32.const 6) (i32.const 3))"),
    ("indirect out of the table", "(call_indirect (type $unary) (i32.const 6) (i32.const 9))"),
    ("indirect to the host", "(call_indirect (type $unary) (i32.const 6) (i32.const 5))"),
    (
        "a host function put into the table",
        "(table.init $passive (i32.const 2) (i32.const 0) (i32.const 1))
         (call_indirect (type $unary) (call $heavy (i32.const 1)) (i32.const 2))",
    ),
    ("indirect to itself", "(call $down (i32.const 9))"),
    (
        "an exported function that is called",
        "(i32.add (call $down (local.get $n)) (call $down (i32.const 1)))",
    ),
    (
        "debts on the way back",
        "(i32.add (call $heavy (local.get $n)) (call $heavy (call $heavy (i32.const 3))))
         (drop (call $tick (i32.const 1)))",
    ),
    (
        "calls in dead code",
        "(block (br 0) (drop (call_indirect (type $unary) (call $fib (i32.const 3))
         (i32.const 0))) (drop (call $tick (i32.const 1))) (drop (call $fib)))
         (block (br 0) (call_indirect (type $unary)) drop) (i32.const 4)",
    ),
    (
        "traps in an arm that is not paid yet",
        "(if (local.get $n) (then (local.set $x (call $heavy (i32.const 1)))
         (local.set $x (i32.load (i32.const -4))))) (local.get $x)",
    ),
    (
        "loops within the ways of a table",
        "(block $c (block $b (block $a (br_table $a $b $c (local.get $n)))
         (loop (i32.store (local.get $i) (call $heavy (local.get $i)))
         (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
         (i32.const 4)))) (br $c))
         (i32.store (i32.const 8) (i32.const 1)) (if (call $tick (local.get $n))
         (then (i32.store (i32.const 4) (i32.const 2))) (else (br $c))))
         (i32.load (i32.const 0))",
    ),
    (
        "host",
        "(loop (local.set $x (call $tick (local.get $x)))
         (br_if 0 (i32.lt_u (local.get $x) (i32.const 5)))) (call $tick (local.get $x))",
    ),
    (
        "bulk",
        "(memory.fill (i32.const 16) (i32.const 7) (i32.const 300))
         (memory.copy (i32.const 1000) (i32.const 10) (i32.const 200))
         (memory.init $d (i32.const 0) (i32.const 2) (i32.const 5)) (data.drop $d)
         (table.copy (i32.const 2) (i32.const 0) (i32.const 2)) (i32.load8_u (i32.const 1010))",
    ),
    (
        "bulk out of bounds",
        "(memory.fill (i32.const 9) (i32.const 7) (i32.const -1)) (i32.const 0)",
    ),
    ("grows", "(i32.add (memory.grow (i32.const 3)) (memory.size))"),
    ("grows too far", "(memory.grow (i32.const 5000))"),
    (
        "dead code",
        "(block (br 0) (loop (br 0)) (local.set $x (i32.div_u (i32.const 1) (i32.const 0))))
         (if (i32.eqz (local.get $n)) (then (return (i32.const 1))) (else unreachable))
         (i32.const 4)",
    ),
    (
        "floats",
        "(f64.store (i32.const 0) (f64.div (f64.const 0) (f64.const 0)))
         (f64.store (i32.const 8) (f64.sqrt (f64.const -1)))
         (f32.store (i32.const 16) (f32.sub (f32.const inf) (f32.const inf)))
         (f64.store (i32.const 24) (f64.promote_f32 (f32.const -nan:0x1234)))
         (f64.store (i32.const 32) (f64.min (f64.const -nan:0x99) (f64.const 1)))
         (f64.store (i32.const 40) (f64.copysign (f64.const 1) (f64.mul (f64.const inf)
         (f64.const 0)))) (f64.store (i32.const 48) (f64.const -nan:0x77))
         (i32.reinterpret_f32 (f32.add (f32.mul (f32.const 2) (f32.const nan)) (f32.const 1)))",
    ),
];

#[test]
fn both_engines_agree_with_every_amount_of_gas() {
    let engine = compiler();
    for (name, code) in PROGRAMS {
        let module = metered(&body(code)).module;
        for input in [0, 1, 7] {
            let whole = on_both(&engine, &module, PLENTY, input);
            assert_ne!(whole.end, End::OutOfGas, "{name}");
            if whole.end == End::Trapped {
                // The global is not exact after a trap; what the engines must agree on they do.
                for gas in sweep(200) {
                    let short = on_both(&engine, &module, gas, input);
                    assert!(matches!(short.end, End::Trapped | End::OutOfGas), "{name} {gas}");
                }
                continue;
            }
            let used = PLENTY - whole.gas;
            assert!(used > 0, "{name} is not free");
            let enough = on_both(&engine, &module, used, input);
            assert_eq!((enough.gas, &enough.end), (0, &whole.end), "{name}");
            for gas in sweep(used) {
                let short = on_both(&engine, &module, gas, input);
                assert_eq!(short.end, End::OutOfGas, "{name} {gas}");
                assert!(short.ticks.iter().all(|left| *left >= 0), "no debt reaches the host");
            }
        }
    }
}

/// Amounts below `used`: some from everywhere and the last ones.
fn sweep(used: i64) -> impl Iterator<Item = i64> {
    let step = (used / 12).max(1) as usize;
    (0..used).step_by(step).chain((used - 3).max(0)..used)
}

#[test]
fn results_are_those_of_the_module_as_it_was() {
    let engine = compiler();
    for (name, input, wanted) in [
        ("straight", 7, 35),
        ("fib", 0, 34),
        ("loop", 0, 190),
        ("leaves the loop early", 7, 2),
        ("returns from within", 0, 9),
        ("returns from within", 1, 7),
        ("branch table", 0, 17),
        ("branch table", 1, 27),
        ("branch table", 7, 7),
        ("indirect", 0, 8),
        ("indirect to the host", 0, 7),
        ("a host function put into the table", 0, 7),
        ("indirect to itself", 0, 6),
        ("debts on the way back", 1, 19),
        ("calls in dead code", 0, 4),
        ("host", 0, 6),
        ("bulk", 0, 7),
        ("grows", 0, 5),
        ("grows too far", 0, -1),
        ("dead code", 0, 1),
        ("floats", 0, 0x7fc0_0000),
    ] {
        let (_, code) = PROGRAMS.iter().find(|(found, _)| *found == name).unwrap();
        let ran = on_both(&engine, &metered(&body(code)).module, PLENTY, input);
        assert_eq!(ran.end, End::Returned(wanted), "{name}");
        assert_eq!(ran.stack, STACK_SLOTS_MAX as i32, "{name} gives its stack back");
    }
}

#[test]
fn arithmetic_makes_one_nan_and_moving_keeps_the_bits() {
    let (_, code) = PROGRAMS.iter().find(|(name, _)| *name == "floats").unwrap();
    let memory = on_both(&compiler(), &metered(&body(code)).module, PLENTY, 0).memory;
    let word = |at: usize| u64::from_le_bytes(memory[at..at + 8].try_into().unwrap());
    for at in [0, 8, 24, 32] {
        assert_eq!(word(at), 0x7ff8_0000_0000_0000, "at {at}");
    }
    assert_eq!(word(16), 0x7fc0_0000);
    assert_eq!(word(40), 1.0f64.to_bits());
    assert_eq!(word(48), 0xfff0_0000_0000_0077);
}

#[test]
fn ranges_are_paid_by_their_length_before_they_are_touched() {
    let engine = compiler();
    let used = |code: &str| PLENTY - on_both(&engine, &metered(&body(code)).module, PLENTY, 0).gas;
    let fill = |bytes: i64| {
        used(&format!("(memory.fill (i32.const 0) (i32.const 1) (i32.const {bytes})) i32.const 0"))
    };
    assert_eq!(fill(1000) - fill(0), 1000 * i64::from(WASM_COSTS_V1.memory_byte));
    let whole = fill(0xffff_ffff) - fill(0);
    assert_eq!(whole, 0xffff_ffff * i64::from(WASM_COSTS_V1.memory_byte), "no overflow");
    let grow = |pages: i64| used(&format!("(memory.grow (i32.const {pages}))"));
    assert_eq!(grow(3) - grow(0), 3 * i64::from(WASM_COSTS_V1.memory_page));
    let code = "(memory.fill (i32.const 0) (i32.const 1) (i32.const 60000)) i32.const 0";
    let poor = on_both(&engine, &metered(&body(code)).module, 59_999, 0);
    assert_eq!(poor.end, End::OutOfGas);
    assert!(poor.memory.iter().all(|byte| *byte == 0), "nothing is done that is not paid");
}

#[test]
fn the_memory_never_grows_beyond_the_limit() {
    let engine = compiler();
    let code = format!("(memory.grow (i32.const {}))", MEMORY_PAGES_MAX - 1);
    let ran = on_both(&engine, &metered(&body(&code)).module, PLENTY, 0);
    assert_eq!(ran.end, End::Returned(1));
    let code = format!("(memory.grow (i32.const {MEMORY_PAGES_MAX}))");
    let ran = on_both(&engine, &metered(&body(&code)).module, PLENTY, 0);
    assert_eq!(ran.end, End::Returned(-1));
}

/// A recursion that tells in memory how deep it got, with `variables` that live across the call.
fn recursion(variables: usize) -> String {
    let locals = "(local i64)".repeat(variables);
    let sets: String = (0..variables)
        .map(|i| format!("(local.set {} (i64.load (i32.const {})))", i + 1, 8 * (i + 1)))
        .collect();
    let uses: String = (0..variables)
        .map(|i| format!("(i64.store (i32.const {}) (local.get {}))", 8 * (i + 1), i + 1))
        .collect();
    format!(
        r#"(module (memory (export "memory") 1)
        (func $down (param i32) (result i32) {locals}
            (i32.store (i32.const 0) (local.get 0)) {sets}
            (call $down (i32.add (local.get 0) (i32.const 1))) {uses})
        (func (export "call") (param i32) (result i32) (call $down (i32.const 0))))"#
    )
}

#[test]
fn deep_recursion_ends_at_the_same_depth() {
    let engine = compiler();
    for variables in [0, 1, 10, 100, 1000] {
        let module = metered(&recursion(variables)).module;
        let ran = on_both(&engine, &module, PLENTY, 0);
        assert_eq!(ran.end, End::StackOverflow, "with {variables} variables");
        let depth = u32::from_le_bytes(ran.memory[..4].try_into().unwrap());
        let operands = if variables == 0 { 2 } else { 3 };
        let frame = frame_slots(1 + variables as u32, operands, 3 + 2 * variables as u32);
        assert!(depth.abs_diff(STACK_SLOTS_MAX / frame) <= 2, "{depth} of {frame}");
    }
}

/// Functions that make a compiler keep `count` values over a call of themselves.
fn hoarders(count: usize) -> [String; 5] {
    let value =
        |i: usize, x: &str| format!("(i32.mul (local.get {x}) (i32.const {}))", 7919 * i + 3);
    let mix: String = (1..=count)
        .map(|i| format!("(local.set 1 (i32.xor (local.get 1) {}))", value(i, "0")))
        .collect();
    let float = |i: usize| format!("(f64.mul (local.get 2) (f64.const {i}.5))");
    let floats: String =
        (1..=count).map(|i| format!("(f64.store (i32.const 8) {})", float(i))).collect();
    let pass_floats: String = (0..count.div_ceil(64))
        .map(|block| {
            let values: String = (1..=64).map(|i| float(64 * block + i)).collect();
            format!("(call $take_floats {values})")
        })
        .collect();
    let pass: String = (0..count.div_ceil(64))
        .map(|block| {
            let values: String = (1..=64).map(|i| value(64 * block + i, "0")).collect();
            format!("(call $take {values})")
        })
        .collect();
    let call =
        "(local.set 1 (i32.add (local.get 1) (call $f (i32.add (local.get 0) (i32.const 1)))))";
    [
        format!("{mix} {call} {mix}"),
        format!("(loop {call} {mix} (br_if 0 (local.get 1)))"),
        format!("(loop {call} {floats} (br_if 0 (local.get 1)))"),
        format!("(loop {call} {pass} (br_if 0 (local.get 1)))"),
        format!("(loop {call} {pass_floats} (br_if 0 (local.get 1)))"),
    ]
}

#[test]
fn values_that_a_compiler_keeps_over_calls_do_not_end_the_native_stack() {
    let engine = compiler();
    let (types, floats) = ("i32 ".repeat(64), "f64 ".repeat(64));
    for count in [1, 30, 100, 300, 2_000] {
        for code in hoarders(count) {
            let text = format!(
                r#"(module (memory (export "memory") 1) (func $take (param {types}))
                (func $take_floats (param {floats}))
                (func $f (param i32) (result i32) (local i32 f64)
                    (local.set 2 (f64.convert_i32_s (local.get 0)))
                    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
                    {code} (local.get 1))
                (func (export "call") (param i32) (result i32) (call $f (local.get 0))))"#
            );
            let ran = on_both(&engine, &metered(&text).module, PLENTY, 3);
            assert_eq!(ran.end, End::StackOverflow, "with {count} values");
        }
    }
}

/// Modules whose functions call each other without end and count in memory how often.
const ENDLESS: &[(&str, &str)] = &[
    ("no variables", "(func $f (call $count) (call $f)) (func $start (call $f))"),
    (
        "each other",
        "(func $f (param i32 i64) (call $count) (call $g (i64.const 3)))
         (func $g (param i64) (local f64 f64) (call $count) (call $h) (call $count))
         (func $h (local i64) (call $f (i32.const 1) (local.get 0)) (call $count))
         (func $start (call $g (i64.const 1)))",
    ),
    (
        "through the table",
        "(func $f (call $count) (call_indirect (type $none) (i32.const 0)))
         (func $start (call $f))",
    ),
    (
        "behind a loop",
        "(func $f (local i32) (loop (call $count) (br_if 0 (i32.lt_u
         (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3)))) (call $f))
         (func $start (call $f))",
    ),
    (
        "twice each, so that gas ends first",
        "(func $f (param i32) (if (local.get 0) (then (call $count)
         (call $f (i32.sub (local.get 0) (i32.const 1)))
         (call $f (i32.sub (local.get 0) (i32.const 1))))))
         (func $start (call $f (i32.const 60)))",
    ),
];

fn endless(code: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1) (table 1 funcref) (elem (i32.const 0) $f)
        (type $none (func))
        (func $count (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))))
        {code} (func (export "call") (param i32) (result i32) (call $start) (i32.const 0)))"#
    )
}

#[test]
fn endless_calls_end_by_stack_or_by_gas() {
    let engine = compiler();
    for (name, code) in ENDLESS {
        let module = metered(&endless(code)).module;
        let deep = on_both(&engine, &module, 1 << 24, 0);
        let wanted = if name.contains("gas") { End::OutOfGas } else { End::StackOverflow };
        assert_eq!(deep.end, wanted, "{name}");
        for gas in [0, 9, 100, 9_999, 50_000] {
            assert_eq!(on_both(&engine, &module, gas, 0).end, End::OutOfGas, "{name}");
        }
    }
}

#[test]
fn many_parameters_take_the_stack_that_they_need() {
    let engine = compiler();
    let types = "i64 ".repeat(64);
    let passed: String = (0..64).map(|i| format!("(local.get {i})")).collect();
    let zeros = "(i64.const 7)".repeat(64);
    let code = format!(
        "(func $f (param {types}) (call $count) (call $f {passed}) (call $count))
         (func $start (call $f {zeros}))"
    );
    let ran = on_both(&engine, &metered(&endless(&code)).module, PLENTY, 0);
    assert_eq!(ran.end, End::StackOverflow);
}

#[test]
fn returning_with_a_debt_stays_cheap() {
    let engine = compiler();
    // Each frame has an arm behind its call which is paid only there, and which a check ends.
    let work = "(local.set 1 (i32.mul (local.get 1) (local.get 1)))".repeat(400);
    let code = format!(
        r#"(module (memory (export "memory") 1)
        (func $f (param i32) (result i32) (local i32)
            (if (local.get 0) (then
                (drop (call $f (i32.sub (local.get 0) (i32.const 1))))))
            (if (i32.lt_u (local.get 0) (i32.const 1000)) (then {work}
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))))
            (local.get 1))
        (func (export "call") (param i32) (result i32) (call $f (local.get 0))))"#
    );
    let module = metered(&code).module;
    let whole = on_both(&engine, &module, PLENTY, 200);
    let frames = |ran: &support::Ran| i64::from(ran.memory[0]) + 256 * i64::from(ran.memory[1]);
    assert_eq!(frames(&whole), 201);
    let used = PLENTY - whole.gas;
    let half = on_both(&engine, &module, used / 2, 200);
    assert_eq!(half.end, End::OutOfGas);
    assert!(frames(&half) < 110, "the debt of one frame ends what comes after it");
}

#[test]
fn the_same_bytes_give_the_same_module() {
    for (_, code) in PROGRAMS {
        let text = body(code);
        assert_eq!(metered(&text).module, metered(&text).module);
    }
}

#[test]
fn an_endless_loop_ends() {
    for code in ["(loop (br 0)) i32.const 1", "(loop (loop (br 1))) unreachable"] {
        let ran = on_both(&compiler(), &metered(&body(code)).module, 100_000, 0);
        assert_eq!(ran.end, End::OutOfGas);
    }
}
