//! Scripts that want to harm: each ends clearly, pays for what it did, and leaves the machine as it
//! was for the next.
use primitives::Gas;
use vm::testkit::{MemoryHost, Run};
use vm::{HaltReason, Status};

use crate::{halt, machine, message, raw, run_raw, shown};

/// What contracts see of a type error of the engine.
const REFUSED: &str = "throws TypeError: a value is not of a kind that the operation takes";

/// Gas of the runs here.
const GAS: u64 = 1_000_000;

#[test]
fn out_of_gas_is_the_end_whatever_the_script_does() {
    let vm = machine();
    for body in [
        "for (;;) { $__T(3) }",
        "for (;;) { try { for (;;) { $__T(3) } } catch (e) { } finally { } }",
        "const f = () => { try { for (;;) { $__T(3) } } finally { return f() } }; f()",
        "[1].forEach(() => { for (;;) try { $__T(3) } catch { } })",
        "const o = { get x() { for (;;) { $__T(3) } } }; try { JSON.stringify(o) } catch { }",
        "const it = { [Symbol.iterator]: () => ({ next: () => ({ done: false }), return: () => { \
            for (;;); } }) };
         for (const x of it) { $__T(5) }",
        "new Array(60000).fill(0).sort(() => { $__T(3); return 1 }); for (;;) [1, 2].sort()",
        "class A { static x = (() => { for (;;) $__T(3) })() }",
        "const s = 'x'.repeat(100000); for (;;) s.indexOf('y' + s)",
        "const s = 'x'.repeat(1000000); for (;;) op.same(s, 'y'.repeat(1000000))",
        "for (;;) blockchain.callRaw('0x' + '11'.repeat(20), new Uint8Array(0))",
        "for (;;) { try { storage.get('x') } catch { } }",
        "const m = new Map(); for (let i = 0; ; i++) { m.set(i, i); m.delete(i) }",
        "let o = {}; for (let i = 0; ; i++) { $__T(5); o['k' + (i % 1000)] = i; Object.keys(o) }",
        "for (;;) Math.sin(1)",
        "for (;;) [...'abc'].map(x => x)",
        "for (;;) JSON.parse('[[[[1]]]]')",
    ] {
        let outcome = run_raw(&vm, body, GAS);
        assert_eq!(halt(&outcome), HaltReason::OutOfGas, "{body}");
        assert_eq!(shown(&vm, "1 + 1"), "2", "the machine after: {body}");
    }
}

#[test]
fn bombs_meet_a_limit_and_can_be_caught() {
    let vm = machine();
    for (expression, expected) in [
        (
            "'x'.repeat(2 ** 29)",
            "RangeError: a repeated string of 536870912 breaks the limit of 1048576",
        ),
        (
            "'x'.padEnd(1e9)",
            "RangeError: a padded string of 1000000000 breaks the limit of 1048576",
        ),
        (
            "(() => { let s = 'xx'; for (;;) s = op.add(s, s) })()",
            "RangeError: a string of 2097152 breaks the limit of 1048576",
        ),
        (
            "(() => { let s = 'xx'; for (;;) s = s.concat(s) })()",
            "RangeError: a string of 2097152 breaks the limit of 1048576",
        ),
        (
            "(() => { let s = 'xx'; for (;;) s = s.replaceAll('x', s) })()",
            "RangeError: a string of 1114112 breaks the limit of 1048576",
        ),
        (
            "(() => { let s = 'xx'; for (;;) s = [s, s].join('') })()",
            "RangeError: a string of 2097152 breaks the limit of 1048576",
        ),
        (
            "(() => { let b = 3n; for (;;) b = op.mul(b, b) })()",
            "RangeError: a bigint breaks the limit of 1024 bits",
        ),
        (
            "BigInt('9'.repeat(5000))",
            "RangeError: the text of a bigint of 5000 breaks the limit of 1027",
        ),
        (
            "BigInt.asUintN(1e9, -1n)",
            "RangeError: a number of bits of 1000000000 breaks the limit of 1024",
        ),
        ("new Array(1e9)", "RangeError: an array of 1000000000 breaks the limit of 65536"),
        ("new Array(2 ** 32)", "RangeError: an array of 4294967296 breaks the limit of 65536"),
        (
            "Array.from({ length: 1e9 })",
            "RangeError: an array of 1000000000 breaks the limit of 65536",
        ),
        (
            "(a => { a[1e6] = 1; return a.join() })([])",
            "RangeError: an array of 1000001 breaks the limit of 65536",
        ),
        (
            "(a => { a[1e6] = 1; return a.push(1) })([])",
            "RangeError: an array of 1000002 breaks the limit of 65536",
        ),
        (
            "(a => { for (;;) a = a.concat(a) })([1])",
            "RangeError: an array of 131072 breaks the limit of 65536",
        ),
        ("new Uint8Array(1e10)", "RangeError: a buffer of 10000000000 breaks the limit of 1048576"),
        (
            "new ArrayBuffer(1e10)",
            "RangeError: a buffer of 10000000000 breaks the limit of 1048576",
        ),
        (
            "new BigUint64Array(2 ** 20)",
            "RangeError: a buffer of 8388608 breaks the limit of 1048576",
        ),
        (
            "Math.max.apply(null, new Array(2000))",
            "RangeError: a list of arguments of 2000 breaks the limit of 1024",
        ),
        (
            "String((() => { let a = []; for (let i = 0; i < 200; i++) a = [a]; return a })())",
            "RangeError: nesting of joined arrays of 65 breaks the limit of 64",
        ),
        (
            "JSON.parse('['.repeat(100000))",
            "RangeError: nesting of JSON of 100000 breaks the limit of 64",
        ),
        (
            "JSON.stringify((() => { let a = []; for (let i = 0; i < 200; i++) a = [a]; return a \
                })())",
            "RangeError: nesting of JSON of 65 breaks the limit of 64",
        ),
        (
            "storage.put('a', (() => { let a = []; for (let i = 0; i < 200; i++) a = [a]; return \
                a })())",
            "RangeError: nesting of data of 65 breaks the limit of 64",
        ),
        (
            "storage.put('a', (a => { a[0] = a; return a })([]))",
            "RangeError: nesting of data of 65 breaks the limit of 64",
        ),
        ("storage.put('a', () => 1)", "TypeError: a function is no data"),
        (
            "JSON.stringify((o => { o.o = o; return o })({}))",
            "TypeError: JSON cannot write an object that is within itself",
        ),
        (
            "(o => { for (;;) o = Object.create(o) })({})",
            "RangeError: a chain of prototypes of 33 breaks the limit of 32",
        ),
        (
            "(C => { for (;;) C = class extends op.base(C) {} })(class {})",
            "RangeError: a chain of prototypes of 33 breaks the limit of 32",
        ),
        (
            "Object.defineProperty(function () {}, 'prototype', {})",
            "TypeError: the property prototype of a function stays as it is",
        ),
        (
            "Object.assign(function () {}, { prototype: 1 })",
            "TypeError: the property prototype of a function stays as it is",
        ),
        (
            "Reflect.set(function () {}, { toString: () => 'prototype' }, 1)",
            "TypeError: the property prototype of a function stays as it is",
        ),
    ] {
        assert_eq!(shown(&vm, expression), format!("throws {expected}"), "{expression}");
        let caught = shown(
            &vm,
            &format!("(() => {{ try {{ {expression} }} catch (e) {{ return String(e) }} }})()"),
        );
        assert_eq!(caught, expected, "{expression}");
    }
}

#[test]
fn no_way_leads_out_of_the_world() {
    let vm = machine();
    for (expression, expected) in [
        ("(() => {}).constructor('return 1')()", "throws TypeError: code cannot be made of text"),
        (
            "[].map.constructor.constructor('return 1')()",
            "throws TypeError: code cannot be made of text",
        ),
        ("new (class {}).constructor('return 1')", "throws TypeError: code cannot be made of text"),
        (
            "(function* () {}).constructor('yield 1')",
            "throws TypeError: code cannot be made of text",
        ),
        ("(async () => {}).constructor('1')", "throws TypeError: code cannot be made of text"),
        ("(function () { return this })()", "undefined"),
        ("Array.prototype.push = 1", REFUSED),
        ("Object.defineProperty(Array.prototype, 'x', { value: 1 })", REFUSED),
        ("Object.prototype.polluted = 1", REFUSED),
        ("({}).__proto__", "undefined"),
        ("Object.setPrototypeOf", "undefined"),
        ("Reflect.setPrototypeOf", "undefined"),
        ("({}).__defineGetter__", "undefined"),
        ("Math.random", "undefined"),
        ("JSON.parse = 1", REFUSED),
        ("$__env.operators.add = 1", REFUSED),
        ("storage.put = 1", REFUSED),
        ("new ([].map)()", REFUSED),
        (
            "contract('0x' + '11'.repeat(20)).x = 1",
            "throws TypeError: a contract has no properties that can be changed",
        ),
        (
            "Error.captureStackTrace || Error.prepareStackTrace || Error.stackTraceLimit",
            "undefined",
        ),
        ("[].concat.caller", "undefined"),
        (
            "Object.getOwnPropertyNames((function () {}).prototype.constructor)",
            "length,name,prototype",
        ),
        ("[].toString.toString()", "function () { [native code] }"),
    ] {
        assert_eq!(shown(&vm, expression), expected, "{expression}");
    }
}

#[test]
fn memory_is_a_budget_of_the_frame() {
    let vm = machine();
    for body in [
        "const all = []; for (;;) all.push(new Uint8Array(1 << 20))",
        "for (;;) 'x'.repeat(1 << 20)",
        "for (;;) try { new Array(60000).fill(1) } catch { }",
    ] {
        let outcome = run_raw(&vm, body, 1_000_000_000);
        assert_eq!(halt(&outcome), HaltReason::MemoryLimit(1 << 27), "{body}");
    }
    assert_eq!(shown(&vm, "1 + 1"), "2");
}

#[test]
fn depth_is_an_error_that_can_be_caught_and_ends_the_frame_otherwise() {
    let vm = machine();
    let deep = "const f = () => { $__T(5); if (++$__d > 512) $__O(); return f() };";
    assert_eq!(halt(&run_raw(&vm, &format!("{deep} f()"), GAS)), HaltReason::StackOverflow);
    let caught = run_raw(
        &vm,
        &format!("{deep} try {{ f() }} catch (e) {{ $__d = 0; blockchain.revert(String(e)) }}"),
        GAS,
    );
    assert_eq!(
        (&caught.status, message(&caught)),
        (&Status::Revert, "RangeError: calls nest too deep".to_owned())
    );
}

/// The deepest stack that instrumentation allows, in the worst shapes, is far from the end of the
/// native one.
#[test]
fn the_native_stack_holds_the_deepest_script() {
    let vm = machine();
    for step in [
        "[1].map(f)",
        "JSON.stringify({ toJSON: f })",
        "op.cat({ toString: () => (f(), 1) })",
        "op.add({ valueOf: () => (f(), 1) }, 1)",
        "[2, 1].sort(f)",
        "new (class { constructor() { f() } })()",
        "({ get x() { return f() } }).x",
        "Reflect.apply(f, null, [])",
        "f.bind(null).call()",
        "[...{ [Symbol.iterator]: f }]",
        "Array.from([1], f)",
        "new Map([[1, 1]]).forEach(f)",
        "'a'.replace('a', f)",
        "JSON.parse('1', f)",
        "f(...new Array(1000))",
    ] {
        let body = format!(
            "let deepest = 0;
            const f = () => {{ $__T(5); if ($__d >= 511) {{ deepest = $__d; return {{ next: () => \
                ({{ done: true }}) }} }}
                $__d++; try {{ {step}; return {{ next: () => ({{ done: true }}) }} }} finally {{ \
                    $__d-- }} }};
            f(); return crypto.toBytes(String(deepest))"
        );
        let outcome = run_raw(&vm, &body, 100_000_000);
        assert_eq!(outcome.status, Status::Success, "{step}: {}", message(&outcome));
        assert_eq!(outcome.output.as_ref(), b"511", "{step}");
    }
}

#[test]
fn nothing_is_left_for_the_next_call() {
    let vm = machine();
    let code = raw("const seen = [...Object.keys(Array), Symbol.iterator.leak, [].leak, \
            op.leak].filter(Boolean).length;
        try { Array.leak = 1 } catch { } try { [].__proto__.leak = 1 } catch { }
        raw.count = (raw.count ?? 0) + 1;
        return crypto.toBytes(seen + ' ' + raw.count)");
    let code = String::from_utf8(code)
        .unwrap()
        .replace("return { fallback", "const raw = {}; return { fallback");
    for _ in 0..3 {
        let outcome = MemoryHost::default().run(&vm, &Run::call(code.as_bytes(), b""));
        assert_eq!(outcome.output.as_ref(), b"0 1", "{}", message(&outcome));
    }
}

/// Whatever gas there is, a run ends by it or does what it does with plenty.
#[test]
fn every_gas_limit_ends_clearly() {
    let vm = machine();
    let code =
        raw("storage.put('a', [1, { b: 'x' }]); storage.mapPut('m', 'f', 5n); const a = [3, 1, \
            2].sort();
        try { storage.mapGet('m', 'f') } catch { } finally { $__T(4); storage.put('c', a) }
        return crypto.toBytes(JSON.stringify(storage.mapKeys('m')))");
    let run = |gas| {
        let mut host = MemoryHost::default();
        let outcome = host.run(&vm, &Run { gas_limit: Gas(gas), ..Run::call(&code, b"") });
        (outcome, host)
    };
    let plenty = 1_000_000;
    let (whole, _) = run(plenty);
    assert_eq!((&whole.status, whole.output.as_ref()), (&Status::Success, br#"["f"]"#.as_slice()));
    let needed = plenty - whole.gas_left.0;
    for gas in (0..needed).step_by(97).chain([needed - 1]) {
        let (outcome, host) = run(gas);
        assert_eq!(halt(&outcome), HaltReason::OutOfGas, "{gas} of {needed}: {:?}", host.faults);
        assert!(host.state.records.is_empty() && host.state.counters.is_empty());
    }
    assert_eq!(run(needed).0.gas_left, Gas(0));
}
