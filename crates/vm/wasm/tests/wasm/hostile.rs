//! Modules that mean harm: pointers and lengths at the edges, traps after work, deep recursion.

use braid_vm_wasm::{IMPORTS, ValueType};
use primitives::Gas;
use vm::testkit::{MemoryHost, Run};
use vm::{HaltReason, HostedVm, Status, Vm};

use crate::{contract, engines, halt, invoke, module, on_both};

/// Every import with every argument at an edge: it halts or succeeds, equally on both engines.
#[test]
fn edge_arguments_of_every_import_are_equal_on_both_engines() {
    let edges = ["0", "1", "-1", "65535", "65536", "2147483647", "-2147483648", "-32"];
    let mut halts = 0;
    for import in IMPORTS {
        for (place, edge) in
            (0..import.parameters.len()).flat_map(|place| edges.map(|edge| (place, edge)))
        {
            for other in ["0", "-1", "65504"] {
                let mut arguments = vec![other; import.parameters.len()];
                arguments[place] = edge;
                let call = invoke(import.name, &arguments);
                let drop = if import.result.is_some() { "(drop)" } else { "" };
                let code = contract(&format!("{call} {drop} (i32.const 0)"));
                let (outcome, _) = on_both(&MemoryHost::default(), &Run::call(&code, b"input"));
                halts += u32::from(matches!(outcome.status, Status::Halt(_)));
            }
        }
    }
    assert!(halts > 500, "the edges lie outside the memory in most cases: {halts}");
}

/// Reading or writing past the end halts; up to the end it does not.
#[test]
fn the_end_of_memory_is_exact_for_every_pointer() {
    for (name, arguments, bytes) in [
        ("caller", vec!["P"], 32),
        ("storage_get", vec!["P", "8"], 8),
        ("storage_put", vec!["0", "1", "P", "8"], 8),
        ("keccak256", vec!["P", "8", "0"], 8),
        ("keccak256", vec!["0", "8", "P"], 32),
        ("ripemd160", vec!["0", "8", "P"], 20),
        ("balance", vec!["0", "P"], 32),
        ("transient_get", vec!["P", "0"], 32),
        ("emit", vec!["P", "2", "0", "0"], 64),
        ("input_read", vec!["P", "0", "5"], 5),
    ] {
        for (beyond, is_inside) in [(0, true), (1, false), (bytes, false)] {
            let pointer = (65_536 - bytes + beyond).to_string();
            let arguments: Vec<&str> =
                arguments.iter().map(|text| if *text == "P" { &pointer } else { *text }).collect();
            let call = invoke(name, &arguments);
            let import = IMPORTS.iter().find(|import| import.name == name).unwrap();
            let drop = import.result.map_or("", |_| "(drop)");
            let code = contract(&format!("{call} {drop} (i32.const 0)"));
            let (outcome, _) = on_both(&MemoryHost::default(), &Run::call(&code, b"input"));
            assert_eq!(outcome.status.is_success(), is_inside, "{call}: {:?}", outcome.status);
        }
    }
}

#[test]
fn an_access_outside_says_where() {
    let code = contract(&format!("{} (i32.const 0)", invoke("caller", &["-1"])));
    let (outcome, _) = on_both(&MemoryHost::default(), &Run::call(&code, b""));
    let text = "32 bytes at 4294967295 are not in the memory of 65536 bytes";
    assert_eq!(halt(&outcome), HaltReason::BadArgument(text.to_owned()));
    let code = contract(&format!("{} (i32.const 0)", invoke("input_read", &["0", "-1", "2"])));
    let (outcome, _) = on_both(&MemoryHost::default(), &Run::call(&code, b"input"));
    let text = "2 bytes at 4294967295 are not in the input of 5 bytes";
    assert_eq!(halt(&outcome), HaltReason::BadArgument(text.to_owned()));
}

/// Each way to trap, after much work: all gas is lost, and the text is the same on both engines.
#[test]
fn a_trap_after_work_costs_everything() {
    let spin = "(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 100000))))";
    for (trap, text) in [
        ("(unreachable)", "unreachable"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "division by zero"),
        ("(i32.div_s (i32.const 0x80000000) (i32.const -1))", "integer overflow"),
        ("(i32.load (i32.const 65533))", "access outside the memory"),
        ("(i32.load offset=4294967295 (i32.const -1))", "access outside the memory"),
        (
            "(memory.fill (i32.const 65536) (i32.const 0) (i32.const 1)) (i32.const 0)",
            "access outside the memory",
        ),
        (
            "(memory.copy (i32.const 0) (i32.const -1) (i32.const 2)) (i32.const 0)",
            "access outside the memory",
        ),
        ("(call_indirect (type $t) (i32.const 9))", "access outside the table"),
        ("(call_indirect (type $t) (i32.const 1))", "call through an empty element"),
        ("(call_indirect (type $t) (i32.const 0))", "call through an element of another type"),
        ("(i32.trunc_f32_u (f32.const nan))", "conversion of a float that no integer holds"),
        ("(i32.trunc_f64_s (f64.const 1e300))", "integer overflow"),
    ] {
        let code = module(&format!(
            r#"(type $t (func (result i32))) (table 4 funcref) (elem (i32.const 0) $call)
            (memory (export "memory") 1)
            (func $entry (export "call") (param $n i32) (result i32) (local $i i32)
                {spin} {trap})"#
        ));
        let (outcome, _) = on_both(&MemoryHost::default(), &Run::call(&code, b""));
        assert_eq!(halt(&outcome), HaltReason::Trap(text.to_owned()), "{trap}");
    }
}

#[test]
fn an_entry_that_returns_something_else_halts() {
    let (outcome, _) = on_both(&MemoryHost::default(), &Run::call(&contract("(i32.const 7)"), b""));
    let text = "the entry returned 7, neither 0 nor 1";
    assert_eq!(halt(&outcome), HaltReason::Trap(text.to_owned()));
}

/// The logical stack ends before either engine's own, also for frames that are small or wide.
#[test]
fn recursion_ends_at_the_same_depth_on_both_engines() {
    for locals in [0, 1, 40, 1_000] {
        let fields: String = (0..locals).map(|_| " i64").collect();
        // Each level counts itself in memory and keeps its locals alive over the call.
        let uses: String = (0..locals)
            .map(|place| format!("(i64.store (i32.const {}) (local.get {}))", 64, place + 1))
            .collect();
        let fill: String = (0..locals)
            .map(|place| format!("(local.set {} (i64.load (i32.const {place})))", place + 1))
            .collect();
        let code = module(&format!(
            r#"(memory (export "memory") 1)
            (func $f (param i32) (result i32) (local {fields})
                {fill}
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
                (if (i32.gt_u (i32.load (i32.const 0)) (local.get 0)) (then
                    (call $finish (i32.const 0) (i32.const 4))))
                (i32.add (call $f (local.get 0)) (i32.const 1))
                {uses})
            (func (export "call") (param i32) (result i32)
                (call $input_read (i32.const 8) (i32.const 0) (i32.const 4))
                (call $f (i32.load (i32.const 8))))"#
        ));
        let status = |depth: u32| {
            let input = depth.to_le_bytes();
            let run = Run { gas_limit: Gas(1 << 40), ..Run::call(&code, &input) };
            on_both(&MemoryHost::default(), &run).0.status
        };
        assert_eq!(status(u32::MAX), Status::Halt(HaltReason::StackOverflow));
        let (mut reached, mut too_deep) = (0, 1 << 20);
        while too_deep - reached > 1 {
            let middle = (reached + too_deep) / 2;
            if status(middle).is_success() { reached = middle } else { too_deep = middle }
        }
        assert!(reached >= 10, "with {locals} locals {reached} levels");
    }
}

#[test]
fn a_segment_outside_cannot_run() {
    for fields in [
        r#"(memory (export "memory") 1) (data (i32.const 65535) "ab")"#,
        r#"(memory (export "memory") 1) (table 1 funcref) (elem (i32.const 1) $call)"#,
    ] {
        let code = module(&format!(
            r#"{fields} (func (export "call") (param i32) (result i32) (i32.const 0))"#
        ));
        let (outcome, _) = on_both(&MemoryHost::default(), &Run::call(&code, b""));
        assert!(matches!(halt(&outcome), HaltReason::NotRunnable(_)), "{outcome:?}");
    }
}

#[test]
fn memory_beyond_the_limit_cannot_be_had() {
    let code = contract(
        "(i32.store (i32.const 0) (memory.grow (i32.const 1024)))
        (i32.store (i32.const 4) (memory.grow (i32.const 1023)))
        (i32.store (i32.const 8) (memory.grow (i32.const 1)))
        (i32.store8 (i32.const 67108863) (i32.const 1))
        (call $output_write (i32.const 0) (i32.const 12)) (i32.const 0)",
    );
    let (outcome, _) =
        on_both(&MemoryHost::default(), &Run { gas_limit: Gas(1 << 40), ..Run::call(&code, b"") });
    let numbers: Vec<i32> =
        outcome.output.chunks(4).map(|n| i32::from_le_bytes(n.try_into().unwrap())).collect();
    assert_eq!(numbers, [-1, 1, -1], "{outcome:?}");
}

#[test]
fn a_module_that_is_not_offered_its_imports_is_refused() {
    let wrong = r#"(module (import "braid1" "caller" (func (param i64)))
        (memory (export "memory") 1)
        (func (export "call") (param i32) (result i32) (i32.const 0)))"#;
    for text in [
        wrong.to_owned(),
        wrong.replace("(param i64)", "(param i32) (result i32)"),
        wrong.replace("\"caller\"", "\"clock\"").replace("i64", "i32"),
        wrong.replace("\"braid1\"", "\"braid2\"").replace("i64", "i32"),
    ] {
        let code = wat::parse_str(&text).unwrap();
        for (_, vm) in engines() {
            assert!(vm.validate(&code).is_err(), "{text}");
            let outcome = MemoryHost::default().run(vm, &Run::call(&code, b""));
            assert!(matches!(halt(&outcome), HaltReason::NotRunnable(_)));
        }
    }
    assert!(IMPORTS.iter().all(|import| {
        import.parameters.iter().all(|kind| matches!(kind, ValueType::I32 | ValueType::I64))
    }));
}

#[test]
fn random_bytes_never_panic() {
    let code = contract("(i32.const 0)");
    for (_, vm) in engines() {
        for place in (0..code.len()).step_by(7) {
            for flip in [1, 0x80, 0xff] {
                let mut spoiled = code.clone();
                spoiled[place] ^= flip;
                if vm.validate(&spoiled).is_ok() {
                    let vm: &dyn HostedVm = vm;
                    MemoryHost::default().run(vm, &Run::call(&spoiled, b"x"));
                }
            }
        }
        assert_eq!(panics(vm), 0);
    }
}

fn panics(vm: &dyn Vm) -> u64 {
    let counters = vm.status().counters;
    counters.iter().find(|(name, _)| *name == "panics").expect("a counter").1
}
